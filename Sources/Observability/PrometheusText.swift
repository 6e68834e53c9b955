/// One series of any kind.
enum Series: Sendable {
    case counter(CounterSeries)
    case gauge(GaugeSeries)
    case histogram(HistogramSeries)

    var handler: AnyObject {
        switch self {
        case .counter(let series): series
        case .gauge(let series): series
        case .histogram(let series): series
        }
    }
}

/// All series of one name.
struct Family: Sendable {
    enum Kind: String, Sendable {
        case counter, gauge, histogram

        /// The names that samples of such a family carry.
        func sampleNames(of name: String) -> [String] {
            switch self {
            case .counter, .gauge: [name]
            case .histogram: [name, "\(name)_bucket", "\(name)_sum", "\(name)_count"]
            }
        }
    }

    let kind: Kind
    let help: String?
    var series: [SeriesLabels: Series] = [:]
}

/// The labels of a series, made safe and sorted, in the form in which they are written.
struct SeriesLabels: Hashable, Comparable, Sendable {
    /// `a="x",b="y"`, or nothing.
    let text: String

    /// Of two labels whose names become the same, the first stays.
    init(_ dimensions: [(String, String)]) {
        let safe = dimensions.map { (PrometheusName.label($0.0), PrometheusName.escapedLabelValue($0.1)) }
        text = Dictionary(safe) { first, _ in first }
            .sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\($0.value)\"" }
            .joined(separator: ",")
    }

    static func < (left: Self, right: Self) -> Bool {
        left.text < right.text
    }

    var inBraces: String { text.isEmpty ? "" : "{\(text)}" }

    func with(bound: String) -> String {
        text.isEmpty ? "{le=\"\(bound)\"}" : "{\(text),le=\"\(bound)\"}"
    }
}

/// The text format 0.0.4, family after family.
struct PrometheusText {
    private(set) var text = ""

    mutating func append(_ family: Family, name: String) {
        if let help = family.help {
            text += "# HELP \(name) \(PrometheusName.escapedHelp(help))\n"
        }
        text += "# TYPE \(name) \(family.kind.rawValue)\n"
        for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
            append(series, name: name, labels: labels)
        }
    }

    private mutating func append(_ series: Series, name: String, labels: SeriesLabels) {
        switch series {
        case .counter(let counter): text += "\(name)\(labels.inBraces) \(PrometheusName.number(counter.value))\n"
        case .gauge(let gauge): text += "\(name)\(labels.inBraces) \(PrometheusName.number(gauge.value))\n"
        case .histogram(let histogram): append(histogram, name: name, labels: labels)
        }
    }

    private mutating func append(_ histogram: HistogramSeries, name: String, labels: SeriesLabels) {
        let snapshot = histogram.snapshot
        var count: UInt64 = 0
        for (bound, inBucket) in zip(histogram.bounds + [.infinity], snapshot.counts) {
            count += inBucket
            text += "\(name)_bucket\(labels.with(bound: PrometheusName.number(bound))) \(count)\n"
        }
        text += "\(name)_sum\(labels.inBraces) \(PrometheusName.number(snapshot.sum))\n"
        text += "\(name)_count\(labels.inBraces) \(count)\n"
    }
}

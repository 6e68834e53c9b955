import Entitlements
import Ledger
import Provisioning

/// Bars beside each other, as a picture that needs neither script nor style of its own.
struct Chart: Sendable {
    struct Bar: Sendable {
        var x: Int
        var y: Int
        var width: Int
        var height: Int
        var title: String
        var label: String?
        var labelX: Int
        var labelY: Int
    }

    /// What it shows, for those who do not see it.
    var sentence: String
    let width = Self.size.width
    let height = Self.size.height
    var bars: [Bar]

    private static let size = (width: 480, height: 120)

    private init(sentence: String, columns: [(count: Int, title: String, label: String?)]) {
        self.sentence = sentence
        let most = max(columns.map(\.count).max() ?? 0, 1)
        let step = Self.size.width / max(columns.count, 1)
        let ground = Self.size.height - 18
        bars = columns.enumerated().map { place, column in
            // What is there is seen, however little it is beside the rest.
            let tall = column.count == 0 ? 0 : max(2, column.count * (ground - 6) / most)
            return Bar(
                x: place * step + 1,
                y: ground - tall,
                width: max(1, step - 2),
                height: tall,
                title: column.title,
                label: column.label,
                labelX: place * step + step / 2,
                labelY: Self.size.height - 5
            )
        }
    }

    private static let bounds: [(milliseconds: Int64, label: String)] = [
        (100, "0.1 s"), (250, "0.25 s"), (500, "0.5 s"), (1000, "1 s"), (2000, "2 s"), (5000, "5 s"), (10_000, "10 s"),
        (30_000, "30 s"), (60_000, "1 min"), (.max, "more"),
    ]

    /// How long new payers waited for their access; `nil` if there were none.
    init?(accessTimes: [AccessTime]) {
        guard !accessTimes.isEmpty else { return nil }
        let sorted = accessTimes.map(\.waited).sorted()
        func percentile(_ share: Double) -> Duration {
            sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        }
        var counts = Array(repeating: 0, count: Self.bounds.count)
        for waited in sorted {
            let place = Self.bounds.firstIndex { waited.milliseconds <= $0.milliseconds } ?? Self.bounds.count - 1
            counts[place] += 1
        }
        let columns = zip(Self.bounds, counts).map { bound, count in
            (count: count, title: "\(count) within \(bound.label)", label: Optional(bound.label))
        }
        self.init(
            sentence: """
                \(sorted.count == 1 ? "The latest new payer" : "The latest \(sorted.count) new payers"): half had access \
                within \(percentile(0.5).inSeconds), 99 of 100 within \(percentile(0.99).inSeconds).
                """,
            columns: columns
        )
    }

    /// Deliveries of the last two days, an hour a bar.
    init(deliveriesByHour: [Timestamp: Int], now: Timestamp) {
        let hour: Int64 = 3_600_000
        let thisHour = now.milliseconds / hour * hour
        let columns = (0..<48).map { place in
            let start = Timestamp(milliseconds: thisHour - Int64(47 - place) * hour)
            let count = deliveriesByHour[start] ?? 0
            let clock = String(start.iso8601.dropFirst(11).prefix(5))
            return (count: count, title: "\(count) from \(shown(start.iso8601))", label: place % 8 == 4 ? clock : nil)
        }
        let total = columns.reduce(0) { $0 + $1.count }
        self.init(
            sentence: "\(total == 1 ? "1 delivery" : "\(total) deliveries") in the last 48 hours.",
            columns: columns
        )
    }
}

extension Duration {
    /// `0.04 s`, `1.5 s`.
    fileprivate var inSeconds: String {
        let hundredths = (milliseconds + 5) / 10
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
    }
}

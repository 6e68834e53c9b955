package import CoreMetrics
import Synchronization

/// Keeps what the program measures and writes it as Prometheus' text format 0.0.4.
///
/// Names are made safe (`hb.requests` counts as `hb_requests_total`, a timer as `…_seconds`). At most `seriesLimit` series exist: what would come
/// beyond, or would give one name two meanings, is measured nowhere and counted in `paydactyl_metrics_dropped_series_total`.
package final class PrometheusMetrics: MetricsFactory {
    private let state = Mutex(State())
    private let seriesLimit: Int
    private let help: [String: String]
    private let timerBounds: [Double]
    private let recorderBounds: [Double]

    /// What `render()` gives, as HTTP names it.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// Seconds, from half a millisecond to a minute.
    package static let defaultTimerBounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    package static let defaultRecorderBounds: [Double] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000,
    ]

    /// The texts of `help` stand under the metrics' labels as the program spells them.
    package init(
        seriesLimit: Int = 5000,
        help: [String: String] = [:],
        timerBounds: [Double] = defaultTimerBounds,
        recorderBounds: [Double] = defaultRecorderBounds
    ) {
        self.seriesLimit = seriesLimit
        self.help = help
        self.timerBounds = timerBounds.sorted()
        self.recorderBounds = recorderBounds.sorted()
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label: label, dimensions: dimensions)
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label: label, dimensions: dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label: label, dimensions: dimensions)
    }

    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return gauge(label: label, dimensions: dimensions) }
        return histogram(label: label, suffix: "", dimensions: dimensions, bounds: recorderBounds)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label: label, suffix: "_seconds", dimensions: dimensions, bounds: timerBounds)
    }

    package func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    /// All series, families by name and series by labels, so that two calls without a change between them give the same text.
    package func render() -> String {
        let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
        var text = PrometheusText()
        var all = families.map { ($0.key, $0.value) }
        let count = CounterSeries()
        count.increment(by: Int64(dropped))
        let droppedFamily = Family(
            kind: .counter,
            help: "How often a series was left out, for want of room or of a name of its own.",
            series: [.init([]): .counter(count)]
        )
        all.append((Self.droppedName, droppedFamily))
        for (name, family) in all.sorted(by: { $0.0 < $1.0 }) {
            text.append(family, name: name)
        }
        return text.text
    }
}

extension PrometheusMetrics {
    private static let droppedName = "paydactyl_metrics_dropped_series_total"

    private struct State {
        var families: [String: Family] = [:]
        /// Every name that a sample may carry, and the family to which it belongs.
        var ownerOfName: [String: String] = [PrometheusMetrics.droppedName: PrometheusMetrics.droppedName]
        var seriesCount = 0
        var dropped = 0
    }

    private func counter(label: String, dimensions: [(String, String)]) -> CounterSeries {
        let base = PrometheusName.metric(label)
        let name = base.hasSuffix("_total") ? base : "\(base)_total"
        let made = series(name: name, label: label, kind: .counter, dimensions: dimensions) {
            .counter(CounterSeries())
        }
        guard case .counter(let series) = made else { return CounterSeries() }
        return series
    }

    private func gauge(label: String, dimensions: [(String, String)]) -> GaugeSeries {
        let name = PrometheusName.metric(label)
        let made = series(name: name, label: label, kind: .gauge, dimensions: dimensions) { .gauge(GaugeSeries()) }
        guard case .gauge(let series) = made else { return GaugeSeries() }
        return series
    }

    private func histogram(
        label: String,
        suffix: String,
        dimensions: [(String, String)],
        bounds: [Double]
    ) -> HistogramSeries {
        let base = PrometheusName.metric(label)
        let name = base.hasSuffix(suffix) ? base : "\(base)\(suffix)"
        let made = series(name: name, label: label, kind: .histogram, dimensions: dimensions) {
            .histogram(HistogramSeries(bounds: bounds))
        }
        guard case .histogram(let series) = made else { return HistogramSeries(bounds: bounds) }
        return series
    }

    /// The series of that name and labels, made if there is room; `nil` if it is dropped.
    private func series(
        name: String,
        label: String,
        kind: Family.Kind,
        dimensions: [(String, String)],
        make: () -> Series
    ) -> Series? {
        let labels = SeriesLabels(dimensions)
        return state.withLock { state in
            if let family = state.families[name], family.kind == kind, let series = family.series[labels] {
                return series
            }
            let names = kind.sampleNames(of: name)
            let isFree = names.allSatisfy { state.ownerOfName[$0] == nil }
            let isOurs = state.families[name]?.kind == kind
            guard isFree || isOurs, state.seriesCount < seriesLimit else {
                state.dropped += 1
                return nil
            }
            let series = make()
            names.forEach { state.ownerOfName[$0] = name }
            state.families[name, default: Family(kind: kind, help: help[label])].series[labels] = series
            state.seriesCount += 1
            return series
        }
    }

    private func forget(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value.handler === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                state.seriesCount -= 1
                guard state.families[name]?.series.isEmpty == true else { return }
                state.families[name] = nil
                family.kind.sampleNames(of: name).forEach { state.ownerOfName[$0] = nil }
                return
            }
        }
    }
}

import CoreMetrics

/// Counts answers to deliveries by their status, a closed set.
struct IntakeCounters: Sendable {
    private let counters: [Int: Counter]

    init(_ factory: some MetricsFactory) {
        counters = Dictionary(
            uniqueKeysWithValues: [200, 202, 400, 401, 403, 413, 503].map { status in
                (
                    status,
                    Counter(
                        label: "paydactyl_deliveries_total",
                        dimensions: [("status", "\(status)")],
                        factory: factory
                    )
                )
            }
        )
    }

    func count(_ status: Int) {
        counters[status]?.increment()
    }
}

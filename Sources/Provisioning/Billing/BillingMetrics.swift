import Metrics

/// What is counted of the readings of Paymenter's API.
package struct BillingMetrics: Sendable {
    private let success = Counter(label: "paydactyl_billing_readings_total", dimensions: [("outcome", "done")])
    private let failure = Counter(label: "paydactyl_billing_readings_total", dimensions: [("outcome", "failed")])

    package init() {}

    func succeeded() { success.increment() }

    func failed() { failure.increment() }
}

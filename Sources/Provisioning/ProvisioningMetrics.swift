import Entitlements
import Ledger
import Metrics

/// What the reconciler counts; labels come from closed sets only.
package struct ProvisioningMetrics: Sendable {
    private let operations: [String: Counter]
    private let lanes: [CustomerState: Counter]
    private let timeToAccess: Timer

    package init() {
        var operations: [String: Counter] = [:]
        for kind in PanelOperation.Kind.allCases {
            for state in PanelOperation.State.allCases {
                operations["\(kind.rawValue) \(state.rawValue)"] = Counter(
                    label: "paydactyl_operations_total",
                    dimensions: [("kind", kind.rawValue), ("outcome", state.rawValue)]
                )
            }
        }
        self.operations = operations
        lanes = Dictionary(
            uniqueKeysWithValues: CustomerState.allCases.map {
                ($0, Counter(label: "paydactyl_lane_runs_total", dimensions: [("state", $0.rawValue)]))
            }
        )
        timeToAccess = Timer(label: "paydactyl_time_to_access_seconds")
    }

    func record(_ operation: PanelOperation) {
        operations["\(operation.kind.rawValue) \(operation.state.rawValue)"]?.increment()
    }

    /// A new payer's wait is from the moment at which their lane first had work to the moment at which everything was read back.
    func record(_ outcome: LaneOutcome) {
        lanes[outcome.state]?.increment()
        if let waited = outcome.waited { timeToAccess.recordNanoseconds(max(0, waited.milliseconds) * 1_000_000) }
    }
}

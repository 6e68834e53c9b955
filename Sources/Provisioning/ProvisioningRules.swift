package import Entitlements
import Synchronization

/// What the owner configured, as far as provisioning goes by it.
package struct ProvisioningRules: Hashable, Sendable {
    package var instance: String
    package var mode: Mode
    package var policy: Policy
    package var catalog: Catalog

    package enum Mode: String, Hashable, Sendable {
        /// Computes and shows everything and changes nothing.
        case observe
        case enforce
    }

    package init(instance: String, mode: Mode, policy: Policy, catalog: Catalog) {
        self.instance = instance
        self.mode = mode
        self.policy = policy
        self.catalog = catalog
    }
}

/// The rules in force, replaced as a whole when the configuration is read anew.
package final class CurrentRules: Sendable {
    private struct State {
        var rules: ProvisioningRules
        var isPaused = false
    }

    private let state: Mutex<State>

    package init(_ rules: ProvisioningRules) {
        state = Mutex(State(rules: rules))
    }

    package var rules: ProvisioningRules {
        state.withLock { $0.rules }
    }

    /// Whether a person stopped all changes for now; deliveries are still taken.
    package var isPaused: Bool {
        state.withLock { $0.isPaused }
    }

    package func replace(with rules: ProvisioningRules) {
        state.withLock { $0.rules = rules }
    }

    package func setPaused(_ isPaused: Bool) {
        state.withLock { $0.isPaused = isPaused }
    }
}

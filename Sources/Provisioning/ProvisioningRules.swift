package import Entitlements
import Synchronization

/// What the owner configured, as far as provisioning goes by it.
package struct ProvisioningRules: Hashable, Sendable {
    package var instance: String
    package var mode: Mode
    package var policy: Policy
    package var catalog: Catalog
    package var naming: PlayerNaming
    /// What `policy` and the tiers' own terms were before.
    package var former: [FormerTerms] = []

    package enum Mode: String, Hashable, Sendable {
        /// Computes and shows everything and changes nothing.
        case observe
        case enforce
    }

    package init(instance: String, mode: Mode, policy: Policy, catalog: Catalog, naming: PlayerNaming = PlayerNaming())
    {
        self.instance = instance
        self.mode = mode
        self.policy = policy
        self.catalog = catalog
        self.naming = naming
    }

    /// By what events are folded.
    package var fold: FoldPolicy { FoldPolicy(policy, catalog: catalog) }
}

/// A value in force, replaced as a whole when the configuration is read anew.
package final class Current<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    package init(_ value: Value) {
        state = Mutex(value)
    }

    package var value: Value {
        state.withLock { $0 }
    }

    package func replace(with value: Value) {
        state.withLock { $0 = value }
    }
}

/// The rules in force, and whether a person stopped all changes for now; deliveries are still taken then.
package struct CurrentRules: Sendable {
    private let current: Current<ProvisioningRules>
    private let pause: Current<Bool>
    private let watching: Current<String?>

    package init(_ rules: ProvisioningRules, isPaused: Bool = false, standby: String? = nil) {
        current = Current(rules)
        pause = Current(isPaused)
        watching = Current(standby)
    }

    package var rules: ProvisioningRules { current.value }

    package var isPaused: Bool { pause.value }

    /// Why the service only observes until a person says otherwise, whatever the configuration says; `nil` if it does not.
    package var standby: String? { watching.value }

    package func setStandby(_ reason: String?) {
        watching.replace(with: reason)
    }

    package func replace(with rules: ProvisioningRules) {
        current.replace(with: rules)
    }

    package func setPaused(_ isPaused: Bool) {
        pause.replace(with: isPaused)
    }
}

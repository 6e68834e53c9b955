package import Entitlements
import Synchronization

/// What the intake saw that a person should know, for the status page.
package final class IntakeAlerts: Sendable {
    package struct Skew: Hashable, Sendable {
        /// How far the sender's clock was ahead of ours; negative if behind.
        package var difference: Duration
        package var at: Timestamp
    }

    private let skew = Mutex<Skew?>(nil)

    package init() {}

    /// The last delivery that was signed correctly but outside the tolerance.
    package var lastSkew: Skew? {
        skew.withLock { $0 }
    }

    func noteSkew(_ difference: Duration, now: Timestamp) {
        skew.withLock { $0 = Skew(difference: difference, at: now) }
    }
}

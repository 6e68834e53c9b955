import Entitlements
import Synchronization

/// The breaker as all lanes share it.
package final class Breaker: Sendable {
    private let window = Mutex(BreakerWindow())

    package init() {}

    /// Whether the losses are to be held; if not, they are counted, in the same step, so that lanes at work at once cannot all slip through.
    func holds(_ customer: CustomerKey, policy: BreakerPolicy, withAccess: Int, now: Timestamp) -> Bool {
        window.withLock { window in
            if window.holds(customer, policy: policy, withAccess: withAccess, now: now) { return true }
            window.record(customer, now: now)
            return false
        }
    }
}

import Entitlements
import Synchronization

/// The breaker as all lanes share it.
package final class Breaker: Sendable {
    private let window = Mutex(BreakerWindow())

    package init() {}

    func holds(_ customer: CustomerKey, policy: BreakerPolicy, withAccess: Int, now: Timestamp) -> Bool {
        window.withLock { $0.holds(customer, policy: policy, withAccess: withAccess, now: now) }
    }

    func record(_ customer: CustomerKey, now: Timestamp) {
        window.withLock { $0.record(customer, now: now) }
    }
}

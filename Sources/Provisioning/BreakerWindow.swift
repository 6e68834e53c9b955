package import Entitlements

/// Who lost access lately, so that a mistake that takes it from many is held before it goes on.
package struct BreakerWindow: Hashable, Sendable {
    private var losses: [CustomerKey: Timestamp] = [:]

    package init() {}

    /// Whether one more customer's told losses are to be held: they are beyond both the number and the share.
    ///
    /// `withAccess` counts the customers who have access now.
    package mutating func holds(
        _ customer: CustomerKey,
        policy: BreakerPolicy,
        withAccess: Int,
        now: Timestamp
    ) -> Bool {
        losses = losses.filter { $0.value + policy.window > now }
        let others = losses.keys.filter { $0 != customer }.count
        let had = max(withAccess + others, 1)
        let losing = others + 1
        return losing > policy.maxCustomers && Double(losing) / Double(had) > policy.maxShare
    }

    package mutating func record(_ customer: CustomerKey, now: Timestamp) {
        losses[customer] = now
    }
}

/// All that is known of a customer.
package struct CustomerRecord: Hashable, Sendable {
    package var key: CustomerKey
    package var email: String?
    package var name: String?
    package var deletedAt: Timestamp?
    /// By id, so that a decision does not depend on the order in which they were read.
    package var subscriptions: [Subscription]
    package var overrides: [Override]

    package init(
        key: CustomerKey,
        email: String? = nil,
        name: String? = nil,
        deletedAt: Timestamp? = nil,
        subscriptions: [Subscription] = [],
        overrides: [Override] = []
    ) {
        self.key = key
        self.email = email
        self.name = name
        self.deletedAt = deletedAt
        self.subscriptions = subscriptions.sorted { $0.id < $1.id }
        self.overrides = overrides.sorted { $0.id < $1.id }
    }
}

/// Why somebody has access.
package enum EntitlementSource: Hashable, Comparable, Sendable, Codable {
    case subscription(SubscriptionID)
    case override(OverrideID)
}

/// One reason for access that holds now.
package struct Entitlement: Hashable, Sendable {
    package var source: EntitlementSource
    package var tier: TierID
    package var product: ProductID?
    /// Whether the sender named the tier, since the product belongs to none.
    package var isNamedBySender = false
    /// Whether only a list says which product it is.
    package var isInferred = false
}

/// What a customer should have at a moment, and why.
package struct Decision: Hashable, Sendable {
    package var entitlements: [Entitlement] = []
    package var standings: [SubscriptionID: Standing] = [:]
    /// When each entitlement ends if nothing more is heard.
    package var ends: [EntitlementSource: AccessEnd] = [:]
    /// Live subscriptions whose product maps to no tier: what they gave stays.
    package var unmapped: Set<SubscriptionID> = []
    /// Grants whose tier the configuration no longer has.
    package var tierless: Set<OverrideID> = []
    /// Subscriptions that only a change of the policy ended.
    package var endedByTerms: Set<SubscriptionID> = []
    package var isBanned = false
    package var isDeleted = false
    package var hold: Override?
    /// Overrides that no person ended, only their date.
    package var expired: Set<OverrideID> = []
    /// What a person has to settle.
    package var attention: [Need] = []
    /// When something changes if nothing more is heard.
    package var changesAt: Timestamp?

    /// The highest tier held.
    package func highestTier(in catalog: Catalog) -> Tier? {
        entitlements.compactMap { catalog.tier($0.tier) }.max { ($0.rank, $0.id) < ($1.rank, $1.id) }
    }
}

extension Decision {
    /// When the time is over that a one-time purchase lasts; `nil` where it lasts for ever, or its payments say when it ends.
    package func lapse(of subscription: Subscription) -> Timestamp? {
        guard standings[subscription.id] == .active, subscription.paidThrough.date == nil,
            case .at(let end)? = ends[.subscription(subscription.id)]
        else { return nil }
        return end
    }
}

/// Computes what a customer should have from everything known of them.
package func decide(
    _ customer: CustomerRecord,
    catalog: Catalog,
    policy: Policy,
    former: [FormerTerms] = [],
    billingHeardAt: Timestamp?,
    now: Timestamp
) -> Decision {
    var decision = Decision()
    decision.isDeleted = customer.deletedAt != nil
    for subscription in customer.subscriptions {
        decision.add(
            subscription,
            catalog: catalog,
            policy: policy,
            former: former,
            billingHeardAt: billingHeardAt,
            now: now
        )
        let settled = customer.hasGrant(since: subscription.lastPayment, at: now) ? Notice.ofMoneyThatOpenedNothing : []
        decision.attention += subscription.notices.subtracting(settled).sorted().compactMap {
            $0.need(of: subscription.id)
        }
    }
    for override in customer.overrides {
        if override.isInForce(at: now) {
            decision.add(override, catalog: catalog)
        } else if override.endedAt == nil {
            decision.expired.insert(override.id)
        }
    }
    if decision.isDeleted || decision.isBanned {
        decision.entitlements = []
        decision.unmapped = []
    }
    // Nothing is due any more but what a hold keeps waiting.
    if decision.isDeleted { decision.changesAt = decision.hold?.until }
    if decision.isBanned, customer.paidSinceBan(at: now) {
        decision.attention.append(Need("A banned customer has paid.", do: "Refund the payment or end the ban."))
    }
    return decision
}

extension CustomerRecord {
    /// When the first ban began that is in force.
    package func bannedSince(at now: Timestamp) -> Timestamp? {
        overrides.filter { $0.kind == .ban && $0.isInForce(at: now) }.map(\.createdAt).min()
    }

    /// Whether a person granted something after a payment that opened nothing by itself.
    fileprivate func hasGrant(since payment: Timestamp?, at now: Timestamp) -> Bool {
        overrides.contains { override in
            guard case .grant = override.kind, override.isInForce(at: now) else { return false }
            return payment.map { override.createdAt >= $0 } ?? true
        }
    }

    fileprivate func paidSinceBan(at now: Timestamp) -> Bool {
        guard let ban = bannedSince(at: now) else { return false }
        return subscriptions.contains { $0.lastPayment.map { $0 > ban } ?? false }
    }
}

extension Decision {
    fileprivate mutating func add(
        _ subscription: Subscription,
        catalog: Catalog,
        policy: Policy,
        former: [FormerTerms],
        billingHeardAt: Timestamp?,
        now: Timestamp
    ) {
        let tier = catalog.tier(product: subscription.product, named: subscription.tierHint)
        let policy = TermPolicy(policy, tier: tier)
        let outlook = subscription.outlook(at: now, policy: policy, billingHeardAt: billingHeardAt)
        standings[subscription.id] = outlook.standing
        if former.contains(where: { $0.kept(subscription, of: tier?.id, standingNow: outlook.standing) }) {
            endedByTerms.insert(subscription.id)
        }
        expectChange(at: outlook.changesAt)
        addMoneyAttention(subscription, standing: outlook.standing)
        guard outlook.standing.givesAccess, !isDeleted else { return }
        if let tier {
            ends[.subscription(subscription.id)] = subscription.accessEnd(as: outlook.standing, policy: policy)
            entitlements.append(
                Entitlement(
                    source: .subscription(subscription.id),
                    tier: tier.id,
                    product: subscription.product,
                    isNamedBySender: catalog.tier(product: subscription.product, named: nil) == nil,
                    isInferred: subscription.onlyListed.contains(.product)
                )
            )
        } else {
            unmapped.insert(subscription.id)
            let product = subscription.product.map { "\"\($0)\"" } ?? "(none named)"
            attention.append(
                Need(
                    "Subscription \(subscription.id) is paid, but its product \(product) belongs to no tier. What it gave before stays.",
                    do: "Add the product to a tier in the configuration."
                )
            )
        }
    }

    private mutating func addMoneyAttention(_ subscription: Subscription, standing: Standing) {
        switch standing {
        case .unheard:
            attention.append(
                Need(
                    """
                    Subscription \(subscription.id) should have been renewed, and its grace is over, but the billing system has not been \
                    heard since. Access stays until it is heard.
                    """,
                    do: "Check that deliveries arrive."
                )
            )
        case .suspended(.refunded, _, _):
            attention.append(
                Need(
                    "Subscription \(subscription.id) was refunded and is suspended.",
                    do: "End it in the billing system; a new payment brings it back by itself."
                )
            )
        case .suspended(.disputed, _, _):
            attention.append(
                Need(
                    "Subscription \(subscription.id) is disputed, and is suspended until the dispute is won or it is paid again.",
                    do: "Answer the dispute where the payment was made, or end the subscription in the billing system."
                )
            )
        case .pending, .active, .cancelling, .pastDue, .suspended, .ended, .lapsed:
            break
        }
    }

    fileprivate mutating func add(_ override: Override, catalog: Catalog) {
        expectChange(at: override.until)
        switch override.kind {
        case .ban: isBanned = true
        case .hold: hold = override
        case .grant(let id):
            if catalog.tier(id) != nil {
                ends[.override(override.id)] = override.until.map { .at($0) } ?? .never
                entitlements.append(Entitlement(source: .override(override.id), tier: id, product: nil))
            } else {
                tierless.insert(override.id)
                attention.append(
                    Need(
                        "The grant of tier \"\(id)\" has no effect: the configuration has no such tier any more.",
                        do: "End the grant, or put the tier back into the configuration."
                    )
                )
            }
        }
    }

    private mutating func expectChange(at moment: Timestamp?) {
        guard let moment else { return }
        changesAt = min(changesAt ?? moment, moment)
    }
}

import Entitlements
import Testing

/// Policies that a tier has instead of the general ones.
@Suite struct TierPolicyTests {
    private static let catalog = Catalog(
        tiers: [
            Tier(id: "usual", rank: 1, products: ["fire"]),
            Tier(
                id: "own",
                rank: 2,
                products: ["ice"],
                latePayment: .attention,
                cancel: .periodEnd,
                accountRetention: .lasting(.days(90))
            ),
            Tier(id: "kept", rank: 3, products: ["storm"], accountRetention: .forever),
        ],
        groups: []
    )

    private static let policy = FoldPolicy(Policy(), catalog: catalog)

    private func folded(_ events: BillingEvent..., policy: FoldPolicy = Self.policy) -> Subscription {
        Subscription.fold("sub", arriving(events), policy: policy).subscription
    }

    @Test(arguments: [("fire", true), ("ice", false), ("unknown", true)] as [(ProductID, Bool)])
    func `a payment after the end reopens as the tier says`(product: ProductID, reopens: Bool) {
        let subscription = folded(
            said(.created, 0, .status("active"), .product(product)),
            said(.terminated, 1),
            said(.paymentSucceeded, 2)
        )
        if case .live = subscription.term { #expect(reopens) } else { #expect(!reopens) }
        #expect(subscription.notices.contains(.latePaymentKeptEnded) == !reopens)
    }

    @Test(arguments: [("fire", true), ("ice", false)] as [(ProductID, Bool)])
    func `the sender's status, which comes before the late payment, reopens as the tier says`(
        product: ProductID,
        reopens: Bool
    ) {
        let subscription = folded(
            said(.created, 0, .status("active"), .product(product)),
            said(.terminated, 1),
            said(.updated, 2, .status("active")),
            said(.paymentSucceeded, 3)
        )
        if case .live = subscription.term { #expect(reopens) } else { #expect(!reopens) }
        #expect(subscription.notices.contains(.latePaymentKeptEnded) == !reopens)
    }

    @Test(arguments: [(RefundPolicy.end, true), (.suspend, false), (.keep, false)])
    func `a payment after a refund is late where the refund ended it`(onRefund: RefundPolicy, isLate: Bool) {
        var policy = Policy()
        policy.onRefund = onRefund
        let subscription = folded(
            said(.created, 0, .status("active"), .product("ice")),
            said(.paymentRefunded, 1),
            said(.paymentSucceeded, 2),
            policy: FoldPolicy(policy, catalog: Self.catalog)
        )
        #expect(subscription.notices.contains(.latePaymentKeptEnded) == isLate)
        #expect((subscription.refund != nil) == isLate)
    }

    @Test func `a late payment needs nobody any more once it went back, or somebody granted something since`() {
        let late = [
            said(.created, 0, .status("active"), .product("ice")), said(.terminated, 1), said(.paymentSucceeded, 2),
        ]
        func needs(_ events: [BillingEvent], _ overrides: [Override] = []) -> [Need] {
            let subscription = Subscription.fold("sub", arriving(events), policy: Self.policy).subscription
            let record = CustomerRecord(key: .id("77"), subscriptions: [subscription], overrides: overrides)
            return decide(record, catalog: Self.catalog, policy: Policy(), billingHeardAt: .day(3), now: .day(3))
                .attention
        }
        #expect(needs(late).count == 1)
        #expect(needs(late + [said(.paymentRefunded, 2.5)]).isEmpty)
        #expect(
            needs(late, [Shop.override("g", .grant("t"), from: 2.5, until: 9)]).filter {
                $0.matter.contains("late_payment")
            }.isEmpty
        )
        #expect(
            needs(late, [Shop.override("g", .grant("t"), from: 1, until: 9)]).contains {
                $0.matter.contains("late_payment")
            }
        )
    }

    @Test func `a suspension is no end: its lifting needs no policy`() {
        let subscription = folded(
            said(.created, 0, .status("active"), .product("ice")),
            said(.suspended, 1, .reason("manual")),
            said(.unsuspended, 2)
        )
        #expect(subscription.term != .pending)
        if case .live = subscription.term {} else { Issue.record("\(subscription.term)") }
    }

    @Test(arguments: [("fire", nil), ("ice", .day(30))] as [(ProductID, Timestamp?)])
    func `cancelled without a date means what the tier says`(product: ProductID, endsAt: Timestamp?) {
        let subscription = folded(
            said(.created, 0, .status("active"), .product(product), .paidThrough(30)),
            said(.cancelled, 2)
        )
        #expect(subscription.endsAt == endsAt)
    }

    @Test func `the tier is that of the product at that moment, or else the one the sender names`() {
        let moved = folded(
            said(.created, 0, .status("active"), .product("fire"), .paidThrough(30)),
            said(.updated, 1, .product("ice")),
            said(.cancelled, 2)
        )
        #expect(moved.endsAt == .day(30))
        let hinted = folded(
            said(.created, 0, .status("active"), .product("elsewhere"), .tier("own"), .paidThrough(30)),
            said(.cancelled, 2)
        )
        #expect(hinted.endsAt == .day(30))
        let mapped = folded(
            said(.created, 0, .status("active"), .product("fire"), .tier("own"), .paidThrough(30)),
            said(.cancelled, 2)
        )
        #expect(mapped.endsAt == nil, "a product's own tier goes before the sender's word")
    }

    @Test func `where no tier has terms of its own, a policy is the same whatever is sold`() {
        let plain = Catalog(tiers: [Tier(id: "usual", rank: 1, products: ["fire"])], groups: [])
        #expect(FoldPolicy(Policy(), catalog: plain) == FoldPolicy())
        #expect(Self.policy != FoldPolicy())
    }

    @Test(
        arguments: [
            (["fire"], .lasting(.days(30))), (["ice"], .lasting(.days(90))), (["fire", "ice"], .lasting(.days(90))),
            (["ice", "storm"], .forever), ([], .lasting(.days(30))), (["unknown"], .lasting(.days(30))),
        ] as [([ProductID], AccountRetention)]
    )
    func `an account is kept as the most patient of the tiers asks`(
        products: [ProductID],
        expected: AccountRetention
    ) {
        let record = Shop.customer(
            products.enumerated().map { place, product in
                Shop.subscription(
                    SubscriptionID("s\(place)"),
                    said(.created, 0, .status("active"), .product(product)),
                    said(.terminated, 1)
                )
            }
        )
        #expect(record.accountRetention(catalog: Self.catalog, policy: Policy()) == expected)
    }

    @Test func `what was never paid asks for nothing`() {
        let record = Shop.customer([Shop.subscription("s", said(.created, 0, .status("pending"), .product("storm")))])
        #expect(record.accountRetention(catalog: Self.catalog, policy: Policy()) == .lasting(.days(30)))
    }
}

import Entitlements
import Testing

@Suite struct DecisionTests {
    @Test func `a customer has the union of all live subscriptions and grants`() {
        let record = Shop.customer(
            [
                Shop.active("a", "fire"),
                Shop.subscription("b", said(.created, 0, .status("pending"), .product("storm"))),
            ],
            [Shop.override("g", .grant("better"))]
        )
        let desired = Shop.desired(record)
        #expect(desired[Shop.id(1)]?.permissions == Shop.power.union([.websocketConnect]))
        #expect(desired[Shop.id(3)]?.permissions == Shop.files.union([.websocketConnect]))
        #expect(desired[Shop.id(1)]?.reasons.count == 2)
        #expect(Shop.decision(record).highestTier(in: Shop.catalog)?.id == "better")
    }

    @Test func `two subscriptions of one product are two reasons`() {
        let desired = Shop.desired(Shop.customer([Shop.active("a", "fire"), Shop.active("b", "fire")]))
        #expect(desired[Shop.id(1)]?.reasons.count == 2)
    }

    @Test func `websocket connect is part of all that is desired`() {
        let tier = Tier(id: "t", rank: 1, products: ["p"], access: [TierAccess(group: "frost", permissions: [])])
        let catalog = Catalog(tiers: [tier], groups: [Shop.frost])
        let inventory = Inventory([Shop.server(1, "Frost")], catalog: catalog)
        let decision = Shop.decision(Shop.customer([Shop.active("a", "p")]), catalog: catalog)
        let desired = desiredAccess(of: decision, catalog: catalog, inventory: inventory)
        #expect(desired[Shop.id(1)]?.permissions == [.websocketConnect])
    }

    @Test func `a ban wins over payments and grants`() {
        let record = Shop.customer(
            [Shop.active("a", "fire")],
            [Shop.override("g", .grant("better")), Shop.override("b", .ban, until: 10)]
        )
        #expect(Shop.desired(record).isEmpty)
        #expect(Shop.decision(record).isBanned)
        #expect(Shop.decision(record).changesAt == .day(10))
        #expect(!Shop.desired(record, on: 10).isEmpty)
    }

    @Test func `a payment by a banned customer needs attention`() {
        let paid = Shop.subscription(
            "a",
            said(.created, 0, .status("active"), .product("fire")),
            said(.paymentSucceeded, 5)
        )
        func attention(_ overrides: Override...) -> Bool {
            Shop.decision(Shop.customer([paid], overrides), on: 9).attention.contains { $0.matter.contains("banned") }
        }
        #expect(attention(Shop.override("b", .ban, from: 4)))
        #expect(!attention(Shop.override("b", .ban, from: 6)))
        #expect(!attention(Shop.override("b", .ban, from: 4, ended: 5)))
        #expect(!attention(Shop.override("b", .ban, from: 4, until: 6), Shop.override("c", .ban, from: 8)))
    }

    @Test func `overrides hold from their beginning to their end`() {
        let hold = Shop.override("h", .hold, from: 2, until: 9)
        #expect(Shop.decision(Shop.customer([], [hold]), on: 1).hold == nil)
        #expect(Shop.decision(Shop.customer([], [hold]), on: 2).hold == hold)
        #expect(Shop.decision(Shop.customer([], [hold]), on: 9).hold == nil)
        let ended = Shop.override("h", .hold, from: 2, until: 9, ended: 3)
        #expect(Shop.decision(Shop.customer([], [ended]), on: 4).hold == nil)
    }

    @Test func `a deleted customer has nothing, and nothing more is expected`() {
        var record = Shop.customer([Shop.active("a", "fire")], [Shop.override("g", .grant("better"), until: 30)])
        record.deletedAt = .day(1)
        #expect(Shop.decision(record).entitlements.isEmpty)
        #expect(Shop.decision(record).changesAt == nil)
    }

    @Test func `what a hold keeps of a deleted customer goes at the hold's end`() {
        var record = Shop.customer([Shop.active("a", "fire")], [Shop.override("h", .hold, until: 30)])
        record.deletedAt = .day(1)
        #expect(Shop.decision(record, on: 2).changesAt == .day(30))
        #expect(Shop.decision(record, on: 31).changesAt == nil)
    }

    @Test func `a product that maps to no tier needs attention and is named`() {
        let decision = Shop.decision(Shop.customer([Shop.active("a", "mystery")]))
        #expect(decision.unmapped == ["a"])
        #expect(decision.attention.count == 1)
        #expect(decision.attention[0].matter.contains("mystery"))
        let ended = Shop.subscription(
            "a",
            said(.created, 0, .status("active"), .product("mystery")),
            said(.cancelled, 1)
        )
        #expect(Shop.decision(Shop.customer([ended]), on: 2).unmapped.isEmpty)
    }

    @Test(
        arguments: [
            ("fire", "better", "basic"), ("mystery", "better", "better"), ("mystery", "none", nil),
            (nil, "better", "better"),
        ] as [(ProductID?, TierID, TierID?)]
    )
    func `the product decides the tier, the sender's tier only where the product maps to none`(
        product: ProductID?,
        hint: TierID,
        expected: TierID?
    ) {
        #expect(Shop.catalog.tier(product: product, named: hint)?.id == expected)
    }

    @Test(arguments: [said(.paymentRefunded, 1), said(.paymentDisputed, 1), said(.updated, 1, .status("odd"))])
    func `what a person should look at is said with the subscription's id`(event: BillingEvent) {
        let subscription = Shop.subscription("sub-9", said(.created, 0, .status("active"), .product("fire")), event)
        #expect(Shop.decision(Shop.customer([subscription]), on: 2).attention.contains { $0.matter.contains("sub-9") })
    }

    @Test func `a grant whose tier is gone needs attention`() {
        let decision = Shop.decision(Shop.customer([], [Shop.override("g", .grant("gone"))]))
        #expect(decision.entitlements.isEmpty)
        #expect(decision.attention.count == 1)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `a decision does not depend on the order in which anything was read`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let subscriptions = (0..<6).map { number in
            Shop.subscription(
                SubscriptionID("s\(number)"),
                said(
                    .created,
                    0,
                    .status("active"),
                    .product(random.pick(["fire", "storm", "mystery"])),
                    .paidThrough(30)
                ),
                RandomStory(seed: random.next(), length: 1).events[0]
            )
        }
        let overrides = (0..<5).map { number in
            Shop.override(
                OverrideID("o\(number)"),
                random.pick([.grant("basic"), .grant("better"), .hold, .grant("gone")]),
                until: Double(Int.random(in: 1...60, using: &random))
            )
        }
        let expected = Shop.decision(Shop.customer(subscriptions, overrides), on: 20)
        for _ in 0..<10 {
            let record = Shop.customer(subscriptions.shuffled(using: &random), overrides.shuffled(using: &random))
            #expect(Shop.decision(record, on: 20) == expected, "seed \(seed)")
        }
    }
}

@Suite struct LossTests {
    static func reason(_ id: SubscriptionID, _ tier: TierID, _ product: ProductID?) -> GrantReason {
        GrantReason(source: .subscription(id), tier: tier, product: product)
    }

    /// What the end of the subscription `a` of product `storm` counts as.
    static let losses: [(String, [BillingEvent], Double, LossKind?)] = [
        ("cancelled", [said(.cancelled, 5)], 6, .told),
        ("its end date passed", [said(.cancelled, 5, .endsAt(6))], 40, .told),
        ("grace over", [said(.paymentFailed, 30)], 40, .told),
        ("refunded", [said(.paymentRefunded, 5)], 6, .told),
        ("suspended by hand", [said(.suspended, 5, .reason("manual"))], 6, .decided),
        ("terminated", [said(.terminated, 5)], 6, .told),
        ("a passed date alone", [], 40, .inferred),
        ("cancelled by a list alone", [said(.snapshot, 5, .status("cancelled"))], 6, .inferred),
        ("past due by a list alone", [said(.snapshot, 30, .status("past_due"))], 40, .inferred),
        ("pending by a list alone", [said(.snapshot, 5, .status("pending"))], 40, .inferred),
        ("ended by a list's date alone", [said(.snapshot, 5, .endsAt(6))], 40, .inferred),
        ("called pending", [said(.updated, 5, .status("pending"))], 40, .told),
        ("a lower product", [said(.updated, 5, .product("fire"))], 6, .told),
        ("a lower product by a list alone", [said(.snapshot, 5, .product("fire"))], 6, .inferred),
        (
            "a lower product by a list, then told",
            [said(.snapshot, 5, .product("fire")), said(.updated, 5.5, .product("fire"))], 6, .told
        ),
        ("a product of no tier", [said(.updated, 5, .product("mystery"))], 6, nil),
        (
            "a product of no tier, then its end", [said(.updated, 5, .product("mystery")), said(.cancelled, 5.5)], 6,
            .told
        ),
    ]

    @Test(arguments: losses)
    func `how sure a loss is follows from who said it`(row: (String, [BillingEvent], Double, LossKind?)) {
        let story = [said(.created, 0, .status("active"), .product("storm"), .paidThrough(30))] + row.1
        let subscription = fold(story, id: "a")
        let decision = Shop.decision(Shop.customer([subscription]), on: row.2)
        #expect(decision.loss(of: Self.reason("a", "better", "storm")) == row.3, "\(row.0)")
    }

    @Test func `a product that the configuration moved to another tier is a change of the configuration`() {
        let decision = Shop.decision(Shop.customer([Shop.active("a", "fire")]))
        #expect(decision.loss(of: Self.reason("a", "better", "fire")) == .configuration)
        #expect(decision.loss(of: Self.reason("a", "basic", "fire")) == .configuration)
    }

    @Test func `another tier by its name is the sender's word, and a product that belongs to none any more is not`() {
        func decision(_ tier: TierID) -> Decision {
            let bought = said(.created, 0, .status("active"), .product("mystery"), .tier("better"))
            return Shop.decision(Shop.customer([fold([bought, said(.updated, 0.5, .tier(tier))], id: "a")]))
        }
        let given = Shop.desired(
            Shop.customer([fold([said(.created, 0, .status("active"), .product("mystery"), .tier("better"))], id: "a")])
        )
        let reasons = given.values.flatMap { $0.reasons.keys }
        #expect(!reasons.isEmpty)
        for reason in reasons {
            #expect(decision("basic").loss(of: reason) == .told)
            #expect(decision("better").loss(of: reason) == .configuration)
        }
        let nameless = said(.created, 0, .status("active"), .tier("basic"))
        let withoutProduct = Shop.decision(Shop.customer([fold([nameless], id: "a")]))
        #expect(withoutProduct.loss(of: Self.reason("a", "better", nil)) == .told)
        // The product was the better tier's when this was given.
        #expect(decision("basic").loss(of: Self.reason("a", "better", "mystery")) == .configuration)
    }

    @Test func `a ban is decided and a deletion is told, also for what maps to no tier`() {
        let record = Shop.customer([Shop.active("a", "mystery")], [Shop.override("b", .ban)])
        #expect(Shop.decision(record).loss(of: Self.reason("a", "better", "storm")) == .decided)
        var deleted = Shop.customer([Shop.active("a", "mystery")])
        deleted.deletedAt = .day(0)
        #expect(Shop.decision(deleted).loss(of: Self.reason("a", "better", "storm")) == .told)
    }

    @Test func `the end of a grant is decided by the person who made it`() {
        let reason = GrantReason(source: .override("g"), tier: "better", product: nil)
        let over = Shop.customer([], [Shop.override("g", .grant("better"), until: 1)])
        #expect(Shop.decision(over, on: 2).loss(of: reason) == .decided)
        let lives = Shop.customer([], [Shop.override("g", .grant("better"))])
        #expect(Shop.decision(lives, on: 2).loss(of: reason) == .configuration)
    }

    @Test func `a grant whose tier left the configuration is no decision of a person`() {
        let reason = GrantReason(source: .override("g"), tier: "gone", product: nil)
        let record = Shop.customer([], [Shop.override("g", .grant("gone"))])
        #expect(Shop.decision(record).loss(of: reason) == .configuration)
    }

    @Test func `a subscription that went to another customer is told`() {
        #expect(Shop.decision(Shop.customer()).loss(of: Self.reason("a", "basic", "fire")) == .told)
    }
}

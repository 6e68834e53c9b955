import Entitlements
import Testing

/// What one customer's shares in ranks become, by the same rules as permissions.
struct RankShareTests {
    private static let key = RankKey(target: .named("network"), player: known("Steve"))
    private static let other = RankKey(target: .named("network"), player: known("Alex"))
    private static let naming = PlayerNaming(property: "player", bedrockPrefix: ".")

    private static let catalog: Catalog = Catalog(
        tiers: [
            Tier(
                id: "basic",
                rank: 1,
                products: ["fire", "ice"],
                luckPerms: LuckPermsGroup("basic").map { TierRank(group: $0, servers: "frost") }
            )
        ],
        groups: [Shop.frost],
        rankTargets: [RankTarget(name: "network", servers: "frost", speaker: "Frost 1")]
    )

    private static let map = RankMap(
        catalog: catalog,
        inventories: [Shop.panel: Inventory([Shop.server(1, "Frost 1"), Shop.server(2, "Frost 2")], catalog: catalog)]
    )

    private static func customer(_ player: String?, _ events: BillingEvent..., overrides: [Override] = [])
        -> CustomerRecord
    {
        var subscription = Subscription.fold("sub", arriving([bought] + events), policy: FoldPolicy()).subscription
        if let player { subscription.properties["player"] = player }
        return CustomerRecord(key: .id("77"), subscriptions: [subscription], overrides: overrides)
    }

    private struct Wanted {
        var ranks: WantedRanks
        var decision: Decision
    }

    private static func wanted(_ record: CustomerRecord, on day: Double, heard: Double? = nil) -> Wanted {
        let decision = decide(
            record,
            catalog: catalog,
            policy: Policy(),
            billingHeardAt: .day(heard ?? day),
            now: .day(day)
        )
        let ranks = wantedRanks(of: decision, customer: record, catalog: catalog, naming: naming, map: map)
        return Wanted(ranks: ranks, decision: decision)
    }

    private static func plan(
        _ current: RankShare,
        _ wanted: Wanted,
        on day: Double,
        _ change: (inout RankCircumstances) -> Void = { _ in }
    ) -> RankSharePlan {
        var circumstances = RankCircumstances(
            decision: wanted.decision,
            settle: .seconds(60),
            grace: .days(7),
            now: .day(day)
        )
        circumstances.nameless = wanted.ranks.nameless
        change(&circumstances)
        return planRankShare(current, wanted: wanted.ranks.perks[current.key] ?? [:], circumstances)
    }

    /// The share after the purchase.
    private static func given() -> RankShare {
        plan(RankShare(key), wanted(customer("Steve"), on: 1), on: 1).share
    }

    @Test func `a rank lasts as long as what is paid for and its grace`() {
        #expect(Self.given().perks.values.map(\.expires) == [.day(37)])
    }

    @Test(arguments: [
        ([said(.created, 0, .nothingDue, .status("active"), .product("fire"))], Timestamp.farthest),
        ([bought, said(.cancelled, 1, .endsAt(20))], .day(30)),
        ([bought, said(.paymentFailed, 30)], .day(37)),
        ([bought, said(.paymentFailed, 32)], .day(39)),
    ])
    func `its end follows what is known`(_ events: [BillingEvent], _ end: Timestamp) {
        var subscription = fold(events)
        subscription.properties["player"] = "Steve"
        let record = CustomerRecord(key: .id("77"), subscriptions: [subscription])
        let day = events.last.map { $0.order.moment == .day(32) ? 33.0 : 2.0 } ?? 2
        let wanted = Self.wanted(record, on: day)
        #expect(Self.plan(RankShare(Self.key), wanted, on: day).share.perks.values.map(\.expires) == [end])
    }

    @Test func `another product of the same tier changes no rank, and holds nothing`() {
        let given = Self.given()
        let ice = Self.wanted(Self.customer("Steve", said(.updated, 2, .product("ice"))), on: 2)
        let plan = Self.plan(given, ice, on: 2)
        #expect(plan.held.isEmpty)
        #expect(plan.share.perks.keys.map(\.product) == ["ice"])
        #expect(plan.share.perks.values.map(\.group) == given.perks.values.map(\.group))
        #expect(plan.share.losing.isEmpty)
    }

    @Test func `a player who gave way to another ends also where the product changed with it`() {
        let alex = Self.wanted(Self.customer("Alex", said(.updated, 2, .product("ice"))), on: 2)
        let renamed = Set(alex.ranks.perks[Self.other]?.keys.map(\.self) ?? [])
        #expect(!renamed.isEmpty)
        let noticed = Self.plan(Self.given(), alex, on: 2) { $0.renamed = renamed }
        #expect(noticed.held.isEmpty)
        let settled = Self.plan(noticed.share, alex, on: 3) { $0.renamed = renamed }
        #expect(settled.held.isEmpty)
        #expect(settled.share.perks.isEmpty)
    }

    @Test(arguments: [nil, "", "Ste ve", "Steve\nop Mallory"])
    func `a name that is missing or none blocks the rank, says so in one harmless line, and takes nothing`(
        _ typed: String?
    ) {
        let wanted = Self.wanted(Self.customer(typed), on: 1)
        #expect(wanted.ranks.perks.isEmpty)
        #expect(wanted.ranks.problems.count == 1)
        #expect(wanted.ranks.problems.allSatisfy { $0.hasPrefix("No rank in game:") && !$0.contains("\n") })
        let plan = Self.plan(Self.given(), wanted, on: 2)
        #expect(plan.share.perks == Self.given().perks, "who had a rank keeps it until a name comes")
    }

    @Test func `another name ends the rank of the old one after the settling, and gives it to the new one at once`() {
        let wanted = Self.wanted(Self.customer("Alex"), on: 2)
        #expect(wanted.ranks.perks.keys.map(\.player) == [Self.other.player])
        let renamed = Set(wanted.ranks.perks[Self.other]?.keys.map(\.self) ?? [])
        let first = Self.plan(Self.given(), wanted, on: 2) { $0.renamed = renamed }
        #expect(first.settlesAt == .day(2) + .seconds(60))
        let second = Self.plan(first.share, wanted, on: 2.1) { $0.renamed = renamed }
        #expect(second.share.perks.isEmpty)
        #expect(second.counted[.told]?.count == 1)
    }

    @Test func `a cancellation settles, is held by the breaker, and does not run out in game meanwhile`() {
        let wanted = Self.wanted(Self.customer("Steve", said(.cancelled, 2)), on: 2)
        let first = Self.plan(Self.given(), wanted, on: 2)
        #expect(first.share.perks.count == 1)
        let held = Self.plan(first.share, wanted, on: 36) { $0.gate = LossGate(told: .hold, inferred: .hold) }
        #expect(held.held.keys.map(\.self) == [.told])
        #expect(
            held.share.perks.values.map(\.expires) == [.day(43)],
            "put off, since half of the grace was all that was left"
        )
        #expect(held.extendsAt == .day(39.5))
        let approved = Self.plan(held.share, wanted, on: 36) {
            $0.gate = LossGate(told: .hold, inferred: .hold)
            $0.approved = true
        }
        #expect(approved.share.perks.isEmpty)
    }

    @Test func `a silent billing system lets nobody's rank run out`() {
        let late = Self.wanted(Self.customer("Steve"), on: 38, heard: 29)
        let plan = Self.plan(Self.given(), late, on: 38)
        #expect(plan.share.perks.values.map(\.expires) == [.day(45)])
        #expect(plan.extendsAt == .day(41.5))
    }

    @Test func `an inferred end and a changed configuration are held, a ban is not`() {
        let heard = Self.wanted(Self.customer("Steve"), on: 38)
        let inferred = Self.plan(Self.given(), heard, on: 38) {
            $0.settle = .zero
            $0.gate = LossGate(told: .go, inferred: .hold)
        }
        #expect(inferred.held.keys.map(\.self) == [.inferred])

        var current = Self.given()
        for reason in current.perks.keys { current.perks[reason]?.group = LuckPermsGroup("former") }
        let renamed = Self.plan(current, Self.wanted(Self.customer("Steve"), on: 2), on: 2)
        #expect(renamed.held.keys.map(\.self) == [.configuration])
        #expect(renamed.share.perks.values.compactMap(\.group?.name) == ["former"])
        let approved = Self.plan(current, Self.wanted(Self.customer("Steve"), on: 2), on: 2) { $0.approved = true }
        #expect(approved.share.perks.values.compactMap(\.group?.name) == ["basic"])

        let banned = Self.wanted(Self.customer("Steve", overrides: [Shop.override("b", .ban)]), on: 2)
        #expect(Self.plan(Self.given(), banned, on: 2).share.perks.isEmpty)
    }

    @Test
    func `a tier under another name that gives the same takes nothing, and one that gives less waits for a person`() {
        let current = Self.given()
        func reloaded(group: String, rank: Int) -> RankSharePlan {
            let wanted = Self.wanted(Self.customer("Steve"), on: 2)
            var perks: [GrantReason: WantedPerk] = [:]
            for (reason, perk) in wanted.ranks.perks[Self.key] ?? [:] {
                var (reason, perk) = (reason, perk)
                reason.tier = "renamed"
                perk.group = LuckPermsGroup(group)
                perk.rank = rank
                perks[reason] = perk
            }
            return planRankShare(
                current,
                wanted: perks,
                RankCircumstances(decision: wanted.decision, settle: .seconds(60), grace: .days(7), now: .day(2))
            )
        }
        let renamed = reloaded(group: "basic", rank: 1)
        #expect(renamed.held.isEmpty && renamed.share.perks.keys.map(\.tier) == ["renamed"])
        // And back, while what a mistake gave is still there.
        let back = Self.plan(renamed.share, Self.wanted(Self.customer("Steve"), on: 2), on: 2)
        #expect(back.held.isEmpty && back.share.perks.keys.map(\.tier) == ["basic"])
        for (group, rank) in [("other", 1), ("basic", 0)] {
            let less = reloaded(group: group, rank: rank)
            #expect(!less.held.isEmpty || less.share.perks.count == 2, "\(group) \(rank)")
        }
    }

    @Test(arguments: [(2, "high", false), (1, "basic", false), (0, "high", true), (1, "other", true)])
    func `a rank that a higher one outdoes is no loss, and any other waits`(_ rank: Int, _ group: String, _ waits: Bool)
        throws
    {
        let ended = Self.wanted(Self.customer("Steve", said(.cancelled, 2)), on: 36)
        let bought = Self.wanted(Self.customer("Steve"), on: 2).ranks.perks[Self.key]
        var beside = try #require(bought?.values.first)
        beside.rank = rank
        beside.group = LuckPermsGroup(group)
        let reason = GrantReason(source: .subscription("new"), tier: "high", product: nil)
        var circumstances = RankCircumstances(decision: ended.decision, settle: .zero, grace: .days(7), now: .day(36))
        circumstances.gate = LossGate(told: .hold, inferred: .hold)
        let plan = planRankShare(Self.given(), wanted: [reason: beside], circumstances)
        #expect(plan.held.isEmpty == !waits)
        #expect(plan.share.perks.count == (waits ? 2 : 1))
    }

    @Test func `a hold freezes the rank and keeps it from running out`() {
        let wanted = Self.wanted(Self.customer("Steve", said(.cancelled, 2)), on: 36)
        let plan = Self.plan(Self.given(), wanted, on: 36) { $0.isFrozen = true }
        #expect(plan.share.perks.values.map(\.expires) == [.day(43)])
        #expect(plan.held.isEmpty)
    }

    @Test func `a refund is told apart from another end`() {
        let wanted = Self.wanted(Self.customer("Steve", said(.paymentRefunded, 2)), on: 3)
        let plan = Self.plan(Self.given(), wanted, on: 3) {
            $0.settle = .zero
            $0.refunded = ["sub"]
        }
        #expect(plan.share.perks.isEmpty)
        #expect(plan.share.wasRefunded)
    }

    @Test func `what a person grants goes to the player whom the customer's subscriptions name`() {
        let grant = Shop.override("g", .grant("basic"), from: 31, until: 90)
        let ended = Self.customer("Steve", said(.cancelled, 2), overrides: [grant])
        let wanted = Self.wanted(ended, on: 40)
        #expect(wanted.ranks.perks.keys.map(\.self) == [Self.key])
        #expect(Self.plan(RankShare(Self.key), wanted, on: 40).share.perks.values.map(\.expires) == [.day(90)])
        let nameless = CustomerRecord(key: .id("88"), overrides: [grant])
        #expect(Self.wanted(nameless, on: 40).ranks.problems.count == 1)
    }

    @Test func `servers of one storage are one target, others one each, and the speaker must be one of them`() {
        #expect(Self.map.targets(of: "frost") == [.named("network")])
        let alone = Catalog(tiers: Self.catalog.tiers, groups: [Shop.frost])
        let inventory = Inventory([Shop.server(1, "Frost 1"), Shop.server(2, "Frost 2")], catalog: alone)
        let map = RankMap(catalog: alone, inventories: [Shop.panel: inventory])
        #expect(map.targets(of: "frost")?.count == 2)
        let members = [Shop.server(1, "Frost 1"), Shop.server(2, "Frost 1")]
        func speaker(_ name: String) -> Result<PanelServer, SpeakerProblem> {
            RankTarget(name: "network", servers: "frost", speaker: name).speaker(among: members)
        }
        #expect(speaker("Frost 1") == .failure(.ambiguous))
        #expect(speaker("ident-2") == .success(members[1]))
        #expect(speaker("lobby") == .failure(.notInGroup))
    }
}

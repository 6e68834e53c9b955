import Entitlements
import Testing

/// One server of a customer's own, kept as the panel would keep it.
private struct Castle {
    static let slot = DedicatedSlot(subscription: "a", panel: "main")

    static func offer(memory: Int) -> DedicatedOffer {
        DedicatedOffer(egg: "Paper", limits: DedicatedLimits(memory: memory, disk: 1000, cpu: 100))
    }

    static let small = Tier(id: "small", rank: 1, products: ["small", "mini"], dedicated: offer(memory: 2048))
    static let big = Tier(id: "big", rank: 2, products: ["big"], dedicated: offer(memory: 8192))
    static let plain = Tier(id: "plain", rank: 1, products: ["plain"])
    static let catalog = Catalog(tiers: [small, big, plain], groups: [])

    var server: DedicatedServer?
    var catalog = Castle.catalog
    var settle: Duration = .zero
    var approved = false
    var gate = LossGate.open
    var doubtsTime = false
    var account = 7

    func plan(_ record: CustomerRecord, on day: Double) -> DedicatedPlan {
        let decision = Shop.decision(record, on: day, catalog: catalog)
        var circumstances = DedicatedCircumstances(
            decision: decision,
            customer: record,
            catalog: catalog,
            settle: settle,
            account: account,
            now: .day(day)
        )
        circumstances.approved = approved
        circumstances.gate = gate
        circumstances.doubtsTime = doubtsTime
        let wish = desiredDedicated(of: decision, customer: record, catalog: catalog)[Self.slot]
        return planDedicated(server, at: Self.slot, wish: wish, in: circumstances)
    }

    /// Plans and carries out, as a panel that does everything would.
    @discardableResult
    mutating func reconcile(_ record: CustomerRecord, on day: Double) -> [DedicatedPlan.Step] {
        let plan = plan(record, on: day)
        server = plan.server
        for step in plan.steps {
            switch step {
            case .create(let request, let reason):
                var made = DedicatedServer(
                    slot: Self.slot,
                    externalID: "x",
                    reason: reason,
                    asked: request,
                    owner: account,
                    origin: .known(PanelIdentity(number: 1, uuid: "u"))
                )
                made.observed = .running(request)
                server = made
            case .change(let request, let reason, let owner):
                server?.asked = request
                server?.reason = reason
                server?.owner = owner
            case .suspend: server?.observed?.isSuspended = true
            case .unsuspend:
                server?.observed?.isSuspended = false
                server?.suspendedAt = nil
            case .delete: server = nil
            case .lookForCreation, .adopt, .letGo: Issue.record("not in these stories")
            }
        }
        return plan.steps
    }

    /// One that was bought on day 0 and runs.
    static func bought() -> Castle {
        var castle = Castle()
        castle.reconcile(Self.buyer, on: 1)
        return castle
    }

    static let buyer = Shop.customer([Shop.active("a", "small")])
    static let left = Shop.customer([
        Shop.subscription("a", said(.created, 0, .status("active"), .product("small")), said(.cancelled, 2))
    ])
}

extension DedicatedSighting {
    fileprivate static func running(_ request: DedicatedRequest) -> DedicatedSighting {
        DedicatedSighting(
            name: request.name,
            owner: 7,
            isSuspended: false,
            activity: .none,
            limits: request.limits,
            features: request.features
        )
    }
}

private func words(_ steps: [DedicatedPlan.Step]) -> [String] {
    steps.map { step in
        switch step {
        case .create: "create"
        case .lookForCreation: "look"
        case .adopt: "adopt"
        case .change: "change"
        case .suspend: "suspend"
        case .unsuspend: "unsuspend"
        case .delete: "delete"
        case .letGo: "let go"
        }
    }
}

@Suite struct DedicatedPlanTests {
    @Test func `who buys one gets one, once`() {
        var castle = Castle()
        #expect(words(castle.reconcile(Castle.buyer, on: 1)) == ["create"])
        #expect(castle.reconcile(Castle.buyer, on: 1).isEmpty)
        #expect(castle.server?.asked.limits.memory == 2048 && castle.server?.asked.name == "small #a")
    }

    @Test func `nobody who bought none gets one`() {
        for record in [Shop.customer(), Shop.customer([Shop.active("a", "plain")]), Castle.left] {
            var castle = Castle()
            #expect(castle.reconcile(record, on: 3).isEmpty)
        }
    }

    @Test func `an end suspends, and only a person's word long afterwards deletes`() {
        var castle = Castle.bought()
        #expect(words(castle.reconcile(Castle.left, on: 3)) == ["suspend"])
        #expect(castle.reconcile(Castle.left, on: 4).isEmpty)
        #expect(castle.plan(Castle.left, on: 4).due == [.day(3) + .days(14)])
        #expect(castle.reconcile(Castle.left, on: 18).isEmpty)
        #expect(castle.server?.deletionWaitsSince == .day(18))
        #expect(castle.plan(Castle.left, on: 400).attention.count == 1)
        castle.server?.deletionConfirmedBy = "ada"
        #expect(words(castle.reconcile(Castle.left, on: 19)) == ["delete"])
    }

    @Test func `the end's count begins anew after a return, and its confirmation is forgotten`() {
        var castle = Castle.bought()
        castle.reconcile(Castle.left, on: 3)
        castle.reconcile(Castle.left, on: 18)
        castle.server?.deletionConfirmedBy = "ada"
        #expect(words(castle.reconcile(Castle.buyer, on: 19)) == ["unsuspend"])
        #expect(castle.server?.deletionConfirmedBy == nil && castle.server?.endedAt == nil)
        #expect(words(castle.reconcile(Castle.left, on: 20)) == ["suspend"])
        #expect(castle.reconcile(Castle.left, on: 30).isEmpty)
        #expect(castle.server?.deletionWaitsSince == nil)
    }

    @Test func `a told loss waits for the other half of a change, from when it was noticed`() {
        var castle = Castle.bought()
        castle.settle = .days(1)
        #expect(castle.reconcile(Castle.left, on: 3).isEmpty)
        #expect(castle.plan(Castle.left, on: 3.5).settlesAt == .day(4))
        #expect(words(castle.reconcile(Castle.left, on: 4)) == ["suspend"])
    }

    @Test func `the breaker holds a told loss, a person lets it go`() {
        var castle = Castle.bought()
        castle.gate = LossGate(told: .hold, inferred: .hold)
        #expect(castle.plan(Castle.left, on: 3).held.keys.sorted() == [.told])
        #expect(castle.reconcile(Castle.left, on: 3).isEmpty)
        castle.approved = true
        #expect(words(castle.reconcile(Castle.left, on: 3)) == ["suspend"])
    }

    @Test func `what only a list says, or a changed configuration, is held`() {
        let listed = Shop.customer([
            Shop.subscription(
                "a",
                said(.created, 0, .status("active"), .product("small")),
                said(.snapshot, 2, .status("cancelled"))
            )
        ])
        var castle = Castle.bought()
        castle.gate = LossGate(told: .go, inferred: .hold)
        #expect(castle.plan(listed, on: 3).held.keys.sorted() == [.inferred])
        #expect(castle.plan(listed, on: 3).steps.isEmpty)
        var reconfigured = castle
        reconfigured.catalog = Catalog(
            tiers: [Tier(id: "small", rank: 1, products: ["small"]), Castle.big],
            groups: []
        )
        #expect(reconfigured.plan(Castle.buyer, on: 3).held.keys.sorted() == [.configuration])
    }

    @Test func `a loss that nobody has announced waits until it is known whom else it concerns`() {
        var castle = Castle.bought()
        castle.gate = .unannounced
        let plan = castle.plan(Castle.left, on: 3)
        #expect(plan.awaitsOthers && plan.awaited == [.told: .day(3)] && plan.steps.isEmpty)
        castle.gate = .open
        #expect(castle.plan(Castle.left, on: 3).counted == .told)
        #expect(words(castle.reconcile(Castle.left, on: 3)) == ["suspend"])
    }

    @Test func `a ban takes at once and never counts as an end`() {
        let banned = Shop.customer([Shop.active("a", "small")], [Shop.override("b", .ban)])
        var castle = Castle.bought()
        castle.settle = .days(1)
        castle.gate = LossGate(told: .hold, inferred: .hold)
        #expect(words(castle.reconcile(banned, on: 2)) == ["suspend"])
        #expect(castle.reconcile(banned, on: 300).isEmpty)
        #expect(castle.server?.endedAt == nil)
    }

    @Test func `a clock that is in doubt ends nothing that only time ends`() {
        let unpaid = Shop.customer([
            Shop.subscription("a", said(.created, 0, .status("active"), .product("small")), said(.paymentFailed, 1))
        ])
        var castle = Castle.bought()
        castle.doubtsTime = true
        #expect(castle.plan(unpaid, on: 20).isDoubted)
        #expect(castle.reconcile(unpaid, on: 20).isEmpty)
        castle.doubtsTime = false
        #expect(words(castle.reconcile(unpaid, on: 20)) == ["suspend"])
        #expect(castle.reconcile(unpaid, on: 200).isEmpty)
        #expect(castle.server?.endedAt == nil, "not paid is not over")
    }

    /// Somebody with a big server of whom something says that it is a small one's product now.
    private static func smaller(_ kind: BillingEvent.Kind) -> CustomerRecord {
        Shop.customer([
            Shop.subscription(
                "a",
                said(.created, 0, .status("active"), .product("big")),
                said(kind, 2, .product("small"))
            )
        ])
    }

    private static func bigCastle() -> Castle {
        var castle = Castle()
        castle.reconcile(Shop.customer([Shop.active("a", "big")]), on: 1)
        return castle
    }

    @Test(arguments: [(BillingEvent.Kind.updated, LossKind.told), (.snapshot, .inferred)])
    func `what makes a server smaller waits as any other loss: to settle, then for the breaker`(
        _ event: BillingEvent.Kind,
        kind: LossKind
    ) {
        let record = Self.smaller(event)
        var castle = Self.bigCastle()
        castle.settle = .days(1)
        castle.gate = .unannounced
        #expect(castle.plan(record, on: 3).awaited == [kind: .day(3)])
        #expect(castle.plan(record, on: 3).settlesAt == .day(4))
        #expect(castle.reconcile(record, on: 3).isEmpty)
        let waiting = castle.plan(record, on: 4)
        #expect(waiting.awaitsOthers && waiting.awaited == [kind: .day(3)] && waiting.steps.isEmpty)
        #expect(waiting.loss == .size(["memory 8192 → 2048"]))
        castle.gate = LossGate(told: .hold, inferred: .hold)
        #expect(castle.plan(record, on: 4).held[kind]?.contains("made smaller (memory 8192 → 2048)") == true)
        #expect(castle.reconcile(record, on: 4).isEmpty)
        castle.gate = .open
        #expect(castle.plan(record, on: 4).counted == kind)
        #expect(words(castle.reconcile(record, on: 4)) == ["change"])
        #expect(castle.server?.asked.limits.memory == 2048 && castle.server?.losingSince == nil)
    }

    @Test func `a person lets a held shrink go, which nobody counts then`() {
        let record = Self.smaller(.snapshot)
        var castle = Self.bigCastle()
        castle.gate = LossGate(told: .hold, inferred: .hold)
        castle.approved = true
        #expect(castle.plan(record, on: 3).counted == nil)
        #expect(words(castle.reconcile(record, on: 3)) == ["change"])
    }

    @Test func `a shrink that is taken back before it has settled never happened`() {
        let big = Shop.customer([Shop.active("a", "big")])
        var castle = Self.bigCastle()
        castle.settle = .days(1)
        #expect(castle.reconcile(Self.smaller(.updated), on: 3).isEmpty)
        #expect(castle.server?.losingSince == .day(3))
        #expect(castle.reconcile(big, on: 3.5).isEmpty)
        #expect(castle.server?.losingSince == nil)
        #expect(castle.reconcile(Self.smaller(.updated), on: 5).isEmpty)
        #expect(castle.plan(Self.smaller(.updated), on: 5).settlesAt == .day(6))
    }

    @Test func `once it has settled, a sale resizes up and down`() {
        var castle = Castle.bought()
        let upgraded = Shop.customer([
            Shop.subscription(
                "a",
                said(.created, 0, .status("active"), .product("small")),
                said(.updated, 2, .product("big"))
            )
        ])
        #expect(words(castle.reconcile(upgraded, on: 3)) == ["change"])
        #expect(castle.server?.asked.limits.memory == 8192)
        #expect(castle.reconcile(upgraded, on: 3).isEmpty)
        #expect(words(castle.reconcile(Castle.buyer, on: 4)) == ["change"])
        #expect(castle.server?.asked.limits.memory == 2048)
    }

    @Test func `a tier that was made smaller takes nothing from anybody unasked, a larger one gives`() {
        var castle = Castle.bought()
        castle.catalog = Catalog(
            tiers: [Tier(id: "small", rank: 1, products: ["small"], dedicated: Castle.offer(memory: 1024))],
            groups: []
        )
        #expect(castle.plan(Castle.buyer, on: 2).held[.configuration]?.contains("memory 2048 → 1024") == true)
        #expect(castle.reconcile(Castle.buyer, on: 2).isEmpty)
        castle.approved = true
        #expect(words(castle.reconcile(Castle.buyer, on: 2)) == ["change"])
        castle.approved = false
        castle.catalog = Catalog(
            tiers: [Tier(id: "small", rank: 1, products: ["small"], dedicated: Castle.offer(memory: 0))],
            groups: []
        )
        #expect(words(castle.reconcile(Castle.buyer, on: 3)) == ["change"], "0 means no limit")
    }

    @Test func `a grant of its tier keeps a server running and brings it back, but makes none`() {
        let granted = Shop.customer(Castle.left.subscriptions, [Shop.override("g", .grant("small"), from: 4)])
        var castle = Castle.bought()
        castle.reconcile(Castle.left, on: 3)
        #expect(words(castle.reconcile(granted, on: 5)) == ["unsuspend"])
        #expect(castle.reconcile(granted, on: 6).isEmpty)
        var none = Castle()
        #expect(none.reconcile(Shop.customer([], [Shop.override("g", .grant("small"))]), on: 5).isEmpty)
    }

    @Test func `a suspension by hand is neither lifted nor taken for ours`() {
        var castle = Castle.bought()
        castle.server?.observed?.isSuspended = true
        #expect(castle.reconcile(Castle.left, on: 3).isEmpty)
        #expect(castle.server?.suspendedAt == nil && castle.server?.endedAt != nil)
        #expect(castle.reconcile(Castle.buyer, on: 4).isEmpty)
    }

    @Test func `what we suspended and somebody let run is suspended again`() {
        var castle = Castle.bought()
        castle.reconcile(Castle.left, on: 3)
        castle.server?.observed?.isSuspended = false
        castle.settle = .days(1)
        #expect(words(castle.reconcile(Castle.left, on: 4)) == ["suspend"])
    }

    @Test func `the owner follows the account`() {
        var castle = Castle.bought()
        castle.account = 9
        #expect(words(castle.reconcile(Castle.buyer, on: 2)) == ["change"])
        #expect(castle.server?.owner == 9)
    }

    @Test(arguments: [DedicatedSighting.Activity.installing, .restoringBackup, .other])
    func `nothing is done to a server with which the panel is busy`(_ activity: DedicatedSighting.Activity) {
        var castle = Castle.bought()
        castle.server?.observed?.activity = activity
        let plan = castle.plan(Castle.left, on: 3)
        #expect(plan.steps.isEmpty && !plan.waiting.isEmpty && plan.due.contains(.day(3) + .seconds(60)))
        #expect(plan.server?.suspendedAt == nil && plan.server?.endedAt == nil)
        castle.server?.observed?.activity = .none
        #expect(words(castle.reconcile(Castle.left, on: 4)) == ["suspend"])
    }

    @Test func `a server with which the panel is busy for long is looked at ever more rarely, and a person is asked`() {
        var castle = Castle.bought()
        castle.server?.observed?.activity = .installing
        castle.reconcile(Castle.buyer, on: 2)
        for (hours, minutes) in [(0.25, 1.5), (1, 6), (5, 30), (100, 60)] {
            let day = 2 + hours / 24
            let plan = castle.plan(Castle.buyer, on: day)
            #expect(plan.due.map { ($0 - .day(day)) / .seconds(60) } == [minutes])
            #expect(plan.attention.count == (hours >= 1 ? 1 : 0))
        }
        castle.server?.observed?.activity = .none
        castle.reconcile(Castle.buyer, on: 3)
        #expect(castle.server?.busySince == nil)
    }

    @Test(arguments: [Castle.buyer, Castle.left, Shop.customer()])
    fileprivate func `what a person let go of is only let go of, whatever becomes of its subscription`(
        _ record: CustomerRecord
    ) {
        var castle = Castle.bought()
        castle.server?.origin = .leaving(PanelIdentity(number: 1, uuid: "u"))
        let plan = castle.plan(record, on: 400)
        #expect(words(plan.steps) == ["let go"] && plan.attention.isEmpty && plan.due.isEmpty)
    }

    @Test func `a subscription of somebody else's now leaves its server as it is`() {
        let castle = Castle.bought()
        let plan = castle.plan(Shop.customer(), on: 3)
        #expect(plan.steps.isEmpty && plan.attention.count == 1 && plan.server == castle.server)
    }

    @Test func `an immense quantity is a mistake: none is made, none is taken`() {
        let greedy = Shop.customer([
            Shop.subscription("a", said(.created, 0, .status("active"), .product("small"), .quantity(5000)))
        ])
        var castle = Castle()
        #expect(castle.plan(greedy, on: 1).attention.count == 1)
        #expect(castle.reconcile(greedy, on: 1).isEmpty)
        castle = .bought()
        #expect(castle.reconcile(greedy, on: 2).isEmpty)
    }

    @Test func `a creation is believed only when two looks agree, the second after the panel could take it back`() {
        let found = PanelIdentity(number: 3, uuid: "u")
        for (looks, conclusion) in [
            ([found, found], DedicatedCreation.Conclusion.found(found)), ([nil, nil], .absent),
            ([found, nil, nil], .absent), ([nil, found, found], .found(found)),
        ] as [([PanelIdentity?], DedicatedCreation.Conclusion)] {
            var creation = DedicatedCreation(askedAt: .day(1))
            for (index, look) in looks.enumerated() {
                let isLast = index == looks.count - 1
                let now = Timestamp.day(1) + .seconds(isLast ? 30 : index + 1)
                let concluded = creation.conclude(from: look, now: now)
                if isLast {
                    #expect(concluded == conclusion)
                } else {
                    #expect(concluded == .lookAgain(at: .day(1) + .seconds(20)))
                }
            }
        }
        var early = DedicatedCreation(askedAt: .day(1))
        _ = early.conclude(from: found, now: .day(1) + .seconds(1))
        #expect(early.conclude(from: found, now: .day(1) + .seconds(15)) == .lookAgain(at: .day(1) + .seconds(20)))
    }
}

@Suite struct DedicatedTemplateTests {
    @Test(arguments: [
        "{", "}", "{product", "product}", "{}", "{nonsense}", "{property.}", "{{product}}", "{product}}", "{Product}",
        "{ product }",
    ])
    func `a brace that opens nothing known is refused`(_ text: String) {
        #expect(throws: DedicatedTemplate.Malformed.self) { try DedicatedTemplate(text) }
    }

    @Test func `what is filled in is not read again`() throws {
        let template = try DedicatedTemplate("a {property.x} b")
        #expect(try template.filled { _ throws(UnfitValue) in "{product}" } == "a {product} b")
        #expect(try template.filled { _ throws(UnfitValue) in nil } == nil)
    }

    private func environment(_ value: String?) throws -> DedicatedWish? {
        var offer = DedicatedOffer(egg: "Paper", limits: DedicatedLimits(memory: 1, disk: 1, cpu: 1))
        offer.environment = ["V": try DedicatedTemplate("{property.v}")]
        let catalog = Catalog(tiers: [Tier(id: "t", rank: 1, products: ["p"], dedicated: offer)], groups: [])
        var subscription = Shop.active("a", "p")
        if let value { subscription.properties["v"] = value }
        let record = Shop.customer([subscription])
        return desiredDedicated(of: Shop.decision(record, catalog: catalog), customer: record, catalog: catalog).values
            .first
    }

    @Test func `a checkout field fills a variable, an empty one leaves it to the egg`() throws {
        #expect(try environment("1.21.4")?.request?.environment == ["V": "1.21.4"])
        #expect(try environment("$(reboot); \"x\"")?.request?.environment == ["V": "$(reboot); \"x\""])
        #expect(try environment(nil)?.request?.environment == [:])
        #expect(try environment("")?.request?.environment == [:])
    }

    @Test(arguments: ["a\nb", "a\0b", "\u{1B}[2J", "a\u{202E}b", "\u{2028}", String(repeating: "x", count: 192)])
    func `what cannot be shown or is too long makes no server`(_ value: String) throws {
        let wish = try #require(try environment(value))
        #expect(wish.request == nil && wish.unfit == UnfitValue(property: "v"))
    }
}

import Entitlements
import Ledger
import Testing

extension DedicatedServer {
    fileprivate static func sample(
        _ subscription: SubscriptionID = "s-77",
        number: Int = 1,
        server: Int? = 5,
        deletionWaits: Bool = false
    ) -> DedicatedServer {
        var made = DedicatedServer(
            slot: DedicatedSlot(subscription: subscription, panel: "main", number: number),
            externalID: "paydactyl:test:\(subscription)",
            reason: GrantReason(source: .subscription(subscription), tier: "small", product: "fire-elemental"),
            asked: request(of: subscription),
            owner: 3,
            origin: server.map { .known(PanelIdentity(number: $0, uuid: "uuid-\($0)")) }
                ?? .asked(DedicatedCreation(askedAt: at(0)))
        )
        if deletionWaits {
            made.suspendedAt = at(1)
            made.endedAt = at(1)
            made.deletionWaitsSince = at(2)
        }
        return made
    }
}

/// What a subscription asks for whose tier sells a server.
private func request(of id: SubscriptionID) -> DedicatedRequest {
    let offer = DedicatedOffer(egg: "Paper", limits: DedicatedLimits(memory: 2048, disk: 1000, cpu: 100))
    let tier = Tier(id: "small", rank: 1, products: ["fire-elemental"], dedicated: offer)
    let catalog = Catalog(tiers: [tier], groups: [])
    let events: [BillingEvent] = [.paid(id, customer: "77")]
    let subscription = Subscription.fold(id, events, policy: FoldPolicy()).subscription
    let record = CustomerRecord(key: .id("77"), subscriptions: [subscription])
    let decision = decide(record, catalog: catalog, policy: Policy(), billingHeardAt: at(0), now: at(0))
    let wishes = desiredDedicated(of: decision, customer: record, catalog: catalog)
    guard let request = wishes.values.first?.request else { preconditionFailure("the tier sells a server") }
    return request
}

private func decision(_ seconds: Int64 = 5) -> PersonDecision {
    PersonDecision(author: "ada", reason: "agreed by mail", at: at(seconds))
}

@Suite(.timeLimit(.minutes(1)))
struct DedicatedTests {
    private func keep(_ servers: [DedicatedServer], _ world: World, under claim: Claim) async throws {
        var step = LaneWrite()
        step.dedicated = servers
        _ = try await world.ledger.write(step, under: claim, now: at(1))
    }

    @Test(arguments: LedgerFactory.all)
    func `a customer's own servers come back as they were written, until they are forgotten`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let claim = try await world.claimed()
        let asked = DedicatedServer.sample(number: 2, server: nil)
        try await keep([.sample(), asked], world, under: claim)
        #expect(try await world.ledger.file(of: claim.customer)?.dedicated == [.sample(), asked])
        #expect(try await world.ledger.dedicatedServers(of: "s-77").map(\.server) == [.sample(), asked])
        #expect(
            try await world.ledger.dedicatedServers(on: "main")
                == [5: OwnedServer(customer: claim.customer, server: .sample())]
        )
        #expect(try await world.ledger.dedicatedServers(on: "other").isEmpty)
        var changed = DedicatedServer.sample()
        changed.suspendedAt = at(3)
        try await keep([changed], world, under: claim)
        #expect(try await world.ledger.file(of: claim.customer)?.dedicated == [changed, asked])
        var step = LaneWrite()
        step.forgottenDedicated = [asked.slot]
        _ = try await world.ledger.write(step, under: claim, now: at(4))
        #expect(try await world.ledger.file(of: claim.customer)?.dedicated == [changed])
        #expect(try await world.ledger.customer(of: "s-77") == claim.customer)
        #expect(try await world.ledger.customer(of: "nobody's") == nil)
    }

    @Test(arguments: LedgerFactory.all)
    func `they are listed a page at a time, by subscription and number`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        for (id, count) in [("77", 3), ("78", 2)] {
            let claim = try await world.claimed(id)
            let subscription = SubscriptionID("s-\(id)")
            let servers = (1...count).map {
                DedicatedServer.sample(subscription, number: $0, server: nil, deletionWaits: $0 == 2)
            }
            try await keep(servers, world, under: claim)
        }
        func listed(_ deletionWaits: Bool, after slot: DedicatedSlot?) async throws -> [String] {
            try await world.ledger.dedicatedServers(deletionWaits: deletionWaits, after: slot, limit: 2).map {
                "\($0.server.slot.subscription) \($0.server.slot.number)"
            }
        }
        func slot(_ subscription: SubscriptionID, _ number: Int) -> DedicatedSlot {
            DedicatedSlot(subscription: subscription, panel: "main", number: number)
        }
        #expect(try await listed(false, after: nil) == ["s-77 1", "s-77 2"])
        #expect(try await listed(false, after: slot("s-77", 2)) == ["s-77 3", "s-78 1"])
        #expect(try await listed(false, after: slot("s-78", 1)) == ["s-78 2"])
        #expect(try await listed(true, after: nil) == ["s-77 2", "s-78 2"])
        #expect(try await listed(true, after: slot("s-77", 2)) == ["s-78 2"])
    }

    @Test(arguments: LedgerFactory.all)
    func `an id of the panel is one subscription's, and an old claim writes nothing`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let first = try await world.claimed("77")
        let second = try await world.claimed("88")
        try await keep([.sample("s-77")], world, under: first)
        await #expect(throws: DedicatedServerTaken.self) {
            try await keep([.sample("s-88")], world, under: second)
        }
        #expect(try await world.ledger.file(of: second.customer)?.dedicated == [])
        try await world.ledger.release(first, now: at(2))
        await #expect(throws: LeaseLost.self) { try await keep([.sample("s-77", server: 9)], world, under: first) }
    }

    @Test(arguments: LedgerFactory.all)
    func `a deletion is confirmed only while it waits, and for that server`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        let slot = DedicatedServer.sample().slot
        try await keep([.sample()], world, under: claim)
        #expect(try await world.ledger.confirmDeletion(of: slot, server: 5, by: decision()) == nil)
        try await keep([.sample(deletionWaits: true)], world, under: claim)
        #expect(try await world.ledger.summary().deletionsWaiting == 1)
        #expect(try await world.ledger.dedicatedServers(deletionWaits: true, after: nil, limit: 10).count == 1)
        #expect(try await world.ledger.confirmDeletion(of: slot, server: 6, by: decision()) == nil)
        #expect(try await world.ledger.confirmDeletion(of: slot, server: 5, by: decision()) == claim.customer)
        // The lane that has the server in its hands knows nothing of it, and takes it away only by calling the deletion off.
        try await keep([.sample(deletionWaits: true)], world, under: claim)
        #expect(try await world.ledger.file(of: claim.customer)?.dedicated.first?.deletionConfirmedBy == "ada")
        try await keep([.sample()], world, under: claim)
        #expect(try await world.ledger.file(of: claim.customer)?.dedicated.first?.deletionConfirmedBy == nil)
        try await keep([.sample(deletionWaits: true)], world, under: claim)
        #expect(try await world.ledger.file(of: claim.customer)?.dedicated.first?.deletionConfirmedBy == nil)
    }

    @Test(arguments: LedgerFactory.all)
    func `servers of a subscription that changed its customer stay, until a person hands them over`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        try await keep([.sample()], world, under: claim)
        #expect(try await world.ledger.handOver("s-77", by: decision()) == nil, "they are theirs")
        try await world.tell(.paid("s-77", at: 10, customer: "88", email: "u88@example.com"), now: at(10))
        #expect(try await world.ledger.file(of: .id("77"))?.dedicated == [.sample()])
        #expect(try await world.ledger.file(of: .id("88"))?.dedicatedElsewhere == ["s-77": .id("77")])
        let done = try await world.ledger.handOver("s-77", by: decision(11))
        #expect(done == HandOver(from: [.id("77")], to: .id("88")))
        #expect(try await world.ledger.file(of: .id("77"))?.dedicated == [])
        #expect(try await world.ledger.file(of: .id("88"))?.dedicated == [.sample()])
        #expect(try await world.ledger.file(of: .id("88"))?.dedicatedElsewhere == [:])
        await #expect(throws: LeaseLost.self) { try await keep([.sample()], world, under: claim) }
    }

    @Test(arguments: LedgerFactory.all)
    func `an e-mail's customer who gets an id keeps the servers`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.paid("s-77", email: "ada@example.com"))
        let claim = try await world.claim(now: at(0))
        try await keep([.sample()], world, under: claim)
        try await world.tell(.paid("s-77", at: 10, customer: "77", email: "ada@example.com"), now: at(10))
        #expect(try await world.ledger.file(of: .id("77"))?.dedicated == [.sample()])
    }

    @Test(arguments: LedgerFactory.all)
    func `a server is adopted into an empty place alone`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed("77")
        _ = try await world.claimed("88")
        let adopted = DedicatedServer.sample()
        let ledger = world.ledger
        #expect(try await ledger.adopt(adopted, for: .id("88"), by: decision()) == .notTheirs)
        #expect(try await ledger.adopt(adopted, for: .id("77"), by: decision()) == nil)
        #expect(try await ledger.file(of: .id("77"))?.dedicated == [adopted])
        await #expect(throws: LeaseLost.self) { try await keep([], world, under: claim) }
        #expect(try await ledger.adopt(.sample(server: 6), for: .id("77"), by: decision()) == .slotTaken(by: .id("77")))
        #expect(
            try await ledger.adopt(.sample("s-88"), for: .id("88"), by: decision()) == .serverTaken(by: adopted.slot)
        )
        #expect(try await ledger.file(of: .id("88"))?.dedicated == [])
    }

    @Test(arguments: LedgerFactory.all)
    func `who lets go of a server keeps its place empty, until it is filled or another is adopted`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        let (ledger, slot) = (world.ledger, DedicatedServer.sample().slot)
        func letGo(_ server: Int, makingAnother: Bool = false) async throws -> LettingGo {
            try await ledger.letGo(of: slot, server: server, makingAnother: makingAnother, by: decision())
        }
        #expect(try await letGo(5) == .notThere)
        try await keep([.sample(server: nil)], world, under: claim)
        #expect(try await letGo(5) == .isBeingMade)
        try await keep([.sample(deletionWaits: true)], world, under: claim)
        #expect(try await letGo(6) == .notThere)
        #expect(try await letGo(5) == .done(claim.customer))
        let file = try #require(try await ledger.file(of: claim.customer))
        #expect(file.dedicated.map(\.origin) == [.leaving(PanelIdentity(number: 5, uuid: "uuid-5"))])
        #expect(file.dedicatedLeft == [slot])
        #expect(try await ledger.summary().deletionsWaiting == 0)
        await #expect(throws: LeaseLost.self) { try await keep([.sample()], world, under: claim) }
        let history = try await ledger.history(of: claim.customer, before: nil, limit: 9)
        #expect("\(history)".contains("let go of server 5"))

        let next = try await world.claim(now: at(9))
        var step = LaneWrite()
        step.forgottenDedicated = [slot]
        _ = try await ledger.write(step, under: next, now: at(9))
        #expect(try await ledger.file(of: claim.customer)?.dedicatedLeft == [slot], "its place is still empty")
        #expect(try await ledger.fillPlace(slot, by: decision(10)) == claim.customer)
        #expect(try await ledger.fillPlace(slot, by: decision(11)) == nil)
        #expect(try await ledger.file(of: claim.customer)?.dedicatedLeft == [])

        #expect(try await ledger.adopt(.sample(server: 7), for: claim.customer, by: decision(12)) == nil)
        #expect(try await letGo(7, makingAnother: true) == .done(claim.customer))
        #expect(try await ledger.file(of: claim.customer)?.dedicatedLeft == [])
    }
}

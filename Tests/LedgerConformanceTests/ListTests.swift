import Entitlements
import Ledger
import Testing

/// What a list of the billing system's says by leaving something out.
@Suite(.timeLimit(.minutes(1)))
struct ListTests {
    private static let hour: Int64 = 3600

    /// Folds one page of a list that was read at an hour and holds some subscriptions, all active.
    private func list(
        _ world: World,
        _ generation: String,
        hour: Int64,
        page: Int = 1,
        of pages: Int = 1,
        _ subscriptions: SubscriptionID...
    ) async throws {
        let moment = at(hour * Self.hour)
        let number = try await world.deliver(now: moment)
        let events = subscriptions.map {
            BillingEvent.of($0, .snapshot, at: hour * Self.hour) { $0.status = .value(.active) }
        }
        let listed = UnfoldedDelivery(
            number: number,
            events: events,
            page: ListPage(source: "paymenter", generation: generation, page: page, pages: pages, beganAt: moment)
        )
        _ = try await world.ledger.fold([listed], policy: FoldPolicy(), now: moment)
    }

    /// Two customers who have paid.
    private func world(_ factory: LedgerFactory) async throws -> World {
        let world = try World(factory)
        try await world.tell(.paid("a", customer: "1"), .paid("b", customer: "2"))
        try await world.settle(now: at(0))
        return world
    }

    private func term(_ world: World, _ customer: String = "2") async throws -> Term? {
        try await world.record(of: .id(customer)).subscriptions.first?.term
    }

    private func stop(_ world: World) async throws -> Stop? {
        if case .stopped(let stop) = try await term(world) { stop } else { nil }
    }

    private func isLive(_ world: World, _ customer: String = "2") async throws -> Bool {
        if case .live = try await term(world, customer) { true } else { false }
    }

    @Test(arguments: LedgerFactory.all)
    func `a list whose pages contradict each other ends nothing and is told until a whole one comes`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try await world(factory)
        for hour in 1...3 as ClosedRange<Int64> {
            try await list(world, "g\(hour)", hour: hour, page: 1, of: 2, "a")
            try await list(world, "g\(hour)", hour: hour, page: 2, of: 3, "a")
            try await list(world, "g\(hour)", hour: hour, page: 2, of: 2, "a")
        }
        #expect(try await isLive(world))
        #expect(try await world.ledger.summary().listsContradicting == 3)
        let notes = try await world.ledger.deliveries(before: nil, state: .applied, limit: 100).compactMap(\.note)
        #expect(
            notes.filter { $0.contains("The list g2 has 3 pages by this one, and another number by an earlier one.") }
                .count == 1
        )
        try await list(world, "g4", hour: 4, "a", "b")
        #expect(try await world.ledger.summary().listsContradicting == 0)
    }

    @Test(arguments: LedgerFactory.all)
    func `what two complete lists in a row miss is ended as a list's word`(_ factory: LedgerFactory) async throws {
        let world = try await world(factory)
        try await list(world, "g1", hour: 1, "a")
        #expect(try await isLive(world))
        try await list(world, "g2", hour: 2, "a")
        let stop = try #require(try await stop(world))
        #expect(stop.cause == .cancelled)
        #expect(stop.at == at(2 * Self.hour))
        #expect(stop.isInferred)
        #expect(try await isLive(world, "1"), "who is listed stays")
        let claims = try await world.ledger.claimDue(limit: 9, lease: .seconds(60), now: at(2 * Self.hour))
        #expect(claims.contains { $0.customer == .id("2") }, "the lane is told")
        let events = try await world.ledger.events(of: .id("2"), limit: 10)
        #expect(events.contains { $0.event.facts.reason.value == "absent from two complete lists" })
        for hour in 3...6 as ClosedRange<Int64> { try await list(world, "g\(hour)", hour: hour, "a") }
        #expect(try await world.ledger.events(of: .id("2"), limit: 10).count == events.count, "it is said once")
    }

    @Test(arguments: LedgerFactory.all)
    func `a list that holds it again, or any word of it, begins the count anew`(_ factory: LedgerFactory) async throws {
        let world = try await world(factory)
        try await list(world, "g1", hour: 1, "a")
        try await list(world, "g2", hour: 2, "a", "b")
        try await list(world, "g3", hour: 3, "a")
        #expect(try await isLive(world))
        try await world.tell(.of("b", .updated, at: 3 * Self.hour + 60), now: at(3 * Self.hour + 60))
        try await list(world, "g4", hour: 4, "a")
        #expect(try await isLive(world))
        try await list(world, "g5", hour: 5, "a")
        #expect(try await !isLive(world))
        try await list(world, "g6", hour: 6, "a", "b")
        #expect(try await isLive(world), "what a list took, a list gives back")
        try await list(world, "g7", hour: 7, "a")
        try await list(world, "g8", hour: 8, "a")
        #expect(try await !isLive(world), "and takes again")
    }

    @Test(arguments: LedgerFactory.all)
    func `a list counts only with all its pages, in any order`(_ factory: LedgerFactory) async throws {
        let world = try await world(factory)
        for (hour, generation) in [(1 as Int64, "g1"), (2, "g2"), (3, "g3")] {
            try await list(world, generation, hour: hour, page: 2, of: 2, "a")
            try await list(world, generation, hour: hour, page: 2, of: 2, "a")
        }
        #expect(try await isLive(world), "page 1 never came")
        try await list(world, "g4", hour: 4, page: 2, of: 2, "a")
        try await list(world, "g4", hour: 4, page: 1, of: 2)
        #expect(try await isLive(world))
        try await list(world, "g5", hour: 5, page: 1, of: 2)
        try await list(world, "g5", hour: 5, page: 2, of: 2, "a")
        #expect(try await !isLive(world))
    }

    @Test(arguments: LedgerFactory.all)
    func `a list that comes twice, contradicts itself or is older than another counts no second time`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try await world(factory)
        try await list(world, "g1", hour: 5, "a")
        try await list(world, "g1", hour: 6, "a")
        #expect(try await isLive(world), "the same list again")
        try await list(world, "late", hour: 4, "a")
        #expect(try await isLive(world), "one that was read before")
        try await list(world, "torn", hour: 7, page: 1, of: 2, "a")
        try await list(world, "torn", hour: 7, page: 1, of: 1, "a")
        try await list(world, "torn", hour: 7, page: 2, of: 2, "a")
        #expect(try await isLive(world), "one whose pages contradict each other")
        try await list(world, "g2", hour: 8, "a")
        #expect(try await !isLive(world))
    }

    @Test(arguments: LedgerFactory.all)
    func `what was learned just before a list was read, or while its pages came, is not missed`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try await world(factory)
        try await list(world, "g1", hour: 1, "a")
        try await list(world, "g2", hour: 2, page: 1, of: 2, "a")
        let between = 2 * Self.hour - 200
        try await world.tell(.of("b", .updated, at: between), now: at(between))
        try await list(world, "g2", hour: 2, page: 2, of: 2)
        try await list(world, "g3", hour: 3, "a")
        #expect(try await isLive(world), "clocks may differ by some minutes")
    }

    @Test(arguments: LedgerFactory.all)
    func `what has ended otherwise is left alone, and another source's lists say nothing of it`(
        _ factory: LedgerFactory
    )
        async throws
    {
        let world = try World(factory)
        var stranger = BillingEvent.paid("s", customer: "1")
        stranger.order.source = "stripe"
        try await world.tell(stranger, .paid("t", customer: "2"), .of("t", .terminated, at: 10))
        for hour in 1...3 as ClosedRange<Int64> { try await list(world, "g\(hour)", hour: hour) }
        #expect(try await isLive(world, "1"))
        let stop = try #require(try await stop(world))
        #expect(stop.cause == .terminated)
        #expect(!stop.isInferred)
    }
}

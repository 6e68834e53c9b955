import Entitlements
import Ledger
import Testing

/// What the breaker counts, in the ledger, so that a restart forgets nothing of it.
@Suite(.timeLimit(.minutes(1)))
struct LossTests {
    private let policy = BreakerPolicy()

    private func census(_ world: World, _ customer: String = "me", noticedAt: Timestamp = at(0), now: Timestamp)
        async throws -> LossCensus
    {
        try await world.ledger.lossCensus(for: .id(customer), noticedAt: noticedAt, policy: policy, now: now)
    }

    /// Customers with access, none of them due.
    private func settledWorld(_ factory: LedgerFactory, customers: Int) async throws -> World {
        let world = try World(factory)
        for number in 1...customers { try await world.tell(.paid("s\(number)".asID, customer: "\(number)")) }
        try await world.settle(now: at(0))
        return world
    }

    private func finish(
        _ world: World,
        _ customer: String,
        awaited: [AwaitedLoss] = [],
        losses: Set<LossKind> = [],
        hasAccess: Bool = false,
        now: Timestamp
    ) async throws {
        try await world.ledger.mark([.id(customer)], priority: .change, now: now)
        let claim = try await world.claim(now: now)
        if !losses.isEmpty {
            var step = LaneWrite()
            step.losses = losses
            #expect(!step.isEmpty)
            _ = try await world.ledger.write(step, under: claim, now: now)
        }
        try await world.ledger.finish(
            claim,
            LaneOutcome(state: .working, awaited: awaited, hasAccess: hasAccess),
            now: now
        )
    }

    @Test(arguments: LedgerFactory.all)
    func `who lost lately and who is about to are counted once each, with whoever asks`(_ factory: LedgerFactory)
        async throws
    {
        let world = try await settledWorld(factory, customers: 10)
        #expect(try await census(world, now: at(1)).all == .init(losing: 1, hadAccess: 11))
        let told = AwaitedLoss(kind: .told, noticedAt: at(1), isHeld: false)
        let inferred = AwaitedLoss(kind: .inferred, noticedAt: at(1), isHeld: true)
        try await finish(world, "1", awaited: [told, inferred], now: at(1))
        try await finish(world, "2", losses: [.told], now: at(1))
        try await finish(world, "2", awaited: [told], losses: [.told], hasAccess: true, now: at(2))
        let both = try await census(world, "2", now: at(3))
        #expect(both.all == .init(losing: 2, hadAccess: 10))
        #expect(both.inferred == .init(losing: 2, hadAccess: 10))
        #expect(try await census(world, "3", now: at(3)).all == .init(losing: 3, hadAccess: 10))
        #expect(try await world.ledger.file(of: .id("1"))?.awaited == [told, inferred])
        try await finish(world, "1", now: at(4))
        #expect(try await census(world, "2", now: at(5)).all.losing == 1)
        #expect(try await world.ledger.file(of: .id("1"))?.awaited == [])
    }

    @Test(arguments: LedgerFactory.all)
    func `told losses count for the window, inferred ones for a day`(_ factory: LedgerFactory) async throws {
        let world = try await settledWorld(factory, customers: 4)
        try await finish(world, "1", losses: [.told], now: at(0))
        try await finish(world, "2", losses: [.inferred], now: at(0))
        func counts(_ now: Timestamp) async throws -> [Int] {
            let census = try await census(world, "3", now: now)
            return [census.all.losing, census.inferred.losing]
        }
        #expect(try await counts(at(599)) == [3, 2])
        #expect(try await counts(at(600)) == [1, 2])
        #expect(try await counts(at(86_399)) == [1, 2])
        #expect(try await counts(at(86_400)) == [1, 1])
    }

    @Test(arguments: LedgerFactory.all)
    func `a count is complete once everybody who was due by then was looked at`(_ factory: LedgerFactory) async throws {
        let world = try await settledWorld(factory, customers: 3)
        #expect(try await census(world, "1", noticedAt: at(5), now: at(5)).isComplete)
        try await world.ledger.mark([.id("1"), .id("2")], priority: .change, now: at(5))
        #expect(try await !census(world, "1", noticedAt: at(5), now: at(5)).isComplete)
        #expect(
            try await census(world, "1", noticedAt: at(4), now: at(5)).isComplete,
            "who is due later is no part of it"
        )
        let claims = try await world.ledger.claimDue(limit: 9, lease: .seconds(60), now: at(5))
        #expect(try await !census(world, "1", noticedAt: at(5), now: at(5)).isComplete, "nor while they are worked on")
        for claim in claims {
            try await world.ledger.finish(
                claim,
                LaneOutcome(state: .working, hasAccess: true, dueAt: at(6)),
                now: at(5)
            )
        }
        #expect(try await census(world, "1", noticedAt: at(5), now: at(5)).isComplete)
    }

    @Test(arguments: LedgerFactory.all)
    func `a loss is counted only with the step that it belongs to`(_ factory: LedgerFactory) async throws {
        let world = try await settledWorld(factory, customers: 2)
        try await world.ledger.mark([.id("1")], priority: .change, now: at(1))
        let claim = try await world.claim(now: at(1))
        try await world.ledger.releaseAllLanes(now: at(2))
        var step = LaneWrite()
        step.losses = [.told]
        await #expect(throws: LeaseLost.self) { try await world.ledger.write(step, under: claim, now: at(2)) }
        #expect(try await census(world, "2", now: at(2)).all.losing == 1)
    }
}

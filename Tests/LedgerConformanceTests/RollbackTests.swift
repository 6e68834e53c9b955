import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RollbackTests {
    private func rollback(_ fingerprint: String, of customers: CustomerKey...) -> NewRollback {
        NewRollback(
            fingerprint: fingerprint,
            to: at(-100),
            steps: customers.map {
                RollbackStep(
                    customer: $0,
                    way: WayBack(account: "uuid", expected: .absent, target: .sample(5))
                )
            },
            holds: Dictionary(
                uniqueKeysWithValues: customers.map { ($0, .sample(OverrideID("hold-\($0)"), .hold, until: at(500))) }
            ),
            author: "ada",
            reason: "a mistake"
        )
    }

    @Test(arguments: LedgerFactory.all)
    func `a rollback is written with its holds, and its customers have work`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.paid("s1", customer: "1"), .paid("s2", customer: "2"))
        try await world.settle(now: at(0))
        #expect(try await world.ledger.claimDue(limit: 9, lease: .seconds(1), now: at(1)).isEmpty)

        let number = try await world.ledger.begin(rollback("f", of: .id("1"), .id("2")), now: at(1))
        let file = try #require(try await world.ledger.file(of: .id("1")))
        #expect(file.waysBack.map(\.rollback) == [number])
        #expect(file.waysBack.map(\.way.target) == [.sample(5)])
        #expect(file.record.overrides.map(\.kind) == [.hold])
        #expect(try await world.ledger.claimDue(limit: 9, lease: .seconds(1), now: at(1)).count == 2)
        let progress = try #require(try await world.ledger.rollbacks(before: nil, limit: 5).first)
        #expect([progress.waiting, progress.done, progress.left] == [2, 0, 0])
        #expect(progress.reason == "a mistake" && progress.author == "ada" && progress.to == at(-100))
    }

    @Test(arguments: LedgerFactory.all)
    func `the same plan is one rollback, another one waits for its end`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.paid("s1", customer: "1"))
        let number = try await world.ledger.begin(rollback("f", of: .id("1")), now: at(1))
        #expect(try await world.ledger.begin(rollback("f", of: .id("1")), now: at(2)) == number)
        await #expect(throws: RollbackUnderWay(number: number)) {
            _ = try await world.ledger.begin(rollback("g", of: .id("1")), now: at(2))
        }
        #expect(try await world.ledger.stopRollback(number, by: "bob", now: at(3)) == 1)
        #expect(try await world.ledger.stopRollback(number, by: "bob", now: at(3)) == 0)
        #expect(
            try await world.ledger.leftSteps(of: number, limit: 5).map(\.why) == ["Stopped by bob before its turn."]
        )
        #expect(try await world.ledger.file(of: .id("1"))?.waysBack.isEmpty == true)
    }

    @Test(arguments: LedgerFactory.all)
    func `a step is over once its lane says so, under its claim`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed("1")
        let number = try await world.ledger.begin(rollback("f", of: claim.customer), now: at(1))
        let step = try #require(try await world.ledger.file(of: claim.customer)?.waysBack.first)
        var write = LaneWrite()
        write.rolledBack = [RolledBack(step, .left, "somebody changed it")]
        var stale = claim
        stale.fence -= 1
        await #expect(throws: LeaseLost.self) { _ = try await world.ledger.write(write, under: stale, now: at(2)) }
        #expect(try await world.ledger.file(of: claim.customer)?.waysBack == [step])
        _ = try await world.ledger.write(write, under: claim, now: at(2))
        #expect(try await world.ledger.file(of: claim.customer)?.waysBack.isEmpty == true)
        #expect(
            try await world.ledger.leftSteps(of: number, limit: 5) == [
                LeftAsIs(customer: claim.customer, server: step.way.server, why: "somebody changed it")
            ]
        )
    }

    @Test(arguments: LedgerFactory.all)
    func `operations since a moment come in the order in which they were made`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        var step = LaneWrite()
        let story: [(String, Int64)] = [("early", -10), ("one", 0), ("two", 5), ("three", 5)]
        step.intents = story.map { detail, second in
            var operation = PanelOperation.sample(claim.customer, detail)
            operation.startedAt = at(second)
            return operation
        }
        _ = try await world.ledger.write(step, under: claim, now: at(0))
        #expect(
            try await world.ledger.operations(since: at(0), limit: 9).map(\.detail) == ["one", "two", "three"]
        )
        #expect(try await world.ledger.operations(since: at(0), limit: 2).map(\.detail) == ["one", "two"])
    }
}

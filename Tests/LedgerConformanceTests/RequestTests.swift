import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RequestTests {
    private func request(_ fingerprint: String = "f", author: String = "ada", key: String = "k", seed: String = "s")
        -> KeyedRequest
    {
        KeyedRequest(author: author, key: key, fingerprint: fingerprint, seed: seed)
    }

    @Test(arguments: LedgerFactory.all)
    func `a request without an answer is known with the seed of its first try`(_ factory: LedgerFactory) async throws {
        let ledger = try World(factory).ledger
        #expect(try await ledger.begin(request(seed: "first"), now: at(0)) == .new)
        #expect(try await ledger.begin(request(seed: "second"), now: at(1)) == .cutOff(seed: "first"))
        #expect(try await ledger.begin(request("other"), now: at(1)) == .another)
        #expect(try await ledger.begin(request("other", author: "bob"), now: at(1)) == .new, "a key is its author's")
        #expect(try await ledger.begin(request("other", key: "l"), now: at(1)) == .new)
    }

    @Test(arguments: LedgerFactory.all)
    func `an answer is kept for the same request, and a key is free once forgotten`(_ factory: LedgerFactory)
        async throws
    {
        let ledger = try World(factory).ledger
        _ = try await ledger.begin(request(), now: at(0))
        let answer = KeptAnswer(status: 201, contentType: "application/json", location: nil, body: Array("{}".utf8))
        try await ledger.keep(answer, to: request())
        #expect(try await ledger.begin(request(seed: "t"), now: at(1)) == .answered(answer))
        #expect(try await ledger.begin(request("other"), now: at(1)) == .another)
        let empty = KeptAnswer(status: 303, location: "/customers/id%3A77")
        _ = try await ledger.begin(request(key: "l"), now: at(0))
        try await ledger.keep(empty, to: request(key: "l"))
        #expect(try await ledger.begin(request(key: "l"), now: at(1)) == .answered(empty))
        try await ledger.forget(request())
        #expect(try await ledger.begin(request("other"), now: at(2)) == .new)
    }

    @Test(arguments: LedgerFactory.all)
    func `requests of before a moment are forgotten`(_ factory: LedgerFactory) async throws {
        let ledger = try World(factory).ledger
        _ = try await ledger.begin(request(key: "old"), now: at(0))
        _ = try await ledger.begin(request(key: "new"), now: at(10))
        #expect(try await ledger.forgetRequests(before: at(10)) == 1)
        #expect(try await ledger.begin(request(key: "old"), now: at(11)) == .new)
        #expect(try await ledger.begin(request(key: "new"), now: at(11)) == .cutOff(seed: "s"))
    }

    @Test(arguments: LedgerFactory.all)
    func `a decision with the id of one that is there is that one`(_ factory: LedgerFactory) async throws {
        let ledger = try World(factory).ledger
        let hold = Override.sample("o1", .hold, created: 1, until: at(50))
        #expect(try await ledger.add(hold, to: .id("77"), now: at(1)) == hold)
        var later = hold
        later.createdAt = at(5)
        later.until = at(90)
        #expect(try await ledger.add(later, to: .id("77"), now: at(5)) == hold)
        #expect(try await ledger.actions(before: nil, limit: 9).count == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `how long new payers waited is kept, newest first, as many as are wanted`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        for number in Int64(1)...5 {
            let claim = try await world.claimed("\(number)", now: at(number))
            var outcome = LaneOutcome(state: .converged, hasAccess: true)
            outcome.waited = number == 3 ? nil : .seconds(number)
            try await world.ledger.finish(claim, outcome, now: at(number))
        }
        let all = [Int64(5), 4, 2, 1].map { AccessTime(at: at($0), waited: .seconds($0)) }
        #expect(try await world.ledger.accessTimes(limit: 9) == all)
        #expect(try await world.ledger.accessTimes(limit: 2) == Array(all.prefix(2)))
        #expect(try await world.ledger.forgetAccessTimes(keeping: 3) == 1)
        #expect(try await world.ledger.forgetAccessTimes(keeping: 3) == 0)
        #expect(try await world.ledger.accessTimes(limit: 9) == Array(all.prefix(3)))
    }

    @Test(arguments: LedgerFactory.all)
    func `a new payer who was marked meanwhile waited once, from the beginning`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        var claim = try await world.claimed("1", now: at(1))
        try await world.ledger.mark([claim.customer], priority: .change, now: at(2))
        var outcome = LaneOutcome(state: .converged, hasAccess: true)
        outcome.waited = .seconds(2)
        try await world.ledger.finish(claim, outcome, now: at(3))
        #expect(try await world.ledger.accessTimes(limit: 9) == [])
        claim = try await world.claim(now: at(4))
        #expect(claim.priority == .newlyPaid && claim.workingSince == at(1))
        outcome.waited = at(5) - claim.workingSince
        try await world.ledger.finish(claim, outcome, now: at(5))
        #expect(try await world.ledger.accessTimes(limit: 9) == [AccessTime(at: at(5), waited: .seconds(4))])
    }
}

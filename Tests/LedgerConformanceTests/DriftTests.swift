import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DriftTests {
    private let server = PanelServerID(panel: "main", number: 5)
    private let decision = PersonDecision(author: "ada", reason: "she is staff", at: at(5))

    /// A grant that is over, on which `file.read` was given back by hand.
    private var returned: Grant {
        var grant = Grant(server: server, serverUUID: "uuid-5")
        grant.everGranted = ["file.read", "websocket.connect"]
        grant.observed = .present(["file.read", "websocket.connect"])
        return grant
    }

    private func world(_ factory: LedgerFactory) async throws -> (World, Claim) {
        let world = try World(factory)
        let claim = try await world.claimed()
        var step = LaneWrite()
        step.grants = [returned]
        _ = try await world.ledger.write(step, under: claim, now: at(1))
        return (world, claim)
    }

    private func line(_ kind: DriftKind, of customer: CustomerKey?, _ permissions: Set<Permission>) -> DriftLine {
        DriftLine(kind: kind, server: server, user: 9, customer: customer, permissions: permissions)
    }

    @Test(arguments: LedgerFactory.all)
    func `what is accepted of a customer counts as hand-made, against whoever works on them now`(
        _ factory: LedgerFactory
    ) async throws {
        let (world, claim) = try await world(factory)
        #expect(returned.givenBackByHand == ["file.read"])
        try await world.ledger.accept(line(.givenBack, of: claim.customer, ["file.read"]), by: decision)
        let grant = try #require(try await world.ledger.file(of: claim.customer)?.grants.first)
        #expect(grant.handMade == ["file.read"] && grant.givenBackByHand.isEmpty && !grant.isActive)
        await #expect(throws: LeaseLost.self) {
            try await world.ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: true), now: at(6))
        }
        let action = try #require(try await world.ledger.actions(before: nil, limit: 1).first?.action)
        #expect(action.author == "ada" && action.reason == "she is staff" && action.customer == claim.customer)
    }

    @Test(arguments: LedgerFactory.all)
    func `what is taken back leaves, and its row is read before`(_ factory: LedgerFactory) async throws {
        let (world, claim) = try await world(factory)
        try await world.ledger.accept(line(.givenBack, of: claim.customer, ["control.start"]), by: decision)
        let line = line(.givenBack, of: claim.customer, ["file.read", "control.stop"])
        try await world.ledger.takeBack(line, of: claim.customer, by: decision)
        let grant = try #require(try await world.ledger.file(of: claim.customer)?.grants.first)
        #expect(grant.leaving == ["file.read"], "only what we ever gave")
        #expect(grant.isActive && grant.observed == .unread)
        #expect(try await world.ledger.acceptedDrift().isEmpty)
        #expect(try await world.claim(now: at(6)).customer == claim.customer)
    }

    @Test(arguments: LedgerFactory.all)
    func `what is hand-made is recorded by a reading alone, whatever a person accepts`(_ factory: LedgerFactory)
        async throws
    {
        let (world, claim) = try await world(factory)
        try await world.ledger.accept(line(.handMade, of: claim.customer, ["control.stop"]), by: decision)
        #expect(try await world.ledger.file(of: claim.customer)?.grants == [returned])
        try await world.ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: true), now: at(6))
    }

    @Test(arguments: LedgerFactory.all)
    func `what is accepted of one user on one server adds up`(_ factory: LedgerFactory) async throws {
        let ledger = try World(factory).ledger
        try await ledger.accept(line(.stranger, of: nil, ["file.read"]), by: decision)
        try await ledger.accept(line(.stranger, of: nil, ["control.stop"]), by: decision)
        let all: Set<Permission> = ["file.read", "control.stop"]
        #expect(try await ledger.acceptedDrift() == [AcceptedDrift(server: server, user: 9, permissions: all)])
    }
}

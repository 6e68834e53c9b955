import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PeopleTests {
    private func held(_ fingerprint: String, dueAt: Timestamp? = nil) -> LaneOutcome {
        LaneOutcome(
            state: .needsAttention,
            reasons: ["held"],
            heldFingerprint: fingerprint,
            hasAccess: true,
            dueAt: dueAt
        )
    }

    @Test(arguments: LedgerFactory.all)
    func `an approval is for what was held, wakes the lane, and ends with it`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        var claim = try await world.claimed()
        #expect(try await world.ledger.heldCustomers().isEmpty)
        try await world.ledger.finish(claim, held("f1"), now: at(1))
        #expect(try await world.row(of: claim.customer).holdsLosses)
        #expect(try await world.ledger.summary().heldCustomers == 1)
        let expected = HeldCustomer(
            key: claim.customer,
            email: "u77@example.com",
            fingerprint: "f1",
            reasons: ["held"]
        )
        #expect(try await world.ledger.heldCustomers() == [expected])
        #expect(try await world.ledger.approveHeld([:], by: "ada", now: at(2)))
        #expect(try await world.ledger.file(of: claim.customer)?.approvedFingerprint == nil)
        #expect(try await world.ledger.approveHeld([claim.customer: "f1"], by: "ada", now: at(2)))
        #expect(try await world.ledger.file(of: claim.customer)?.approvedFingerprint == "f1")
        claim = try await world.claim(now: at(2))
        try await world.ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: false), now: at(3))
        #expect(try await world.ledger.file(of: claim.customer)?.approvedFingerprint == nil)
        #expect(try await world.ledger.summary().heldCustomers == 0)
    }

    @Test(arguments: LedgerFactory.all)
    func `what stands in the way is counted by its cause and words, once it has lasted`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let room = BlockCause.room("main", "knight")
        let server = BlockCause.server(PanelServerID(panel: "main", number: 5))
        let outcomes: [(String, CustomerState, [String: BlockCause])] = [
            ("77", .blocked, ["No node has room.": room]),
            ("78", .blocked, ["The server is off.": server, "No node has room.": room]),
            ("79", .needsAttention, ["No node has room.": room]),
        ]
        for (index, (customer, state, causes)) in outcomes.enumerated() {
            let claim = try await world.claimed(customer)
            let reasons = causes.keys.sorted() + ["It is tried again."]
            let outcome = LaneOutcome(state: state, reasons: reasons, causes: causes, hasAccess: true)
            try await world.ledger.finish(claim, outcome, now: at(10 + Int64(index)))
        }
        #expect(try await world.ledger.blockages(sinceBefore: at(9)) == [])
        func blockage(_ cause: BlockCause, _ reason: String, _ customers: Int, _ example: String, _ since: Int64)
            -> Blockage
        {
            Blockage(cause: cause.code, reason: reason, customers: customers, example: example, since: at(since))
        }
        let one = blockage(room, "No node has room.", 1, "u77@example.com", 10)
        #expect(try await world.ledger.blockages(sinceBefore: at(10)) == [one])
        let both = blockage(room, "No node has room.", 2, "u77@example.com", 10)
        let off = blockage(server, "The server is off.", 1, "u78@example.com", 11)
        #expect(try await world.ledger.blockages(sinceBefore: at(20)) == [both, off])
    }

    @Test(arguments: LedgerFactory.all)
    func `an approval of what is not held like that allows nothing to anybody`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed("77")
        try await world.ledger.finish(claim, held("f1"), now: at(1))
        let other = try await world.claimed("78")
        try await world.ledger.finish(other, held("f2"), now: at(1))
        for stranger in [(CustomerKey.id("78"), "f1"), (.id("nobody"), "f2")] {
            let shown = [claim.customer: "f1", stranger.0: stranger.1]
            #expect(try await !world.ledger.approveHeld(shown, by: "ada", now: at(2)))
            #expect(try await world.ledger.file(of: claim.customer)?.approvedFingerprint == nil)
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `an approval does not outlive what it was for`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        var claim = try await world.claimed()
        try await world.ledger.finish(claim, held("f1"), now: at(1))
        #expect(try await world.ledger.approveHeld([claim.customer: "f1"], by: "ada", now: at(2)))
        claim = try await world.claim(now: at(2))
        try await world.ledger.finish(claim, held("f2", dueAt: at(5)), now: at(3))
        claim = try await world.claim(now: at(5))
        try await world.ledger.finish(claim, held("f1"), now: at(6))
        #expect(try await world.ledger.file(of: claim.customer)?.approvedFingerprint == nil)
    }

    @Test(arguments: LedgerFactory.all)
    func `an approval that comes during the work is kept for the next`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        var claim = try await world.claimed()
        try await world.ledger.finish(claim, held("f1", dueAt: at(5)), now: at(1))
        claim = try await world.claim(now: at(5))
        #expect(try await world.ledger.approveHeld([claim.customer: "f1"], by: "ada", now: at(6)))
        try await world.ledger.finish(claim, held("f1"), now: at(7))
        #expect(try await world.ledger.file(of: claim.customer)?.approvedFingerprint == "f1")
        #expect(try await world.claim(now: at(7)).customer == claim.customer)
    }

    @Test(arguments: LedgerFactory.all, [false, true])
    func `a run that could not see all losses leaves what is held, approved and awaited`(
        _ factory: LedgerFactory,
        decided: Bool
    ) async throws {
        let world = try World(factory)
        var claim = try await world.claimed()
        var outcome = held("f1")
        outcome.awaited = [AwaitedLoss(kind: .told, noticedAt: at(1), isHeld: true)]
        try await world.ledger.finish(claim, outcome, now: at(1))
        #expect(try await world.ledger.approveHeld([claim.customer: "f1"], by: "ada", now: at(2)))
        claim = try await world.claim(now: at(2))
        let unseen = LaneOutcome(state: .blocked, leavesLosses: decided, hasAccess: decided ? true : nil)
        try await world.ledger.finish(claim, unseen, now: at(3))
        let file = try await world.ledger.file(of: claim.customer)
        #expect(file?.approvedFingerprint == "f1")
        #expect(file?.awaited == outcome.awaited)
        #expect(try await world.row(of: claim.customer).holdsLosses)
        #expect(try await world.ledger.summary().withAccess == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `grants that nothing but a person ends are counted, the oldest by name`(_ factory: LedgerFactory) async throws
    {
        let world = try World(factory)
        for number in 1...5 {
            let grant = Override.sample(OverrideID("g\(number)"), .grant("elemental"), created: Int64(6 - number))
            try await world.ledger.add(grant, to: .id("\(number)"), now: at(6))
        }
        try await world.ledger.add(.sample("ban", .ban, created: 0), to: .id("1"), now: at(6))
        try await world.ledger.add(
            .sample("short", .grant("elemental"), created: 0, until: at(100)),
            to: .id("1"),
            now: at(6)
        )
        _ = try await world.ledger.endOverride("g5", by: "bob", because: nil, now: at(7))
        let grants = try await world.ledger.summary().endlessGrants
        #expect(grants.count == 4)
        #expect(grants.oldest.map(\.customer) == [.id("4"), .id("3"), .id("2")])
        #expect(grants.oldest.map(\.since) == [at(2), at(3), at(4)])
    }

    @Test(arguments: LedgerFactory.all)
    func `overrides are kept, listed while in force, and ended once`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let grant = Override.sample("o1", .grant("elemental"), created: 1, until: at(100))
        let ban = Override.sample("o2", .ban, created: 2)
        let hold = Override.sample("o3", .hold, created: 3, until: at(50))
        try await world.ledger.add(grant, to: .id("77"), now: at(3))
        try await world.ledger.add(ban, to: .id("77"), now: at(3))
        try await world.ledger.add(hold, to: .id("78"), now: at(3))
        #expect(try await world.record(of: .id("77")).overrides == [grant, ban])
        #expect(try await world.claim(now: at(3)).workingSince == at(3))

        func listed(_ now: Timestamp?, _ word: String? = nil) async throws -> [OverrideID] {
            try await world.ledger.overrides(OverrideQuery(inForceAt: now, word: word), before: nil, limit: 10).map(
                \.1.id
            )
        }
        #expect(try await listed(at(3), "ban") == ["o2"])
        #expect(try await listed(nil, "grant") == ["o1"])
        #expect(try await listed(at(50), "hold") == [])
        #expect(try await listed(at(3)) == ["o3", "o2", "o1"])
        #expect(try await listed(at(50)) == ["o2", "o1"])
        #expect(try await listed(at(1)) == ["o1"])
        #expect(
            try await world.ledger.overrides(OverrideQuery(inForceAt: at(3)), before: nil, limit: 1).map(\.0) == [
                .id("78")
            ]
        )

        #expect(try await world.ledger.endOverride("o2", by: "bob", because: "enough", now: at(60)) == .id("77"))
        #expect(try await world.ledger.endOverride("o2", by: "bob", because: "enough", now: at(61)) == nil)
        #expect(try await world.ledger.endOverride("none", by: "bob", because: "enough", now: at(61)) == nil)
        #expect(
            try await world.ledger.endOverride("o3", by: "bob", because: "enough", now: at(61)) == nil,
            "it ended by itself"
        )
        #expect(try await listed(at(61)) == ["o1"])
        #expect(try await listed(nil) == ["o3", "o2", "o1"])
        #expect(
            try await world.ledger.overrides(OverrideQuery(), before: nil, limit: 10).first { $0.1.id == "o2" }?
                .1.endedAt
                == at(60)
        )
        #expect(try await world.record(of: .id("77")).overrides == [grant])
    }

    @Test(arguments: LedgerFactory.all)
    func `whom a ban keeps out is known as long as it does, and how they stand`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.ledger.add(.sample("o1", .ban, created: 1, until: at(10)), to: .id("77"), now: at(1))
        try await world.ledger.add(.sample("o2", .ban, created: 1), to: .id("78"), now: at(1))
        try await world.ledger.add(.sample("o3", .hold, created: 1), to: .id("79"), now: at(1))
        let claim = try #require(
            try await world.ledger.claimDue(limit: 3, lease: .seconds(60), now: at(2)).first {
                $0.customer == .id("77")
            }
        )
        try await world.ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: false), now: at(2))
        func listed(_ now: Timestamp) async throws -> [CustomerKey] {
            try await world.ledger.customers(CustomerQuery(bannedAt: now)).map(\.key)
        }
        #expect(try await world.ledger.banned(at: at(0)) == [:])
        #expect(try await world.ledger.banned(at: at(2)) == [.id("77"): .converged, .id("78"): .working])
        #expect(try await listed(at(2)) == [.id("77"), .id("78")])
        #expect(try await world.ledger.banned(at: at(10)) == [.id("78"): .working])
        #expect(try await listed(at(10)) == [.id("78")])
        _ = try await world.ledger.endOverride("o2", by: "bob", because: "enough", now: at(11))
        #expect(try await world.ledger.banned(at: at(11)) == [:])
        #expect(try await listed(at(11)) == [])
    }

    @Test(arguments: LedgerFactory.all)
    func `an override's id is taken once`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.ledger.add(.sample("o1", .ban), to: .id("77"), now: at(0))
        await #expect(throws: (any Error).self) {
            try await world.ledger.add(.sample("o1", .hold), to: .id("78"), now: at(0))
        }
        #expect(try await world.ledger.file(of: .id("78")) == nil)
    }

    @Test(arguments: LedgerFactory.all)
    func `someone known by e-mail alone has that e-mail, even before any delivery`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let key = CustomerKey.email("ada@example.com")
        try await world.ledger.add(.sample("o1", .grant("elemental")), to: key, now: at(0))
        #expect(try await world.record(of: key).email == "ada@example.com")
        #expect(try await world.ledger.customers(matching: "ada@example.com").map(\.key) == [key])
        try await world.tell(.paid("s1", email: "Ada@Example.com"))
        #expect(try await world.record(of: key).email == "Ada@Example.com")
    }

    @Test(arguments: LedgerFactory.all)
    func `what people do is written down`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.ledger.record(PersonAction(author: "ada", what: "pause", reason: "it's \"late\"", at: at(0)))
        try await world.ledger.record(PersonAction(author: "ada", what: "retry", customer: .id("77"), at: at(1)))
        try await world.ledger.add(.sample("o1", .grant("elemental")), to: .id("77"), now: at(2))
        _ = try await world.ledger.endOverride("o1", by: "bob", because: "enough", now: at(3))
        let log = try await world.ledger.actions(before: nil, limit: 9)
        #expect(
            log.map { "\($0.action.author) \($0.action.what) \($0.action.reason ?? "")" } == [
                "bob end grant of tier elemental enough", "ada grant of tier elemental because", "ada retry ",
                "ada pause it's \"late\"",
            ]
        )
        #expect(try await world.ledger.actions(before: log[1].number, limit: 1) == [log[2]])
        func numbers(_ author: String?, _ customer: CustomerKey?, before number: Int64? = nil) async throws -> [Int64] {
            let query = ActionQuery(author: author, customer: customer)
            return try await world.ledger.actions(query, before: number, limit: 9).map(\.number)
        }
        #expect(try await numbers("bob", nil) == [log[0].number])
        #expect(try await numbers(nil, .id("77")) == log.prefix(3).map(\.number))
        #expect(try await numbers("ada", .id("77"), before: log[1].number) == [log[2].number])
        #expect(try await numbers("bob", .id("78")).isEmpty)
    }
}

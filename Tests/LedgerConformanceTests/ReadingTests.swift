import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ReadingTests {
    @Test(arguments: LedgerFactory.all)
    func `a pin tells a first start from the same and from another`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        #expect(try await ledger.pinned("panel main") == nil)
        #expect(try await ledger.pin("https://a", as: "panel main") == .firstStart)
        #expect(try await ledger.pin("https://a", as: "panel main") == .same)
        #expect(try await ledger.pin("https://b", as: "panel main") == .different(recorded: "https://a"))
        #expect(try await ledger.pin("https://b", as: "panel other") == .firstStart)
        #expect(try await ledger.pinned("panel main") == "https://a")
        try await ledger.repin("https://b", as: "panel main")
        #expect(try await ledger.pin("https://b", as: "panel main") == .same)
        try await ledger.checkWritable()
    }

    @Test(arguments: LedgerFactory.all)
    func `servers of one panel are replaced as a whole`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        func server(_ number: Int, _ panel: PanelName, _ name: String) -> PanelServer {
            PanelServer(
                id: PanelServerID(panel: panel, number: number),
                uuid: "u\(number)",
                identifier: "i\(number)",
                externalID: "x",
                name: name,
                description: "[beta] 'q'",
                nodeNames: ["1", "node"],
                eggNames: ["Paper"],
                owner: 3,
                ownerEmail: "o@example.com",
                ownerIsRootAdmin: true
            )
        }
        #expect(try await ledger.servers(on: "main").isEmpty)
        let first = [server(2, "main", "Frost"), server(1, "main", "Fire")]
        try await ledger.replaceServers(on: "main", with: first, now: at(0))
        try await ledger.replaceServers(on: "second", with: [server(1, "second", "Else")], now: at(0))
        #expect(try await ledger.servers(on: "main") == first.reversed())
        try await ledger.replaceServers(on: "main", with: [server(3, "main", "New")], now: at(1))
        #expect(try await ledger.servers(on: "main").map(\.name) == ["New"])
        #expect(try await ledger.servers(on: "second").map(\.name) == ["Else"])
    }

    @Test(arguments: LedgerFactory.all)
    func `deliveries are counted by the hour in which they came`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let hour: Duration = .seconds(3600)
        let base = Timestamp(seconds: 1_800_000_000)
        for (number, moment) in [base, base + .seconds(3599), base + hour, base + hour * 5].enumerated() {
            _ = try await world.ledger.record([.sample("hour-\(number)", now: moment)])
        }
        #expect(
            try await world.ledger.deliveriesByHour(since: base) == [base: 2, base + hour: 1, base + hour * 5: 1]
        )
        #expect(try await world.ledger.deliveriesByHour(since: base + hour * 2) == [base + hour * 5: 1])
    }

    @Test(arguments: LedgerFactory.all)
    func `deliveries name whom they concern, each no more of them than are asked for`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let three = try await world.fold([
            .paid("s-a", customer: "a"), .paid("s-b", customer: "b"), .paid("s-c", customer: "c"),
            .paid("s-a", at: 1, customer: "a"),
        ]).number
        let known = try await world.fold([.paid("s-b", at: 2)]).number
        let waiting = try await world.deliver()
        let all = try await world.ledger.customers(concernedBy: [three, known, waiting], limit: 9)
        #expect(all == [three: [.id("a"), .id("b"), .id("c")], known: [.id("b")]])
        #expect(
            try await world.ledger.customers(concernedBy: [three, known], limit: 2).mapValues(\.count) == [
                three: 2, known: 1,
            ]
        )
        #expect(try await world.ledger.customers(concernedBy: three) == [.id("a"), .id("b"), .id("c")])
        #expect(try await world.ledger.customers(concernedBy: [], limit: 9).isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `what customers should have is decided from the same record, read for one or for many`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try World(factory)
        for id in ["a", "b"] { try await world.tell(.paid("s-\(id)".asID, customer: id, email: "\(id)@example.com")) }
        try await world.tell(.paid("s-more", customer: "b"))
        let records = try await world.ledger.records(of: [.id("b"), .id("nobody"), .id("a")])
        #expect(Set(records.keys) == [.id("a"), .id("b")])
        for (key, record) in records { #expect(try await world.ledger.file(of: key)?.record == record) }
        #expect(records[.id("b")]?.subscriptions.count == 2)
    }

    @Test(arguments: LedgerFactory.all)
    func `customers are found by what they bought, were promised or were granted`(_ factory: LedgerFactory) async throws
    {
        let world = try World(factory)
        try await world.tell(.paid("s-a", customer: "a"))
        try await world.tell(.paid("s-b", customer: "b"))
        try await world.tell(.paid("s-c", customer: "c"))
        let product = try #require(try await world.ledger.file(of: .id("a"))?.record.subscriptions.first?.product)
        let buyers = CustomerQuery.Buyers(tier: "granted", products: [product])
        #expect(
            try await world.ledger.customers(CustomerQuery(buyers: buyers)).map(\.key) == [
                .id("a"), .id("b"), .id("c"),
            ]
        )
        let others = CustomerQuery.Buyers(tier: "granted", products: ["nobody-buys-this"])
        #expect(try await world.ledger.customers(CustomerQuery(buyers: others)).isEmpty)
        let grant = Override(
            id: "g",
            kind: .grant("granted"),
            reason: "r",
            author: "x",
            createdAt: at(0),
            until: nil
        )
        try await world.ledger.add(grant, to: .id("b"), now: at(0))
        #expect(try await world.ledger.customers(CustomerQuery(buyers: others)).map(\.key) == [.id("b")])
        _ = try await world.ledger.endOverride("g", by: "x", because: nil, now: at(1))
        #expect(try await world.ledger.customers(CustomerQuery(buyers: others)).isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `the summary counts what is there`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        #expect(try await world.ledger.summary() == LedgerSummary())
        for id in ["a", "b", "c", "d"] { try await world.tell(.paid("s-\(id)".asID, customer: id)) }
        let claims = try await world.ledger.claimDue(limit: 3, lease: .seconds(60), now: at(0))
        for (claim, state) in zip(claims, [CustomerState.converged, .blocked, .needsAttention]) {
            let holds = state == .needsAttention
            try await world.ledger.finish(
                claim,
                LaneOutcome(
                    state: state,
                    heldFingerprint: holds ? "f" : nil,
                    hasAccess: state != .blocked
                ),
                now: at(1)
            )
        }
        try await world.tell(.paid("ownerless"))
        _ = try await world.ledger.record([
            .sample("w1", now: at(7)), .sample("w2", now: at(8)), .sample("r", verdict: .refused("bad")),
            .sample("w1", body: "other"),
        ])
        let summary = try await world.ledger.summary()
        #expect(summary.customers == [.converged: 1, .blocked: 1, .needsAttention: 1, .working: 1])
        #expect(summary.totalCustomers == 4)
        #expect(summary.withAccess == 2)
        #expect(summary.heldCustomers == 1)
        #expect(summary.subscriptions == 5)
        #expect(summary.ownerlessSubscriptions == 1)
        #expect(summary.ownerlessExamples == ["ownerless"])
        #expect(summary.deliveriesWaiting == 2)
        #expect(summary.oldestWaiting == at(7))
        #expect(summary.deliveriesRefused == 1)
        #expect(summary.deliveriesConflicting == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `reasons are counted by state, the most frequent first`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        for id in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
            try await world.tell(.paid("s-\(id)".asID, customer: id))
        }
        let outcomes: [(CustomerState, [String])] = [
            (.blocked, ["No node", "else"]), (.blocked, ["No node"]), (.needsAttention, ["Who?"]), (.converged, []),
            (.blocked, []), (.blocked, ["It only observes. Waiting: give x."]),
            (.blocked, ["It only observes. Waiting: give y."]), (.blocked, ["It only observes."]),
        ]
        let claims = try await world.ledger.claimDue(limit: outcomes.count, lease: .seconds(60), now: at(0))
        for (claim, outcome) in zip(claims, outcomes) {
            try await world.ledger.finish(
                claim,
                LaneOutcome(state: outcome.0, reasons: outcome.1, hasAccess: true),
                now: at(1)
            )
        }
        let all = [
            CommonReason(state: .blocked, reason: "It only observes.", customers: 3),
            CommonReason(state: .blocked, reason: "No node", customers: 2),
            CommonReason(state: .needsAttention, reason: "Who?", customers: 1),
            CommonReason(state: .working, reason: CustomerRow.isInLine, customers: 1),
        ]
        #expect(try await world.ledger.commonReasons(limit: 10) == all)
        #expect(try await world.ledger.commonReasons(limit: 1) == [all[0]])
    }

    @Test(arguments: LedgerFactory.all)
    func `customers are listed page by page and by state`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        for id in ["a", "b", "c", "d", "e"] { try await world.tell(.paid("s-\(id)".asID, customer: id)) }
        for claim in try await world.ledger.claimDue(limit: 3, lease: .seconds(60), now: at(0)) {
            try await world.ledger.finish(claim, LaneOutcome(state: .blocked, hasAccess: true), now: at(1))
        }
        func keys(_ query: CustomerQuery) async throws -> [CustomerKey] {
            try await world.ledger.customers(query).map(\.key)
        }
        #expect(try await keys(CustomerQuery(limit: 2)) == [.id("a"), .id("b")])
        #expect(try await keys(CustomerQuery(after: .id("b"), limit: 2)) == [.id("c"), .id("d")])
        #expect(try await keys(CustomerQuery(after: .id("d"), limit: 2)) == [.id("e")])
        #expect(try await keys(CustomerQuery(state: .blocked)) == [.id("a"), .id("b"), .id("c")])
        #expect(try await keys(CustomerQuery(state: .blocked, after: .id("a"), limit: 1)) == [.id("b")])
        #expect(try await keys(CustomerQuery(state: .converged)).isEmpty)
        #expect(try await keys(CustomerQuery(state: .blocked, search: "c")) == [.id("c")])
    }

    @Test(arguments: LedgerFactory.all)
    func `a search takes its text literally and folds ASCII letters`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let people = [
            ("1", "percent%sign@example.com", "Ada Lovelace"), ("2", "under_score@example.com", "O'Brien"),
            ("3", "plain@example.com", "Zoë 🐉"), ("X4", "Quote\"d@example.com", "Łukasz \\"),
        ]
        for (id, email, name) in people {
            try await world.tell(
                .of("s-\(id)".asID, .created, customer: id, email: .value(email)) { $0.name = .value(name) }
            )
        }
        func found(_ text: String) async throws -> [String] {
            try await world.ledger.customers(CustomerQuery(search: text)).map { $0.key.description }
        }
        #expect(try await found("%") == ["id:1"])
        #expect(try await found("_") == ["id:2"])
        #expect(try await found("O'B") == ["id:2"])
        #expect(try await found("' OR 1=1 --") == [])
        #expect(try await found("Zoë") == ["id:3"])
        #expect(try await found("🐉") == ["id:3"])
        #expect(try await found("Ł") == ["id:X4"])
        #expect(try await found("\\") == ["id:X4"])
        #expect(try await found("\"") == ["id:X4"])
        #expect(try await found("ada love") == ["id:1"])
        #expect(try await found("LOVELACE") == ["id:1"])
        #expect(try await found("PLAIN@") == ["id:3"])
        #expect(try await found("id:x4") == ["id:X4"])
        #expect(try await found("nobody") == [])
        #expect(try await found("").count == 4)
    }

    @Test(arguments: LedgerFactory.all)
    func `a customer is found by key or by id, and all who have an e-mail by that`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        try await world.tell(
            .paid("s1", customer: "77", email: "Ada@example.com"),
            .paid("s2", email: "ada@example.com"),
            .paid("s3", email: "bob@example.com")
        )
        func found(_ text: String) async throws -> [CustomerKey] {
            try await world.ledger.customers(matching: text).map(\.key)
        }
        #expect(try await found("77") == [.id("77")])
        #expect(try await found("id:77") == [.id("77")])
        #expect(try await found("ADA@example.com") == [.email("ada@example.com"), .id("77")])
        #expect(try await found("email:ada@example.com") == [.email("ada@example.com")])
        #expect(try await found("Bob@Example.com") == [.email("bob@example.com")])
        #expect(try await found("7") == [])
        #expect(try await found("%") == [])
        #expect(try await found("") == [])
    }

    @Test(arguments: LedgerFactory.all)
    func `bodies go first, ids later, and what waits is never touched`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        _ = try await world.ledger.record([
            .sample("waits", body: "w", now: at(0)), .sample("ignored", body: "i", verdict: .ignored, now: at(1)),
            .sample("refused", body: "r", verdict: .refused("bad"), now: at(2)),
            .sample("young", body: "y", verdict: .ignored, now: at(100)),
        ])
        #expect(try await world.ledger.prune(bodiesBefore: at(50), idsBefore: at(-1)) == 2)
        #expect(try await world.ledger.prune(bodiesBefore: at(50), idsBefore: at(-1)) == 0)
        var bodies = try await world.ledger.deliveries(before: nil, state: nil, limit: 10).map(\.body)
        #expect(bodies == [Array("y".utf8), [], [], Array("w".utf8)])
        // The id alone still tells a repeat.
        #expect(try await world.ledger.record([.sample("ignored", body: "i", verdict: .ignored)]) == [.duplicate])
        #expect(try await world.ledger.record([.sample("ignored", body: "else")]) == [.duplicate])

        #expect(try await world.ledger.prune(bodiesBefore: at(50), idsBefore: at(50)) == 2)
        bodies = try await world.ledger.deliveries(before: nil, state: nil, limit: 10).map(\.body)
        #expect(bodies == [Array("y".utf8), Array("w".utf8)])
        #expect(try await world.ledger.waitingDeliveries(limit: 10).map(\.webhookID) == ["waits"])
    }

    @Test(arguments: LedgerFactory.all)
    func `billing was last heard with the newest delivery`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        #expect(try await ledger.billingHeardAt() == nil)
        _ = try await ledger.record([.sample("a", now: at(5)), .sample("b", now: at(3))])
        #expect(try await ledger.billingHeardAt() == at(5))
    }

    @Test(arguments: LedgerFactory.all)
    func `old operations and decisions are forgotten, what is under way is not`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        var step = LaneWrite()
        step.intents = ["old", "lost", "new"].map { detail in
            var operation = PanelOperation.sample(claim.customer, detail)
            operation.state = detail == "lost" ? .unknown : .done
            operation.startedAt = at(detail == "new" ? 100 : 1)
            return operation
        }
        _ = try await world.ledger.write(step, under: claim, now: at(0))
        for second in [1, 100] as [Int64] {
            try await world.ledger.record(PersonAction(author: "ada", what: "pause", at: at(second)))
        }
        #expect(try await world.ledger.forgetHistory(operationsBefore: at(50), actionsBefore: at(50)) == 2)
        #expect(try await world.ledger.forgetHistory(operationsBefore: at(50), actionsBefore: at(50)) == 0)
        let left = try await world.ledger.operations(of: nil, state: nil, before: nil, limit: 9).map(\.detail)
        #expect(left == ["new", "lost"])
        #expect(try await world.ledger.actions(before: nil, limit: 9).map(\.action.at) == [at(100)])
    }

    @Test(arguments: LedgerFactory.all)
    func `deleted customers are forgotten after their time, once nothing is left to do`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let claim = try await world.claimed("1")
        try await world.ledger.add(.sample("o1", .ban), to: .id("1"), now: at(1))
        var step = LaneWrite()
        step.links = ["main": .sample(7)]
        step.grants = [.sample(5)]
        _ = try await world.ledger.write(step, under: claim, now: at(2))
        try await world.ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: true), now: at(3))
        try await world.tell(.of(nil, .customerDeleted, at: 10, customer: "1"))
        func forget(_ second: Int64, accounts: Int64) async throws -> Int {
            try await world.ledger.forgetDeletedCustomers(
                before: at(second),
                accountsBefore: at(accounts),
                now: at(60)
            )
        }
        #expect(try await forget(50, accounts: 50) == 0, "access is left")
        let last = try await world.claim(now: at(20))
        step = LaneWrite()
        step.grants = [.sample(5, active: false, observed: .absent)]
        _ = try await world.ledger.write(step, under: last, now: at(20))
        #expect(try await forget(50, accounts: 50) == 0, "somebody works on it")
        try await world.ledger.finish(last, LaneOutcome(state: .needsAttention, hasAccess: false), now: at(20))
        #expect(try await forget(5, accounts: 5) == 0, "too early")
        #expect(try await forget(50, accounts: 5) == 0, "its account is to be deleted first")
        #expect(try await forget(50, accounts: 50) == 1)
        #expect(try await forget(50, accounts: 50) == 0)
        let file = try #require(try await world.ledger.file(of: .id("1")))
        #expect(file.record.email == nil && file.record.subscriptions.map(\.email) == [nil])
        #expect(file.record.deletedAt == at(10) && file.record.overrides.map(\.id) == ["o1"])
        #expect(file.links.isEmpty && file.grants.isEmpty)
        #expect(try await world.ledger.customers(matching: "u1@example.com") == [])
    }
}

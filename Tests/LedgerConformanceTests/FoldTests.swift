import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct FoldTests {
    @Test(arguments: LedgerFactory.all)
    func `the first event makes the subscription and its customer`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let marked = try await world.tell(.paid("s1", customer: "77", email: "Ada@Example.com"))
        #expect(marked == [.id("77")])
        let record = try await world.record(of: .id("77"))
        #expect(record.email == "Ada@Example.com")
        #expect(record.subscriptions.map(\.id) == ["s1"])
        #expect(record.subscriptions.first?.product == "fire-elemental")
        #expect(record.subscriptions.first?.term == .live(since: at(0)))
        #expect(try await world.ledger.waitingDeliveries(limit: 10).isEmpty)
        #expect(try await world.ledger.file(of: .id("78")) == nil)
    }

    @Test(arguments: LedgerFactory.all)
    func `a delivery is folded once, however often it is given`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let number = try await world.deliver()
        let unfolded = UnfoldedDelivery(number: number, events: [.paid("s1", customer: "77")])
        #expect(try await world.ledger.fold([unfolded, unfolded], policy: FoldPolicy(), now: at(0)) == [.id("77")])
        #expect(try await world.ledger.fold([unfolded], policy: FoldPolicy(), now: at(0)).isEmpty)
        #expect(try await world.ledger.events(of: .id("77"), limit: 10).count == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `revisions decide, whatever the order of arrival`(_ factory: LedgerFactory) async throws {
        let events = [
            BillingEvent.of("s1", .created, at: 0, revision: 1, customer: "77", email: .value("a@example.com")) {
                $0.product = .value("frost")
                $0.status = .value(.active)
            },
            .of("s1", .updated, at: 10, revision: 2) {
                $0.product = .value("fire")
                $0.name = .value("Ada")
            },
            .of("s1", .paymentFailed, at: 20, revision: 3),
            .of("s1", .paymentSucceeded, at: 30, revision: 4) { $0.paidThrough = .value(at(9000)) },
        ]
        var outcomes: Set<CustomerRecord> = []
        for order in permutations(events) {
            let world = try World(factory)
            for event in order { try await world.tell(event) }
            outcomes.insert(try await world.record(of: .id("77")))
        }
        #expect(outcomes.count == 1)
        #expect(outcomes.first?.subscriptions.first?.product == "fire")
        #expect(outcomes.first?.subscriptions.first?.unpaid == nil)
        #expect(outcomes.first?.name == "Ada")
    }

    @Test(arguments: LedgerFactory.all)
    func `e-mail and name are each taken from the newest event that states them`(_ factory: LedgerFactory) async throws
    {
        let events = [
            BillingEvent.of("s1", .created, at: 0, customer: "77", email: .value("old@example.com")) {
                $0.name = .value("Old")
            },
            .of("s2", .created, at: 15, customer: "77", email: .value("new@example.com")),
            .of("s1", .updated, at: 20, customer: "77") { $0.name = .value("New") },
        ]
        for order in permutations(events) {
            let world = try World(factory)
            for event in order { try await world.tell(event) }
            let record = try await world.record(of: .id("77"))
            #expect(record.email == "new@example.com")
            #expect(record.name == "New")
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `an old subscription that is folded again does not bring back its old e-mail`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        try await world.tell(
            .of("s1", .created, at: 10, customer: "77", email: .value("first@example.com")),
            .of("s2", .created, at: 10, customer: "77", email: .value("second@example.com")),
            .of("s1", .paymentSucceeded, at: 20)
        )
        #expect(try await world.record(of: .id("77")).email == "second@example.com")
    }

    @Test(arguments: LedgerFactory.all)
    func `an e-mail's customer is joined to an id only through a subscription that it had`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        try await world.tell(
            .paid("s1", email: "Ada@example.com"),
            .paid("s2", at: 1, email: "ada@example.com")
        )
        // An equal e-mail alone joins nobody.
        try await world.tell(.paid("s9", at: 2, customer: "77", email: "ada@example.com"))
        #expect(try await world.record(of: .email("ada@example.com")).subscriptions.map(\.id) == ["s1", "s2"])
        #expect(try await world.record(of: .id("77")).subscriptions.map(\.id) == ["s9"])

        let marked = try await world.tell(.of("s1", .updated, at: 3, customer: "77"))
        #expect(marked == [.id("77"), .email("ada@example.com")])
        #expect(try await world.record(of: .id("77")).subscriptions.map(\.id) == ["s1", "s2", "s9"])
        #expect(try await world.record(of: .email("ada@example.com")).subscriptions.isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `who was joined is the only one whom the e-mail finds`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.paid("s1", email: "ada@example.com"))
        #expect(
            try await world.ledger.customers(matching: "ada@example.com").map(\.key) == [.email("ada@example.com")]
        )
        try await world.tell(.paid("s1", at: 10, customer: "77", email: "ada@example.com"))
        #expect(try await world.ledger.customers(matching: "ada@example.com").map(\.key) == [.id("77")])
    }

    @Test(arguments: LedgerFactory.all)
    func `what was joined stays joined when the sender leaves the id out again`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(
            .paid("s1", email: "ada@example.com"),
            .paid("s2", email: "ada@example.com"),
            .of("s1", .updated, at: 3, customer: "77"),
            .of("s1", .updated, at: 4, email: .value("ada@example.com")),
            .of("s2", .updated, at: 5, email: .value("new@example.com")),
            .of("s2", .updated, at: 6, email: .value("newer@example.com"))
        )
        #expect(try await world.record(of: .id("77")).subscriptions.map(\.id) == ["s1", "s2"])
    }

    @Test(arguments: LedgerFactory.all)
    func `a join takes accounts, grants, operations and overrides along`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let old = CustomerKey.email("ada@example.com")
        try await world.tell(.paid("s1", email: "ada@example.com"))
        let claim = try await world.claim(now: at(0))
        var step = LaneWrite()
        step.intents = [.sample(old)]
        step.links = ["main": .sample(7)]
        step.grants = [.sample(5)]
        _ = try await world.ledger.write(step, under: claim, now: at(0))
        try await world.ledger.add(.sample("o1", .ban), to: old, now: at(0))
        try await world.ledger.add(.sample("o2", .grant("elemental")), to: .id("77"), now: at(0))

        try await world.tell(.of("s1", .updated, at: 3, customer: "77"))
        let file = try #require(try await world.ledger.file(of: .id("77")))
        #expect(file.links == ["main": .sample(7)])
        #expect(file.grants == [.sample(5)])
        #expect(file.unsettled.map(\.customer) == [.id("77")])
        #expect(file.record.overrides.map(\.id) == ["o1", "o2"])
        let rest = try #require(try await world.ledger.file(of: old))
        #expect(rest.links.isEmpty && rest.grants.isEmpty && rest.unsettled.isEmpty && rest.record.overrides.isEmpty)
        await #expect(throws: LeaseLost(customer: old)) {
            _ = try await world.ledger.write(step, under: claim, now: at(1))
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `at a join with two accounts each customer keeps its own for its lane to settle`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let old = CustomerKey.email("ada@example.com")
        try await world.tell(.paid("s1", email: "ada@example.com"), .paid("s9", customer: "77"))
        for (number, claim) in try await world.ledger.claimDue(limit: 2, lease: .seconds(60), now: at(0)).enumerated() {
            var step = LaneWrite()
            step.links = ["main": .sample(number + 1), PanelName("own-\(number)"): .sample(9)]
            step.grants = [.sample(5)]
            step.intents = [.sample(claim.customer)]
            _ = try await world.ledger.write(step, under: claim, now: at(0))
        }
        let before = try #require(try await world.ledger.file(of: old))
        try await world.tell(.of("s1", .updated, at: 3, customer: "77"))
        let left = try #require(try await world.ledger.file(of: old))
        let joined = try #require(try await world.ledger.file(of: .id("77")))
        #expect(left.links.count == 1)
        #expect(left.links["main"] == before.links["main"])
        #expect(left.grants == [.sample(5)])
        #expect(left.unsettled == before.unsettled)
        #expect(joined.links.count == 3)
        #expect(joined.unsettled.count == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `without ids a new e-mail moves that subscription alone`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.paid("s1", email: "old@example.com"), .paid("s2", email: "old@example.com"))
        let marked = try await world.tell(.of("s1", .updated, at: 3, email: .value("New@example.com")))
        #expect(marked == [.email("old@example.com"), .email("new@example.com")])
        #expect(try await world.record(of: .email("new@example.com")).subscriptions.map(\.id) == ["s1"])
        #expect(try await world.record(of: .email("new@example.com")).email == "New@example.com")
        #expect(try await world.record(of: .email("old@example.com")).subscriptions.map(\.id) == ["s2"])
        #expect(try await world.record(of: .email("old@example.com")).email == "old@example.com")
    }

    @Test(arguments: LedgerFactory.all)
    func `another customer id moves that subscription alone`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.paid("s1", customer: "77"), .paid("s2", customer: "77"))
        try await world.ledger.add(.sample("o1", .ban), to: .id("77"), now: at(0))
        let marked = try await world.tell(.of("s1", .updated, at: 3, customer: "78"))
        #expect(marked == [.id("77"), .id("78")])
        #expect(try await world.record(of: .id("78")).subscriptions.map(\.id) == ["s1"])
        #expect(try await world.record(of: .id("77")).subscriptions.map(\.id) == ["s2"])
        #expect(try await world.record(of: .id("78")).overrides.isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `a subscription whose events name no customer waits, visibly`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        #expect(try await world.tell(.paid("s1")).isEmpty)
        #expect(try await world.ledger.ownerlessSubscriptions(after: nil, limit: 10).map(\.id) == ["s1"])
        #expect(try await world.ledger.summary().ownerlessSubscriptions == 1)
        #expect(try await world.ledger.summary().subscriptions == 1)
        #expect(try await world.tell(.of("s1", .updated, at: 3, customer: "77")) == [.id("77")])
        #expect(try await world.ledger.ownerlessSubscriptions(after: nil, limit: 10).isEmpty)
        let owned = try await world.record(of: .id("77"))
        #expect(owned.subscriptions.first?.term == .live(since: at(0)))
    }

    @Test(arguments: LedgerFactory.all)
    func `clearing the e-mail takes no subscription from its customer`(_ factory: LedgerFactory) async throws {
        let events = [
            BillingEvent.paid("s1", email: "ada@example.com"),
            .of("s1", .updated, at: 3, email: .cleared),
        ]
        for order in permutations(events) {
            let world = try World(factory)
            for event in order { try await world.tell(event) }
            let record = try await world.record(of: .email("ada@example.com"))
            #expect(record.subscriptions.map(\.id) == ["s1"])
            #expect(record.email == "ada@example.com")
            #expect(try await world.ledger.ownerlessSubscriptions(after: nil, limit: 10).isEmpty)
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `events that change no fact are marked stale`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let failed = BillingEvent.of("s1", .paymentFailed, at: 20, customer: "77")
        let first = try await world.fold([failed])
        let again = try await world.fold([.of("s1", .paymentFailed, at: 30, customer: "77"), .paid("s1", at: 10)])
        let stale = try await world.fold([.of("s1", .paymentFailed, at: 40)])
        #expect(try await world.ledger.delivery(first.number)?.isStale == false)
        #expect(try await world.ledger.delivery(again.number)?.isStale == false)
        #expect(try await world.ledger.delivery(stale.number)?.isStale == true)
        let events = try await world.ledger.events(of: .id("77"), limit: 10)
        #expect(events.map(\.event.order.moment) == [at(40), at(10), at(30), at(20)])
        #expect(events.map(\.isStale) == [true, false, true, false])
        #expect(events.map(\.delivery) == [stale.number, again.number, again.number, first.number])
        #expect(try await world.ledger.events(of: .id("77"), limit: 1).count == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `an event that a late one makes superfluous becomes stale`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.paid("s1", at: 0, customer: "77"), .of("s1", .paymentFailed, at: 20))
        #expect(try await world.ledger.events(of: .id("77"), limit: 1).map(\.isStale) == [false])
        try await world.tell(.of("s1", .paymentFailed, at: 10))
        let events = try await world.ledger.events(of: .id("77"), limit: 3)
        #expect(events.map(\.event.order.moment) == [at(10), at(20), at(0)])
        #expect(events.map(\.isStale) == [false, true, false])
    }

    @Test(arguments: LedgerFactory.all)
    func `old snapshots that only repeat themselves are forgotten, and nothing else`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try World(factory)
        func snapshot(_ day: Int64, _ status: SenderStatus) -> BillingEvent {
            .of("s1", .snapshot, at: day * 86_400, customer: "77") { $0.status = .value(status) }
        }
        func days() async throws -> [Int64] {
            try await world.ledger.events(of: .id("77"), limit: 100).map {
                ($0.event.order.moment - at(0)).components.seconds / 86_400
            }.reversed()
        }
        try await world.tell(.paid("s1", at: -1, customer: "77"))
        for day in 0..<20 {
            try await world.tell(snapshot(Int64(day), day < 8 ? .active : .pastDue), now: at(Int64(day) * 86_400))
        }
        // The first and the last of each run stay, and the last week whole.
        #expect(try await days() == [0, 0, 7, 8, 12, 13, 14, 15, 16, 17, 18, 19])
        let before = try await world.record(of: .id("77"))
        #expect(before.subscriptions.first?.unpaid?.since == at(8 * 86_400))
        // Payments are never forgotten, however often they repeat.
        for day in 20..<40 {
            try await world.tell(.of("s1", .paymentFailed, at: Int64(day) * 86_400), now: at(Int64(day) * 86_400))
        }
        #expect(try await days().count { $0 >= 20 } == 20)
        #expect(try await world.record(of: .id("77")).subscriptions.first?.unpaid?.since == at(8 * 86_400))
    }

    @Test(arguments: LedgerFactory.all)
    func `facts come back from the ledger exactly as they were stated`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let event = BillingEvent.of("s1", .snapshot, revision: 4, customer: "77", email: .cleared) {
            $0.name = .value("Zoë \u{0}'\"%_\n𝒜")
            $0.tier = .value("t")
            $0.status = .value(.unknown("on fire"))
            $0.quantity = .value(3)
            $0.paidThrough = .cleared
            $0.endsAt = .value(Timestamp(milliseconds: -5))
            $0.reason = .cleared
            $0.properties = ["minecraft_username": "Ada", "gone": nil as String?]
        }
        let (number, _) = try await world.fold([event])
        let stored = try #require(try await world.ledger.events(of: .id("77"), limit: 1).first)
        #expect(stored.event.facts == event.facts)
        #expect(stored.event.kind == event.kind)
        #expect(stored.event.subscription == "s1")
        #expect(stored.event.order.revision == 4)
        #expect(stored.event.order.occurredAt == at(0))
        #expect(stored.delivery == number)
    }

    @Test(arguments: LedgerFactory.all)
    func `whether a date lay ahead of its delivery survives being stored`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let order = EventOrder(source: "paymenter", occurredAt: at(9000), stampedAt: at(0), receivedAt: at(0))
        var event = BillingEvent.paid("s1", customer: "77")
        event.order = order
        try await world.tell(event)
        let stored = try #require(try await world.ledger.events(of: .id("77"), limit: 1).first)
        #expect(stored.event.order.wasAheadOfDelivery)
        #expect(stored.event.order.occurredAt == at(0))
        #expect(
            try await world.record(of: .id("77")).subscriptions.first?.notices.contains(.dateAheadOfDelivery) == true
        )
    }

    @Test(arguments: LedgerFactory.all)
    func `a customer's own events change e-mail and name, the newest first`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.paid("s1", at: 0, customer: "77", email: "a@example.com"))
        let marked = try await world.tell(
            .of(nil, .customerUpdated, at: 20, customer: "77", email: .value("b@example.com"))
        )
        #expect(marked == [.id("77")])
        let late = try await world.fold([
            .of(nil, .customerUpdated, at: 10, customer: "77", email: .value("c@example.com"))
        ])
        #expect(try await world.record(of: .id("77")).email == "b@example.com")
        #expect(try await world.ledger.delivery(late.number)?.isStale == true)
        let events = try await world.ledger.events(of: .id("77"), limit: 10)
        #expect(events.map(\.event.kind) == [.customerUpdated, .customerUpdated, .paymentSucceeded])
        #expect(events.map(\.isStale) == [true, false, false])
    }

    @Test(arguments: LedgerFactory.all)
    func `a customer of whom only the customer's own events were heard exists`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.of(nil, .customerUpdated, customer: "77", email: .value("b@example.com")))
        #expect(try await world.record(of: .id("77")).email == "b@example.com")
    }

    @Test(arguments: LedgerFactory.all)
    func `a deleted customer stays deleted since the first word of it`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.paid("s1", customer: "77", email: "a@example.com"))
        #expect(try await world.tell(.of(nil, .customerDeleted, at: 20, customer: "77")) == [.id("77")])
        let again = try await world.fold([.of(nil, .customerDeleted, at: 30, customer: "77")])
        try await world.tell(.of(nil, .customerUpdated, at: 40, customer: "77", email: .value("b@example.com")))
        let record = try await world.record(of: .id("77"))
        #expect(record.deletedAt == at(20))
        #expect(record.email == "a@example.com")
        #expect(try await world.ledger.delivery(again.number)?.isStale == true)
    }

    @Test(arguments: LedgerFactory.all)
    func `a deleted customer who buys or pays later is there again, in whatever order that is heard`(
        _ factory: LedgerFactory
    ) async throws {
        let deletion = BillingEvent.of(nil, .customerDeleted, at: 20, customer: "77")
        let lives = [
            BillingEvent.paid("s1", at: 30, customer: "77", email: "b@example.com"),
            .of("s2", .created, at: 30, customer: "77", email: .value("b@example.com")) { $0.status = .value(.active) },
        ]
        for life in lives {
            for order in permutations([BillingEvent.paid("s1", customer: "77"), deletion, life]) {
                let world = try World(factory)
                for event in order { try await world.tell(event) }
                let record = try await world.record(of: .id("77"))
                #expect(record.deletedAt == nil)
                #expect(record.email == "b@example.com")
            }
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `what a deleted customer paid before, or an update, undoes no deletion`(_ factory: LedgerFactory) async throws
    {
        let events = [
            BillingEvent.paid("s1", at: 10, customer: "77"),
            .of(nil, .customerDeleted, at: 20, customer: "77"),
            .of("s1", .updated, at: 30, customer: "77") { $0.status = .value(.active) },
            .of("s2", .created, at: 30, customer: "77") { $0.status = .value(.pending) },
        ]
        for order in permutations(events) {
            let world = try World(factory)
            for event in order { try await world.tell(event) }
            #expect(try await world.record(of: .id("77")).deletedAt == at(20))
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `an event that names neither subscription nor customer blocks nobody behind it`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let bad = try await world.deliver()
        let good = try await world.deliver()
        let marked = try await world.ledger.fold(
            [
                UnfoldedDelivery(number: bad, events: [.of(nil, .customerUpdated)]),
                UnfoldedDelivery(number: good, events: [.paid("s1", customer: "77")]),
            ],
            policy: FoldPolicy(),
            now: at(0)
        )
        #expect(marked == [.id("77")])
        #expect(try await world.ledger.delivery(bad)?.state == .refused)
        #expect(try await world.ledger.delivery(good)?.state == .applied)
    }

    @Test(arguments: LedgerFactory.all)
    func `another policy folds everything anew, once`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        var attentive = Policy()
        attentive.latePayment = .attention
        let ended = [
            BillingEvent.paid("s1", at: 0, customer: "77"),
            .of("s1", .cancelled, at: 10),
            .of("s1", .paymentSucceeded, at: 20),
        ]
        try await world.ledger.refold(policy: FoldPolicy(), now: at(0))
        for event in ended { try await world.tell(event) }
        try await world.settle(now: at(30))
        #expect(try await world.record(of: .id("77")).subscriptions.first?.term == .live(since: at(20)))

        try await world.ledger.refold(policy: FoldPolicy(), now: at(40))
        #expect(try await world.ledger.nextDue() == nil)

        let nothingSold = Catalog(tiers: [], groups: [])
        try await world.ledger.refold(policy: FoldPolicy(attentive, catalog: nothingSold), now: at(50))
        let subscription = try await world.record(of: .id("77")).subscriptions.first
        #expect(subscription?.notices == [.latePaymentKeptEnded])
        #expect(try await world.ledger.nextDue() == at(50))
    }

    @Test(arguments: LedgerFactory.all)
    func `a first payment goes before restores, and these before everything else`(_ factory: LedgerFactory) async throws
    {
        let world = try World(factory)
        try await world.tell(
            .of("s1", .created, at: 0, customer: "new") { $0.status = .value(.pending) },
            .paid("s2", at: 0, customer: "back"),
            .of("s2", .cancelled, at: 1),
            .paid("s3", at: 0, customer: "gone"),
            .paid("s4", at: 0, customer: "same")
        )
        try await world.settle(now: at(2))
        try await world.tell(
            .of("s4", .updated, at: 3) { $0.quantity = .value(2) },
            .of("s3", .cancelled, at: 3),
            .paid("s2", at: 3),
            .paid("s1", at: 3),
            now: at(3)
        )
        let claims = try await world.ledger.claimDue(limit: 10, lease: .seconds(60), now: at(3))
        #expect(claims.map(\.customer) == [.id("new"), .id("back"), .id("gone"), .id("same")])
        #expect(claims.map(\.priority) == [.newlyPaid, .restore, .revocation, .change])
    }
}

/// All orders of a few elements.
func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard elements.count > 1 else { return [elements] }
    return elements.indices.flatMap { index in
        var rest = elements
        let first = rest.remove(at: index)
        return permutations(rest).map { [first] + $0 }
    }
}

import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HistoryTests {
    @Test(arguments: LedgerFactory.all)
    func `a customer's history comes in order, in pages of any size, with nothing twice and nothing left out`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try World(factory)
        let claim = try await world.claimed("77")
        try await world.tell(.of("s-77", .paymentFailed, at: 5, customer: "77"))
        try await world.tell(.paid("s-78", customer: "78"))
        // All at one moment: what is said comes before what is decided, and that before what is done.
        for number in 1...3 {
            try await world.ledger.add(.sample(OverrideID("o\(number)"), .hold), to: .id("77"), now: at(5))
            var step = LaneWrite()
            var operation = PanelOperation.sample(claim.customer, "\(number)")
            operation.startedAt = at(number == 3 ? 9 : 5)
            step.intents = [operation]
            _ = try await world.ledger.write(step, under: claim, now: at(5))
        }
        let whole = try await world.ledger.history(of: .id("77"), before: nil, limit: 100)
        let kinds = whole.map(\.mark.kind)
        #expect(kinds == [.operation, .operation, .operation, .action, .action, .action, .event, .event])
        for size in 1...9 {
            var paged: [HistoryEntry] = []
            while true {
                let page = try await world.ledger.history(of: .id("77"), before: paged.last?.mark, limit: size)
                paged += page
                if page.count < size { break }
            }
            #expect(paged == whole, "pages of \(size)")
        }
        #expect(try await world.ledger.history(of: .id("nobody"), before: nil, limit: 5).isEmpty)
    }

    @Test(arguments: ["1.0.2", "-5.2.9223372036854775807"])
    func `a place in history reads as it is written`(_ text: String) throws {
        #expect(try #require(HistoryMark(text)).description == text)
    }

    @Test(arguments: ["", "1", "1.2", "1.3.4", "1.-1.4", "a.1.2", "1.1.2.3", "1..2", "1.1.9223372036854775808"])
    func `a place that is none is not read`(_ text: String) {
        #expect(HistoryMark(text) == nil)
    }

    @Test(arguments: LedgerFactory.all)
    func `a delivery is folded again from its events, or read anew, and never applied twice`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let policy = FoldPolicy()
        let applied = try await world.fold([.paid("s1", customer: "1"), .paid("s2", customer: "2")]).number
        let before = try await world.record(of: .id("1"))
        for _ in 0..<2 {
            let replay = try await world.ledger.replay(applied, policy: policy, now: at(5))
            #expect(replay == .folded([.id("1"), .id("2")]))
        }
        #expect(try await world.record(of: .id("1")) == before)
        #expect(try await world.ledger.waitingDeliveries(limit: 9).isEmpty)

        let waiting = try await world.deliver()
        #expect(try await world.ledger.replay(waiting, policy: policy, now: at(5)) == .waiting)
        #expect(try await world.ledger.replay(999, policy: policy, now: at(5)) == .notThere)

        guard
            case .recorded(let refused) = try await world.ledger.record([
                .sample("again", verdict: .refused("no date"))
            ]).first
        else { throw Unexpected(what: "it was not recorded") }
        #expect(try await world.ledger.replay(refused, policy: policy, now: at(5)) == .queued)
        #expect(try await world.ledger.delivery(refused)?.state == .waiting)
        #expect(try await world.ledger.delivery(refused)?.note == nil)
        #expect(try await world.ledger.record([.sample("again")]) == [.duplicate])

        guard
            case .recorded(let late) = try await world.ledger.record([
                .sample("taken", body: "old", verdict: .refused("no date"))
            ]).first
        else { throw Unexpected(what: "it was not recorded") }
        _ = try await world.ledger.record([.sample("taken", body: "new")])
        #expect(try await world.ledger.replay(late, policy: policy, now: at(5)) == .idTaken)
    }

    @Test(arguments: LedgerFactory.all)
    func `what was decided for somebody known by e-mail stays theirs once their id is known`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        try await world.tell(.paid("s1", email: "ada@example.com"))
        let old = CustomerKey.email("ada@example.com")
        try await world.ledger.add(.sample("o1", .grant("elemental")), to: old, now: at(1))
        try await world.ledger.add(.sample("o2", .ban), to: old, now: at(1))
        try await world.tell(.of("s1", .renewed, at: 2, customer: "77"))
        let record = try await world.record(of: .id("77"))
        #expect(record.overrides.map(\.id) == ["o1", "o2"])
        let history = try await world.ledger.history(of: .id("77"), before: nil, limit: 9)
        #expect(history.count { $0.mark.kind == .action } == 2)
    }
}

import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RecordingTests {
    @Test(arguments: LedgerFactory.all)
    func `what was recorded waits in the order of its commits`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        let receipts = try await ledger.record([.sample("b", body: "1"), .sample("a", body: "2")])
        let more = try await ledger.record([.sample("c", body: "3")])
        let numbers = (receipts + more).compactMap { if case .recorded(let number) = $0 { number } else { nil } }
        #expect(numbers.count == 3)
        #expect(numbers == numbers.sorted())
        let waiting = try await ledger.waitingDeliveries(limit: 10)
        #expect(waiting.map(\.number) == numbers)
        #expect(waiting.map(\.webhookID) == ["b", "a", "c"])
        #expect(try await ledger.waitingDeliveries(limit: 2).map(\.number) == Array(numbers.prefix(2)))
        let stored = try #require(waiting.first)
        #expect(stored.body == Array("1".utf8))
        #expect(stored.source == "paymenter")
        #expect(stored.event == "payment.succeeded")
        #expect(stored.stampedAt == at(0))
        #expect(stored.receivedAt == at(0))
        #expect(stored.secretIndex == 1)
        #expect(stored.state == .waiting)
        #expect(stored.isStale == false)
        #expect(try await ledger.delivery(stored.number) == stored)
        #expect(try await ledger.delivery(999) == nil)
        #expect(try await ledger.record([] as [NewDelivery]).isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `the same id with the same body is a duplicate, also within one commit`(_ factory: LedgerFactory) async throws
    {
        let world = try World(factory)
        let ledger = world.ledger
        let receipts = try await ledger.record([.sample("a"), .sample("a"), .sample("b")])
        #expect(receipts[1] == .duplicate)
        #expect(try await ledger.record([.sample("a")]) == [.duplicate])
        #expect(try await ledger.waitingDeliveries(limit: 10).count == 2)
    }

    @Test(arguments: LedgerFactory.all)
    func `a folded delivery that comes again is a duplicate and changes nothing`(_ factory: LedgerFactory) async throws
    {
        let world = try World(factory)
        try await world.tell(.paid("s1", customer: "77"))
        #expect(try await world.ledger.record([.sample("made-1")]) == [.duplicate])
        #expect(try await world.ledger.waitingDeliveries(limit: 10).isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `the same id with another body is kept apart and not applied`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        _ = try await ledger.record([.sample("a", body: "1")])
        #expect(try await ledger.record([.sample("a", body: "2")]) == [.conflicting])
        #expect(try await ledger.waitingDeliveries(limit: 10).map(\.body) == [Array("1".utf8)])
        let kept = try await ledger.deliveries(before: nil, state: .conflicting, limit: 10)
        #expect(kept.map(\.body) == [Array("2".utf8)])
        #expect(kept.first?.note?.isEmpty == false)
        #expect(try await ledger.summary().deliveriesConflicting == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `two senders may use the same id`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        let receipts = try await ledger.record([.sample("a"), .sample("a", source: "stripe")])
        #expect(receipts.allSatisfy { if case .recorded = $0 { true } else { false } })
    }

    @Test(arguments: LedgerFactory.all)
    func `an id that was refused is not taken`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        let refused = try await ledger.record([.sample("a", body: "x", verdict: .refused("event is missing"))])
        #expect(refused.allSatisfy { if case .recorded = $0 { true } else { false } })
        #expect(try await ledger.waitingDeliveries(limit: 10).isEmpty)
        let mended = try await ledger.record([.sample("a", body: "y")])
        #expect(mended.allSatisfy { if case .recorded = $0 { true } else { false } })
        #expect(try await ledger.waitingDeliveries(limit: 10).map(\.body) == [Array("y".utf8)])
        let kept = try await ledger.deliveries(before: nil, state: .refused, limit: 10)
        #expect(kept.map(\.note) == ["event is missing"])
    }

    @Test(arguments: LedgerFactory.all)
    func `a delivery that could not be decoded later frees its id`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let number = try await world.deliver()
        let unfolded = UnfoldedDelivery(number: number, events: [], refusal: "no such source")
        #expect(try await world.ledger.fold([unfolded], policy: FoldPolicy(), now: at(0)).isEmpty)
        let stored = try #require(try await world.ledger.delivery(number))
        #expect(stored.state == .refused)
        #expect(stored.note == "no such source")
        #expect(try await world.ledger.record([.sample("made-1")]) != [.duplicate])
    }

    @Test(arguments: LedgerFactory.all)
    func `refused deliveries are kept up to a bound, the newest of them`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        _ = try await ledger.record([.sample("good")])
        for batch in 0..<12 {
            _ = try await ledger.record((0..<100).map { .sample("r-\(batch)-\($0)", verdict: .refused("bad")) })
        }
        let kept = try await ledger.deliveries(before: nil, state: .refused, limit: 5000)
        #expect(kept.count == 1000)
        #expect(kept.first?.webhookID == "r-11-99")
        #expect(kept.last?.webhookID == "r-2-0")
        #expect(try await ledger.summary().deliveriesRefused == 1000)
        #expect(try await ledger.waitingDeliveries(limit: 10).map(\.webhookID) == ["good"])
    }

    @Test(arguments: LedgerFactory.all)
    func `a sender that repeats what was refused does not crowd out the others`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        _ = try await ledger.record([.sample("other", verdict: .refused("bad"))])
        _ = try await ledger.record([.sample("taken", body: "1")])
        for _ in 0..<5 {
            _ = try await ledger.record([.sample("again", verdict: .refused("bad"))])
            #expect(try await ledger.record([.sample("taken", body: "2")]) == [.conflicting])
        }
        let refused = try await ledger.deliveries(before: nil, state: .refused, limit: 10)
        #expect(refused.map(\.webhookID) == ["again", "other"])
        #expect(try await ledger.summary().deliveriesConflicting == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `what a person acknowledged needs nobody any more, is kept, and stays so when its sender repeats it`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        let word = PersonDecision(author: "ada", reason: "a partial refund", at: at(5))
        let known = Acknowledgement(author: "ada", at: at(5))
        func refused() async throws -> [StoredDelivery] {
            try await ledger.deliveries(before: nil, state: .refused, limit: 10)
        }
        _ = try await ledger.record([
            .sample("bad", verdict: .refused("no")), .sample("other", verdict: .refused("no"), now: at(3)),
        ])
        _ = try await ledger.record([.sample("taken", body: "1"), .sample("taken", body: "2")])
        let conflicting = try await ledger.deliveries(before: nil, state: .conflicting, limit: 10)
        let bad = try #require(try await refused().last)
        #expect(try await ledger.acknowledge(bad.number, by: word) == .done)
        #expect(try await ledger.acknowledge(try #require(conflicting.first).number, by: word) == .done)
        #expect(try await ledger.acknowledge(bad.number, by: word) == .known(known))
        #expect(try await ledger.acknowledge(999, by: word) == .notThere)
        let waiting = try #require(try await ledger.waitingDeliveries(limit: 1).first)
        #expect(try await ledger.acknowledge(waiting.number, by: word) == .usable(.waiting))
        let summary = try await ledger.summary()
        #expect(summary.deliveriesRefused == 1 && summary.oldestRefused == at(3))
        #expect(summary.deliveriesConflicting == 0 && summary.oldestConflicting == nil)
        #expect(try await refused().map(\.acknowledgement) == [nil, known])
        let action = try #require(try await ledger.actions(before: nil, limit: 10).last?.action)
        #expect(action.what == "acknowledge delivery \(bad.number)" && action.reason == "a partial refund")

        _ = try await ledger.record([.sample("bad", verdict: .refused("no"))])
        #expect(try await ledger.summary().deliveriesRefused == 1, "a repeat of it is no news")
        let again = try #require(try await refused().first)
        #expect(try await ledger.replay(again.number, policy: FoldPolicy(), now: at(6)) == .queued)
        #expect(
            try await ledger.delivery(again.number)?.acknowledgement == nil,
            "what comes of it now, nobody has seen"
        )
    }

    @Test(arguments: LedgerFactory.all)
    func `an unknown event type is kept and not folded, and its id is taken`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        _ = try await ledger.record([.sample("a", verdict: .ignored)])
        #expect(try await ledger.waitingDeliveries(limit: 10).isEmpty)
        #expect(try await ledger.record([.sample("a", verdict: .ignored)]) == [.duplicate])
        #expect(try await ledger.record([.sample("a", verdict: .refused("bad"))]) == [.duplicate])
        #expect(try await ledger.deliveries(before: nil, state: .ignored, limit: 10).count == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `deliveries are listed newest first, page by page and by state`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        for _ in 0..<5 { _ = try await world.deliver() }
        _ = try await world.ledger.record([.sample("r", verdict: .refused("bad"))])
        let first = try await world.ledger.deliveries(before: nil, state: nil, limit: 4)
        let second = try await world.ledger.deliveries(before: first.last?.number, state: nil, limit: 4)
        #expect(first.map(\.webhookID) == ["r", "made-5", "made-4", "made-3"])
        #expect(second.map(\.webhookID) == ["made-2", "made-1"])
        let waiting = try await world.ledger.deliveries(before: second.first?.number, state: .waiting, limit: 4)
        #expect(waiting.map(\.webhookID) == ["made-1"])
        for state in StoredDelivery.State.allCases where state != .waiting && state != .refused {
            #expect(try await world.ledger.deliveries(before: nil, state: state, limit: 4).isEmpty)
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `a body of any bytes comes back as it was`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let ledger = world.ledger
        var delivery = NewDelivery.sample("a")
        delivery.body = Array(0...255) + Array(repeating: 0, count: 70_000)
        delivery.event = nil
        _ = try await ledger.record([delivery])
        let stored = try #require(try await ledger.waitingDeliveries(limit: 1).first)
        #expect(stored.body == delivery.body)
        #expect(stored.event == nil)
        #expect(try await ledger.record([delivery]) == [.duplicate])
    }
}

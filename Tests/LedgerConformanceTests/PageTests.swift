import Entitlements
import Ledger
import Testing

/// Lists come in pages that together hold each entry once, also where many share a moment.
@Suite(.timeLimit(.minutes(1)))
struct PageTests {
    /// All entries, a page at a time, and how many pages that took.
    private func walk<Entry, Mark>(
        _ size: Int,
        _ mark: (Entry) -> Mark,
        _ page: (Mark?) async throws -> [Entry]
    ) async throws -> (entries: [Entry], pages: Int) {
        var entries: [Entry] = []
        var pages = 0
        var place: Mark?
        while true {
            let found = try await page(place)
            pages += 1
            entries += found
            guard found.count == size, let last = found.last else { return (entries, pages) }
            place = mark(last)
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `overrides, also those made at one moment`(_ factory: LedgerFactory) async throws {
        let ledger = try World(factory).ledger
        for number in Int64(0)..<7 {
            let override = Override.sample(OverrideID("o\(number)"), .hold, created: number / 3, until: at(100))
            try await ledger.add(override, to: .id(number == 6 ? "78" : "77"), now: at(0))
        }
        let (all, pages) = try await walk(2, { OverrideMark($0.1) }) { mark in
            try await ledger.overrides(OverrideQuery(inForceAt: at(50)), before: mark, limit: 2)
        }
        #expect(pages == 4)
        #expect(all.map(\.1.id) == ["o6", "o3", "o4", "o5", "o0", "o1", "o2"])
        let (own, _) = try await walk(2, { OverrideMark($0.1) }) { mark in
            try await ledger.overrides(OverrideQuery(customer: .id("77")), before: mark, limit: 2)
        }
        #expect(own.count == 6)
        for (_, override) in all {
            let mark = OverrideMark(override)
            #expect(OverrideMark(mark.description) == mark)
        }
        #expect(OverrideMark("o1") == nil && OverrideMark("1") == nil)
    }

    @Test(arguments: LedgerFactory.all)
    func `customers for whom time changes something, also at one moment, whatever is due before`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try World(factory)
        for number in Int64(0)..<7 {
            let claim = try await world.claimed("\(number)")
            let due = LaneOutcome(state: .converged, hasAccess: true, dueAt: at(2), changesAt: at(10 + number / 3))
            try await world.ledger.finish(claim, due, now: at(1))
        }
        func due(after now: Timestamp) async throws -> [String] {
            let (rows, _) = try await walk(2, { ChangeMark(at: $0.changesAt ?? at(0), customer: $0.key) }) { mark in
                try await world.ledger.customersChanging(after: now, beyond: mark, limit: 2)
            }
            return rows.map(\.key.description)
        }
        #expect(try await due(after: at(1)) == (0..<7).map { "id:\($0)" })
        #expect(try await due(after: at(10)) == (3..<7).map { "id:\($0)" })
        #expect(try await due(after: at(12)) == [])
        let past = ChangeMark(at: at(5), customer: .id("9"))
        let from = try await world.ledger.customersChanging(after: at(11), beyond: past, limit: 9)
        #expect(from.map(\.key) == [.id("6")], "what is due by now is on no page")
        #expect(ChangeMark(past.description) == past)
        #expect(ChangeMark("5.nobody") == nil)
    }

    @Test(arguments: LedgerFactory.all)
    func `rollbacks, and subscriptions of nobody`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        for number in Int64(0)..<5 {
            let rollback = NewRollback(
                fingerprint: "f\(number)",
                to: at(-100),
                steps: [],
                holds: [:],
                author: "ada",
                reason: "a mistake"
            )
            _ = try await world.ledger.begin(rollback, now: at(number))
        }
        let (rollbacks, _) = try await walk(2, \.number) { number in
            try await world.ledger.rollbacks(before: number, limit: 2)
        }
        #expect(rollbacks.map(\.fingerprint) == ["f4", "f3", "f2", "f1", "f0"])

        for number in 0..<5 { try await world.tell(.paid("s\(number)".asID)) }
        let (subscriptions, _) = try await walk(2, \.id) { id in
            try await world.ledger.ownerlessSubscriptions(after: id, limit: 2)
        }
        #expect(subscriptions.map(\.id) == ["s0", "s1", "s2", "s3", "s4"])
    }
}

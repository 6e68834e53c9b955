import Entitlements
import Foundation
import Testing

/// Holds the core to the table of `docs/state-machine.md`.
@Suite struct StateMachineTests {
    static func table() throws -> [[String]] {
        let file = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/state-machine.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.split(separator: "\n").filter { $0.hasPrefix("|") && !$0.hasPrefix("| ---") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// On day 20, each of these is in the state of its name.
    static let states: [String: [BillingEvent]] = [
        "pending": [said(.created, 0, .status("pending"))],
        "active": [bought],
        "cancelling": [bought, said(.cancelled, 5, .endsAt(30))],
        "past due": [said(.created, 0, .status("active"), .paidThrough(15)), said(.paymentFailed, 15)],
        "suspended": [said(.created, 0, .status("active"), .paidThrough(10)), said(.paymentFailed, 10)],
        "ended": [bought, said(.cancelled, 5)],
    ]

    static let events: [String: BillingEvent?] = [
        "created, status active": said(.created, 20, .status("active")),
        "payment succeeded": said(.paymentSucceeded, 20),
        "payment failed": said(.paymentFailed, 20),
        "renewed": said(.renewed, 20, .paidThrough(50)),
        "updated, status active": said(.updated, 20, .status("active")),
        "updated, status active, paid through a later date": said(.updated, 20, .status("active"), .paidThrough(50)),
        "updated, status pending": said(.updated, 20, .status("pending")),
        "updated, status past due": said(.updated, 20, .status("past_due")),
        "updated, status suspended": said(.updated, 20, .status("suspended")),
        "updated, status cancelled": said(.updated, 20, .status("canceled")),
        "updated, unknown status": said(.updated, 20, .status("trialing")),
        "updated, another product": said(.updated, 20, .product("ice")),
        "suspended": said(.suspended, 20),
        "suspended by hand": said(.suspended, 20, .reason("manual")),
        "unsuspended": said(.unsuspended, 20),
        "cancelled": said(.cancelled, 20),
        "cancelled with a date ahead": said(.cancelled, 20, .endsAt(60)),
        "cancellation scheduled": said(.cancellationScheduled, 20, .endsAt(60)),
        "cancellation withdrawn": said(.cancellationWithdrawn, 20),
        "terminated": said(.terminated, 20),
        "refunded": said(.paymentRefunded, 20),
        "disputed": said(.paymentDisputed, 20),
        "listed as active": said(.snapshot, 20, .status("active")),
        "listed as past due": said(.snapshot, 20, .status("past_due")),
        "listed as suspended": said(.snapshot, 20, .status("suspended")),
        "listed as cancelled": said(.snapshot, 20, .status("cancelled")),
        "listed as pending": said(.snapshot, 20, .status("pending")),
        "100 days without news": nil,
    ]

    @Test func `the table names every state and every event once`() throws {
        let table = try Self.table()
        let header = try #require(table.first)
        #expect(Set(header.dropFirst()) == Set(Self.states.keys))
        #expect(table.dropFirst().map(\.[0]).sorted() == Self.events.keys.sorted())
        #expect(table.allSatisfy { $0.count == header.count })
    }

    @Test(arguments: states.keys.sorted())
    func `every state is what it is called before the event`(state: String) throws {
        let story = try #require(Self.states[state])
        #expect(Self.word(standing(story, on: 20)) == state)
    }

    @Test(arguments: events.keys.sorted())
    func `every event leads where the table says`(name: String) throws {
        let table = try Self.table()
        let header = try #require(table.first)
        let row = try #require(table.first { $0.first == name })
        let event = try #require(Self.events[name])
        for (state, expected) in zip(header, row).dropFirst() {
            let story = try #require(Self.states[state])
            let after = event.map { standing(story + [$0], on: 20) } ?? standing(story, on: 120)
            #expect(Self.word(after) == expected, "\(state), \(name)")
        }
    }

    static func word(_ standing: Standing) -> String {
        standing.word.replacing("_", with: " ")
    }
}

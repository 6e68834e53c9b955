import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// What changes by time alone.
@Suite(.timeLimit(.minutes(2)))
struct UpcomingTests {
    /// Sells to one customer after the other, for so many days each.
    private func sell(for days: [Int64], _ community: Community) async throws {
        for (number, days) in zip(1..., days) {
            try await community.buys(
                "awakened",
                subscription: "\(number)",
                customer: "\(number)",
                email: "c\(number)@example.test",
                paidFor: .days(days)
            )
        }
    }

    @Test func `who is due only to be tried again is not upcoming`() async throws {
        try await withCommunity(policy: { $0.retry = RetrySchedule(steps: [.seconds(3600)]) }) { community in
            try await community.quiet()
            try await community.buys("awakened", subscription: "1", customer: "76", email: "bob@example.test")
            try await community.settled()
            community.panel.faults.add(.errorBefore(.exception()), .always)
            try await community.buys("knight", subscription: "2", paidFor: nil)
            try await community.eventually("it is tried again later") {
                let row = try await community.api("GET", "customers?search=77").items.first
                return row?["due_at"] is String && row?["state"] as? String != "converged"
            }
            let items = try await community.api("GET", "upcoming").items
            #expect(items.map { $0["customer"] as? String } == ["id:76"], "\(items)")
        }
    }

    @Test func `what comes is in the order of its time, also while nothing may be changed and for whoever is held`()
        async throws
    {
        func listed(_ community: Community, _ query: String = "") async throws -> [String?] {
            try await community.api("GET", "upcoming\(query)").items.map { $0["customer"] as? String }
        }
        try await withPlace { place in
            try await place.serve(configure: { $0.mode = .observe }) { community in
                try await community.quiet()
                try await sell(for: [20, 6, 12], community)
                try await community.settled()
                #expect(try await listed(community) == ["id:2", "id:3", "id:1"])
                let soon = (community.clock.now + .days(7)).iso8601.prefix(10)
                #expect(try await listed(community, "?until=\(soon)") == ["id:2"])
            }
            let onlyKnight = Catalog(
                tiers: Catalog.small.tiers.filter { $0.id == "knight" },
                groups: Array(Catalog.small.groups.values)
            )
            try await place.serve { try await $0.quiet() }
            try await place.serve(configure: { $0.catalog = onlyKnight }) { community in
                try await community.quiet()
                _ = try await community.override("hold", "1", until: (community.clock.now + .days(9)).iso8601)
                try await community.settled()
                #expect(try await listed(community) == ["id:2", "id:1", "id:3"])
            }
        }
    }

    @Test func `the page is of the next seven days, and goes on from there`() async throws {
        try await withCommunity { community in
            try await sell(for: [3, 6, 8, 30], community)
            try await community.settled()
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            func shown(_ page: String) -> [Int] { (1...4).filter { page.contains("c\($0)@example.test") } }
            let week = try await visitor.get("/upcoming").text
            #expect(week.contains("What comes in the next seven days") && shown(week) == [1, 2], "\(week)")
            let next = try #require(week.firstMatch(of: /href="(\/upcoming[^"]+)" rel="next">After/)).output.1
            let later = try await visitor.get(String(next)).text
            #expect(later.contains("What comes later") && shown(later) == [3, 4], "\(later)")
            community.clock.advance(by: .days(4))
            try await community.settled()
            // The session is over by then.
            _ = try await visitor.signIn()
            let then = try await visitor.get("/upcoming").text
            #expect(shown(then).contains(3), "\(then)")
        }
    }
}

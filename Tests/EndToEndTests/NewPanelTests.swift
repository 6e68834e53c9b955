import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// Another panel that answers under the same address and keys: nobody's account is there, so nothing shows a wrong uuid.
@Suite(.timeLimit(.minutes(2)))
struct NewPanelTests {
    private func sell(_ community: Community, _ customers: ClosedRange<Int>) async throws {
        try await community.sell(customers)
        try await community.quiet()
        try await community.audit()
        community.panel.forgetEffects()
    }

    private func empty(_ panel: SimulatedPanel) {
        for user in panel.users where isCustomers(user) { panel.deleteUser(user.id) }
        panel.forgetEffects()
    }

    private func isCustomers(_ user: PanelUser) -> Bool {
        user.email.wholeMatch(of: /c\d@example\.test/) != nil
    }

    @Test func `an audit that finds none of the linked accounts locks the panel, and nothing is made anew`()
        async throws
    {
        try await withCommunity { community in
            try await sell(community, 1...3)
            empty(community.panel)
            // Who buys before anybody looked is given an account; that makes it no familiar panel.
            try await community.buys("knight", subscription: "9", customer: "9")
            try await community.eventually("the newcomer is served") { community.access() == Community.knight }
            community.panel.forgetEffects()
            _ = try await community.api("POST", "audit")
            try await community.eventually("it is locked") { try await community.circuit() == "locked" }
            try await community.send(.updated, "1") { $0.product = .value("knight") }
            try await community.settled()
            #expect(community.writes.isEmpty)
            #expect(try await community.state(of: "1") == "blocked")
            let attention = try await community.api("GET", "status").object["attention"] as? [String] ?? []
            #expect(
                attention.joined().contains("None of the 3 accounts that customers have there is there any more"),
                "\(attention)"
            )
            // It is as it is: a person says so, and everybody is served anew.
            #expect(try await community.api("POST", "panels/main/unlock").status == 200)
            try await community.eventually("all are served anew") {
                (1...3).allSatisfy { !community.access(of: "c\($0)@example.test").isEmpty }
            }
            try await community.audit()
            #expect(try await community.circuit() == "closed")
        }
    }

    @Test func `a customer's lane notices it before the next audit`() async throws {
        try await withCommunity(policy: { $0.auditEvery = .days(1) }) { community in
            try await sell(community, 1...3)
            empty(community.panel)
            try await community.send(.updated, "1") { $0.product = .value("knight") }
            try await community.eventually("it is locked") { try await community.circuit() == "locked" }
            try await community.settled()
            #expect(community.writes.isEmpty)
        }
    }

    @Test func `a panel that was set up anew while the service was stopped is noticed at its start`() async throws {
        try await withPlace { place in
            try await place.serve { community in try await sell(community, 1...3) }
            empty(place.panel)
            try await place.serve { community in
                try await community.eventually("it is locked") { try await community.circuit() == "locked" }
                try await community.send(.updated, "1") { $0.product = .value("knight") }
                try await community.settled()
                #expect(community.writes.isEmpty)
            }
        }
    }

    @Test
    func `a panel that gives out its ids anew serves everybody after one word, and those who have left are forgotten`()
        async throws
    {
        try await withCommunity { community in
            let fresh = community.panel.backup()
            try await sell(community, 1...4)
            // The first ids were theirs.
            for number in 1...2 { try await community.send(.terminated, "\(number)") }
            try await community.eventually("they have left") {
                (1...2).allSatisfy { community.access(of: "c\($0)@example.test").isEmpty }
            }
            try await community.settled()
            community.panel.restore(fresh)
            _ = try await community.api("POST", "audit")
            try await community.eventually("it is locked") { try await community.circuit() == "locked" }
            #expect(try await community.api("POST", "panels/main/unlock").status == 200)
            try await community.eventually("all who pay are served anew") {
                (3...4).allSatisfy { !community.access(of: "c\($0)@example.test").isEmpty }
            }
            try await community.sell(5...6)
            try await community.audit()
            #expect(try await community.circuit() == "closed")
            for number in 3...6 {
                #expect(community.access(of: "c\(number)@example.test") == Community.awakened)
                #expect(try await community.state(of: "\(number)") == "converged")
            }
        }
    }

    @Test func `accounts that are deleted while others stay are made anew, as ever`() async throws {
        try await withCommunity { community in
            try await sell(community, 1...4)
            for number in 1...3 { community.panel.deleteUser(try community.user("c\(number)@example.test")) }
            try await community.audit()
            try await community.eventually("they are back") {
                (1...3).allSatisfy { !community.access(of: "c\($0)@example.test").isEmpty }
            }
            #expect(try await community.circuit() == "closed")
        }
    }

    @Test func `accounts that we delete ourselves, all at once, make no other panel`() async throws {
        try await withCommunity { community in
            try await sell(community, 1...3)
            for number in 1...3 { try await community.send(.terminated, "\(number)") }
            try await community.eventually("all access is gone") { community.panel.subusers.isEmpty }
            try await community.settled()
            community.clock.advance(by: .days(31))
            try await community.eventually("the accounts are gone") {
                !community.panel.users.contains(where: isCustomers)
            }
            try await community.audit()
            #expect(try await community.circuit() == "closed")
        }
    }
}

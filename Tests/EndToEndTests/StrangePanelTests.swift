import Entitlements
import Foundation
import PanelSimulator
import Testing

/// A panel that is not the one that was known, and what is left of that once it is itself again.
@Suite(.timeLimit(.minutes(2)))
struct StrangePanelTests {
    private func sell(_ community: Community, _ customers: ClosedRange<Int>) async throws {
        for number in customers {
            try await community.sell(number...number)
            try await community.settled()
        }
    }

    @Test func `what was made on a restored panel is made again once the panel is itself, and nothing stays locked`()
        async throws
    {
        try await withCommunity { community in
            try await community.quiet()
            try await sell(community, 1...3)
            let truth = community.panel.backup()
            // Somebody buys while a copy is there, and the copy is undone before anything showed that it was one.
            try await sell(community, 4...4)
            #expect(!community.access(of: "c4@example.test").isEmpty)
            community.panel.restore(truth)
            try await community.buys("awakened", subscription: "5", customer: "5", email: "c5@example.test")
            try await community.eventually("the account's id is known to be another's") {
                try await community.circuit() == "locked"
            }
            #expect(try await community.api("POST", "panels/main/unlock").status == 200)
            try await community.eventually("all have what they paid for") {
                (1...5).allSatisfy { !community.access(of: "c\($0)@example.test").isEmpty }
            }
            try await community.audit()
            #expect(try await community.circuit() == "closed")
            let accounts = community.panel.users.compactMap(\.externalID)
            #expect(accounts.count == 5)
            #expect(Set(accounts).count == 5)
        }
    }

    @Test func `ids that a restored panel gave to others are given up once a person has looked`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await sell(community, 1...2)
            let copy = community.panel.backup()
            try await sell(community, 3...3)
            let id = try community.user("c3@example.test")
            community.panel.restore(copy)
            let eve = community.panel.addUser(PanelUser(username: "eve", email: "eve@example.test"))
            #expect(eve.id == id)
            community.panel.addSubuser(user: eve.id, server: 1, permissions: ["websocket.connect", "file.read"])
            _ = try await community.api("POST", "audit")
            try await community.eventually("it is locked") { try await community.circuit() == "locked" }
            #expect(community.access(of: "c3@example.test").isEmpty)
            #expect(try await community.api("POST", "panels/main/unlock").status == 200)
            try await community.eventually("an account is made anew") {
                !community.access(of: "c3@example.test").isEmpty
            }
            try await community.audit()
            #expect(try await community.circuit() == "closed")
            #expect(community.panel.user(eve.id) == eve)
            #expect(community.panel.permissions(ofUser: eve.id, onServer: 1) == ["websocket.connect", "file.read"])
        }
    }

    @Test func `another panel that lacks an account is not taken for one on which it was deleted`() async throws {
        try await withCommunity { community in
            try await sell(community, 1...1)
            try await community.quiet()
            let truth = community.panel.backup()
            for server in community.panel.servers {
                community.panel.changeServer(server.id) { $0.uuid = UUID().uuidString.lowercased() }
            }
            community.panel.deleteUser(try community.user("c1@example.test"))
            community.panel.forgetEffects()
            try await community.send(.updated, "1") { $0.product = .value("knight") }
            try await community.eventually("it is locked") { try await community.circuit() == "locked" }
            #expect(community.writes.isEmpty)
            community.panel.restore(truth)
            #expect(try await community.api("POST", "panels/main/unlock").status == 200)
            try await community.eventually("the account is the one that it was") {
                community.access(of: "c1@example.test") == Community.knight
            }
        }
    }

    @Test func `a panel that has none of the servers that were known is another`() async throws {
        try await withCommunity { community in
            try await sell(community, 1...1)
            try await community.quiet()
            let truth = community.panel.backup()
            for server in community.panel.servers { community.panel.deleteServer(server.id) }
            community.panel.addServer(PanelServer(name: "Somebody else's"))
            _ = try await community.api("POST", "audit")
            try await community.eventually("it is locked") { try await community.circuit() == "locked" }
            community.panel.restore(truth)
            #expect(try await community.api("POST", "panels/main/unlock").status == 200)
            try await community.audit()
            #expect(try await community.circuit() == "closed")
            #expect(!community.access(of: "c1@example.test").isEmpty)
        }
    }
}

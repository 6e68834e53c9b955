import Entitlements
import Foundation
import PanelSimulator
import Testing

/// A panel that was restored and gave the ids of servers that we knew to others, and that stays so.
@Suite(.timeLimit(.minutes(2)))
struct ReplacedServerTests {
    private func lock(_ community: Community) async throws {
        _ = try await community.api("POST", "audit")
        try await community.eventually("it is locked") { try await community.circuit() == "locked" }
    }

    private func unlock(_ community: Community) async throws {
        #expect(try await community.api("POST", "panels/main/unlock").status == 200)
    }

    @Test func `a customer's own server whose id is another's is made anew once a person has looked`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("awakened", subscription: "4")
            try await community.quiet()
            let copy = community.panel.backup()
            try await community.buy("small-server")
            let lost = try await community.server("is there") { _ in true }
            try await community.settled()
            community.panel.restore(copy)
            let stranger = community.panel.addServer(PanelServer(name: "Eve's castle"))
            #expect(stranger.id == lost.id)
            try await lock(community)
            #expect(community.bought() == nil)
            let attention = try await community.api("GET", "status").object["attention"] as? [String] ?? []
            #expect(
                attention.joined().contains(
                    "Server \(lost.id) is another than before (its uuid differs). The panel was restored, or its address is wrong. Nothing is "
                        + "written until a person has looked. Once it is unlocked as it is, ids that are others' by now are left to them, and "
                        + "who had them gets new ones, unless that is most of them."
                ),
                "\(attention)"
            )
            try await unlock(community)
            let made = try await community.server("is made anew") { _ in true }
            #expect(made.id != lost.id)
            try await community.audit()
            #expect(try await community.circuit() == "closed")
            #expect(try await community.state() == "converged")
            #expect(community.panel.server(stranger.id)?.uuid == stranger.uuid)
            #expect(community.panel.server(stranger.id)?.name == stranger.name)
            #expect(community.ownServers.count == 1)
        }
    }

    @Test(arguments: [("Frost Path IV", true), ("Eve's castle", false)])
    func `a shared server whose id is another's is known as that one once a person has looked`(
        _ name: String,
        isOurs: Bool
    ) async throws {
        try await withCommunity { community in
            try await community.sell(1...2)
            try await community.quiet()
            let copy = community.panel.backup()
            let lost = community.panel.addServer(PanelServer(name: "Frost Path III"))
            try await community.audit()
            #expect(community.panel.subusers(ofServer: lost.id).count == 2)
            community.panel.restore(copy)
            let other = community.panel.addServer(PanelServer(name: name))
            #expect(other.id == lost.id)
            community.panel.forgetEffects()
            try await lock(community)
            #expect(community.writes.isEmpty)
            try await unlock(community)
            try await community.eventually("it is let in") { try await community.circuit() == "closed" }
            try await community.audit()
            #expect(try await community.circuit() == "closed")
            #expect(community.panel.subusers(ofServer: other.id).count == (isOurs ? 2 : 0))
            #expect(try await community.breaker() == "closed 0")
            for number in 1...2 {
                #expect(try await community.state(of: "\(number)") == "converged")
                #expect(community.access(of: "c\(number)@example.test").count == (isOurs ? 3 : 2))
            }
        }
    }

    @Test func `nothing is said to the console of a server that has the id of one with ranks`() async throws {
        try await withRanks { community in
            try await community.quiet()
            let copy = community.panel.backup()
            let lost = community.panel.addServer(PanelServer(name: "Frost Path III"))
            community.panel.join("Steve", server: lost.id)
            try await community.audit()
            try await community.buys("awakened", player: "Steve")
            try await community.eventually("the rank is there") {
                try community.ranks("Steve", on: lost.name).count == 1
            }
            try await community.settled()
            let said = community.panel.commands(onServer: lost.id)
            #expect(!said.isEmpty)
            community.panel.restore(copy)
            #expect(community.panel.addServer(PanelServer(name: "Eve's castle")).id == lost.id)
            try await lock(community)
            try await unlock(community)
            try await community.eventually("it is let in") { try await community.circuit() == "closed" }
            try await community.audit()
            try await community.send(.terminated, "1")
            try await community.eventually("the ranks are gone") { try community.ranks("Steve").isEmpty }
            try await community.settled()
            #expect(try await community.state() == "converged")
            #expect(community.panel.commands(onServer: lost.id) == said)
        }
    }

    @Test func `a panel on which most servers are others is another, whatever a person says`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.quiet()
            let copy = community.panel.backup()
            for number in 1...2 { community.panel.addServer(PanelServer(name: "Frost Path New \(number)")) }
            try await community.audit()
            let truth = community.panel.backup()
            community.panel.restore(copy)
            for number in 1...2 { community.panel.addServer(PanelServer(name: "Eve's \(number)")) }
            try await lock(community)
            try await unlock(community)
            try await community.eventually("it is another panel still") { try await community.circuit() == "locked" }
            community.panel.restore(truth)
            try await unlock(community)
            try await community.audit()
            #expect(try await community.circuit() == "closed")
        }
    }

    @Test func `a server that carries a subscription's external id and is its customer's is taken for theirs`()
        async throws
    {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("awakened", subscription: "4")
            try await community.quiet()
            var castle = PanelServer(name: "Castle")
            castle.externalID = "paydactyl:test:5"
            castle.ownerID = try community.user("u77@example.test")
            let before = community.panel.addServer(castle)
            try await community.buy("small-server")
            try await community.settled()
            #expect(try await community.state() == "converged")
            #expect(community.calls("POST /api/application/servers") == 0)
            try await community.send(.terminated, "5")
            let own = try await community.server("is suspended") { $0.status == .suspended }
            #expect(own.id == before.id)
        }
    }
}

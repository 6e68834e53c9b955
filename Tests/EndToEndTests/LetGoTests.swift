import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// Servers of customers' own that go into a person's hands.
@Suite(.timeLimit(.minutes(3)))
struct LetGoTests {
    private func body(_ server: Int? = nil, another: Bool? = nil) -> [String: Any] {
        var body: [String: Any] = ["panel": "main", "number": 1, "reason": "it is their club's"]
        if let server { body["server"] = server }
        if let another { body["make_another"] = another }
        return body
    }

    /// Imports a castle for subscription 5.
    private func importCastle(_ castle: Int, _ community: Community) async throws {
        try await community.buy("small-server")
        try await community.eventually("it waits") { try await community.state() == "blocked" }
        let path = "dedicated/5/import"
        let plan = try await community.api("POST", path, ["server": "\(castle)"])
        let confirmed: [String: Any] = [
            "server": "\(castle)", "confirm": plan.object["uuid"] ?? "", "change_owner": true, "reason": "since 2020",
        ]
        #expect(try await community.api("POST", path, confirmed).status == 202)
    }

    @Test func `an imported server that a person lets go of is never touched again, whatever happens`() async throws {
        var world = PanelWorld.withRoom
        let castle = world.addServer("Castle", description: "built in 2020")
        try await withPlace(world, catalog: .dedicated()) { place in
            try await place.serve(configure: { $0.mode = .observe }) { try await importCastle(castle, $0) }
            try await place.serve { community in
                _ = try await community.server("is the castle") { $0.id == castle }
                try await community.settled()
                #expect(try await community.api("POST", "dedicated/5/let-go", body(999)).status == 409)
                #expect(try await community.api("POST", "dedicated/6/let-go", body(castle)).status == 409)
                #expect(try await community.api("POST", "dedicated/5/let-go", body()).status == 400)
                #expect(community.bought()?.id == castle)
                #expect(try await community.api("POST", "dedicated/5/let-go", body(castle)).status == 202)
                try await community.eventually("our external id is off") {
                    community.panel.server(castle)?.externalID == nil
                }
                try await community.settled()
                let left = try #require(community.panel.server(castle))
                #expect(left.name == "Castle" && left.description == "built in 2020" && left.status == nil)

                try await community.send(.updated, "5") { $0.product = .value("big-server") }
                try await community.settled()
                try await community.send(.cancelled, "5")
                try await community.settled()
                community.clock.advance(by: .days(60))
                try await community.audit()
                #expect(community.panel.server(castle) == left)
                #expect(community.ownServers.isEmpty, "none is made in its place")
                #expect(try await community.state() == "converged")
                let log = try await community.api("GET", "audit-log").text
                #expect(log.contains("let go of server \(castle)") && log.contains("it is their club's"))
                #expect(try await community.operations().contains("release_server done"))
            }
        }
    }

    @Test func `where one was let go of another is made once a person says so`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let first = try await community.server("is there") { _ in true }
            try await community.settled()
            #expect(try await community.api("POST", "dedicated/5/let-go", body(another: true)).status == 409)
            #expect(try await community.api("POST", "dedicated/5/let-go", body(first.id)).status == 202)
            try await community.eventually("it is let go of") { community.ownServers.isEmpty }
            try await community.audit()
            #expect(community.ownServers.isEmpty)
            let shown = try await community.api("GET", "customers/77").text
            #expect(shown.contains("let go of the server of subscription 5"))
            #expect(try await community.api("POST", "dedicated/5/let-go", body(another: true)).status == 202)
            let second = try await community.server("is another") { $0.id != first.id }
            try await community.settled()

            #expect(try await community.api("POST", "dedicated/5/let-go", body(second.id, another: true)).status == 202)
            _ = try await community.server("is a third") { $0.id != second.id }
            try await community.settled()
            #expect(community.panel.server(first.id)?.status == nil && community.panel.server(second.id)?.status == nil)
            #expect(community.ownServers.count == 1)
        }
    }

    @Test func `a server that is another's by now is let go of without a call that changes anything`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { _ in true }
            try await community.settled()
            community.panel.changeServer(server.id) { $0.externalID = "somebody's" }
            community.panel.forgetEffects()
            try await letGo(server.id, community)
            #expect(community.writes.isEmpty)
            #expect(community.panel.server(server.id)?.externalID == "somebody's")
        }
    }

    @Test func `a lost answer is looked at, and letting go is done once`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { _ in true }
            try await community.settled()
            let details = RequestMatch.route("PATCH /api/application/servers/{server}/details")
            community.panel.faults.add(.closedAfter, .next(1), on: details)
            community.panel.forgetEffects()
            try await letGo(server.id, community)
            #expect(community.writes.count == 1)
            #expect(community.panel.server(server.id)?.externalID == nil)
        }
    }

    /// Lets go of subscription 5's server, and waits until nothing is held of it any more.
    private func letGo(_ server: Int, _ community: Community) async throws {
        #expect(try await community.api("POST", "dedicated/5/let-go", body(server)).status == 202)
        try await community.eventually("nothing is held of it") {
            (try await community.api("GET", "dedicated/5").object["items"] as? [Any])?.isEmpty ?? false
        }
        try await community.settled()
    }
}

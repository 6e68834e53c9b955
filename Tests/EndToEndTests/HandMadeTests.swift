import Entitlements
import Foundation
import PanelSimulator
import Testing

/// What people did on the panel before us and beside us stays as it was.
@Suite(.timeLimit(.minutes(2)))
struct HandMadeTests {
    private static func world(_ permissions: [String], on server: Int = 1) -> PanelWorld {
        var world = PanelWorld.servers(usualServers)
        let ada = world.addUser("ada")
        world.addSubuser(user: ada, server: server, permissions: permissions)
        return world
    }

    @Test func `what was given by hand before the first grant is back after the last`() async throws {
        let before: Set<String> = ["control.console", "control.start", "websocket.connect"]
        try await withCommunity(Self.world(before.sorted())) { community in
            try await community.buys("knight")
            try await community.settled()
            #expect(community.access()["Frost Path I"] == before.union(["control.console"]))
            #expect(community.access()["Frost Path II"] == Community.knight["Frost Path II"])
            try await community.send(.cancelled, "1")
            try await community.eventually("only the hand-made is left") {
                community.access() == ["Frost Path I": before]
            }
            try await community.settled()
            let explained = try await community.api("GET", "customers/77/explain").text
            #expect(explained.contains("On Frost Path I: by hand: control.console, control.start."))
            try await community.buys("knight", subscription: "2")
            try await community.settled()
            try await community.send(.cancelled, "2")
            try await community.eventually("and again the second time") {
                community.access() == ["Frost Path I": before]
            }
        }
    }

    @Test func `what is given by hand later is kept, and is not ours to take`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            community.panel.setPermissions(
                ["control.console", "websocket.connect", "file.create"],
                ofUser: try community.user(),
                onServer: try community.server("Frost Path I")
            )
            try await community.audit()
            #expect(community.writes.isEmpty)
            #expect(try await community.state() == "converged")
            try await community.send(.cancelled, "1")
            try await community.eventually("only the hand-made is left") {
                community.access() == ["Frost Path I": ["file.create", "websocket.connect"]]
            }
        }
    }

    @Test func `what was ours and is removed by hand comes back`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            let ada = try community.user()
            community.panel.removeSubuser(user: ada, server: try community.server("Frost Path I"))
            community.panel.setPermissions(
                ["websocket.connect"],
                ofUser: ada,
                onServer: try community.server("Creative Plots")
            )
            try await community.audit()
            #expect(community.access() == Community.knight)
            #expect(community.writes.count == 2)
        }
    }

    @Test func `subusers whom we never granted anything are never touched`() async throws {
        var world = PanelWorld.servers(usualServers)
        let bob = world.addUser("bob")
        for server in 1...4 { world.addSubuser(user: bob, server: server, permissions: ["file.read"]) }
        try await withCommunity(world) { community in
            try await community.buys("knight")
            try await community.settled()
            community.panel.addSubuser(
                user: try community.user(),
                server: try community.server("Staff Only"),
                permissions: ["control.stop"]
            )
            try await community.audit()
            try await community.send(.cancelled, "1")
            try await community.eventually("ours is gone") {
                community.access() == ["Staff Only": ["control.stop"]]
            }
            try await community.settled()
            #expect(community.access(of: "bob@example.test").values.allSatisfy { $0 == ["file.read"] })
            #expect(community.access(of: "bob@example.test").count == 4)
        }
    }

    @Test func `who owns a server has everything on it and is not made its subuser`() async throws {
        var world = PanelWorld.servers(usualServers)
        let ada = world.addUser("ada")
        world.addServer("Frost Path III", owner: ada)
        var match = ServerMatch()
        match.names = [Glob("Frost Path*")]
        let catalog = Catalog(
            tiers: [
                Tier(
                    id: "awakened",
                    rank: 1,
                    products: ["awakened"],
                    access: [TierAccess(group: "frost", permissions: ["control.console"])]
                )
            ],
            groups: [ServerGroup(id: "frost", panel: "main", match: match, owners: ["ada@example.test"])]
        )
        try await withCommunity(world, catalog: catalog) { community in
            try await community.buys("awakened")
            try await community.settled()
            #expect(Set(community.access().keys) == ["Frost Path I", "Frost Path II"])
            #expect(try await community.state() == "converged")
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.settled()
            #expect(community.access(of: "bob@example.test").count == 3)
        }
    }

    @Test func `a root admin's account is linked and never changed`() async throws {
        var world = PanelWorld.servers(usualServers)
        world.addUser("ada", isRootAdmin: true)
        try await withCommunity(world) { community in
            let before = community.panel.user(email: "ada@example.test")
            try await community.buys("knight")
            try await community.settled()
            #expect(try await community.state() == "converged")
            #expect(community.panel.user(email: "ada@example.test") == before)
            #expect(community.writes.isEmpty)

            try await community.audit()
            community.panel.changeUser(try community.user()) { $0.isRootAdmin = false }
            try await community.audit()
            #expect(community.access() == Community.knight, "who is no admin any more needs it")
        }
    }

    @Test(arguments: [nil, "whmcs-12"])
    func `an adopted account keeps all that it had`(externalID: String?) async throws {
        var world = PanelWorld.servers(usualServers)
        world.addUser("ada_old", email: "ada@example.test", externalID: externalID, firstName: "A", lastName: "L")
        try await withCommunity(world) { community in
            var before = try #require(community.panel.user(email: "ada@example.test"))
            try await community.buys("knight")
            try await community.settled()
            #expect(community.access() == Community.knight)
            if externalID == nil { before.externalID = "paydactyl:test:77" }
            var after = try #require(community.panel.user(before.id))
            after.updatedAt = before.updatedAt
            #expect(after == before)
            #expect(community.panel.users.count == 2)

            try await community.send(.customerUpdated) {
                $0.customerID = .value("77")
                $0.email = .value("eve@example.test")
            }
            try await community.settled()
            #expect(community.panel.user(before.id)?.email == "ada@example.test", "it was not made by us")
            #expect(try await community.state() == "needs_attention")
            #expect(community.access() == Community.knight)

            try await community.send(.cancelled, "1")
            try await community.eventually("access is gone") { community.access().isEmpty }
            community.clock.advance(by: .days(31))
            try await community.audit()
            #expect(community.panel.user(before.id) != nil, "nor is it ours to delete")
        }
    }

    @Test func `an address that only contains the customer's is somebody else's`() async throws {
        var world = PanelWorld.servers(usualServers)
        world.addUser("xada", email: "xada@example.test")
        world.addUser("adab", email: "ada@example.test.example.org")
        try await withCommunity(world) { community in
            try await community.buys("knight")
            try await community.settled()
            #expect(community.access() == Community.knight)
            #expect(community.panel.users.count == 4)
            #expect(community.panel.subusers.count == 3)
        }
    }

    @Test func `letters' case is folded in addresses, a plus is not, and a comma is no wildcard`() async throws {
        var world = PanelWorld.servers(usualServers)
        world.addUser("ada", email: "Ada@Example.test")
        try await withCommunity(world) { community in
            try await community.buys("knight", subscription: "1", customer: "1", email: "ada@example.TEST")
            try await community.buys("knight", subscription: "2", customer: "2", email: "ada+shop@example.test")
            try await community.buys("knight", subscription: "3", customer: "3", email: "zoe,ada@example.test")
            try await community.settled()
            #expect(community.access(of: "Ada@Example.test") == Community.knight)
            #expect(community.panel.user(2)?.externalID == "paydactyl:test:1")
            #expect(community.access(of: "ada+shop@example.test") == Community.knight)
            #expect(community.panel.users(externalID: "paydactyl:test:2").count == 1)
            #expect(community.panel.user(2)?.externalID != "paydactyl:test:3")
            #expect(community.panel.subusers.filter { $0.userID == 2 }.count == 3)
        }
    }

    @Test func `the account with our id is the customer's, whoever has the address`() async throws {
        var world = PanelWorld.servers(usualServers)
        let ours = world.addUser("first", email: "old@example.test")
        world.addUser("second", email: "ada@example.test")
        try await withCommunity(world) { community in
            // Only now, as an account of ours that the ledger does not know when it begins is a sign of an older ledger.
            try await community.quiet()
            community.panel.changeUser(ours) { $0.externalID = "paydactyl:test:77" }
            try await community.buys("knight")
            try await community.settled()
            #expect(Set(community.panel.subusers.map(\.userID)) == [ours])
            #expect(community.panel.users.count == 3)
        }
    }

    @Test func `one account for two customers stays with the first, and the second is asked about`() async throws {
        try await withCommunity { community in
            try await community.buys("awakened", subscription: "1", customer: "1")
            try await community.settled()
            try await community.buys("knight", subscription: "2", customer: "2")
            try await community.settled()
            #expect(try await community.state(of: "2") == "needs_attention")
            #expect(try await community.reasons(of: "2").joined().contains("already linked to customer id:1"))
            #expect(community.access() == Community.awakened)
            try await community.send(.cancelled, "2")
            try await community.settled()
            #expect(community.access() == Community.awakened)
            #expect(try await community.state(of: "1") == "converged")
        }
    }

    @Test func `an account that was deleted by hand is made again`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            community.panel.deleteUser(try community.user())
            try await community.audit()
            try await community.eventually("all is back") { community.access() == Community.knight }
            try await community.settled()
            #expect(try await community.state() == "converged")
            #expect(community.panel.users(externalID: "paydactyl:test:77").count == 1)
        }
    }

    @Test func `an account that vanishes between the search and the grant leaves no stray access`() async throws {
        var world = PanelWorld.servers(usualServers)
        let ada = world.addUser("ada")
        try await withCommunity(world) { community in
            try await community.quiet()
            let adding = RequestMatch.route("POST /api/client/servers/{server}/users")
            let gate = community.panel.faults.overlap(2, on: adding)
            try await community.buys("knight")
            try await community.eventually("the first grant is under way") { gate.missing == 1 }
            community.panel.deleteUser(ada)
            gate.open()
            try await community.settled()
            try await community.audit()
            try await community.eventually("the customer has all of it") { community.access() == Community.knight }
            #expect(community.panel.subusers.count == 3, "and nobody else has anything")
            #expect(community.panel.users.count == 2)
        }
    }

    @Test func `the e-mail of our own account follows the customer's`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            try await community.send(.customerUpdated) {
                $0.customerID = .value("77")
                $0.email = .value("eve@example.test")
            }
            try await community.settled()
            #expect(community.access(of: "eve@example.test") == Community.knight)
            #expect(community.panel.users.count == 2)
            #expect(try await community.state() == "converged")
        }
    }

    @Test(arguments: ["owns a server", "has more by hand", "is on a server by hand", "is a root admin"])
    func `the e-mail stays where the account has become more than ours`(because: String) async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            let ada = try community.user()
            switch because {
            case "owns a server": community.panel.changeServer(try community.server("Staff Only")) { $0.ownerID = ada }
            case "has more by hand":
                community.panel.setPermissions(
                    ["control.console", "websocket.connect", "control.stop"],
                    ofUser: ada,
                    onServer: try community.server("Frost Path I")
                )
            case "is on a server by hand":
                community.panel.addSubuser(
                    user: ada,
                    server: try community.server("Staff Only"),
                    permissions: ["control.stop"]
                )
            default: community.panel.changeUser(ada) { $0.isRootAdmin = true }
            }
            try await community.send(.customerUpdated) {
                $0.customerID = .value("77")
                $0.email = .value("eve@example.test")
            }
            try await community.settled()
            #expect(community.panel.user(ada)?.email == "ada@example.test")
            #expect(try await community.state() == "needs_attention")
            #expect(try await community.reasons().joined().contains("eve@example.test"))
            #expect(community.access().count >= 3, "access goes on meanwhile")
        }
    }

    @Test func `an account of ours is deleted when the time after its last access is over`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            let ada = try community.user()
            try await community.send(.cancelled, "1")
            try await community.eventually("access is gone") { community.access().isEmpty }
            try await community.settled()
            community.clock.advance(by: .days(29))
            try await community.settled()
            #expect(community.panel.user(ada) != nil)
            community.clock.advance(by: .days(1) + .seconds(10))
            try await community.eventually("the account is gone") { community.panel.user(ada) == nil }
            try await community.settled()
            try await community.buys("knight", subscription: "2")
            try await community.settled()
            #expect(community.access() == Community.knight, "who returns later gets a new one")
        }
    }

    @Test(arguments: ["owns a server", "is on a server by hand", "is a root admin"])
    func `an account that became more than ours is not deleted`(because: String) async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            let ada = try community.user()
            try await community.send(.cancelled, "1")
            try await community.eventually("access is gone") { community.access().isEmpty }
            try await community.settled()
            switch because {
            case "owns a server": community.panel.changeServer(try community.server("Staff Only")) { $0.ownerID = ada }
            case "is on a server by hand":
                community.panel.addSubuser(
                    user: ada,
                    server: try community.server("Frost Path I"),
                    permissions: ["websocket.connect"]
                )
            default: community.panel.changeUser(ada) { $0.isRootAdmin = true }
            }
            community.panel.forgetEffects()
            community.clock.advance(by: .days(31))
            try await community.eventually("it was looked at") {
                community.panel.requests.contains { $0.path.contains("/users/\(ada)") }
            }
            try await community.settled()
            #expect(community.panel.user(ada) != nil)
            #expect(community.writes.isEmpty)
        }
    }

    @Test func `rows that a race doubled become one without a gap`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            let ada = try community.user()
            let server = try community.server("Frost Path I")
            for _ in 0..<2 {
                community.panel.addSubuser(
                    user: ada,
                    server: server,
                    permissions: ["control.console", "websocket.connect"]
                )
            }
            try await community.audit()
            #expect(community.panel.subusers(ofServer: server).count == 1)
            #expect(community.access() == Community.knight)
            #expect(community.writes.map(\.method) == ["DELETE", "DELETE"], "one row was there all the time")
        }
    }
}

import Entitlements
import Foundation
import PanelSimulator
import Testing

/// Servers of customers' own, from the purchase to the deletion.
@Suite(.timeLimit(.minutes(5)))
struct DedicatedTests {
    @Test func `who buys a server has one of exactly that size`() async throws {
        let version = try DedicatedTemplate("{property.minecraft_version}")
        let catalog = Catalog.dedicated { offer in
            offer.environment["MINECRAFT_VERSION"] = version
            offer.placement.ports = ["25566-25570"]
        }
        try await withCommunity(.withRoom, catalog: catalog) { community in
            try await community.buy("small-server") { $0.properties = ["minecraft_version": "1.21.4"] }
            let server = try await community.server("is there") { _ in true }
            try await community.settled()
            #expect(server.limits.memory == 2048 && server.limits.disk == 10240 && server.limits.cpu == 200)
            #expect(!server.limits.isOOMDisabled)
            let features = server.featureLimits
            #expect(features.databases == 1 && features.allocations == 1 && features.backups == 2)
            #expect(server.name == "small-server #5")
            #expect(server.environment["MINECRAFT_VERSION"] == "1.21.4")
            #expect(server.environment["SERVER_JARFILE"] == "server.jar")
            #expect(community.panel.user(email: "u77@example.test")?.id == server.ownerID)
            let customer = try await community.customer("77")
            #expect(customer["state"] as? String == "converged")
            let shown = try #require((customer["dedicated"] as? [[String: Any]])?.first)
            #expect(shown["server"] as? Int == server.id && shown["subscription"] as? String == "5")
            #expect(community.calls("POST /api/application/servers") == 1)
        }
    }

    @Test(arguments: [true, false])
    func `a new server has all that its tier says of it`(_ starts: Bool) async throws {
        let catalog = Catalog.dedicated { offer in
            offer.egg = "Forge Minecraft"
            offer.dockerImage = "ghcr.io/pterodactyl/yolks:java_17"
            offer.startup = "java -jar {{SERVER_JARFILE}} --nogui"
            offer.limits.swap = 512
            offer.limits.io = 300
            offer.limits.threads = "0-1,3"
            offer.features = DedicatedFeatures(databases: 7, backups: 5, allocations: 3)
            offer.skipsScripts = !starts
            offer.startsOnCompletion = starts
            offer.oomKiller = starts
        }
        try await withCommunity(.withRoom, catalog: catalog) { community in
            try await community.buy("small-server")
            _ = try await community.server("is there") { _ in true }
            try await community.audit()
            let server = try #require(community.bought())
            #expect(server.eggID == 2)
            #expect(server.image == "ghcr.io/pterodactyl/yolks:java_17")
            #expect(server.startup == "java -jar {{SERVER_JARFILE}} --nogui")
            var limits = PanelSimulator.PanelServer.Limits(memory: 2048, swap: 512, disk: 10240, io: 300, cpu: 200)
            limits.threads = "0-1,3"
            limits.isOOMDisabled = !starts
            #expect(server.limits == limits)
            let features = server.featureLimits
            #expect((features.databases, features.backups, features.allocations) == (7, 5, 3))
            #expect(server.skipsScripts == !starts)
            #expect(server.isOnline == starts, "it is started once it is installed, or not")
            #expect(server.externalID == "paydactyl:test:5" && server.status == nil)
        }
    }

    @Test func `who does not pay in time finds the server suspended, and as it was once they pay`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let before = try await community.server("is there") { _ in true }
            try await community.settled()
            community.panel.rename(server: before.id, to: "My castle")
            try await community.send(.paymentFailed, "5")
            try await community.settled()
            #expect(community.bought()?.status == nil, "grace has only begun")
            community.clock.advance(by: .days(8))
            let suspended = try await community.server("is suspended") { $0.status == .suspended }
            try await community.settled()
            community.clock.advance(by: .days(60))
            try await community.settled()
            #expect(community.bought()?.status == .suspended, "it is suspended and not over, so it stays")
            try await community.send(.paymentSucceeded, "5") {
                $0.paidThrough = .value(community.clock.now + .days(30))
            }
            let after = try await community.server("runs again") { $0.status == nil }
            try await community.settled()
            #expect(after.name == "My castle")
            #expect(after.limits == before.limits && after.allocationID == before.allocationID)
            #expect(after.environment == before.environment && after.uuid == suspended.uuid)
        }
    }

    @Test func `an upgrade resizes the server and leaves its ports, ids and words`() async throws {
        let catalog = Catalog.dedicated { offer in
            if offer.limits.memory == 8192 { (offer.features.backups, offer.features.allocations) = (6, 4) }
        }
        try await withCommunity(.withRoom, catalog: catalog) { community in
            try await community.buy("small-server")
            let before = try await community.server("is there") { _ in true }
            try await community.settled()
            let extra = community.panel.addAllocation(port: 40_000, server: before.id)
            community.panel.changeServer(before.id) {
                $0.description = "a note by hand"
                $0.limits.cpu = 350
                $0.environment["SERVER_JARFILE"] = "paper.jar"
            }
            try await community.send(.updated, "5") { $0.product = .value("big-server") }
            let after = try await community.server("has grown") { $0.limits.memory == 8192 }
            try await community.settled()
            let features = after.featureLimits
            #expect(features.databases == 3 && features.backups == 6 && features.allocations == 4)
            #expect(community.panel.allocations(ofServer: after.id) == [after.allocationID, extra])
            #expect(after.name == "big-server #5")
            #expect(after.limits.cpu == 350, "nothing said another number of cores, so what was set by hand stays")
            #expect(after.description == "a note by hand")
            #expect(after.allocationID == before.allocationID && after.externalID == before.externalID)
            #expect(after.environment["SERVER_JARFILE"] == "paper.jar")
            #expect(after.ownerID == before.ownerID)
        }
    }

    @Test func `a server is deleted only long after its end and when a person says so`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { _ in true }
            try await community.settled()
            try await community.send(.cancelled, "5")
            _ = try await community.server("is suspended") { $0.status == .suspended }
            try await community.settled()
            let path = "dedicated/5/confirm-deletion"
            let body: [String: Any] = ["panel": "main", "number": 1, "server": server.id, "reason": "agreed by mail"]
            #expect(try await community.api("POST", path, body).status == 409, "it is too early")
            community.clock.advance(by: .days(15))
            try await community.eventually("its deletion waits for a person") {
                try await community.api("GET", "status").object["deletions_waiting"] as? Int == 1
            }
            #expect(community.bought() != nil)
            var wrong = body
            wrong["server"] = server.id + 1
            #expect(try await community.api("POST", path, wrong).status == 409, "another server than was shown")
            #expect(try await community.api("POST", path, body).status == 202)
            try await community.eventually("it is gone") { community.bought() == nil }
            try await community.settled()
            #expect(try await community.customer("77")["state"] as? String == "converged")
            #expect(try await community.api("GET", "status").object["deletions_waiting"] as? Int == 0)
        }
    }

    @Test func `who comes back before the deletion has the server back`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { _ in true }
            try await community.settled()
            try await community.send(.cancelled, "5")
            _ = try await community.server("is suspended") { $0.status == .suspended }
            try await community.settled()
            community.clock.advance(by: .days(15))
            try await community.eventually("its deletion waits for a person") {
                try await community.api("GET", "status").object["deletions_waiting"] as? Int == 1
            }
            try await community.send(.paymentSucceeded, "5") {
                $0.paidThrough = .value(community.clock.now + .days(30))
            }
            let after = try await community.server("runs again") { $0.status == nil }
            try await community.settled()
            #expect(after.uuid == server.uuid)
            #expect(try await community.api("GET", "status").object["deletions_waiting"] as? Int == 0)
        }
    }

    @Test func `a tier may delete without asking`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("fleeting-server")
            _ = try await community.server("is there") { _ in true }
            try await community.settled()
            try await community.send(.cancelled, "5")
            _ = try await community.server("is suspended") { $0.status == .suspended }
            try await community.settled()
            community.clock.advance(by: .days(15))
            try await community.eventually("it is gone") { community.bought() == nil }
        }
    }

    @Test func `three that were bought are three, and the third goes when only two are`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server", quantity: 3)
            try await community.eventually("there are three") { community.ownServers.count == 3 }
            try await community.settled()
            #expect(Set(community.ownServers.map(\.allocationID)).count == 3)
            #expect(community.bought(number: 3)?.name == "small-server #5 (3)")
            try await community.send(.updated, "5") { $0.quantity = .value(2) }
            try await community.eventually("the third is suspended") {
                community.bought(number: 3)?.status == .suspended
            }
            try await community.settled()
            #expect(community.bought(number: 1)?.status == nil && community.bought(number: 2)?.status == nil)
        }
    }

    @Test func `a change to a product without a server suspends it like an end`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            _ = try await community.server("is there") { _ in true }
            try await community.settled()
            try await community.send(.updated, "5") { $0.product = .value("awakened") }
            _ = try await community.server("is suspended") { $0.status == .suspended }
            try await community.settled()
            #expect(community.panel.access["Frost Path I"]?["u77@example.test"] == ["websocket.connect"])
            let shown = try #require((try await community.customer("77")["dedicated"] as? [[String: Any]])?.first)
            #expect(shown["ended_at"] is String)
        }
    }

    @Test func `a ban suspends at once, its end restores`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated(), policy: { $0.settle = .days(1) }) { community in
            try await community.buy("small-server")
            _ = try await community.server("is there") { _ in true }
            try await community.settled()
            let ban = try await community.api(
                "POST",
                "overrides",
                ["customer": "77", "kind": "ban", "reason": "griefing"]
            )
            _ = try await community.server("is suspended") { $0.status == .suspended }
            try await community.settled()
            let id = try #require(ban.object["id"] as? String)
            #expect(try await community.api("DELETE", "overrides/\(id)").status == 204)
            _ = try await community.server("runs again") { $0.status == nil }
        }
    }

    @Test func `a server that people suspended by hand stays so through everything`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { _ in true }
            try await community.settled()
            community.panel.setSuspended(true, server: server.id)
            try await community.send(.paymentFailed, "5")
            community.clock.advance(by: .days(8))
            try await community.settled()
            try await community.send(.paymentSucceeded, "5") {
                $0.paidThrough = .value(community.clock.now + .days(30))
            }
            try await community.settled()
            #expect(try await community.api("POST", "audit").status == 202)
            try await community.settled()
            #expect(community.bought()?.status == .suspended)
        }
    }
}

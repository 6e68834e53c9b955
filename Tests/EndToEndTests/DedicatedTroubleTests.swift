import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// Servers of customers' own when something goes wrong: on the panel, on the way, or among people.
@Suite(.timeLimit(.minutes(5)))
struct DedicatedTroubleTests {
    private static let create = RequestMatch.route("POST /api/application/servers")

    @Test func `a lost answer makes no second server`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            community.panel.faults.add(.closedAfter, .next(1), on: Self.create)
            try await community.buy("small-server")
            try await community.eventually("it was asked for") { community.ownServers.count == 1 }
            try await community.eventually("it is looked for") {
                try await community.api("GET", "customers/77").text.contains("looked at again")
            }
            community.clock.advance(by: .seconds(25))
            try await community.settled()
            #expect(community.ownServers.count == 1)
            #expect(community.calls("POST /api/application/servers") == 1)
            let operations = try await community.api("GET", "operations?customer=77&state=done").text
            #expect(operations.contains("the server was found afterwards"))
        }
    }

    @Test func `what the panel takes back is made again once it can be`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            community.panel.setWings(.failing(status: 500))
            try await community.buy("small-server")
            try await community.eventually("it was tried") { community.calls("POST /api/application/servers") == 1 }
            #expect(community.ownServers.isEmpty)
            community.panel.setWings(.up)
            try await community.eventually("it is looked for") {
                try await community.api("GET", "customers/77").text.contains("looked at again")
            }
            community.clock.advance(by: .seconds(25))
            try await community.eventually("it is there") { community.ownServers.count == 1 }
            try await community.settled()
            #expect(community.calls("POST /api/application/servers") == 2)
        }
    }

    @Test func `where there is no room, the message names what is missing, and it heals`() async throws {
        var world = PanelWorld.withRoom
        world.allocations.removeAll { $0.serverID == nil }
        try await withCommunity(world, catalog: .dedicated { $0.placement.ports = ["26000-26010"] }) { community in
            try await community.buy("small-server")
            try await community.eventually("it says what is missing") {
                try await community.api("GET", "customers/77").text.contains(
                    "No free port in 26000-26010 is left anywhere for small-server #5"
                )
            }
            #expect(try await community.customer("77")["state"] as? String == "blocked")
            community.panel.addAllocation(port: 26001)
            _ = try await community.server("is there") { _ in true }
            try await community.settled()
        }
    }

    @Test(arguments: [true, false])
    func `a new server stands where its tier says: node or location, port, and an address of its own`(byNode: Bool)
        async throws
    {
        var world = PanelWorld.withRoom
        var (location, node) = (world.locations[0], world.nodes[0])
        (location.id, location.short) = (20, "attic")
        (node.id, node.name, node.locationID) = (20, "Attic", 20)
        world.locations.append(location)
        world.nodes.append(node)
        // Here too, on the node that is not meant; then one of another port, one of an address in use, and the one that fits.
        var right = 0
        for (nodeID, ip, port, server) in [
            (1, "10.0.0.9", 26001, nil), (20, "10.0.0.9", 27000, nil), (20, "10.0.0.8", 26002, nil),
            (20, "10.0.0.8", 26003, 1), (20, "10.0.0.9", 26001, nil),
        ] as [(Int, String, Int, Int?)] {
            right = world.addAllocation(ip: ip, port: port, server: server)
            world.allocations[world.allocations.count - 1].nodeID = nodeID
        }
        let catalog = Catalog.dedicated { offer in
            offer.placement.ports = ["26000-26010"]
            offer.placement.dedicatedIP = true
            if byNode { offer.placement.node = "Attic" } else { offer.placement.locations = ["attic"] }
        }
        try await withCommunity(world, catalog: catalog) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { _ in true }
            #expect(server.nodeID == 20 && server.allocationID == right)
            try await community.settled()
        }
    }

    @Test func `a node without memory is named with what was asked of it`() async throws {
        let catalog = Catalog.dedicated { $0.limits.memory = 9_999_999 }
        try await withCommunity(.withRoom, catalog: catalog) { community in
            try await community.buy("small-server")
            try await community.eventually("it is blocked") {
                try await community.api("GET", "customers/77").text.contains(
                    "No node anywhere has room for small-server #5: it needs 9999999 MiB of memory"
                )
            }
        }
    }

    @Test func `a server that is moved to another node is suspended once it is there`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { _ in true }
            try await community.settled()
            community.panel.changeServer(server.id) { $0.isTransferring = true }
            try await community.send(.cancelled, "5")
            try await community.eventually("it says what it waits for") {
                try await community.reasons().joined().contains("it is being moved to another node")
            }
            #expect(community.bought()?.status == nil)
            community.panel.changeServer(server.id) { $0.isTransferring = false }
            _ = try await community.server("is suspended") { $0.status == .suspended }
            try await community.settled()
            #expect(try await community.state() == "converged")
        }
    }

    @Test func `a suspension that the node does not take is tried again`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            _ = try await community.server("is there") { _ in true }
            try await community.settled()
            community.panel.setWings(.failing(status: 500))
            try await community.send(.cancelled, "5")
            try await community.eventually("it was tried") {
                community.calls("POST /api/application/servers/{server}/suspend") > 0
            }
            #expect(community.bought()?.status == nil)
            community.panel.setWings(.up)
            _ = try await community.server("is suspended") { $0.status == .suspended }
            try await community.settled()
        }
    }

    @Test func `a server that is being installed is suspended only afterwards`() async throws {
        var world = PanelWorld.withRoom
        world.installTime = nil
        try await withCommunity(world, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { $0.status == .installing }
            try await community.send(.cancelled, "5")
            try await community.eventually("it waits for the installation") {
                try await community.api("GET", "customers/77").text.contains("still works on small-server #5")
            }
            #expect(community.bought()?.status == .installing)
            community.panel.finishInstallation(server: server.id)
            community.clock.advance(by: .seconds(65))
            _ = try await community.server("is suspended") { $0.status == .suspended }
        }
    }

    @Test func `a server is shown as running soon after its installation has ended, without anything else happening`()
        async throws
    {
        var world = PanelWorld.withRoom
        world.installTime = nil
        try await withCommunity(world, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { $0.status == .installing }
            try await community.settled()
            #expect(try await community.api("GET", "dedicated").items.first?["state"] as? String == "installing")
            community.panel.finishInstallation(server: server.id)
            community.clock.advance(by: .seconds(65))
            try await community.eventually("it is shown as running") {
                try await community.api("GET", "dedicated").items.first?["state"] as? String == "running"
            }
        }
    }

    @Test func `a subscription that changes its customer waits for a person, who hands the server over`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { _ in true }
            try await community.settled()
            try await community.send(.updated, "5") {
                $0.customerID = .value("88")
                $0.email = .value("u88@example.test")
            }
            try await community.eventually("the new customer waits") {
                try await community.customer("88")["state"] as? String == "needs_attention"
            }
            #expect(community.ownServers.count == 1)
            #expect(community.bought()?.ownerID == server.ownerID && community.bought()?.status == nil)
            #expect(try await community.customer("77")["state"] as? String == "needs_attention")
            let answer = try await community.api("POST", "dedicated/5/hand-over", ["reason": "sold to a friend"])
            #expect(answer.status == 202)
            let action = try #require(try await community.api("GET", "audit-log").items.first)
            #expect(action["author"] as? String == "tester" && action["reason"] as? String == "sold to a friend")
            #expect(action["what"] as? String == "hand the servers of subscription 5 over to id:88")
            try await community.eventually("the owner has followed") {
                community.bought()?.ownerID == community.panel.user(email: "u88@example.test")?.id
            }
            try await community.settled()
            #expect(community.bought()?.uuid == server.uuid)
            #expect(try await community.customer("88")["state"] as? String == "converged")
            #expect(try await community.customer("77")["state"] as? String == "converged")
        }
    }

    @Test func `nothing is made while the service only observes, and what would be is said`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated(), mode: .observe) { community in
            try await community.buy("small-server")
            try await community.eventually("the plan is shown") {
                try await community.api("GET", "customers/77").text.contains("make server small-server #5")
            }
            #expect(community.ownServers.isEmpty && community.calls("POST /api/application/servers") == 0)
        }
    }

    @Test func `a smaller tier in the configuration shrinks nobody's server unasked`() async throws {
        try await withPlace(.withRoom, catalog: .dedicated()) { place in
            try await place.serve { community in
                try await community.buy("small-server")
                _ = try await community.server("is there") { _ in true }
                try await community.settled()
            }
            try await place.serve(configure: { $0.catalog = .dedicated { $0.limits.memory = 1024 } }) { community in
                try await community.eventually("the reduction is held") {
                    try await community.api("GET", "customers/77").text.contains("made smaller (memory 2048 → 1024)")
                }
                #expect(community.bought()?.limits.memory == 2048)
                #expect(try await community.api("POST", "breaker/approve").object["approved"] as? Int == 1)
                _ = try await community.server("is smaller") { $0.limits.memory == 1024 }
            }
        }
    }

    @Test func `a product that moves to a tier without servers suspends one only when a person has approved it`()
        async throws
    {
        try await withPlace(.withRoom, catalog: .dedicated()) { place in
            try await place.serve { community in
                try await community.buy("small-server")
                _ = try await community.server("is there") { _ in true }
                try await community.settled()
            }
            let tiers = Catalog.dedicated().tiers.map { tier in
                var tier = tier
                tier.products =
                    tier.id == "awakened"
                    ? ["awakened", "small-server"] : tier.id == "small" ? ["none"] : tier.products
                return tier
            }
            try await place.serve(configure: { $0.catalog = .tiers(tiers, groups: ["frost": ["Frost Path*"]]) }) {
                community in
                try await community.eventually("the suspension is held") {
                    try await community.api("GET", "customers/77").text.contains("would be suspended")
                }
                #expect(community.bought()?.status == nil)
                #expect(try await community.api("POST", "breaker/approve").object["approved"] as? Int == 1)
                _ = try await community.server("is suspended") { $0.status == .suspended }
            }
        }
    }

    @Test func `a server that was there before becomes a subscription's, as shown and only then`() async throws {
        var world = PanelWorld.withRoom
        let castle = world.addServer("Castle", description: "built in 2020")
        try await withPlace(world, catalog: .dedicated()) { place in
            try await place.serve(configure: { $0.mode = .observe }) { community in
                try await community.buy("small-server")
                try await community.eventually("the plan is shown") {
                    try await community.customer("77")["state"] as? String == "blocked"
                }
                let path = "dedicated/5/import"
                let plan = try await community.api("POST", path, ["server": "\(castle)"])
                #expect(plan.status == 200 && plan.object["owner_differs"] as? Bool == true)
                #expect(community.panel.server(castle)?.externalID == nil, "showing changes nothing")
                var body: [String: Any] = [
                    "server": "\(castle)", "confirm": plan.object["uuid"] ?? "", "reason": "paid since 2020",
                ]
                #expect(try await community.api("POST", path, body).status == 400, "whose it becomes was not said")
                body["change_owner"] = true
                #expect(try await community.api("POST", path, body).status == 202)
                let action = try #require(try await community.api("GET", "audit-log").items.first)
                #expect(action["author"] as? String == "tester" && action["reason"] as? String == "paid since 2020")
                #expect(action["what"] as? String == "adopt server \(castle) on panel main for subscription 5")
                #expect(try await community.api("POST", path, body).status == 409, "it is under way")
            }
            try await place.serve { community in
                let server = try await community.server("is the castle") { $0.id == castle }
                try await community.settled()
                #expect(server.ownerID == community.panel.user(email: "u77@example.test")?.id)
                #expect(server.name == "Castle" && server.description == "built in 2020")
                #expect(community.ownServers.count == 1)
                try await community.buy("small-server", subscription: "6", customer: "88")
                _ = try await community.server("is there", of: "6") { _ in true }
                let second = try await community.api("POST", "dedicated/6/import", ["server": "\(castle)"])
                #expect(second.status == 409 && second.text.contains("carries the external id"))
            }
        }
    }
}

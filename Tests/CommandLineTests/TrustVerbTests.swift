import Assembly
import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// The commands that need more than a subscriber: a server of somebody's own, a panel that looks like another one, a ledger that is a copy.
@Suite(.timeLimit(.minutes(5)))
struct TrustVerbTests {
    private static let why = ["--reason", "agreed by mail"]

    // MARK: Servers of customers' own

    private func withServers(_ body: (Community) async throws -> Void) async throws {
        var world = PanelWorld.servers(["Frost Path: Survival"])
        world.installTime = .zero
        try await Community.with(panel: SimulatedPanel(world)) { configuration in
            var offer = DedicatedOffer(
                egg: "Paper",
                nest: "Minecraft",
                limits: DedicatedLimits(memory: 2048, disk: 10240, cpu: 200)
            )
            offer.deletion.after = .milliseconds(100)
            let tier = Tier(id: "small", rank: 2, products: ["small-server"], dedicated: offer)
            let catalog = configuration.catalog
            configuration.catalog = Catalog(
                tiers: catalog.tiers + [tier],
                groups: Array(catalog.groups.values),
                rankTargets: catalog.rankTargets
            )
        } _: { community in
            try await say(
                "subscription.created",
                of: "77",
                ["--product", "small-server", "--status", "active"],
                in: community
            )
            try await eventually("its server is there") { own(community) != nil }
            try await community.settled("77")
            try await body(community)
        }
    }

    /// What billing says of the subscription of the server.
    private func say(_ event: String, of customer: String, _ more: [String] = [], in community: Community) async throws
    {
        let who = ["--subscription", "5", "--customer", customer, "--email", "u\(customer)@example.com"]
        let sent = try await community.run(["send", event] + who + more)
        try #require(sent.status == 0, "\(sent.errors)")
    }

    private func own(_ community: Community) -> PanelSimulator.PanelServer? {
        community.panel.servers.first { $0.externalID?.hasSuffix(":5") ?? false }
    }

    /// What a deciding command asks, without a terminal to ask at, and that it then does nothing.
    private func asks(_ verb: [String], _ community: Community) async throws {
        let servers = community.panel.servers
        let asked = try await community.run(verb)
        #expect(asked.status == 2 && asked.errors.contains("--yes"), "\(verb): \(asked.errors)")
        #expect(community.panel.servers == servers)
    }

    @Test func `a server of somebody's own is deleted after its end, on a person's word`() async throws {
        try await withServers { community in
            try await say("subscription.cancelled", of: "77", in: community)
            try await eventually("its deletion waits") {
                try await community.run("status", "--json").output.contains("\"deletions_waiting\":1")
            }
            let verb = ["confirm-deletion", "5"] + Self.why
            try await asks(verb, community)
            let done = try await community.run(verb + ["--yes", "--json"])
            #expect(done.status == 0, "\(done.errors)")
            #expect(try done.json().isEmpty == false)
            try await eventually("it is gone") { own(community) == nil }
        }
    }

    @Test func `a server follows its subscription to another customer, on a person's word`() async throws {
        try await withServers { community in
            try await say("subscription.updated", of: "78", in: community)
            try await eventually("it waits for a person") {
                try await community.run("customers", "--state", "needs_attention").output.contains("u78@example.com")
            }
            let verb = ["hand-over", "5"] + Self.why
            try await asks(verb, community)
            let done = try await community.run(verb + ["--yes"])
            #expect(done.status == 0 && done.output == "Handed over; the panel's owner follows.\n", "\(done.errors)")
            try await eventually("its owner followed") {
                let owner = community.panel.users.first { $0.id == own(community)?.ownerID }
                return owner?.email == "u78@example.com"
            }
        }
    }

    @Test func `a server is let go of as it is, and taken back in by import`() async throws {
        try await withServers { community in
            let server = try #require(own(community))
            let letGo = ["let-go", "5"] + Self.why
            try await asks(letGo, community)
            let gone = try await community.run(letGo + ["--yes"])
            #expect(gone.status == 0, "\(gone.errors)")
            #expect(gone.output == "It is in your hands. None is made in its place.\n")
            try await eventually("it has no external id") { own(community) == nil }
            try await community.settled("77")
            let bring = ["import", "server", "5", "\(server.id)"] + Self.why
            try await asks(bring, community)
            let back = try await community.run(bring + ["--yes", "--json"])
            #expect(back.status == 0, "\(back.errors)")
            #expect(try back.json().isEmpty == false)
            try await eventually("it is ours again") { own(community)?.id == server.id }
        }
    }

    // MARK: A panel that looks like another one

    @Test func `a locked panel is unlocked on a person's word`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let ada = try #require(community.panel.users.first { $0.email == "ada@example.com" })
            community.panel.changeUser(ada.id) { $0.uuid = "11111111-2222-4333-8444-555555555555" }
            _ = try await community.run("audit")
            try await eventually("it is locked") { try await community.run("status").output.contains(" locked") }
            let asked = try await community.run("unlock", "main")
            #expect(asked.status == 2 && asked.errors.contains("--yes"))
            #expect(try await community.run("unlock", "main", "--yes", "--json").status == 0)
            try await eventually("it is locked again, since it is another still") {
                try await community.run("status").output.contains(" locked")
            }
            community.panel.changeUser(ada.id) { $0.uuid = ada.uuid }
            let done = try await community.run("unlock", "main", "--yes")
            #expect(done.output.hasPrefix("Panel main is worked with again; an audit begins"), "\(done.errors)")
            try await community.settled("77")
            #expect(try await community.run("status").output.contains(" locked") == false)
        }
    }

    // MARK: A ledger that is a copy

    @Test func `a copy of the ledger only observes until somebody says enforce`() async throws {
        let copies = try Folder()
        let copy = copies.url.appendingPathComponent("copy.sqlite").path
        try await withPanelSimulator(SimulatedPanel(DemoWorld.panel())) { url, panel, _ in
            try await Community.serve(panel, at: url) { community in
                try await community.buy("awakened", customer: "77")
                let made = try await community.run("backup", copy, "--json")
                #expect(made.status == 0, "\(made.errors)")
                #expect(try made.json()["bytes"] != nil)
            }
            try await Community.serve(panel, at: url) {
                $0.store = .sqlite(path: copy)
            } _: { community in
                let status = try await community.run("status").output
                #expect(status.contains("mode observe") && status.contains("`paydactyl enforce`"), "\(status)")
                let asked = try await community.run("enforce")
                #expect(asked.status == 2 && asked.errors.contains("--yes"))
                let done = try await community.run("enforce", "--yes")
                #expect(done.output == "The service goes by its configuration again.\n", "\(done.errors)")
                #expect(try await community.run("status").output.contains("mode enforce"))
            }
        }
    }
}

import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// A community with ranks in game.
enum RankTown {
    static let frost = "Frost Path I"

    /// Knights and squires have ranks on the frost path, and knights a command on the creative servers.
    static func catalog(shared: Bool = false) throws -> Catalog {
        var tiers = Catalog.small.tiers
        tiers[0].luckPerms = LuckPermsGroup("awakened").map { TierRank(group: $0, servers: "frost") }
        tiers[1].luckPerms = LuckPermsGroup("knight").map { TierRank(group: $0, servers: "frost") }
        tiers[1].commands = TierCommands(
            servers: "creative",
            grant: [try CommandTemplate("plot grant {player} {expires_unix}")],
            end: [try CommandTemplate("plot end {player}")],
            refund: [try CommandTemplate("plot refund {player}")]
        )
        let target = RankTarget(name: "network", servers: "frost", speaker: "Frost Path II")
        return Catalog(
            tiers: tiers,
            groups: Catalog.small.groups.values.map(\.self),
            rankTargets: shared ? [target] : []
        )
    }
}

func withRanks(
    shared: Bool = false,
    policy: (inout Policy) -> Void = { _ in },
    _ body: (Community) async throws -> Void
) async throws {
    try await withCommunity(
        catalog: try RankTown.catalog(shared: shared),
        policy: policy,
        configure: {
            $0.billing.paymenter.playerProperty = "player"
            $0.billing.paymenter.bedrockPrefix = "."
        }
    ) { community in
        for name in usualServers {
            for player in ["Steve", "Alex", ".Bedrock_Bob"] {
                community.panel.join(player, server: try community.server(name))
            }
        }
        if shared {
            community.panel.shareLuckPerms(servers: [
                try community.server("Frost Path I"), try community.server("Frost Path II"),
            ])
        }
        try await body(community)
    }
}

extension Community {
    func buys(
        _ product: String,
        subscription: String = "1",
        customer: String = "77",
        email: String = "ada@example.test",
        player: String,
        until end: Timestamp? = nil
    ) async throws {
        let answer = try await send(.created, subscription) {
            $0.customerID = .value(customer)
            $0.email = .value(email)
            $0.product = .value(ProductID(product))
            $0.status = .value(.active)
            $0.paidThrough = .value(end ?? clock.now + .days(30))
            $0.properties = ["player": player]
        }
        #expect(answer.status == 202)
    }

    /// The customer's subscription names another player.
    func names(_ player: String, in subscription: String = "1") async throws {
        try await send(.updated, subscription) { $0.properties = ["player": player] }
    }

    func ranks(_ player: String, on server: String = "Frost Path I") throws -> [String: Int64] {
        panel.ranks(of: player, server: try self.server(server)).mapValues { Int64($0) }
    }

    func commands(_ server: String) throws -> [String] {
        panel.commands(onServer: try self.server(server))
    }
}

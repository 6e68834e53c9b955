import Entitlements
import Foundation
import Hummingbird
import Ledger
import Provisioning

extension AdminAPI {
    /// Has all that ranks come to on a server sent again, as after a wipe.
    func regrant(_ context: WebContext) async throws -> Response {
        let server = try server(context)
        let target = rankMap.target(of: server.id)
        let name = world.targetName(target)
        let count = try await ledger.regrant(target, called: name, by: context.person.author, now: clock.now())
        ranks.ring()
        var view = try await regrantView(of: server)
        view.ranks = count
        return try JSONBody.response(view, status: .accepted)
    }

    /// How far a re-grant is.
    func regrantView(of server: PanelServer) async throws -> RegrantView {
        let target = rankMap.target(of: server.id)
        let count = try await ledger.rankCounts()[target] ?? RankCount(total: 0, waiting: 0, regranting: 0)
        var why: String?
        if count.regranting > 0, case .success(let speaker) = rankMap.speaker(of: target) {
            why = panels[target.panel(by: rankMap)]?.whyConsoleIsClosed(of: speaker.id)
        }
        return RegrantView(
            server: server.name,
            target: target.description,
            ranks: count.total,
            remaining: count.regranting,
            blockedBecause: why
        )
    }

    /// The server that a path names by name, identifier, uuid, external id or number.
    func server(_ context: WebContext) throws -> PanelServer {
        let text = try context.parameters.require("server").removingPercentEncoding ?? ""
        let found = world.inventories.values.flatMap(\.servers.values).filter { server in
            [server.name, server.identifier, server.uuid, server.externalID, "\(server.id.number)"].contains(text)
        }
        guard let server = found.first else {
            throw Problem(.notFound, "No server has the name, identifier or number \"\(text)\".")
        }
        guard found.count == 1 else {
            let names = found.map(\.identifier).sorted().joined(separator: ", ")
            throw Problem(.conflict, "Several servers are called so; name one by its identifier: \(names).")
        }
        return server
    }

    private var rankMap: RankMap {
        let world = world
        return RankMap(catalog: world.rules.catalog, inventories: world.inventories)
    }
}

extension RankTargetID {
    fileprivate func panel(by map: RankMap) -> PanelName { map.panel(of: self) ?? "" }
}

/// A re-grant on one server, and what is left of it.
struct RegrantView: Encodable {
    var server: String
    var target: String
    /// How many ranks there are.
    var ranks: Int
    /// How many are still to be sent again.
    var remaining: Int
    /// Why nothing can be sent now.
    var blockedBecause: String?
}

/// A player's rank on one target, as the API shows it.
struct RankView: Encodable {
    var target: String
    /// The target's server, as the panel calls it, or the configuration's name for several.
    var name: String
    var player: String
    /// What the customer has this player given, by tier.
    var tiers: [String]
    /// The group that was last sent, whichever customer it is from.
    var group: String?
    var tier: String?
    var expiresAt: String?
    var sentAt: String?
    var state: String
    var reasons: [String]

    init(_ rank: CustomerRank, world: WorldView) {
        target = rank.share.target.description
        name = world.targetName(rank.share.target)
        player = rank.share.player.text
        tiers = Set(rank.share.perks.values.map(\.tier)).sorted().map(\.rawValue)
        let sent = rank.standing?.record.sent
        let perk = sent?[.luckPerms] ?? sent?[.commands]
        group = sent?[.luckPerms]?.group?.name
        tier = perk?.tier.rawValue
        expiresAt = perk?.expires.iso8601
        sentAt = rank.standing?.record.sentAt?.iso8601
        state = (rank.standing?.state ?? .working).rawValue
        reasons = rank.standing?.reasons ?? []
    }
}

/// The rank in game that a tier gives, by LuckPerms, and where.
package struct TierRank: Hashable, Sendable {
    package var group: LuckPermsGroup
    package var servers: ServerGroupID

    package init(group: LuckPermsGroup, servers: ServerGroupID) {
        self.group = group
        self.servers = servers
    }
}

/// The owner's own commands of a tier, and where they are sent.
package struct TierCommands: Hashable, Sendable {
    package var servers: ServerGroupID
    package var grant: [CommandTemplate]
    package var renew: [CommandTemplate]
    /// Sent for the new tier; without it, the old tier's `end`, then the new one's `grant`.
    package var change: [CommandTemplate]
    package var end: [CommandTemplate]
    /// Sent instead of `end` when money went back.
    package var refund: [CommandTemplate]

    package init(
        servers: ServerGroupID,
        grant: [CommandTemplate] = [],
        renew: [CommandTemplate] = [],
        change: [CommandTemplate] = [],
        end: [CommandTemplate] = [],
        refund: [CommandTemplate] = []
    ) {
        self.servers = servers
        self.grant = grant
        self.renew = renew
        self.change = change
        self.end = end
        self.refund = refund
    }
}

package enum RankTargetSubject {}
/// A rank target's key in the configuration.
package typealias RankTargetName = Identifier<RankTargetSubject>

/// Servers that share one LuckPerms storage, one of which speaks for all.
package struct RankTarget: Hashable, Sendable {
    package var name: RankTargetName
    package var servers: ServerGroupID
    /// The name, external id, identifier or uuid of the one whose console takes the commands.
    package var speaker: String

    package init(name: RankTargetName, servers: ServerGroupID, speaker: String) {
        self.name = name
        self.servers = servers
        self.speaker = speaker
    }
}

/// Where ranks are kept: in a storage that servers share, or on one server.
package enum RankTargetID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    case named(RankTargetName)
    case server(PanelServerID)

    /// `network`, or `main/5`: the form in which the ledger stores it.
    package var description: String {
        switch self {
        case .named(let name): name.rawValue
        case .server(let server): "\(server.panel)/\(server.number)"
        }
    }

    /// Reads the stored form; `nil` if it is none.
    package init?(_ description: String) {
        guard let slash = description.lastIndex(of: "/") else {
            self = .named(RankTargetName(description))
            return
        }
        guard let number = Int(description[description.index(after: slash)...]) else { return nil }
        self = .server(PanelServerID(panel: PanelName(String(description[..<slash])), number: number))
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = RankTargetID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "This is no rank target.")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// One player on one rank target: what a lane of ranks works on.
package struct RankKey: Hashable, Comparable, Sendable {
    package var target: RankTargetID
    package var player: PlayerName

    package init(target: RankTargetID, player: PlayerName) {
        self.target = target
        self.player = player
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.target, left.player) < (right.target, right.player)
    }
}

/// Which server keeps whose ranks, from the servers as last read.
package struct RankMap: Sendable {
    private let catalog: Catalog
    private let inventories: [PanelName: Inventory]

    package init(catalog: Catalog, inventories: [PanelName: Inventory]) {
        self.catalog = catalog
        self.inventories = inventories
    }

    /// The targets that the servers of a group are or belong to; `nil` while its panel was not read.
    package func targets(of group: ServerGroupID) -> Set<RankTargetID>? {
        guard let panel = catalog.groups[group]?.panel, let inventory = inventories[panel] else { return nil }
        return Set(inventory.members(of: group).map { target(of: $0) })
    }

    /// The first of the shared storages, by name, that takes a server in, or the server alone.
    package func target(of server: PanelServerID) -> RankTargetID {
        let shared = catalog.rankTargets.first { members(of: $0).contains(server) }
        return shared.map { .named($0.name) } ?? .server(server)
    }

    /// The panel on which a target is; `nil` if the configuration has no such target any more.
    package func panel(of target: RankTargetID) -> PanelName? {
        switch target {
        case .server(let server): server.panel
        case .named(let name):
            catalog.rankTargets.first { $0.name == name }.flatMap { catalog.groups[$0.servers]?.panel }
        }
    }

    /// Whether nothing can be told of a target, because its panel was not read.
    package func isUnread(_ target: RankTargetID) -> Bool {
        panel(of: target).map { inventories[$0] == nil } ?? false
    }

    /// Whether a target is one server, and that server is gone.
    package func isGone(_ target: RankTargetID) -> Bool {
        guard case .server(let server) = target, let inventory = inventories[server.panel] else { return false }
        return inventory.servers[server] == nil
    }

    /// The server whose console takes a target's commands.
    package func speaker(of target: RankTargetID) -> Result<PanelServer, SpeakerProblem> {
        switch target {
        case .server(let server):
            return inventories[server.panel]?.servers[server].map { .success($0) } ?? .failure(.serverGone)
        case .named(let name):
            guard let target = catalog.rankTargets.first(where: { $0.name == name }) else { return .failure(.noTarget) }
            return target.speaker(among: members(of: target).compactMap { inventories[$0.panel]?.servers[$0] })
        }
    }

    private func members(of target: RankTarget) -> [PanelServerID] {
        guard let panel = catalog.groups[target.servers]?.panel else { return [] }
        return inventories[panel]?.members(of: target.servers) ?? []
    }
}

/// Why nobody can speak for a target.
package enum SpeakerProblem: Error, Hashable, Sendable {
    case serverGone
    case noTarget
    case notInGroup
    case ambiguous
}

extension RankTarget {
    package func speaker(among members: [PanelServer]) -> Result<PanelServer, SpeakerProblem> {
        let named = members.filter { server in
            [server.name, server.identifier, server.uuid, server.externalID].contains(speaker)
        }
        guard let first = named.first else { return .failure(.notInGroup) }
        return named.count == 1 ? .success(first) : .failure(.ambiguous)
    }
}

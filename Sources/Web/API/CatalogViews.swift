import Entitlements

/// A server with the groups that take it in.
struct ServerView: Encodable {
    var panel: String
    var id: Int
    var identifier: String
    var name: String
    var externalId: String?
    var owner: String?
    var groups: [String]

    init(_ server: PanelServer, groups: [String]) {
        panel = server.id.panel.rawValue
        id = server.id.number
        identifier = server.identifier
        name = server.name
        externalId = server.externalID
        owner = server.ownerEmail
        self.groups = groups
    }
}

/// A tier as configured.
struct TierView: Encodable {
    var id: String
    var rank: Int
    var role: String?
    var products: [String]
    var access: [Access]
    /// The group of LuckPerms that is the rank in game.
    var luckpermsGroup: String?

    struct Access: Encodable {
        var servers: String
        var permissions: [String]
    }

    init(_ tier: Tier) {
        id = tier.id.rawValue
        rank = tier.rank
        role = tier.role
        luckpermsGroup = tier.luckPerms?.group.name
        products = tier.products.map(\.rawValue)
        access = tier.access.map { Access(servers: $0.group.rawValue, permissions: $0.permissions.sorted().map(\.key)) }
    }
}

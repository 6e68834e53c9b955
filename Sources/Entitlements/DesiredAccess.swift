/// The reason for a permission: who gives it, as which tier, through which product.
package struct GrantReason: Hashable, Comparable, Sendable, Codable {
    package var source: EntitlementSource
    package var tier: TierID
    package var product: ProductID?
    /// Whether the sender named the tier, since the product belonged to none; `nil` where not.
    package var isNamedBySender: Bool?

    package init(source: EntitlementSource, tier: TierID, product: ProductID?) {
        self.source = source
        self.tier = tier
        self.product = product
    }

    init(_ entitlement: Entitlement) {
        self.init(source: entitlement.source, tier: entitlement.tier, product: entitlement.product)
        if entitlement.isNamedBySender { isNamedBySender = true }
    }

    /// Whether only the product differs, which is of no consequence within a tier.
    func isOfSameTier(as other: GrantReason) -> Bool {
        source == other.source && tier == other.tier
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.source, left.tier, left.product ?? "") < (right.source, right.tier, right.product ?? "")
    }
}

/// What one customer should be able to do on one server, and why.
package struct DesiredServer: Hashable, Sendable {
    package var reasons: [GrantReason: Set<Permission>]

    /// All permissions united, `websocket.connect` with them, as the panel stores it with every subuser.
    package var permissions: Set<Permission> {
        reasons.values.reduce([.websocketConnect]) { $0.union($1) }
    }
}

/// The servers of all panels, with every group's rule already evaluated.
package struct Inventory: Hashable, Sendable {
    package let servers: [PanelServerID: PanelServer]
    private let members: [ServerGroupID: [PanelServerID]]

    package init(_ servers: [PanelServer], catalog: Catalog) {
        self.servers = Dictionary(servers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        members = catalog.groups.mapValues { group in servers.filter(group.contains).map(\.id).sorted() }
    }

    /// The servers that belong to a group, by id.
    package func members(of group: ServerGroupID) -> [PanelServerID] {
        members[group] ?? []
    }
}

/// The union of all that a customer's entitlements open.
package func desiredAccess(
    of decision: Decision,
    catalog: Catalog,
    inventory: Inventory
) -> [PanelServerID: DesiredServer] {
    var desired: [PanelServerID: DesiredServer] = [:]
    for entitlement in decision.entitlements {
        guard let tier = catalog.tier(entitlement.tier) else { continue }
        let reason = GrantReason(entitlement)
        for access in tier.access {
            for server in inventory.members(of: access.group) {
                desired[server, default: DesiredServer(reasons: [:])]
                    .reasons[reason, default: [.websocketConnect]]
                    .formUnion(access.permissions)
            }
        }
    }
    return desired
}

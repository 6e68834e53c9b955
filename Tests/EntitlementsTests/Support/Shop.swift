import Entitlements

/// Two tiers that share a server group, one that does not, and six servers.
enum Shop {
    static let panel: PanelName = "main"

    static let console: Set<Permission> = ["control.console"]
    static let power: Set<Permission> = ["control.console", "control.restart"]
    static let files: Set<Permission> = ["file.read", "file.sftp"]

    static let frost = group("frost", names: ["Frost*"])
    static let beta = group("beta", names: ["Beta*"])

    static let basic = Tier(
        id: "basic",
        rank: 1,
        products: ["fire", "ice"],
        access: [TierAccess(group: "frost", permissions: console)]
    )
    static let better = Tier(
        id: "better",
        rank: 2,
        products: ["storm"],
        access: [
            TierAccess(group: "frost", permissions: power), TierAccess(group: "beta", permissions: files),
        ]
    )
    static let catalog = Catalog(tiers: [basic, better], groups: [frost, beta])
    static let inventory = Inventory([server(1, "Frost 1"), server(2, "Frost 2"), server(3, "Beta")], catalog: catalog)

    static func group(_ id: ServerGroupID, names: [String]) -> ServerGroup {
        var match = ServerMatch()
        match.names = names.map(Glob.init)
        return ServerGroup(id: id, panel: panel, match: match)
    }

    static func server(_ number: Int, _ name: String) -> PanelServer {
        PanelServer(
            id: PanelServerID(panel: panel, number: number),
            uuid: "uuid-\(number)",
            identifier: "ident-\(number)",
            name: name,
            owner: 1,
            ownerEmail: "admin@example.com",
            ownerIsRootAdmin: true
        )
    }

    static func subscription(_ id: SubscriptionID, _ events: BillingEvent...) -> Subscription {
        Entitlements.Subscription.fold(id, arriving(events), policy: FoldPolicy()).subscription
    }

    static func active(_ id: SubscriptionID, _ product: ProductID) -> Subscription {
        subscription(id, said(.created, 0, .status("active"), .product(product)))
    }

    static func customer(_ subscriptions: [Subscription] = [], _ overrides: [Override] = []) -> CustomerRecord {
        CustomerRecord(key: .id("77"), email: "ada@example.com", subscriptions: subscriptions, overrides: overrides)
    }

    static func override(
        _ id: OverrideID,
        _ kind: Override.Kind,
        from: Double = 0,
        until: Double? = nil,
        ended: Double? = nil
    ) -> Override {
        Override(
            id: id,
            kind: kind,
            reason: "because",
            author: "owner",
            createdAt: .day(from),
            until: until.map(Timestamp.day),
            endedAt: ended.map(Timestamp.day)
        )
    }

    static func decision(_ record: CustomerRecord, on day: Double = 1, catalog: Catalog = catalog) -> Decision {
        decide(record, catalog: catalog, policy: Policy(), billingHeardAt: .day(day), now: .day(day))
    }

    static func desired(_ record: CustomerRecord, on day: Double = 1) -> [PanelServerID: DesiredServer] {
        desiredAccess(of: decision(record, on: day), catalog: catalog, inventory: inventory)
    }

    static func id(_ number: Int) -> PanelServerID {
        PanelServerID(panel: panel, number: number)
    }
}

/// A player of whom a test knows that it is one.
func known(_ name: String) -> PlayerName {
    guard let player = PlayerName(kept: name) else { preconditionFailure("\(name) is no player") }
    return player
}

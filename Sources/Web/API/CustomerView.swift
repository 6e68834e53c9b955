import Entitlements
import Ledger
import Provisioning

/// A customer as lists show it.
struct CustomerSummaryView: Encodable {
    var key: String
    var id: String?
    var email: String?
    var name: String?
    var state: String
    /// Whether a ban keeps them out.
    var banned: Bool
    var reasons: [String]
    var since: String
    var dueAt: String?

    init(_ row: CustomerRow, banned: Bool) {
        self.banned = banned
        key = row.key.description
        if case .id(let value) = row.key { id = value }
        email = row.email
        name = row.name
        state = row.state.rawValue
        reasons = row.reasons
        since = row.stateSince.iso8601
        dueAt = row.dueAt?.iso8601
    }
}

/// Why customers have not what they should, and how many of them.
struct ReasonView: Encodable {
    var state: String
    var reason: String
    var customers: Int

    init(_ common: CommonReason) {
        state = common.state.rawValue
        reason = common.reason
        customers = common.customers
    }
}

/// A customer with everything they have and should have, and why.
struct CustomerView: Encodable {
    var key: String
    var id: String?
    var email: String?
    var name: String?
    var state: String
    /// Whether a ban keeps them out.
    var banned: Bool
    var reasons: [String]
    var since: String
    var nextChangeAt: String?
    var tier: String?
    var subscriptions: [SubscriptionView]
    var overrides: [OverrideView]
    var accounts: [AccountView]
    var access: [AccessView]
    /// Servers of the customer's own.
    var dedicated: [DedicatedView]
    var ranks: [RankView]
    var explanation: [String]

    struct AccountView: Encodable {
        var panel: String
        var userId: Int
        var uuid: String
        var username: String
        var email: String
        var externalId: String?
        var createdByUs: Bool
    }

    init(_ row: CustomerRow, file: CustomerFile, decision: Decision, world: WorldView) {
        let summary = CustomerSummaryView(row, banned: decision.isBanned)
        banned = summary.banned
        key = summary.key
        id = summary.id
        email = summary.email
        name = summary.name
        state = summary.state
        reasons = summary.reasons
        since = summary.since
        nextChangeAt = decision.changesAt?.iso8601
        tier = decision.highestTier(in: world.rules.catalog)?.id.rawValue
        subscriptions = file.record.subscriptions.map {
            SubscriptionView($0, of: row.key, standing: decision.standings[$0.id], world: world)
        }
        overrides = file.record.overrides.map { OverrideView($0, customer: row.key) }
        accounts = file.links.sorted { $0.key < $1.key }.map { panel, link in
            AccountView(
                panel: panel.rawValue,
                userId: link.account.id,
                uuid: link.account.uuid,
                username: link.account.username,
                email: link.account.email,
                externalId: link.account.externalID,
                createdByUs: link.isOurs
            )
        }
        access = AccessView.all(file: file, decision: decision, world: world)
        dedicated = DedicatedView.all(file: file, decision: decision, world: world)
        ranks = file.ranks.map { RankView($0, world: world) }
        explanation = Explanation(file: file, decision: decision, world: world).lines
    }
}

/// What the views need beside the ledger.
struct WorldView {
    var rules: ProvisioningRules
    var inventories: [PanelName: Inventory]
    var playerProperty: String?
    var now: Timestamp

    func serverName(_ server: PanelServerID) -> String {
        inventories[server.panel]?.servers[server]?.name ?? "server \(server.number)"
    }

    func targetName(_ target: RankTargetID) -> String {
        switch target {
        case .named(let name): name.rawValue
        case .server(let server): serverName(server)
        }
    }
}

/// A subscription as the API shows it.
struct SubscriptionView: Encodable {
    var id: String
    /// `nil` while no event has named one.
    var customer: String?
    var product: String?
    var tier: String?
    var status: String
    var givesAccess: Bool
    var paidThrough: String?
    var endsAt: String?
    var graceEndsAt: String?
    var quantity: Int
    var player: String?

    init(_ subscription: Subscription, of customer: CustomerKey?, standing: Standing?, world: WorldView) {
        id = subscription.id.rawValue
        self.customer = customer?.description
        product = subscription.product?.rawValue
        tier = world.rules.catalog.tier(product: subscription.product, named: subscription.tierHint)?.id.rawValue
        status = standing?.word ?? "unknown"
        givesAccess = standing?.givesAccess ?? false
        paidThrough = subscription.paidThrough.date?.iso8601
        endsAt = subscription.effectiveEnd?.iso8601
        if case .pastDue(_, let graceEnds, _) = standing { graceEndsAt = graceEnds.iso8601 }
        quantity = subscription.quantity
        player = world.playerProperty.flatMap { subscription.properties[$0] }
    }
}

/// An override as the API shows it.
struct OverrideView: Encodable {
    var id: String
    var customer: String
    var kind: String
    var tier: String?
    var reason: String
    var author: String
    var createdAt: String
    var until: String?
    /// When a person ended it before its date.
    var endedAt: String?
    /// Why nothing comes of it now, in the answer to who made it.
    var obstacle: String?

    init(_ override: Override, customer: CustomerKey) {
        id = override.id.rawValue
        self.customer = customer.description
        kind = override.word
        if case .grant(let granted) = override.kind { tier = granted.rawValue }
        reason = override.reason
        author = override.author
        createdAt = override.createdAt.iso8601
        until = override.until?.iso8601
        endedAt = override.endedAt?.iso8601
    }
}

/// What a customer has on one server.
struct AccessView: Encodable {
    var panel: String
    var server: Int
    var name: String
    /// Whether the account owns the server or is a root admin's, and needs no row.
    var hasEverything: Bool
    /// What we give.
    var granted: [String]
    /// What should be given by now.
    var desired: [String]
    /// What people gave by hand, and stays.
    var handMade: [String]
    /// The row as last read; `null` while it was not read.
    var observed: [String]?
    var because: [ReasonView]

    struct ReasonView: Encodable {
        var subscription: String?
        var override: String?
        var tier: String
        var product: String?
        var permissions: [String]
    }

    static func all(file: CustomerFile, decision: Decision, world: WorldView) -> [AccessView] {
        var desired: [PanelServerID: DesiredServer] = [:]
        for inventory in world.inventories.values {
            let here = desiredAccess(of: decision, catalog: world.rules.catalog, inventory: inventory)
            desired.merge(here) { first, _ in first }
        }
        let grants = Dictionary(file.grants.map { ($0.server, $0) }, uniquingKeysWith: { first, _ in first })
        let there = grants.values.filter { $0.isActive || !($0.observed.permissions ?? []).isEmpty }
        let servers = Set(desired.keys).union(there.map(\.server))
        return servers.sorted().map { server in
            let account = file.links[server.panel]?.account
            var view = AccessView(server, of: account, grant: grants[server], desired: desired[server], world: world)
            // A product that belongs to no tier any more takes nothing from who has paid for it.
            let kept = (grants[server]?.reasons ?? [:]).filter { decision.loss(of: $0.key) == nil }.flatMap(\.value)
            view.desired = Set(kept.map(\.key)).union(view.desired).sorted()
            return view
        }
    }

    private init(
        _ server: PanelServerID,
        of account: PanelAccount?,
        grant: Grant?,
        desired: DesiredServer?,
        world: WorldView
    ) {
        let owner = world.inventories[server.panel]?.servers[server]?.owner
        hasEverything = account.map { $0.isRootAdmin || $0.id == owner } ?? false
        panel = server.panel.rawValue
        self.server = server.number
        name = world.serverName(server)
        granted = (grant?.permissions ?? []).sorted().map(\.key)
        self.desired = (desired?.permissions ?? []).sorted().map(\.key)
        // Where we give nothing, all that is there is of people's making.
        let row = grant?.observed.permissions ?? []
        handMade = (grant?.handMade ?? (grant?.isActive == false ? row : [])).sorted().map(\.key)
        observed =
            switch grant?.observed {
            case .present(let row): row.sorted().map(\.key)
            case .absent: []
            case .unread, nil: nil
            }
        let reasons = grant.map { $0.isActive ? $0.reasons : [:] } ?? [:]
        because = (reasons.isEmpty ? desired?.reasons ?? [:] : reasons).sorted { $0.key < $1.key }.map {
            reason,
            permissions in
            ReasonView(reason, permissions)
        }
    }
}

extension AccessView.ReasonView {
    fileprivate init(_ reason: GrantReason, _ permissions: Set<Permission>) {
        switch reason.source {
        case .subscription(let id): subscription = id.rawValue
        case .override(let id): override = id.rawValue
        }
        tier = reason.tier.rawValue
        product = reason.product?.rawValue
        self.permissions = permissions.sorted().map(\.key)
    }
}

/// What the owner sells: tiers, the servers that each opens, and with which permissions.
package struct Catalog: Hashable, Sendable {
    /// Ascending by rank, then by id.
    package let tiers: [Tier]
    package let groups: [ServerGroupID: ServerGroup]
    /// By name.
    package let rankTargets: [RankTarget]

    private let tierByProduct: [ProductID: TierID]
    private let tierByID: [TierID: Tier]

    /// - Precondition: no two tiers share an id or a product, and every group that a tier names is defined (the configuration's
    ///   reader refuses such a file with a message of its own).
    package init(tiers: [Tier], groups: [ServerGroup], rankTargets: [RankTarget] = []) {
        self.rankTargets = rankTargets.sorted { $0.name < $1.name }
        self.tiers = tiers.sorted { ($0.rank, $0.id) < ($1.rank, $1.id) }
        self.groups = Dictionary(uniqueKeysWithValues: groups.map { ($0.id, $0) })
        tierByID = Dictionary(uniqueKeysWithValues: tiers.map { ($0.id, $0) })
        tierByProduct = Dictionary(uniqueKeysWithValues: tiers.flatMap { tier in tier.products.map { ($0, tier.id) } })
        let named = tiers.flatMap(\.groups) + rankTargets.map(\.servers)
        precondition(named.allSatisfy { self.groups[$0] != nil }, "a tier or a rank target names an undefined group")
    }

    /// Whether any tier gives something in game.
    package var givesRanks: Bool {
        tiers.contains { $0.luckPerms != nil || $0.commands != nil }
    }

    package func tier(_ id: TierID) -> Tier? {
        tierByID[id]
    }

    /// The tier that a subscription stands for: its product's, or else the one that the sender names, if it exists.
    package func tier(product: ProductID?, named hint: TierID?) -> Tier? {
        if let product, let id = tierByProduct[product] { return tierByID[id] }
        return hint.flatMap { tierByID[$0] }
    }
}

/// What a group of products sells.
package struct Tier: Hashable, Sendable {
    package var id: TierID
    /// The higher, the more it is worth; decides which in-game rank wins.
    package var rank: Int
    /// A label shown to people.
    package var role: String?
    package var products: [ProductID]
    package var access: [TierAccess]
    /// How long a one-time purchase lasts; `nil` means for ever.
    package var lasts: Duration?
    /// Replaces the policy's for this tier.
    package var gracePeriod: Duration?
    /// Replaces the policy's for this tier.
    package var onRefund: RefundPolicy?
    /// Replaces the policy's for this tier.
    package var latePayment: LatePaymentPolicy?
    /// Replaces the policy's for this tier.
    package var cancel: CancelPolicy?
    /// Replaces the policy's for this tier.
    package var accountRetention: AccountRetention?
    /// The server of one's own that comes with it.
    package var dedicated: DedicatedOffer?
    /// The rank in game.
    package var luckPerms: TierRank?
    package var commands: TierCommands?

    package init(
        id: TierID,
        rank: Int,
        role: String? = nil,
        products: [ProductID],
        access: [TierAccess] = [],
        lasts: Duration? = nil,
        gracePeriod: Duration? = nil,
        onRefund: RefundPolicy? = nil,
        latePayment: LatePaymentPolicy? = nil,
        cancel: CancelPolicy? = nil,
        accountRetention: AccountRetention? = nil,
        dedicated: DedicatedOffer? = nil,
        luckPerms: TierRank? = nil,
        commands: TierCommands? = nil
    ) {
        self.id = id
        self.rank = rank
        self.role = role
        self.products = products
        self.access = access
        self.lasts = lasts
        self.gracePeriod = gracePeriod
        self.onRefund = onRefund
        self.latePayment = latePayment
        self.cancel = cancel
        self.accountRetention = accountRetention
        self.dedicated = dedicated
        self.luckPerms = luckPerms
        self.commands = commands
    }

    /// Every server group that it names.
    package var groups: [ServerGroupID] {
        access.map(\.group) + [luckPerms?.servers, commands?.servers].compactMap(\.self)
    }
}

/// One line of a tier's access: these permissions on every server of that group.
package struct TierAccess: Hashable, Sendable {
    package var group: ServerGroupID
    package var permissions: Set<Permission>

    package init(group: ServerGroupID, permissions: Set<Permission>) {
        self.group = group
        self.permissions = permissions
    }
}

/// What the owner sells, as the owner thinks of it: products make tiers, tiers open servers by the beginning of their names.
package struct Offer: Hashable, Sendable {
    package struct Tier: Hashable, Sendable {
        package var name: String
        package var products: [String]
        package var access: [Access]
        package var rank: Rank?
        /// Whether each subscription has a server of its own.
        package var hasServer = false

        package init(
            name: String,
            products: [String],
            access: [Access],
            rank: Rank? = nil,
            hasServer: Bool = false
        ) {
            self.hasServer = hasServer
            self.name = name
            self.products = products
            self.access = access
            self.rank = rank
        }
    }

    /// A group in game, on every server whose name begins so.
    package struct Rank: Hashable, Sendable {
        package var group: String
        package var beginning: String

        package init(group: String, beginning: String) {
            self.group = group
            self.beginning = beginning
        }
    }

    /// These permissions on every server whose name begins so.
    package struct Access: Hashable, Sendable {
        package var beginning: String
        package var permissions: Set<String>

        package init(beginning: String, permissions: Set<String>) {
            self.beginning = beginning
            self.permissions = permissions
        }
    }

    /// From the least to the greatest.
    package var tiers: [Tier]

    package init(tiers: [Tier]) {
        self.tiers = tiers
    }

    package var withoutRanks: Offer {
        Offer(
            tiers: tiers.map { tier in
                var tier = tier
                tier.rank = nil
                return tier
            }
        )
    }

    package var withoutServers: Offer {
        Offer(tiers: tiers.filter { !$0.hasServer })
    }

    func hasServer(tier name: String) -> Bool {
        tiers.contains { $0.name == name && $0.hasServer }
    }

    /// What a tier opens on a server of that name; empty where it opens nothing.
    func permissions(tier name: String, server: String) -> Set<String> {
        let access = tiers.first { $0.name == name }?.access ?? []
        let opened = access.filter { server.hasPrefix($0.beginning) }
        return opened.reduce(into: []) { $0.formUnion($1.permissions.union(["websocket.connect"])) }
    }

    /// The group in game that the greatest of some tiers gives on a server of that name.
    func rank(ofGreatest names: Set<String>, server: String) -> String? {
        greatest(of: names, withRankOn: server)?.rank?.group
    }

    func greatest(of names: Set<String>, withRankOn server: String) -> Tier? {
        tiers.last { tier in names.contains(tier.name) && tier.rank.map { server.hasPrefix($0.beginning) } ?? false }
    }

    func tier(ofProduct product: String) -> String? {
        tiers.first { $0.products.contains(product) }?.name
    }
}

/// The owner's rules about time.
package struct Rules: Hashable, Sendable {
    package var grace: Span
    package var settle: Span
    package var auditEvery: Span
    package var longestRetry: Span
    package var accountRetention: Span
    package var bounds: Bounds

    /// How many customers may lose access before a person is asked.
    package struct Bounds: Hashable, Sendable {
        package var customers: Int
        /// In percent of those who have access.
        package var share: Int
        package var window: Span

        package init(customers: Int, share: Int, window: Span) {
            self.customers = customers
            self.share = share
            self.window = window
        }

        /// Whatever nobody said waits for a person, however few it concerns.
        package static let nobody = Bounds(customers: 5, share: 0, window: .minutes(10))
    }

    package init(
        grace: Span,
        settle: Span,
        auditEvery: Span,
        longestRetry: Span,
        accountRetention: Span,
        bounds: Bounds = .nobody
    ) {
        self.bounds = bounds
        self.grace = grace
        self.settle = settle
        self.auditEvery = auditEvery
        self.longestRetry = longestRetry
        self.accountRetention = accountRetention
    }
}

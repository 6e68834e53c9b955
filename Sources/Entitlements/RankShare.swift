/// When access ends if nothing more is heard.
package enum AccessEnd: Hashable, Sendable {
    case at(Timestamp)
    case never
    /// Its date has passed, but it goes on for now.
    case open
}

/// What one reason for access gives a player in game.
package struct Perk: Hashable, Sendable, Codable {
    package var tier: TierID
    /// The tier's: the higher wins.
    package var rank: Int
    package var expires: Timestamp
    package var group: LuckPermsGroup?
    /// Whether the tier's own commands are sent.
    package var hasCommands: Bool

    package init(tier: TierID, rank: Int, expires: Timestamp, group: LuckPermsGroup?, hasCommands: Bool = false) {
        self.tier = tier
        self.rank = rank
        self.expires = expires
        self.group = group
        self.hasCommands = hasCommands
    }
}

/// What one customer has one player given on one rank target, and why; several customers may name one player.
package struct RankShare: Hashable, Sendable, Codable {
    package var target: RankTargetID
    package var player: PlayerName
    package var perks: [GrantReason: Perk]
    /// Reasons whose told loss waits for its other half, each since when.
    package var losing: [GrantReason: Timestamp]
    /// Whether the last of it ended because money went back.
    package var wasRefunded: Bool

    package init(
        _ key: RankKey,
        perks: [GrantReason: Perk] = [:],
        losing: [GrantReason: Timestamp] = [:],
        wasRefunded: Bool = false
    ) {
        target = key.target
        player = key.player
        self.perks = perks
        self.losing = losing
        self.wasRefunded = wasRefunded
    }

    package var key: RankKey { RankKey(target: target, player: player) }
}

/// A perk as it should be by now.
package struct WantedPerk: Hashable, Sendable {
    package var tier: TierID
    package var rank: Int
    package var end: AccessEnd
    package var group: LuckPermsGroup?
    package var hasCommands: Bool
}

/// What a customer's players should have in game, and who cannot have it.
package struct WantedRanks: Hashable, Sendable {
    package var perks: [RankKey: [GrantReason: WantedPerk]] = [:]
    /// Reasons that give something in game and name nobody who could have it: what they gave before stays.
    package var nameless: Set<GrantReason> = []
    /// Sentences for people.
    package var problems: [String] = []

    /// Reasons that name another player on the same target by now, so that this one loses what they gave.
    package func reasons(ofOtherPlayersThan key: RankKey) -> Set<GrantReason> {
        perks.reduce(into: []) { reasons, wanted in
            if wanted.key.target == key.target, wanted.key.player != key.player { reasons.formUnion(wanted.value.keys) }
        }
    }
}

/// The ranks and commands that a customer's entitlements give their players.
package func wantedRanks(
    of decision: Decision,
    customer: CustomerRecord,
    catalog: Catalog,
    naming: PlayerNaming,
    map: RankMap
) -> WantedRanks {
    var wanted = WantedRanks()
    for entitlement in decision.entitlements {
        guard let tier = catalog.tier(entitlement.tier), tier.luckPerms != nil || tier.commands != nil else { continue }
        let reason = GrantReason(entitlement)
        let players: Set<PlayerName>
        switch naming.players(for: entitlement.source, of: customer, decision) {
        case .success(let named): players = named
        case .failure(let problem):
            wanted.nameless.insert(reason)
            if !wanted.problems.contains(problem.sentence) { wanted.problems.append(problem.sentence) }
            continue
        }
        let end = decision.ends[entitlement.source] ?? .never
        for player in players { wanted.add(tier, until: end, to: player, because: reason, map) }
    }
    return wanted
}

extension WantedRanks {
    fileprivate mutating func add(
        _ tier: Tier,
        until end: AccessEnd,
        to player: PlayerName,
        because reason: GrantReason,
        _ map: RankMap
    ) {
        let empty = WantedPerk(tier: tier.id, rank: tier.rank, end: end, group: nil, hasCommands: false)
        if let rank = tier.luckPerms {
            for target in map.targets(of: rank.servers) ?? [] {
                let key = RankKey(target: target, player: player)
                perks[key, default: [:]][reason, default: empty].group = rank.group
            }
        }
        if let commands = tier.commands {
            for target in map.targets(of: commands.servers) ?? [] {
                let key = RankKey(target: target, player: player)
                perks[key, default: [:]][reason, default: empty].hasCommands = true
            }
        }
    }
}

/// Why nobody can be given a rank for a reason.
private struct NamelessReason: Error {
    var sentence: String
}

extension PlayerNaming {
    /// The players for whom a reason gives ranks: the one that its subscription names, or, for what a person granted, those that the
    /// customer's live subscriptions name, and without any, those of the others.
    fileprivate func players(
        for source: EntitlementSource,
        of customer: CustomerRecord,
        _ decision: Decision
    ) -> Result<Set<PlayerName>, NamelessReason> {
        switch source {
        case .subscription(let id):
            guard let subscription = customer.subscriptions.first(where: { $0.id == id }) else { return .success([]) }
            switch player(of: subscription) {
            case .named(let player): return .success([player])
            case .missing: return .failure(NamelessReason(sentence: missing("subscription \(id)")))
            case .malformed(let typed): return .failure(NamelessReason(sentence: malformed(typed, id)))
            }
        case .override:
            let live = customer.subscriptions.filter { decision.standings[$0.id]?.givesAccess ?? false }
            for subscriptions in [live, customer.subscriptions] {
                let named = players(of: CustomerRecord(key: customer.key, subscriptions: subscriptions))
                if !named.isEmpty { return .success(named) }
            }
            return .failure(NamelessReason(sentence: missing("any subscription of this customer")))
        }
    }

    private func missing(_ what: String) -> String {
        guard let property else {
            return
                "No rank in game: the configuration does not say which property holds the player's name. Set billing.paymenter.player_property."
        }
        return """
            No rank in game: the property \(property) of \(what) is missing, so nobody knows which player it is for. Enter the player's name \
            there; everything else is given.
            """
    }

    private func malformed(_ typed: String, _ id: SubscriptionID) -> String {
        let forms =
            bedrockPrefix.map { "or one with \($0) before it (Bedrock; _ for spaces), or a uuid" } ?? "or a uuid"
        return """
            No rank in game: \(quoted(typed)), the property \(property ?? "") of subscription \(id), is no player's name (1 to 16 letters, \
            digits and _, \(forms)). Correct it there; everything else is given.
            """
    }

    /// What somebody typed, shown harmlessly: printable ASCII, and no more than fits.
    private func quoted(_ typed: String) -> String {
        let shown = typed.unicodeScalars.prefix(40).map {
            (0x20..<0x7F).contains($0.value) && $0 != "\"" ? String($0) : "?"
        }
        return "\"\(shown.joined())\(typed.unicodeScalars.count > 40 ? "…" : "")\""
    }
}

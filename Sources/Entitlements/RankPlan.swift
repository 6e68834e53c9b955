/// What of a perk is sent: the group of LuckPerms, or the owner's own commands.
package enum PerkSlot: String, Hashable, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
    case luckPerms
    case commands
}

/// A perk as it was sent to a console.
package struct SentPerk: Hashable, Sendable, Codable {
    package var tier: TierID
    package var expires: Timestamp
    /// Whose reason it was.
    package var customer: CustomerKey
    package var group: LuckPermsGroup?
    /// What ends it, should the configuration no longer say so.
    package var end: [CommandTemplate]

    package init(
        tier: TierID,
        expires: Timestamp,
        customer: CustomerKey,
        group: LuckPermsGroup? = nil,
        end: [CommandTemplate] = []
    ) {
        self.tier = tier
        self.expires = expires
        self.customer = customer
        self.group = group
        self.end = end
    }
}

/// What was sent for one player on one target.
package struct RankRecord: Hashable, Sendable, Codable {
    /// What surely reached the console.
    package var sent: [PerkSlot: SentPerk] = [:]
    /// What may have reached it, since it was begun.
    package var begun: [PerkSlot: [SentPerk]] = [:]
    /// Whether an end was begun.
    package var ending: Set<PerkSlot> = []
    package var sentAt: Timestamp?

    package init() {}

    package var isEmpty: Bool { sent.isEmpty && begun.isEmpty && ending.isEmpty }

    func possible(_ slot: PerkSlot) -> [SentPerk] {
        [sent[slot]].compactMap(\.self) + (begun[slot] ?? [])
    }

    func isDoubtful(_ slot: PerkSlot) -> Bool { begun[slot] != nil || ending.contains(slot) }

    /// Notes a step before it is tried.
    package mutating func begin(_ step: RankStep) {
        guard let result = step.result else {
            ending.insert(step.slot)
            return
        }
        // One that failed before may be there all the same; of several ends the latest is what LuckPerms keeps.
        let same = begun[step.slot]?.firstIndex { $0.tier == result.tier && $0.group == result.group }
        if let same, let kept = begun[step.slot]?[same] {
            if result.expires > kept.expires { begun[step.slot]?[same] = result }
        } else {
            begun[step.slot, default: []].append(result)
        }
    }

    /// Notes that all of a step was sent.
    package mutating func finish(_ step: RankStep, at now: Timestamp) {
        sent[step.slot] = step.result
        begun[step.slot] = nil
        ending.remove(step.slot)
        if !step.commands.isEmpty { sentAt = now }
    }
}

/// What is to be sent once more although it was sent.
package enum Resend: Int, Hashable, Comparable, Sendable, CaseIterable {
    case nothing
    /// Groups of LuckPerms, which do no harm a second time.
    case ranks
    /// The owner's own grants as well, because the server was wiped.
    case everything

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// One customer's share, for the union of all of a player's.
package struct OwnedShare: Hashable, Sendable {
    package var customer: CustomerKey
    package var share: RankShare

    package init(customer: CustomerKey, share: RankShare) {
        self.customer = customer
        self.share = share
    }
}

/// Everything that decides what is sent next for one player on one target.
package struct RankSituation: Hashable, Sendable {
    package var player: PlayerName
    package var record: RankRecord
    package var shares: [OwnedShare]
    /// A customer whose ban extends to the player, if anybody's does.
    package var bannedWith: CustomerKey?
    package var wasRefunded: Bool
    package var resend: Resend

    package init(
        player: PlayerName,
        record: RankRecord = RankRecord(),
        shares: [OwnedShare] = [],
        bannedWith: CustomerKey? = nil,
        wasRefunded: Bool = false,
        resend: Resend = .nothing
    ) {
        self.player = player
        self.record = record
        self.shares = shares
        self.bannedWith = bannedWith
        self.wasRefunded = wasRefunded
        self.resend = resend
    }

    package var isBanned: Bool { bannedWith != nil }
}

/// Commands that belong together, and what they come to.
package struct RankStep: Hashable, Sendable {
    package enum Event: String, Hashable, Sendable {
        case grant, renew, change, end, refund
    }

    package var slot: PerkSlot
    package var event: Event
    package var commands: [ConsoleCommand]
    /// What is there afterwards; `nil` if nothing.
    package var result: SentPerk?
    /// Whose it is.
    package var customer: CustomerKey
}

/// What is to be sent now, and when to look again.
package struct RankPlan: Hashable, Sendable {
    package var steps: [RankStep] = []
    package var dueAt: Timestamp?
    /// What keeps some of it from being sent until a person has settled it.
    package var problems: [Need] = []
}

/// How often a rank is sent again to a player who is known by name only: who never joined cannot be addressed by it.
package let rankResendInterval: Duration = .days(1)

/// Computes what to send from what was sent and what should be: only the latest is ever sent.
package func planRank(_ situation: RankSituation, catalog: Catalog, now: Timestamp) -> RankPlan {
    var plan = RankPlan()
    let perks =
        situation.isBanned
        ? []
        : situation.shares.flatMap { owned in
            owned.share.perks.values.map { OwnedPerk(customer: owned.customer, perk: $0) }
        }
    var resend = situation.resend
    if situation.isResendDue(at: now) { resend = max(resend, .ranks) }
    let luckPerms = perks.best(now: now) { $0.group != nil }
    plan.planLuckPerms(situation, wanted: luckPerms.perk, isPassing: luckPerms.isPassing, resends: resend != .nothing)
    let commands = perks.best(now: now) { $0.hasCommands }
    plan.planCommands(
        situation,
        wanted: commands.perk,
        isPassing: commands.isPassing,
        resends: resend == .everything,
        catalog
    )
    let isToResend = luckPerms.perk != nil && !situation.player.isUUID
    let resendAt = isToResend ? now + rankResendInterval : nil
    let sentAt = plan.steps.isEmpty ? situation.record.sentAt.map { $0 + rankResendInterval } : nil
    plan.dueAt = [isToResend ? sentAt ?? resendAt : nil, luckPerms.nextAt, commands.nextAt].compactMap(\.self).min()
    return plan
}

extension RankSituation {
    fileprivate func isResendDue(at now: Timestamp) -> Bool {
        guard !player.isUUID, record.sent[.luckPerms] != nil, let sentAt = record.sentAt else { return false }
        // One that was sent later than now was sent by a clock that was wrong.
        return sentAt + rankResendInterval <= now || sentAt > now
    }
}

private struct OwnedPerk {
    var customer: CustomerKey
    var perk: Perk
}

private struct BestPerk {
    var perk: OwnedPerk?
    /// Whether all that there is has run out just now, and only its loss is not yet decided.
    var isPassing = false
    /// When another perk outlasts this one.
    var nextAt: Timestamp?
}

extension [OwnedPerk] {
    /// The highest that has not run out, until the latest end that its tier has.
    fileprivate func best(now: Timestamp, where matches: (Perk) -> Bool) -> BestPerk {
        let all = filter { matches($0.perk) }
        let current = all.filter { $0.perk.expires > now }
        guard let top = current.max(by: { $0.perk.weight < $1.perk.weight }) else {
            return BestPerk(isPassing: !all.isEmpty)
        }
        let outlasts = current.contains { $0.perk.expires > top.perk.expires }
        return BestPerk(perk: top, nextAt: outlasts ? top.perk.expires : nil)
    }
}

extension Perk {
    /// By rank, then by tier, then by end.
    fileprivate var weight: (Int, TierID, Timestamp) { (rank, tier, expires) }
}

extension RankShare {
    /// Which perk would be sent for each slot, if this customer alone named the player: the highest.
    package var highest: [PerkSlot: Perk] {
        var highest: [PerkSlot: Perk] = [:]
        highest[.luckPerms] = perks.values.filter { $0.group != nil }.max { $0.weight < $1.weight }
        highest[.commands] = perks.values.filter(\.hasCommands).max { $0.weight < $1.weight }
        return highest
    }
}

extension RankPlan {
    fileprivate mutating func planLuckPerms(
        _ situation: RankSituation,
        wanted: OwnedPerk?,
        isPassing: Bool,
        resends: Bool
    ) {
        let (record, player) = (situation.record, situation.player)
        let possible = record.possible(.luckPerms)
        guard let wanted, let group = wanted.perk.group else {
            guard !isPassing, let last = possible.last else { return }
            let groups = Set(possible.compactMap(\.group)).sorted()
            append(.luckPerms, .end, groups.map { .take($0, from: player) }, result: nil, of: last.customer)
            return
        }
        let sent = record.sent[.luckPerms]
        let end = wanted.perk.expires
        let isThere = sent?.group == group && sent?.expires.unixSeconds == end.unixSeconds
        if isThere, !record.isDoubtful(.luckPerms), !resends { return }
        var commands: [ConsoleCommand] = []
        if possible.contains(where: { $0.group == group && $0.expires.unixSeconds > end.unixSeconds }) {
            commands.append(.take(group, from: player))
        }
        commands.append(.give(group, to: player, until: end))
        // The new one first, so that there is no moment without a rank.
        let others = Set(possible.compactMap(\.group)).subtracting([group]).sorted()
        commands += others.map { .take($0, from: player) }
        append(
            .luckPerms,
            possible.isEmpty ? .grant : others.isEmpty ? .renew : .change,
            commands,
            result: SentPerk(tier: wanted.perk.tier, expires: end, customer: wanted.customer, group: group),
            of: wanted.customer
        )
    }

    fileprivate mutating func planCommands(
        _ situation: RankSituation,
        wanted: OwnedPerk?,
        isPassing: Bool,
        resends: Bool,
        _ catalog: Catalog
    ) {
        let record = situation.record
        let possible = record.possible(.commands)
        guard let wanted, let own = catalog.tier(wanted.perk.tier)?.commands else {
            guard wanted == nil, !isPassing, let last = possible.last else { return }
            endCommands(possible, situation, catalog, of: last.customer)
            return
        }
        let result = SentPerk(
            tier: wanted.perk.tier,
            expires: wanted.perk.expires,
            customer: wanted.customer,
            end: own.end
        )
        let sent = record.sent[.commands]
        let isThere = sent?.tier == result.tier && sent?.expires.unixSeconds == result.expires.unixSeconds
        if isThere, !record.isDoubtful(.commands), !resends { return }
        let strays = possible.filter { $0.tier != result.tier && $0.tier != sent?.tier }
        let (event, templates) = own.templates(after: sent, for: result, resends: resends)
        var lines: [(CommandTemplate, SentPerk)] = strays.flatMap { stray in
            catalog.endTemplates(of: stray).map { ($0, stray) }
        }
        if event == .change, own.change.isEmpty, let sent {
            lines += catalog.endTemplates(of: sent).map { ($0, sent) }
        }
        lines += templates.map { ($0, result) }
        appendOwn(event, lines, situation.player, result: result, of: wanted.customer)
    }

    private mutating func endCommands(
        _ possible: [SentPerk],
        _ situation: RankSituation,
        _ catalog: Catalog,
        of customer: CustomerKey
    ) {
        var ended: Set<TierID> = []
        var lines: [(CommandTemplate, SentPerk)] = []
        for perk in possible where ended.insert(perk.tier).inserted {
            let refund = situation.wasRefunded ? catalog.tier(perk.tier)?.commands?.refund ?? [] : []
            lines += (refund.isEmpty ? catalog.endTemplates(of: perk) : refund).map { ($0, perk) }
        }
        let event: RankStep.Event = situation.wasRefunded ? .refund : .end
        appendOwn(event, lines, situation.player, result: nil, of: customer)
    }

    private mutating func appendOwn(
        _ event: RankStep.Event,
        _ lines: [(CommandTemplate, SentPerk)],
        _ player: PlayerName,
        result: SentPerk?,
        of customer: CustomerKey
    ) {
        var commands: [ConsoleCommand] = []
        for (template, perk) in lines {
            guard let command = template.command(for: player, tier: perk.tier, expires: perk.expires) else {
                problems.append(
                    Need(
                        "The command \"\(template)\" asks for {uuid}, but only the name \(player) is known.",
                        do: "Write {player}, or have the property hold the uuid."
                    )
                )
                return
            }
            commands.append(command)
        }
        append(.commands, event, commands, result: result, of: customer)
    }

    private mutating func append(
        _ slot: PerkSlot,
        _ event: RankStep.Event,
        _ commands: [ConsoleCommand],
        result: SentPerk?,
        of customer: CustomerKey
    ) {
        steps.append(RankStep(slot: slot, event: event, commands: commands, result: result, customer: customer))
    }
}

extension TierCommands {
    /// What is sent for a perk after what surely was; where a renewal has no commands of its own, a grant that names the end is one.
    fileprivate func templates(after sent: SentPerk?, for perk: SentPerk, resends: Bool) -> (
        RankStep.Event, [CommandTemplate]
    ) {
        guard let sent else { return (.grant, grant) }
        if sent.tier != perk.tier { return (.change, change.isEmpty ? grant : change) }
        if resends { return (.grant, grant) }
        return (.renew, renew.isEmpty ? grant.filter { $0.uses(.expires) } : renew)
    }
}

extension Catalog {
    fileprivate func endTemplates(of perk: SentPerk) -> [CommandTemplate] {
        tier(perk.tier)?.commands?.end ?? perk.end
    }
}

/// What a customer's share in a player's rank becomes, and what waits for what.
package struct RankSharePlan: Hashable, Sendable {
    /// As it shall be kept; without perks, nothing is left of it.
    package var share: RankShare
    /// Reasons that end now and that no person decided or approved, by kind: the breaker counts them.
    package var counted: [LossKind: Set<GrantReason>] = [:]
    /// Reasons whose end waits for a person, by kind.
    package var held: [LossKind: Set<GrantReason>] = [:]
    /// When the latest of the losses was noticed that wait for anything, by kind.
    package var awaited: [LossKind: Timestamp] = [:]
    /// Whether losses wait until it is known how many customers the same cause concerns.
    package var awaitsOthers = false
    /// When losses that wait for `policy.settle` are due.
    package var settlesAt: Timestamp?
    /// Losses that only time brought about, which wait because our clock and the panel's disagree.
    package var doubted: Set<GrantReason> = []
    /// When an end that is put off again and again is to be put off next.
    package var extendsAt: Timestamp?

    package init(share: RankShare) {
        self.share = share
    }
}

/// What decides over a customer's shares, beside the shares.
package struct RankCircumstances: Sendable {
    package var decision: Decision
    package var settle: Duration
    /// By how much the end of what is kept is put off.
    package var grace: Duration
    /// Reasons that now name another player, or whose name cannot be used: the former lose at once what the latter keep.
    package var renamed: Set<GrantReason> = []
    package var nameless: Set<GrantReason> = []
    package var refunded: Set<SubscriptionID> = []
    package var approved = false
    /// What the breaker says to the losses that nobody decided.
    package var gate = LossGate.open
    package var doubtsTime = false
    /// Whether the customer is left alone: nothing is given or taken, and what there is does not run out.
    package var isFrozen = false
    package var now: Timestamp

    package init(decision: Decision, settle: Duration, grace: Duration, now: Timestamp) {
        self.decision = decision
        self.settle = settle
        self.grace = grace
        self.now = now
    }
}

/// Computes what becomes of one share; losses follow the same rules as those of permissions.
package func planRankShare(
    _ current: RankShare,
    wanted: [GrantReason: WantedPerk],
    _ circumstances: RankCircumstances
) -> RankSharePlan {
    var plan = RankSharePlan(share: RankShare(current.key))
    if circumstances.isFrozen {
        plan.share = current
        for (reason, perk) in current.perks { plan.keep(perk, of: reason, circumstances) }
        return plan
    }
    let current = current.followingProducts(to: wanted)
    for (reason, perk) in wanted { plan.give(perk, of: reason, instead: current.perks[reason], circumstances) }
    for (reason, perk) in current.perks where wanted[reason] == nil {
        plan.lose(perk, of: reason, noticed: current.losing[reason], beside: wanted, circumstances)
    }
    return plan
}

extension RankSharePlan {
    fileprivate mutating func give(
        _ wanted: WantedPerk,
        of reason: GrantReason,
        instead current: Perk?,
        _ circumstances: RankCircumstances
    ) {
        let end =
            switch wanted.end {
            case .at(let moment): min(moment, .farthest)
            case .never: Timestamp.farthest
            case .open: putOff(current?.expires, circumstances)
            }
        var perk = Perk(
            tier: wanted.tier,
            rank: wanted.rank,
            expires: end,
            group: wanted.group,
            hasCommands: wanted.hasCommands
        )
        if let current, !circumstances.approved, current.losesTo(perk) {
            held[.configuration, default: []].insert(reason)
            perk.group = current.group
            perk.hasCommands = current.hasCommands
        }
        share.perks[reason] = perk
    }

    fileprivate mutating func lose(
        _ perk: Perk,
        of reason: GrantReason,
        noticed: Timestamp?,
        beside wanted: [GrantReason: WantedPerk],
        _ circumstances: RankCircumstances
    ) {
        let decision = circumstances.decision
        if circumstances.nameless.contains(reason), !decision.isBanned {
            return keep(perk, of: reason, circumstances)
        }
        let isRenamed = circumstances.renamed.contains { $0.isOfSameTier(as: reason) }
        let kind = isRenamed ? .told : decision.loss(of: reason)
        guard let kind else { return keep(perk, of: reason, circumstances) }
        if circumstances.doubtsTime, decision.isTimed(lossOf: reason) {
            doubted.insert(reason)
            return keep(perk, of: reason, circumstances)
        }
        let isOutdone = wanted.contains {
            kind == .told ? $1.outdoes(perk) : $0.source == reason.source && $1.gives(perk)
        }
        if isOutdone { return drop(reason, circumstances) }
        switch kind {
        case .decided: drop(reason, circumstances)
        case .told, .inferred: settle(perk, of: reason, kind, noticed: noticed, circumstances)
        case .configuration:
            guard !circumstances.approved else { return drop(reason, circumstances) }
            held[kind, default: []].insert(reason)
            keep(perk, of: reason, circumstances)
        }
    }

    /// What nobody decided waits for its other half, then for what the breaker says.
    private mutating func settle(
        _ perk: Perk,
        of reason: GrantReason,
        _ kind: LossKind,
        noticed: Timestamp?,
        _ circumstances: RankCircumstances
    ) {
        // A clock that was set back must not lengthen the wait.
        let since = min(noticed ?? circumstances.now, circumstances.now)
        let settled = circumstances.decision.isAtOnce(lossOf: reason) ? since : since + circumstances.settle
        if settled > circumstances.now {
            share.perks[reason] = perk
            settlesAt = min(settlesAt ?? settled, settled)
        } else {
            switch circumstances.gate.verdict(on: kind) {
            case .go:
                counted[kind, default: []].insert(reason)
                return drop(reason, circumstances)
            case .hold where circumstances.approved:
                return drop(reason, circumstances)
            case .hold: held[kind, default: []].insert(reason)
            case .wait: awaitsOthers = true
            }
            keep(perk, of: reason, circumstances)
        }
        share.losing[reason] = since
        awaited[kind] = max(awaited[kind] ?? since, since)
    }

    private mutating func drop(_ reason: GrantReason, _ circumstances: RankCircumstances) {
        if case .subscription(let id) = reason.source, circumstances.refunded.contains(id) { share.wasRefunded = true }
    }

    /// Whoever keeps a permission for now keeps the rank: it must not run out in game meanwhile.
    fileprivate mutating func keep(_ perk: Perk, of reason: GrantReason, _ circumstances: RankCircumstances) {
        var perk = perk
        perk.expires = putOff(perk.expires, circumstances)
        share.perks[reason] = perk
    }

    /// The end, or a later one once half of the grace is all that is left.
    private mutating func putOff(_ end: Timestamp?, _ circumstances: RankCircumstances) -> Timestamp {
        let margin = circumstances.grace / 2
        var end = end ?? circumstances.now
        if end - margin <= circumstances.now { end = min(circumstances.now + circumstances.grace, .farthest) }
        extendsAt = min(extendsAt ?? end - margin, end - margin)
        return end
    }
}

extension RankShare {
    /// With the reasons as they are named by now, where a subscription changed to another product of the same tier: nothing is lost by that.
    fileprivate func followingProducts(to wanted: [GrantReason: WantedPerk]) -> RankShare {
        var share = self
        for (reason, perk) in perks where wanted[reason] == nil {
            guard let now = wanted.keys.first(where: { $0.isOfSameTier(as: reason) }), perks[now] == nil else {
                continue
            }
            share.perks[reason] = nil
            share.losing[reason] = nil
            share.perks[now] = perk
        }
        return share
    }
}

extension WantedPerk {
    /// Whether another perk gives nothing in game that this one does not, as where a tier was renamed.
    fileprivate func gives(_ other: Perk) -> Bool {
        group == other.group && rank >= other.rank && !other.hasCommands && !hasCommands
    }

    /// Whether another perk shows nowhere in game beside this one, as where a tier was changed to a higher one.
    fileprivate func outdoes(_ other: Perk) -> Bool {
        gives(other) || rank > other.rank && group != nil && !other.hasCommands
    }
}

extension Perk {
    /// Whether another perk for the same reason takes something of this one away, which only a change of the configuration can bring about.
    fileprivate func losesTo(_ other: Perk) -> Bool {
        group != nil && other.group != group || hasCommands && !other.hasCommands
    }
}

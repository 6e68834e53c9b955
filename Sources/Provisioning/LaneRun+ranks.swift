import Entitlements
import Ledger

extension LaneRun {
    /// Keeps what the customer's players should have in game; sending it is the ranks' own lanes' work.
    mutating func reconcileRanks() async throws {
        guard rules.catalog.givesRanks || !file.ranks.isEmpty || !file.bannedPlayers.isEmpty || file.hasHiddenBans
        else { return }
        let ranks = RankWork(run: self)
        for problem in ranks.wanted.problems { report.stick(problem, by: .player) }
        if rules.mode == .observe || context.rules.standby != nil || context.rules.isPaused {
            let changes = ranks.plans(approved: true).compactMap(ranks.change).sorted()
            if let standstill, !changes.isEmpty {
                report.block("\(standstill) Waiting: \(changes.joined(separator: "; ")).", by: .standstill)
            }
            return
        }
        let plans = plan(ranks)
        var step = LaneWrite()
        step.rankShares = plans.filter { ranks.isNews($0.share) }.map(\.share)
        step.losses = Set(plans.flatMap(\.counted.keys))
        step.bannedPlayers = changedBan
        if !step.isEmpty {
            try await write(step)
            context.ranks.ring()
        }
        noteWaits(of: plans)
        noteStandings(changed: Set(step.rankShares.map(\.key)), ranks)
    }

    /// Whom the customer's ban extends to, where that changed; a hold keeps that waiting, too.
    private var changedBan: Set<PlayerName>? {
        guard decision.hold == nil else { return nil }
        // A name that was banned stays so while the ban stands: another one in the checkout field is no way out of it.
        let named = file.record.bannedSince(at: now).map { rules.naming.players(of: file.record, bannedSince: $0) }
        let banned = named.map(file.bannedPlayers.union) ?? []
        let isOver = !decision.isBanned && file.hasHiddenBans
        return banned != file.bannedPlayers || isOver ? banned : nil
    }

    /// Plans every share; what is held is held for all of them together, so that an approval is for what was shown.
    private mutating func plan(_ ranks: RankWork) -> [RankSharePlan] {
        let plans = ranks.plans()
        let lines = plans.flatMap(ranks.heldDescription)
        return !lines.isEmpty && isApproved(lines) ? ranks.plans(approved: true) : plans
    }

    private mutating func noteWaits(of plans: [RankSharePlan]) {
        for plan in plans {
            for (kind, noticedAt) in plan.awaited {
                report.noteAwaited(AwaitedLoss(kind: kind, noticedAt: noticedAt, isHeld: plan.held[kind] != nil))
            }
        }
        if let noticedAt = plans.filter(\.awaitsOthers).flatMap(\.awaited.values).max() {
            report.awaitsOthers = true
            report.wait(
                until: now + Self.pause(since: noticedAt, now: now),
                "A rank in game ends once it is known whom else the same cause concerns."
            )
        }
        if let settlesAt = plans.compactMap(\.settlesAt).min() {
            report.wait(
                until: settlesAt,
                "A rank in game ends once the change has settled (\(settlesAt.iso8601))."
            )
        }
        if plans.contains(where: { !$0.doubted.isEmpty }) {
            report.block(
                "Our clock and that of a panel differ too much: ranks that only time ends stay until they agree.",
                by: .clock
            )
        }
        report.due += plans.compactMap(\.extendsAt)
    }

    /// Says of each rank what keeps it from being sent.
    private mutating func noteStandings(changed: Set<RankKey>, _ ranks: RankWork) {
        for key in changed.sorted() { report.waiting.append("\(ranks.title(of: key)) is being sent.") }
        let unchanged = file.ranks.filter { !changed.contains($0.share.key) }
        report.waiting += said(of: unchanged, in: .working, ranks).map(\.sentence)
        for (sentence, key) in said(of: unchanged, in: .blocked, ranks) {
            report.stick(sentence, by: ranks.cause(at: key))
        }
        report.attentionOfRanks += said(of: unchanged, in: .needsAttention, ranks).map(\.sentence)
    }

    /// What the ranks in a state say, each sentence once, with all that it is about; what the panel's own sentence says already is left out.
    private func said(of unchanged: [CustomerRank], in state: CustomerState, _ ranks: RankWork)
        -> [(sentence: String, first: RankKey)]
    {
        var keys: [String: [RankKey]] = [:]
        var sentences: [String] = []
        for rank in unchanged where rank.standing?.state == state {
            var reasons = rank.standing?.reasons ?? []
            if reasons.isEmpty, state == .working { reasons = ["It is being sent."] }
            if state == .blocked, let standstill = ranks.standstill(of: rank.share.key) { reasons = [standstill] }
            for reason in reasons where !report.blocked.contains(reason) {
                if keys[reason] == nil { sentences.append(reason) }
                keys[reason, default: []].append(rank.share.key)
            }
        }
        return sentences.compactMap { sentence in
            guard let keys = keys[sentence], let first = keys.first else { return nil }
            return ("\(ranks.title(of: keys)): \(sentence)", first)
        }
    }
}

/// What one customer's lane has to do with ranks.
struct RankWork {
    let wanted: WantedRanks
    private let map: RankMap
    private let current: [RankKey: RankShare]
    private let circumstances: RankCircumstances
    private let panels: [PanelName: PanelConnection]

    init(run: LaneRun) {
        map = run.context.rankMap
        panels = run.context.panels
        current = Dictionary(run.file.ranks.map { ($0.share.key, $0.share) }, uniquingKeysWith: { first, _ in first })
        let wanted = wantedRanks(
            of: run.decision,
            customer: run.file.record,
            catalog: run.rules.catalog,
            naming: run.rules.naming,
            map: map
        )
        self.wanted = wanted
        var circumstances = RankCircumstances(
            decision: run.decision,
            settle: run.rules.policy.settle,
            grace: run.rules.policy.gracePeriod,
            now: run.now
        )
        circumstances.gate = run.gate
        circumstances.nameless = wanted.nameless
        circumstances.isFrozen = run.decision.hold != nil
        circumstances.refunded = Set(run.file.record.subscriptions.filter { $0.refund != nil }.map(\.id))
        self.circumstances = circumstances
    }

    func plans(approved: Bool = false) -> [RankSharePlan] {
        let keys = Set(wanted.perks.keys).union(current.keys).filter { !map.isUnread($0.target) }
        return keys.sorted().map { key in
            if map.isGone(key.target) { return RankSharePlan(share: RankShare(key)) }
            var circumstances = circumstances
            circumstances.approved = approved
            circumstances.renamed = wanted.reasons(ofOtherPlayersThan: key)
            let panel = map.panel(of: key.target).flatMap { panels[$0] }
            circumstances.doubtsTime = panel?.doubtsTime ?? false
            if panel?.lastAudit == nil { circumstances.gate = circumstances.gate.delayed }
            return planRankShare(current[key] ?? RankShare(key), wanted: wanted.perks[key] ?? [:], circumstances)
        }
    }

    /// Whether a share differs from what is kept.
    func isNews(_ share: RankShare) -> Bool {
        current[share.key].map { $0.perks != share.perks || $0.losing != share.losing } ?? !share.perks.isEmpty
    }

    func title(of key: RankKey) -> String {
        "The rank of \(key.player) on \(name(of: key.target))"
    }

    /// Why nothing can be sent to a rank's panel now; its lane may have been told in other words.
    func standstill(of key: RankKey) -> String? {
        map.panel(of: key.target).flatMap { panels[$0]?.standstill }
    }

    /// What keeps a rank from being sent.
    func cause(at key: RankKey) -> BlockCause {
        if let panel = map.panel(of: key.target), panels[panel]?.standstill != nil { return .panel(panel) }
        return .rank(key.target)
    }

    /// Of several: each player with their places.
    func title(of keys: [RankKey]) -> String {
        if let only = keys.first, keys.count == 1 { return title(of: only) }
        let players = Dictionary(grouping: keys, by: \.player).sorted { $0.key < $1.key }
        let parts = players.map { player, keys in
            "\(player) on \(keys.map { name(of: $0.target) }.sorted().joined(separator: ", "))"
        }
        return "The ranks of \(parts.joined(separator: "; "))"
    }

    private func name(of target: RankTargetID) -> String {
        switch (target, map.speaker(of: target)) {
        case (.server, .success(let server)): server.name
        case (.server(let server), .failure): "server \(server.number)"
        case (.named(let name), _): "\(name)"
        }
    }

    /// What a plan changes, in words; `nil` if nothing.
    func change(in plan: RankSharePlan) -> String? {
        let before = Set(current[plan.share.key]?.perks.values.map(\.tier) ?? [])
        let after = Set(plan.share.perks.values.map(\.tier))
        guard before != after else { return nil }
        let title = title(of: plan.share.key)
        return after.isEmpty ? "end \(title.lowercasedFirst)" : "give \(title.lowercasedFirst): \(after.listed)"
    }

    func heldDescription(_ plan: RankSharePlan) -> [String] {
        plan.held.sorted { $0.key < $1.key }.map { kind, reasons in
            let tiers = Set(reasons.map(\.tier))
            return
                "\(title(of: plan.share.key)) (\(tiers.listed)) would be taken away or changed, because \(kind.because)."
        }
    }
}

extension Set<TierID> {
    fileprivate var listed: String { sorted().map(\.rawValue).joined(separator: ", ") }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

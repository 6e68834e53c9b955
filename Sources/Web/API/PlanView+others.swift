import Entitlements
import Ledger
import Provisioning

extension PlanView {
    /// What would change for a customer beside their rows on servers: a server of their own, a rank in game.
    struct Other: Encodable {
        enum Kind: String, Encodable {
            case dedicated, rank
        }

        var kind: Kind
        var sentence: String
        var takesAway: Bool
    }
}

extension PlanView.Other {
    /// What there would be to do if nothing had to wait for anything.
    static func all(file: CustomerFile, decision: Decision, world: WorldView) -> [Self] {
        servers(file, decision, world) + ranks(file, decision, world)
    }

    // MARK: Servers of their own

    private static func servers(_ file: CustomerFile, _ decision: Decision, _ world: WorldView) -> [Self] {
        let wishes = desiredDedicated(of: decision, customer: file.record, catalog: world.rules.catalog)
            .filter { !file.dedicatedLeft.contains($0.key) }
        let known = Dictionary(file.dedicated.map { ($0.slot, $0) }, uniquingKeysWith: { first, _ in first })
        return Set(wishes.keys).union(known.keys).sorted().flatMap { slot in
            var circumstances = DedicatedCircumstances(
                decision: decision,
                customer: file.record,
                catalog: world.rules.catalog,
                settle: .zero,
                account: file.links[slot.panel]?.account.id,
                elsewhere: file.dedicatedElsewhere,
                now: world.now
            )
            circumstances.approved = true
            let plan = planDedicated(known[slot], at: slot, wish: wishes[slot], in: circumstances)
            return plan.steps.compactMap { Self($0, of: plan, isWanted: wishes[slot] != nil) }
                + plan.waiting.map { Self(waiting: $0, of: plan) }
        }
    }

    /// Where the panel is busy with a server, what is to be done comes after that.
    private init(waiting sentence: String, of plan: DedicatedPlan) {
        kind = .dedicated
        takesAway = plan.loss != nil
        self.sentence = sentence
        guard let loss = plan.loss, let name = plan.server?.name else { return }
        self.sentence = "Server \(name) of their own is \(loss.participle) once the panel has finished with it."
    }

    /// `nil` where nothing is done to a server.
    private init?(_ step: DedicatedPlan.Step, of plan: DedicatedPlan, isWanted: Bool) {
        let name = plan.server?.name ?? ""
        kind = .dedicated
        takesAway = false
        switch step {
        case .create(let request, _): sentence = "Server \(request.name) of their own is made."
        case .lookForCreation:
            if isWanted { return nil }
            sentence = "Server \(name), which is being made, is suspended once it is there."
            takesAway = true
        case .adopt: sentence = "Server \(name) becomes their own, as a person said."
        case .change(_, let reason, _):
            takesAway = plan.loss != nil
            sentence = "Server \(name) is \(plan.loss?.participle ?? "changed to what tier \(reason.tier) sells")."
        case .suspend:
            sentence = "Server \(name) of their own is suspended; its files stay."
            takesAway = true
        case .unsuspend: sentence = "Server \(name) of their own is no longer suspended."
        case .delete:
            sentence = "Server \(name) of their own is deleted with everything on it."
            takesAway = true
        case .letGo: sentence = "Server \(name) is let go of, as a person said."
        }
    }

    // MARK: Ranks in game

    private static func ranks(_ file: CustomerFile, _ decision: Decision, _ world: WorldView) -> [Self] {
        let map = RankMap(catalog: world.rules.catalog, inventories: world.inventories)
        let wanted = wantedRanks(
            of: decision,
            customer: file.record,
            catalog: world.rules.catalog,
            naming: world.rules.naming,
            map: map
        )
        let current = Dictionary(file.ranks.map { ($0.share.key, $0.share) }, uniquingKeysWith: { first, _ in first })
        return Set(wanted.perks.keys).union(current.keys).sorted().compactMap { key in
            if map.isUnread(key.target) { return nil }
            var circumstances = RankCircumstances(
                decision: decision,
                settle: .zero,
                grace: world.rules.policy.gracePeriod,
                now: world.now
            )
            circumstances.nameless = wanted.nameless
            circumstances.renamed = wanted.reasons(ofOtherPlayersThan: key)
            circumstances.approved = true
            let share = current[key] ?? RankShare(key)
            let plan = planRankShare(share, wanted: wanted.perks[key] ?? [:], circumstances)
            return Self(from: share, to: plan.share, on: world.targetName(key.target))
        }
    }

    /// `nil` where the player keeps what they have; a perk ends with the commands that its tier has for that.
    private init?(from before: RankShare, to after: RankShare, on place: String) {
        let (highestBefore, highestAfter) = (before.highest, after.highest)
        guard highestBefore.mapValues(\.tier) != highestAfter.mapValues(\.tier) else { return nil }
        let (had, has) = (highestBefore.tiers, highestAfter.tiers)
        let player = "\(before.player) in game on \(place)"
        kind = .rank
        takesAway = highestBefore.contains { slot, perk in highestAfter[slot].map { $0.rank < perk.rank } ?? true }
        sentence =
            has.isEmpty
            ? "What tier \(had.words) gives \(player) (rank, commands) is taken away."
            : "What tier \(has.words) gives \(player) (rank, commands) is given\(had.isEmpty ? "" : ", instead of tier \(had.words)'s")."
    }
}

extension [PerkSlot: Perk] {
    fileprivate var tiers: Set<TierID> { Set(values.map(\.tier)) }
}

extension Set<TierID> {
    fileprivate var words: String { sorted().map(\.rawValue).joined(separator: ", ") }
}

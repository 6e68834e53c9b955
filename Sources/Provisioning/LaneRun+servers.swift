import Entitlements
import Ledger
import Observability
import PterodactylAPI

/// Bringing one customer's rows on a panel to what they should be.

extension LaneRun {
    mutating func reconcileServers(_ work: inout PanelWork) async throws {
        try await read(&work)
        let plans = try await plan(work)
        // What was read counts as new until it is written down.
        let stored = Dictionary(file.grants.map { ($0.server, $0) }, uniquingKeysWith: { first, _ in first })
        var step = LaneWrite()
        var changes: [(ServerPlan, ServerPlan.Change)] = []
        for plan in plans {
            if let change = plan.change {
                changes.append((plan, change))
                var underWay = plan.grant
                underWay.observed = .unread
                step.grants.append(underWay)
                step.intents.append(intent(for: plan, change, work))
            } else if plan.grant != stored[plan.grant.server], plan.grant.isActive || stored[plan.grant.server] != nil {
                step.grants.append(plan.grant)
            }
        }
        // What was read to be gone already has no plan any more.
        let planned = Set(plans.map(\.grant.server))
        step.grants += work.grants.values.filter { grant in
            !planned.contains(grant.server) && stored[grant.server].map { $0 != grant } ?? false
        }
        step.outcomes = settledCreations(on: work.panel)
        step.losses = Set(plans.filter { $0.change != nil }.flatMap(\.counted.keys))
        guard !step.isEmpty else { return }
        let operations = try await write(step)
        keep(step.grants)
        if !operations.isEmpty { CrashPoint.accessIntentsWritten.reached() }
        for ((plan, change), operation) in zip(changes, operations) {
            try await apply(change, plan, operation, work)
        }
    }

    /// Plans every server; what is held is held for all of them together, so that an approval is for what was shown.
    private mutating func plan(_ work: PanelWork) async throws -> [ServerPlan] {
        let servers = work.servers.filter {
            !work.hasEverything(on: $0) && work.inventory.servers[$0] != nil && !work.unreadable.contains($0)
        }
        var plans = servers.map { work.plan($0, for: self) }
        let lines = plans.flatMap { heldDescription($0, work) }
        if !lines.isEmpty, isApproved(lines) { plans = servers.map { work.plan($0, for: self, approved: true) } }
        noteWaits(of: plans, work)
        return plans
    }

    private func heldDescription(_ plan: ServerPlan, _ work: PanelWork) -> [String] {
        let name = work.inventory.servers[plan.grant.server]?.name ?? "server \(plan.grant.server.number)"
        return plan.held.sorted { $0.key < $1.key }.map { kind, permissions in
            "\(permissions.listed) on \(name) would be taken away, because \(kind.because)."
        }
    }

    private mutating func noteWaits(of plans: [ServerPlan], _ work: PanelWork) {
        for plan in plans {
            for (kind, noticedAt) in plan.awaited {
                report.noteAwaited(
                    AwaitedLoss(kind: kind, noticedAt: noticedAt, isHeld: plan.held[kind] != nil)
                )
            }
        }
        let waiting = plans.filter(\.awaitsOthers).flatMap(\.awaited.values)
        if let noticedAt = waiting.max() {
            report.awaitsOthers = true
            report.wait(
                until: now + Self.pause(since: noticedAt, now: now),
                "Access ends on panel \(work.panel.name) once it is known whom else the same cause concerns."
            )
        }
        if let settlesAt = plans.compactMap(\.settlesAt).min() {
            report.wait(
                until: settlesAt,
                "Access ends on panel \(work.panel.name) once the change has settled (\(settlesAt.iso8601))."
            )
        }
        if plans.contains(where: { !$0.doubted.isEmpty }), let sentence = work.panel.doubtOfTime {
            report.block(sentence, by: .clock)
        }
        if plans.contains(where: { !$0.returnedByHand.isEmpty }) { lookAgainLater() }
        for plan in plans where !plan.returnedByHand.isEmpty {
            let name = work.inventory.servers[plan.grant.server]?.name ?? "server \(plan.grant.server.number)"
            report.attention.append(
                Need(
                    "Somebody gave \(plan.returnedByHand.listed) on \(name) back by hand after it had ended.",
                    do: "Take it away by hand, or grant it."
                )
            )
        }
    }

    /// How long a loss waits before it looks again whether everybody was looked at: the longer it takes, the less often, so that many
    /// who look again do not keep those away whom they wait for.
    static func pause(since noticedAt: Timestamp, now: Timestamp) -> Duration {
        min(max((now - noticedAt) / 2, .seconds(1)), .seconds(60))
    }

    mutating func keep(_ grants: [Grant]) {
        for grant in grants {
            file.grants.removeAll { $0.server == grant.server }
            file.grants.append(grant)
        }
    }
}

extension LossKind {
    /// Completes "… would be taken away, because …".
    var because: String {
        switch self {
        case .decided: "a person decided it"
        case .told: "the billing system said so, but more customers lose access at once than policy.breaker allows"
        case .inferred:
            "it follows from silence or from a list, no event said so, and more customers lose access than policy.breaker allows"
        case .configuration: "the configuration changed or the server left its group"
        }
    }
}

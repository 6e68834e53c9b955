/// The difference between what an account should have on one server and what it has.
package struct ServerPlan: Hashable, Sendable {
    /// What to do at the panel; `nil` if nothing.
    package var change: Change?
    /// The grant as it shall be once the change is done.
    package var grant: Grant
    /// Permissions that are taken away now.
    package var losses: Set<Permission> = []
    /// Of these, the ones that no person decided or approved, by kind: the breaker counts them.
    package var counted: [LossKind: Set<Permission>] = [:]
    /// Losses that wait for a person, by kind.
    package var held: [LossKind: Set<Permission>] = [:]
    /// When the latest of the losses was noticed that wait for anything, by kind; the breaker counts them, too.
    package var awaited: [LossKind: Timestamp] = [:]
    /// When losses that wait for `policy.settle` are due.
    package var settlesAt: Timestamp?
    /// Whether losses wait until it is known how many customers the same cause concerns.
    package var awaitsOthers = false
    /// Losses that only time brought about, which wait because our clock and the panel's disagree.
    package var doubted: Set<Permission> = []
    /// Permissions that we once gave, took back, and that somebody has given back by hand since.
    package var returnedByHand: Set<Permission> = []

    package enum Change: Hashable, Sendable {
        case add(Set<Permission>)
        case update(Set<Permission>)
        case remove
    }
}

/// Computes what to do on one server for one account, from a read that was made inside the customer's lane.
///
/// `approved` says that a person has allowed the losses that would otherwise be held, `gate` what the breaker says to those that nobody
/// decided, and `doubtsTime` that what time alone takes away stays for now, because nobody knows what time it is.
package func planServer(
    grant: Grant,
    desired: DesiredServer?,
    decision: Decision,
    settle: Duration,
    approved: Bool,
    gate: LossGate = .open,
    doubtsTime: Bool = false,
    now: Timestamp
) -> ServerPlan {
    var plan = ServerPlan(grant: grant)
    guard desired != nil || grant.isActive else {
        plan.returnedByHand = grant.givenBackByHand
        return plan
    }
    plan.grant.handMade = grant.handMadeAfterReading()

    let wanted = desired?.permissions ?? []
    let sorted = sortLosses(of: grant, beyond: wanted, decision: decision, doubtsTime: doubtsTime)
    plan.doubted = sorted.doubted
    var kept = sorted.kept.union(sorted.doubted)
    let noticed = grant.losing
    plan.grant.losing = [:]
    for (kind, losses) in sorted.byKind.sorted(by: { $0.key < $1.key }) {
        switch kind {
        case .decided: break
        case .configuration: kept.formUnion(approved ? [] : plan.hold(losses, kind))
        case .told, .inferred:
            let waiting = plan.notice(losses, kind, noticed: noticed, now: now) {
                sorted.atOnce.contains($0) ? .zero : settle
            }
            kept.formUnion(waiting)
            kept.formUnion(plan.pass(losses.subtracting(waiting), kind, through: gate, approved: approved))
        }
    }

    let ours = wanted.union(kept)
    plan.grant.losing = plan.grant.losing.filter { kept.contains($0.key) }
    plan.losses = grant.permissions.subtracting(ours)
    plan.grant.reasons = desired?.reasons ?? [:]
    for (reason, permissions) in grant.reasons {
        let staying = permissions.intersection(kept).subtracting(wanted)
        if !staying.isEmpty { plan.grant.reasons[reason, default: []].formUnion(staying) }
    }
    plan.grant.everGranted.formUnion(ours)
    let target = plan.grant.row(with: ours)
    plan.grant.leave(beyond: target, given: grant.permissions)
    plan.change = grant.observed.change(to: target)
    return plan
}

extension ServerPlan {
    /// Notes when each loss was noticed, and gives back those that wait to settle, each on its own.
    fileprivate mutating func notice(
        _ losses: Set<Permission>,
        _ kind: LossKind,
        noticed: [Permission: Timestamp],
        now: Timestamp,
        settle: (Permission) -> Duration
    ) -> Set<Permission> {
        var waiting: Set<Permission> = []
        for permission in losses {
            // A clock that was set back must not lengthen the wait.
            let moment = min(noticed[permission] ?? now, now)
            grant.losing[permission] = moment
            let due = moment + settle(permission)
            guard due > now else { continue }
            waiting.insert(permission)
            settlesAt = min(settlesAt ?? due, due)
            awaited[kind] = max(awaited[kind] ?? moment, moment)
        }
        return waiting
    }

    /// Parts what has settled by the breaker's verdict; gives back what stays.
    fileprivate mutating func pass(
        _ due: Set<Permission>,
        _ kind: LossKind,
        through gate: LossGate,
        approved: Bool
    ) -> Set<Permission> {
        guard !due.isEmpty else { return [] }
        let moment = due.compactMap { grant.losing[$0] }.max()
        switch gate.verdict(on: kind) {
        case .go:
            counted[kind] = due
            return []
        case .hold where approved:
            return []
        case .hold:
            awaited[kind] = [awaited[kind], moment].compactMap(\.self).max()
            return hold(due, kind)
        case .wait:
            awaited[kind] = [awaited[kind], moment].compactMap(\.self).max()
            awaitsOthers = true
            return due
        }
    }

    fileprivate mutating func hold(_ losses: Set<Permission>, _ kind: LossKind) -> Set<Permission> {
        held[kind] = losses
        return losses
    }
}

private struct SortedLosses {
    /// What stays although nothing gives it now.
    var kept: Set<Permission> = []
    var doubted: Set<Permission> = []
    var byKind: [LossKind: Set<Permission>] = [:]
    /// Those of them that need not settle.
    var atOnce: Set<Permission> = []
}

/// A permission that several reasons gave is lost as cautiously as the most cautious of them asks.
private func sortLosses(
    of grant: Grant,
    beyond wanted: Set<Permission>,
    decision: Decision,
    doubtsTime: Bool
) -> SortedLosses {
    var sorted = SortedLosses()
    let losses = grant.reasons.mapValues { $0.subtracting(wanted) }.filter { !$0.value.isEmpty }
    let kinds = losses.keys.map { (reason: $0, kind: decision.loss(of: $0)) }
    for permission in losses.values.reduce(Set<Permission>(), { $0.union($1) }) {
        let givers = kinds.filter { losses[$0.reason]?.contains(permission) ?? false }
        if givers.contains(where: { $0.kind == nil }) {
            sorted.kept.insert(permission)
        } else if doubtsTime, givers.contains(where: { decision.isTimed(lossOf: $0.reason) }) {
            sorted.doubted.insert(permission)
        } else {
            sorted.byKind[givers.compactMap(\.kind).max() ?? .told, default: []].insert(permission)
            let isAtOnce = givers.allSatisfy { $0.kind == .decided || decision.isAtOnce(lossOf: $0.reason) }
            if isAtOnce { sorted.atOnce.insert(permission) }
        }
    }
    return sorted
}

extension Grant {
    /// What is hand-made, now that the row was read: what was recorded and is still there, and whatever we never gave.
    ///
    /// A recorded permission that we give as well stays recorded: the panel cannot show who would give it without us.
    fileprivate func handMadeAfterReading() -> Set<Permission>? {
        switch observed {
        case .unread: return handMade
        case .absent: return nil
        case .present(let row):
            let added = row.subtracting(everGranted).subtracting([.websocketConnect])
            let isFirstReading = everGranted.isEmpty
            guard handMade != nil || isFirstReading || !added.isEmpty else { return nil }
            let ours = permissions
            return (handMade ?? []).filter { row.contains($0) || ours.contains($0) }.union(added)
        }
    }

    /// Permissions of the row that we once gave and took back, and that somebody gave back by hand since.
    package var givenBackByHand: Set<Permission> {
        guard let row = observed.permissions else { return [] }
        return row.intersection(everGranted).subtracting(handMade ?? []).subtracting([.websocketConnect])
    }

    /// The row with `ours` and what is hand-made, and nothing else; `nil` if there shall be none.
    fileprivate func row(with ours: Set<Permission>) -> Set<Permission>? {
        guard !ours.isEmpty || handMade != nil else { return nil }
        return ours.union(handMade ?? []).union([.websocketConnect])
    }
}

extension ObservedRow {
    /// What makes of this row another; `nil` for the target means that there shall be none.
    package func change(to target: Set<Permission>?) -> ServerPlan.Change? {
        switch (self, target) {
        case (.unread, let target), (.absent, let target): target.map { .add($0) }
        case (.present, nil): .remove
        case (.present(let row), let target?): row == target ? nil : .update(target)
        }
    }
}

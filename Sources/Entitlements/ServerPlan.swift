/// The difference between what an account should have on one server and what it has.
package struct ServerPlan: Hashable, Sendable {
    /// What to do at the panel; `nil` if nothing.
    package var change: Change?
    /// The grant as it shall be once the change is done.
    package var grant: Grant
    /// Permissions that are taken away now.
    package var losses: Set<Permission> = []
    /// Of these, the ones that no person decided: the breaker counts them.
    package var toldLosses: Set<Permission> = []
    /// Losses that wait for a person, by kind.
    package var held: [LossKind: Set<Permission>] = [:]
    /// When losses that wait for `policy.settle` are due.
    package var settlesAt: Timestamp?
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
/// `approved` says that a person has allowed the losses that would otherwise be held, `holdsTold` that the breaker holds even those that
/// were told, and `doubtsTime` that what time alone takes away stays for now, because nobody knows what time it is.
package func planServer(
    grant: Grant,
    desired: DesiredServer?,
    decision: Decision,
    settle: Duration,
    approved: Bool,
    holdsTold: Bool = false,
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
    let sorted = sortLosses(
        of: grant,
        beyond: wanted,
        decision: decision,
        approved: approved,
        doubtsTime: doubtsTime
    )
    var kept = sorted.held.values.reduce(sorted.kept.union(sorted.doubted)) { $0.union($1) }
    plan.held = sorted.held
    plan.doubted = sorted.doubted
    kept.formUnion(plan.settle(sorted.told, after: settle, holdsTold: holdsTold && !approved, now: now))

    let ours = wanted.union(kept)
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
    /// Parts the told losses into those that wait for `settle`, each on its own, and those that are due; gives back what stays until then.
    fileprivate mutating func settle(
        _ told: Set<Permission>,
        after settle: Duration,
        holdsTold: Bool,
        now: Timestamp
    ) -> Set<Permission> {
        let noticed = grant.losing
        grant.losing = [:]
        for permission in told { grant.losing[permission] = noticed[permission] ?? now }
        let waiting = grant.losing.filter { $0.value + settle > now }
        settlesAt = waiting.values.min().map { $0 + settle }
        let due = told.subtracting(waiting.keys)
        guard !due.isEmpty else { return told }
        if holdsTold {
            held[.told] = due
            return told
        }
        toldLosses = due
        grant.losing = waiting
        return Set(waiting.keys)
    }
}

private struct SortedLosses {
    var kept: Set<Permission> = []
    var doubted: Set<Permission> = []
    var told: Set<Permission> = []
    var held: [LossKind: Set<Permission>] = [:]
}

/// A permission that several reasons gave is lost as cautiously as the most cautious of them asks.
private func sortLosses(
    of grant: Grant,
    beyond wanted: Set<Permission>,
    decision: Decision,
    approved: Bool,
    doubtsTime: Bool
) -> SortedLosses {
    var sorted = SortedLosses()
    let losses = grant.reasons.mapValues { $0.subtracting(wanted) }.filter { !$0.value.isEmpty }
    let kinds = losses.keys.map { (reason: $0, kind: decision.loss(of: $0)) }
    for permission in losses.values.reduce(Set<Permission>(), { $0.union($1) }) {
        let givers = kinds.filter { losses[$0.reason]?.contains(permission) ?? false }
        if givers.contains(where: { $0.kind == nil }) {
            sorted.kept.insert(permission)
            continue
        }
        if doubtsTime, givers.contains(where: { decision.isTimed(lossOf: $0.reason) }) {
            sorted.doubted.insert(permission)
            continue
        }
        switch givers.compactMap(\.kind).max() ?? .told {
        case .decided: break
        case .told: sorted.told.insert(permission)
        case let kind: if !approved { sorted.held[kind, default: []].insert(permission) }
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

    fileprivate var givenBackByHand: Set<Permission> {
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

/// What is lost of a server, and what that waits for.
extension DedicatedPlan {
    mutating func planUnwanted(
        _ server: DedicatedServer,
        _ kind: LossKind,
        _ circumstances: DedicatedCircumstances
    ) {
        let isSuspended = server.observed?.isSuspended ?? false
        if !isSuspended, server.suspendedAt == nil, !mayTake(.running, of: server, kind, circumstances) { return }
        if !isSuspended {
            self.server?.suspendedAt = server.suspendedAt ?? circumstances.now
            steps.append(.suspend)
        }
        planDeletion(of: server, circumstances)
    }

    /// Whether something may be lost now, and if not, what that waits for.
    mutating func mayTake(
        _ loss: Loss,
        of server: DedicatedServer,
        _ kind: LossKind,
        _ circumstances: DedicatedCircumstances
    ) -> Bool {
        self.loss = loss
        if circumstances.doubtsTime, circumstances.decision.isTimed(lossOf: server.reason) {
            isDoubted = true
            self.server?.losingSince = server.losingSince
            return false
        }
        switch kind {
        case .decided: return true
        case .told, .inferred: return mayTakeUndecided(loss, of: server, kind, circumstances)
        case .configuration:
            if circumstances.approved { return true }
            hold(loss, of: server, kind)
            return false
        }
    }

    /// What was told or inferred waits to settle, and for the breaker's verdict.
    private mutating func mayTakeUndecided(
        _ loss: Loss,
        of server: DedicatedServer,
        _ kind: LossKind,
        _ circumstances: DedicatedCircumstances
    ) -> Bool {
        // A clock that was set back must not lengthen the wait.
        let since = min(server.losingSince ?? circumstances.now, circumstances.now)
        let due = circumstances.decision.isAtOnce(lossOf: server.reason) ? since : since + circumstances.settle
        if due > circumstances.now {
            settlesAt = due
        } else {
            switch circumstances.gate.verdict(on: kind) {
            case .go:
                counted = kind
                return true
            case .hold where circumstances.approved: return true
            case .hold: hold(loss, of: server, kind)
            case .wait: awaitsOthers = true
            }
        }
        self.server?.losingSince = since
        awaited[kind] = since
        return false
    }

    private mutating func hold(_ loss: Loss, of server: DedicatedServer, _ kind: LossKind) {
        held[kind] = "\(server.name) would be \(loss.participle)"
    }

    /// A server is deleted when it has been suspended for long after its end, and a person allowed it or the configuration does.
    private mutating func planDeletion(of server: DedicatedServer, _ circumstances: DedicatedCircumstances) {
        guard circumstances.decision.hasEnded(slot.subscription) else {
            self.server?.endedAt = nil
            self.server?.deletionWaitsSince = nil
            self.server?.deletionConfirmedBy = nil
            return
        }
        let ended = server.endedAt ?? circumstances.now
        self.server?.endedAt = ended
        let deletion = circumstances.deletion(of: server.reason.tier)
        let dueAt = ended + deletion.after
        guard dueAt <= circumstances.now else {
            due.append(dueAt)
            return
        }
        if circumstances.doubtsTime {
            isDoubted = true
            return
        }
        guard steps.isEmpty else { return }
        if !deletion.asks || server.deletionConfirmedBy != nil {
            steps.append(.delete)
            return
        }
        self.server?.deletionWaitsSince = server.deletionWaitsSince ?? circumstances.now
        attention.append(
            Need(
                """
                \(server.name), the server of subscription \(slot.subscription), has been suspended since what it was bought with ended, and \
                is kept until a person allows it to be deleted with everything on it.
                """,
                do:
                    "Allow it with `paydactyl confirm-deletion \(slot.subscription)`, or let the customer fetch their data first."
            )
        )
    }
}

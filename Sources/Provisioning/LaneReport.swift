package import Entitlements
package import Ledger

/// What one run of a lane found, in words for people; it says how the customer is left.
package struct LaneReport: Hashable, Sendable {
    /// A person has to do something.
    package var attention: [Need] = []
    /// So does one of what the lanes of ranks found, as they wrote it down.
    package var attentionOfRanks: [String] = []
    /// Something else has to change first; it is looked at again by itself.
    package private(set) var blocked: [String] = []
    /// Only news can change it: nothing is tried meanwhile.
    package private(set) var stuck: [String] = []
    /// What the sentences of both are about.
    package private(set) var causes: [String: BlockCause] = [:]
    /// Tried again by itself.
    package var retrying: [String] = []
    /// Waits for a moment that is known.
    package var waiting: [String] = []
    /// Losses that a person has to approve.
    package var held: [String] = []
    /// Losses that wait, for a person or for a moment, by kind.
    package var awaited: [LossKind: AwaitedLoss] = [:]
    /// Whether some of them wait until others were looked at, who then go first.
    package var awaitsOthers = false
    /// Whether some panel could not be looked at, so that nobody knows all that would be lost.
    package var leavesLosses = false
    /// Moments at which something is due.
    package var due: [Timestamp] = []
    /// Those of them at which time alone changes something.
    package private(set) var changes: [Timestamp] = []
    /// Whether the customer should have access; `nil` if that could not be decided.
    package var hasAccess: Bool?

    package init() {}

    /// Says what stands in the way, once.
    package mutating func block(_ reason: String, by cause: BlockCause) {
        guard !blocked.contains(reason) else { return }
        blocked.append(reason)
        causes[reason] = cause
    }

    /// Says what nothing but news can change.
    package mutating func stick(_ reason: String, by cause: BlockCause) {
        stuck.append(reason)
        causes[reason] = cause
    }

    /// Says when time alone changes something.
    package mutating func change(at moment: Timestamp) {
        due.append(moment)
        changes.append(moment)
    }

    package mutating func wait(until moment: Timestamp, _ reason: String) {
        waiting.append(reason)
        due.append(moment)
    }

    /// Notes what waits on one of the panels.
    package mutating func noteAwaited(_ loss: AwaitedLoss) {
        var united = awaited[loss.kind] ?? loss
        united.noticedAt = max(united.noticedAt, loss.noticedAt)
        united.isHeld = united.isHeld || loss.isHeld
        awaited[loss.kind] = united
    }

    package func outcome(
        of claim: Claim,
        policy: Policy,
        jitter: Double,
        heldFingerprint: String?,
        now: Timestamp
    ) -> LaneOutcome {
        let isTryingAgain = !retrying.isEmpty || !blocked.isEmpty
        let attempt = isTryingAgain ? claim.attempt + 1 : 0
        var due = due
        if isTryingAgain { due.append(now + policy.retry.wait(afterAttempts: attempt, jitter: jitter)) }
        var attention = attention
        if !retrying.isEmpty, claim.workingSince + policy.attentionAfter <= now {
            attention.append(
                Need(
                    "It has not worked for more than \(policy.attentionAfter.inWords); it is still being tried. What fails is said in the customer's other reasons.",
                    do: "Look at the panel, and look again here once it is mended."
                )
            )
        }
        let needs = attention.map(\.sentence) + attentionOfRanks
        return LaneOutcome(
            state: state(needs: needs),
            reasons: needs + held + blocked + stuck + retrying + waiting,
            causes: causes,
            heldFingerprint: held.isEmpty ? nil : heldFingerprint,
            awaited: awaited.values.sorted { $0.kind < $1.kind },
            leavesLosses: leavesLosses,
            hasAccess: hasAccess,
            dueAt: due.min(),
            changesAt: changes.filter { $0 > now }.min(),
            dueAs: awaited.isEmpty ? .audit : awaitsOthers ? .change : .revocation,
            attempt: attempt
        )
    }

    private func state(needs: [String]) -> CustomerState {
        if !needs.isEmpty || !held.isEmpty { return .needsAttention }
        if !blocked.isEmpty || !stuck.isEmpty { return .blocked }
        return retrying.isEmpty && waiting.isEmpty ? .converged : .working
    }
}

extension Duration {
    /// `15 minutes`, `7 days`: the largest unit that fits.
    package var inWords: String {
        let seconds = components.seconds
        let (count, unit): (Int64, String) =
            switch seconds {
            case ..<120: (seconds, "second")
            case ..<7200: (seconds / 60, "minute")
            case ..<172_800: (seconds / 3600, "hour")
            default: (seconds / 86_400, "day")
            }
        return count == 1 ? "1 \(unit)" : "\(count) \(unit)s"
    }
}

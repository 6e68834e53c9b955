package import Entitlements

/// Whether a panel is spoken to: closed while it answers like a panel, open while it is the panel itself that is wrong.
package struct Circuit: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case closed
        /// Nothing is sent until `retryAt`, when one probe looks.
        case open(reason: String, since: Timestamp, retryAt: Timestamp)
        /// It is not the panel that it was; only a person closes it.
        case locked(reason: String, since: Timestamp)
    }

    package private(set) var state: State = .closed
    private var failures = 0
    /// Until when a failure counts as one more of the same trouble: a panel that answers the probe and nothing else would otherwise be probed
    /// at the pace of the first failure for ever.
    private var troubleUntil: Timestamp?

    package init() {}

    package var isClosed: Bool { state == .closed }

    /// What to tell people; `nil` while it is closed.
    package var reason: String? {
        switch state {
        case .closed: nil
        case .open(let reason, _, _), .locked(let reason, _): reason
        }
    }

    /// When the next probe is due.
    package var retryAt: Timestamp? {
        switch state {
        case .open(_, _, let retryAt): retryAt
        case .closed, .locked: nil
        }
    }

    package mutating func fail(_ reason: String, schedule: RetrySchedule, jitter: Double, now: Timestamp) {
        if isClosed, troubleUntil.map({ $0 <= now }) ?? true { failures = 0 }
        failures += 1
        let wait = schedule.wait(afterAttempts: failures, jitter: jitter)
        let retryAt = now + wait
        troubleUntil = retryAt + wait
        switch state {
        case .closed: state = .open(reason: reason, since: now, retryAt: retryAt)
        case .open(_, let since, _): state = .open(reason: reason, since: since, retryAt: retryAt)
        case .locked: break
        }
    }

    package mutating func lock(_ reason: String, now: Timestamp) {
        if case .locked = state { return }
        state = .locked(reason: reason, since: now)
    }

    /// A person has looked and says that it is the panel that it was; says whether it was locked.
    package mutating func unlock() -> Bool {
        guard case .locked = state else { return false }
        state = .closed
        failures = 0
        troubleUntil = nil
        return true
    }

    /// The panel answered as it should; says whether the circuit was open.
    package mutating func succeed() -> Bool {
        switch state {
        case .closed, .locked: return false
        case .open:
            state = .closed
            return true
        }
    }
}

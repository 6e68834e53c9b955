package import Entitlements
import Synchronization

/// What the intake saw that a person should know, for the status page.
package final class IntakeAlerts: Sendable {
    package struct Skew: Hashable, Sendable {
        /// How far the sender's clock was ahead of ours; negative if behind.
        package var difference: Duration
        package var at: Timestamp
    }

    /// A delivery that was not let in, and why.
    package struct TurnedAway: Hashable, Sendable {
        package var status: Int
        package var detail: String
        package var at: Timestamp
    }

    private struct State {
        var skew: Skew?
        var turnedAway: TurnedAway?
        var loggedAt: Timestamp?
    }

    /// Strangers can cause these lines, so they come seldom.
    private static let logEvery: Duration = .seconds(60)

    private let state = Mutex(State())

    package init() {}

    /// The last delivery that was signed correctly but outside the tolerance.
    package var lastSkew: Skew? {
        state.withLock { $0.skew }
    }

    /// The last delivery that was answered with 401 or 403: what to look at where none gets through.
    package var lastTurnedAway: TurnedAway? {
        state.withLock { $0.turnedAway }
    }

    func noteSkew(_ difference: Duration, now: Timestamp) {
        state.withLock { $0.skew = Skew(difference: difference, at: now) }
    }

    /// Keeps it and says whether it is worth a line in the log.
    func note(_ turnedAway: TurnedAway) -> Bool {
        state.withLock { state in
            state.turnedAway = turnedAway
            if let last = state.loggedAt, turnedAway.at - last < Self.logEvery { return false }
            state.loggedAt = turnedAway.at
            return true
        }
    }
}

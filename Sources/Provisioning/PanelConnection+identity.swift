import Entitlements
import Logging
import Synchronization

/// Whether this is the panel that was known.
extension PanelConnection {
    /// Stops all writes because this is not the panel that it was.
    func lock(_ reason: String, now: Timestamp) {
        state.withLock { $0.circuit.lock(reason, now: now) }
        logger.error(
            "The panel is not the one that was known; nothing is written.",
            metadata: ["panel": "\(name)", "reason": "\(reason)"]
        )
    }

    /// Goes on with a locked panel because a person said so, and says whether it was locked.
    ///
    /// The next audit locks it again if most ids mean other accounts there, or any another server; a smaller part of the accounts is given
    /// up. That accounts are gone, the person has answered for.
    package func unlock() -> Bool {
        state.withLock { state in
            guard state.circuit.unlock() else { return false }
            state.wasUnlocked = true
            return true
        }
    }

    /// Whether a person said that it is the panel that it was, which a whole reading has yet to bear out.
    var wasUnlocked: Bool {
        state.withLock { $0.wasUnlocked }
    }

    /// A reading bore out, or did not, what a person said; says whether what a lane locked meanwhile goes on.
    func settleWord(isBorneOut: Bool) -> Bool {
        state.withLock { state in
            defer { state.wasUnlocked = false }
            return state.wasUnlocked && isBorneOut && state.circuit.unlock()
        }
    }

    /// Whether an account that we knew is given up, since its id is somebody else's and a person has looked.
    func isGivenAway(_ account: Int, uuid: String) -> Bool {
        state.withLock { $0.givenAway[account] == uuid }
    }

    /// Whether any account that we knew by that id is given up.
    func isGivenAway(_ account: Int) -> Bool {
        state.withLock { $0.givenAway[account] != nil }
    }

    func giveUp(_ accounts: [Int: String]) {
        state.withLock { $0.givenAway = accounts }
    }
}

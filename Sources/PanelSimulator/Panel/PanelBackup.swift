import Synchronization

/// What a panel held at a moment.
package struct PanelBackup: Sendable {
    fileprivate let state: PanelState
}

extension SimulatedPanel {
    /// Takes a backup of everything the panel holds.
    package func backup() -> PanelBackup {
        PanelBackup(state: state.withLock { $0 })
    }

    /// Puts a backup back: what was made since is gone, and its ids are given out again.
    ///
    /// Mails, Wings calls, consoles, players' ranks, the log and the limits stay as they are, since they lie outside the database.
    package func restore(_ backup: PanelBackup) {
        state.withLock { state in
            var restored = backup.state
            restored.mails = state.mails
            restored.wingsCalls = state.wingsCalls
            restored.console = state.console
            restored.luckPermsStorages = state.luckPermsStorages
            restored.luckPermsOf = state.luckPermsOf
            restored.log = state.log
            restored.counts = state.counts
            restored.wings = state.wings
            restored.wingsOfServer = state.wingsOfServer
            restored.isMailDown = state.isMailDown
            restored.limiter = state.limiter
            restored.openWrites = state.openWrites
            restored.nextExchangeID = state.nextExchangeID
            restored.random = state.random
            state = restored
        }
    }
}

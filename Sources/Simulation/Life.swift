import Synchronization

/// One life of the service's process, from its start to the kill that ends it.
///
/// A killed process reaches neither ledger nor panel any more, and nothing that it held in memory is left; what it has in the air is unwound
/// without effect.
final class Life: Sendable {
    private struct State {
        var isOver = false
        var isBuried = false
        var isUnwound = false
        /// How many more uses of ledger and panel it lives through; `nil` for all.
        var left: Int?
    }

    let number: Int
    private let state = Mutex(State())

    init(number: Int) {
        self.number = number
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    /// Ends it after so many more uses of ledger and panel; `nil` lets it live on.
    func end(after uses: Int?) {
        state.withLock { $0.left = uses }
    }

    /// Whether what it has in the air is being unwound.
    var isBuried: Bool { state.withLock { $0.isBuried } }

    func bury() {
        state.withLock { state in
            state.isOver = true
            state.isBuried = true
        }
    }

    /// Whether nothing of it is in the air any more.
    var isUnwound: Bool { state.withLock { $0.isUnwound } }

    func wasUnwound() {
        state.withLock { $0.isUnwound = true }
    }

    /// Counts one moment at which a process can die: before a use of ledger or panel takes effect, and after.
    func pass() throws {
        try state.withLock { state in
            if let left = state.left {
                state.left = left - 1
                if left <= 0 { state.isOver = true }
            }
            if state.isOver { throw Killed() }
        }
    }

    func requireAlive() throws {
        if isOver { throw Killed() }
    }
}

/// What ledger and panel tell a process that was killed; nobody reads it.
struct Killed: Error {}

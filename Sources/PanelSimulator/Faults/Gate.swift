import Synchronization

/// Holds requests back until so many of them have come, then lets them pass one after the other in their order.
package final class Gate: Sendable {
    private struct State {
        var missing: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(size: Int) {
        self.state = Mutex(State(missing: size))
    }

    /// How many still have to come.
    package var missing: Int { state.withLock { $0.missing } }

    /// Lets those pass who wait, and everybody after them.
    package func open() {
        let waiting = state.withLock { state in
            state.missing = 0
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits for the others.
    func pass() async {
        await withCheckedContinuation { continuation in
            let released = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.missing = max(0, state.missing - 1)
                state.waiting.append(continuation)
                guard state.missing == 0 else { return [] }
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in released { continuation.resume() }
        }
    }
}

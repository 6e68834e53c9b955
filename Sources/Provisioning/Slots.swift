import Synchronization

/// A bounded number of places for work; one waiter.
final class Slots: Sendable {
    private struct State {
        var free: Int
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    /// Returns how many places are free, at least one; waits until one is.
    func waitForFree() async -> Int {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 { return true }
                state.waiting = continuation
                return false
            }
            if isFree { continuation.resume() }
        }
        return state.withLock { $0.free }
    }

    func take() {
        state.withLock { $0.free -= 1 }
    }

    func give() {
        let waiting = state.withLock { state in
            state.free += 1
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}

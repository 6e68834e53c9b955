import Synchronization

/// Tells a loop that there is something to do; many rings before it looks are one.
package final class Signal: Sendable {
    private struct State {
        var isRung = false
        var nextID = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func ring() {
        let waiting = state.withLock { state in
            let waiting = state.waiting.values.map(\.self)
            state.waiting = [:]
            state.isRung = waiting.isEmpty
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns once it rings, at once if it rang since the last wait, or when the task is cancelled.
    package func wait() async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.isRung || Task.isCancelled {
                        state.isRung = false
                        return true
                    }
                    state.waiting[id] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { $0.waiting.removeValue(forKey: id) }
            continuation?.resume()
        }
    }
}

import Synchronization

/// How much a piece of work matters, which grows while something more urgent waits for its end.
///
/// Work that keeps others waiting must not itself wait behind what they would go before.
public final class Urgency: Sendable {
    private struct Waiter {
        var exceeded: RequestPriority
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var priority: RequestPriority
        var waiting: [Int: Waiter] = [:]
        var last = 0
    }

    private let state: Mutex<State>

    public init(_ priority: RequestPriority) {
        state = Mutex(State(priority: priority))
    }

    public var priority: RequestPriority {
        state.withLock { $0.priority }
    }

    /// Lends it the priority of what waits; it never sinks.
    public func raise(to priority: RequestPriority) {
        let woken = state.withLock { state -> [Waiter] in
            state.priority = max(state.priority, priority)
            let woken = state.waiting.filter { $0.value.exceeded < priority }
            for key in woken.keys { state.waiting[key] = nil }
            return woken.values.map(\.self)
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Returns once it is above a priority, or when the task is cancelled.
    func exceeds(_ priority: RequestPriority) async {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.priority > priority || Task.isCancelled { return true }
                    state.waiting[number] = Waiter(exceeded: priority, continuation: continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.continuation.resume()
        }
    }
}

import PterodactylAPI
import Synchronization

/// Lets one task through at a time: of those who wait the most urgent, and of these the one that came first.
///
/// Whoever is inside is lent the priority of who waits, so that nobody urgent waits for work which itself waits for a panel's budget.
final class SerialGate: Sendable {
    private struct Waiter {
        var urgency: Urgency
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var inside: Urgency?
        var waiting: [Waiter] = []
    }

    private let state = Mutex(State())

    var isTaken: Bool { state.withLock { $0.inside != nil } }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiting.count } }

    func pass<Result>(_ work: () async throws -> Result) async rethrows -> Result {
        let urgency = Urgency(PterodactylPanel.priority)
        await enter(urgency)
        defer { leave() }
        return try await PterodactylPanel.$urgency.withValue(urgency, operation: work)
    }

    private func enter(_ urgency: Urgency) async {
        await withCheckedContinuation { continuation in
            let inside = state.withLock { state -> Urgency? in
                guard let inside = state.inside else {
                    state.inside = urgency
                    return nil
                }
                state.waiting.append(Waiter(urgency: urgency, continuation: continuation))
                return inside
            }
            guard let inside else { return continuation.resume() }
            inside.raise(to: urgency.priority)
        }
    }

    private func leave() {
        let next = state.withLock { state -> Waiter? in
            let mostUrgent = state.waiting.indices.max {
                state.waiting[$0].urgency.priority < state.waiting[$1].urgency.priority
            }
            let next = mostUrgent.map { state.waiting.remove(at: $0) }
            state.inside = next?.urgency
            return next
        }
        next?.continuation.resume()
    }
}

import PterodactylAPI
import Synchronization

/// A clock that stands still until it is told to go on.
final class ManualClock: Sendable {
    private struct State {
        var now: Duration = .zero
        var sleepers: [Int: (until: Duration, wake: CheckedContinuation<Void, any Error>)] = [:]
        var cancelled: Set<Int> = []
        var last = 0
    }

    private let state = Mutex(State())

    var clock: PanelClock {
        PanelClock(
            uptime: { self.state.withLock(\.now) },
            sinceEpoch: { .seconds(1_000_000) + self.state.withLock(\.now) },
            sleep: { try await self.sleep($0) }
        )
    }

    /// How many tasks sleep; what is to be woken must sleep first.
    var sleeping: Int { state.withLock(\.sleepers.count) }

    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for key in due.keys { state.sleepers[key] = nil }
            return due.values.map(\.wake)
        }
        for wake in due { wake.resume() }
    }

    private func sleep(_ duration: Duration) async throws {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wake in
                let isCancelled = state.withLock { state in
                    guard state.cancelled.remove(number) == nil else { return true }
                    state.sleepers[number] = (state.now + duration, wake)
                    return false
                }
                if isCancelled { wake.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                if state.sleepers[number] == nil { state.cancelled.insert(number) }
                return state.sleepers.removeValue(forKey: number)
            }
            sleeper?.wake.resume(throwing: CancellationError())
        }
    }
}

/// Lets the others run until something holds.
func until(_ holds: @Sendable () -> Bool) async {
    while !holds() { await Task.yield() }
}

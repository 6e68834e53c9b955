import Entitlements
import Foundation
import Provisioning
import Synchronization

/// A clock that runs with the machine's and can be set forward: who sleeps past the jump wakes at once.
final class AdjustableClock: Sendable {
    private struct State {
        var offset: Duration = .zero
        var jumps = 0
        var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextSleeper = 0
    }

    private let state: Mutex<State>

    /// Starts at a moment, now if none is given.
    init(at start: Timestamp? = nil) {
        var state = State()
        if let start { state.offset = start - Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
        self.state = Mutex(state)
    }

    var now: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) + state.withLock { $0.offset }
    }

    func advance(by duration: Duration) {
        let sleepers = state.withLock { state in
            state.offset += duration
            defer { state.sleepers = [:] }
            return state.sleepers.values.map(\.self)
        }
        for sleeper in sleepers { sleeper.resume() }
    }

    var clock: ServiceClock {
        ServiceClock(now: { self.now }, sleep: { try await self.sleep($0) }, jitter: { 0.5 })
    }

    private func sleep(_ duration: Duration) async throws {
        let end = now + duration
        while now < end {
            let remaining = end - now
            await withTaskGroup { group in
                group.addTask { do { try await Task.sleep(for: remaining) } catch {} }
                group.addTask { await self.nextJump() }
                await group.next()
                group.cancelAll()
            }
            try Task.checkCancellation()
        }
    }

    private func nextJump() async {
        let id = state.withLock { state in
            state.nextSleeper += 1
            return state.nextSleeper
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if Task.isCancelled { return true }
                    state.sleepers[id] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.resume()
        }
    }
}

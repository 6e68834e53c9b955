import Foundation
import Oracle
import PanelSimulator
import Synchronization

/// The one thread and the one clock of a simulation.
///
/// Every task of the engine runs here, one at a time; which of those that are ready goes next is drawn from the seed. Time stands still
/// while anything can go on, and leaps to the next sleeper when nothing can.
final class VirtualTime: TaskExecutor {
    private struct Sleeper {
        var due: Moment
        var continuation: CheckedContinuation<Void, Never>
        var owner: Int
    }

    private struct State {
        var ready: [UnownedJob] = []
        var sleepers: [Int: Sleeper] = [:]
        var nextSleeper = 0
        var now: Moment
        var random: RandomSource
        var steps = 0
        var strangers = 0
        var isUnwinding = false
    }

    private let state: Mutex<State>
    private let strangerCame = DispatchSemaphore(value: 0)
    private let home = ObjectIdentifier(Thread.current)

    init(start: Moment, random: RandomSource) {
        state = Mutex(State(now: start, random: random))
    }

    var now: Moment { state.withLock { $0.now } }

    /// How many steps the engine has made.
    var steps: Int { state.withLock { $0.steps } }

    /// How many tasks came from another thread, whose order no seed decides; it must be none.
    var strangers: Int { state.withLock { $0.strangers } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isStranger = ObjectIdentifier(Thread.current) != home
        state.withLock { state in
            state.ready.append(job)
            if isStranger, !state.isUnwinding { state.strangers += 1 }
        }
        if isStranger { strangerCame.signal() }
    }

    /// Lets one task go on, if any can.
    func step() -> Bool {
        let job = state.withLock { state -> UnownedJob? in
            guard !state.ready.isEmpty else { return nil }
            state.steps += 1
            let place = state.ready.count == 1 ? 0 : Int.random(in: state.ready.indices, using: &state.random)
            return state.ready.remove(at: place)
        }
        guard let job else { return false }
        job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }

    /// Lets tasks go on in the order in which they came, drawing nothing, until what they unwind is over; says whether it came to that.
    ///
    /// What unwinds without effect may do so in any order, so here other threads may have a hand in it: a service's cancellation does.
    func unwind(_ begin: () -> Void, until isOver: () -> Bool) -> Bool {
        state.withLock { $0.isUnwinding = true }
        defer { state.withLock { $0.isUnwinding = false } }
        begin()
        while !isOver() {
            if let job = state.withLock({ $0.ready.isEmpty ? nil : $0.ready.removeFirst() }) {
                job.runSynchronously(on: asUnownedTaskExecutor())
            } else if strangerCame.wait(timeout: .now() + 5) == .timedOut {
                return false
            }
        }
        return true
    }

    /// When the next sleeper wakes.
    var nextWaking: Moment? {
        state.withLock { $0.sleepers.values.map(\.due).min() }
    }

    /// Leaps to a moment and wakes whoever is due by then.
    func leap(to moment: Moment) {
        let woken = state.withLock { state -> [Sleeper] in
            state.now = max(state.now, moment)
            let due = state.sleepers.filter { $0.value.due <= state.now }.sorted { $0.key < $1.key }
            for (id, _) in due { state.sleepers[id] = nil }
            return due.map(\.value)
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Sleeps in virtual time; ends early when the task is cancelled or its owner's sleep is broken.
    func sleep(_ duration: Duration, owner: Int) async {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        guard milliseconds >= 0 else { return }
        let id = state.withLock { state in
            state.nextSleeper += 1
            return state.nextSleeper
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if Task.isCancelled { return true }
                    // At least a moment, so that time goes on.
                    let due = state.now + Span(milliseconds + 1)
                    state.sleepers[id] = Sleeper(due: due, continuation: continuation, owner: owner)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
            sleeper?.continuation.resume()
        }
    }

    /// Wakes all sleepers of an owner at once.
    func breakSleep(of owner: Int) {
        let woken = state.withLock { state -> [Sleeper] in
            let theirs = state.sleepers.filter { $0.value.owner == owner }.sorted { $0.key < $1.key }
            for (id, _) in theirs { state.sleepers[id] = nil }
            return theirs.map(\.value)
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Draws from the seed.
    func draw<Value>(_ draw: (inout RandomSource) -> Value) -> Value {
        state.withLock { draw(&$0.random) }
    }
}

/// Does on the spot what is written to be awaited, so that nothing else of the simulation goes on meanwhile.
func onTheSpot<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
    let outcome = Outcome<Value>()
    // The ledger works on the thread that asks; whatever went elsewhere all the same is waited for.
    if #available(macOS 26, *) {
        Task.immediateDetached { await outcome.settle(work) }
    } else {
        Task.detached { await outcome.settle(work) }
    }
    return try outcome.wait()
}

private final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func settle(_ work: @Sendable () async throws -> Value) async {
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await work()) } catch { outcome = .failure(error) }
        result.withLock { $0 = outcome }
        isThere.signal()
    }

    func wait() throws -> Value {
        isThere.wait()
        guard let outcome = result.withLock({ $0 }) else { preconditionFailure("signalled without an outcome") }
        return try outcome.get()
    }
}

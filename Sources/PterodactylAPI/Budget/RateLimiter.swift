import Synchronization

/// Makes tasks wait for what a ``RateBudget`` decides.
final class RateLimiter: Sendable {
    /// It was not sent, because too many wait already.
    struct Overloaded: Error {}

    private typealias Waiter = CheckedContinuation<RateBudget.Permit, any Error>

    private enum Place {
        case coming
        case waiting(Waiter)
        case decided(Result<RateBudget.Permit, any Error>)
    }

    private struct State {
        var budget: RateBudget
        var places: [RateBudget.Ticket: Place] = [:]

        /// Decides over a place, and returns whom to wake once the lock is gone.
        mutating func decide(_ ticket: RateBudget.Ticket, _ result: Result<RateBudget.Permit, any Error>) -> Wake? {
            switch places[ticket] {
            case .waiting(let waiter):
                places[ticket] = nil
                return Wake(waiter: waiter, result: result)
            case .coming:
                places[ticket] = .decided(result)
                return nil
            case .decided, nil: return nil
            }
        }
    }

    private struct Wake {
        var waiter: Waiter
        var result: Result<RateBudget.Permit, any Error>
    }

    private let state: Mutex<State>
    private let clock: PanelClock

    init(_ settings: RateBudget.Settings, clock: PanelClock) {
        state = Mutex(State(budget: RateBudget(settings)))
        self.clock = clock
    }

    var status: BudgetStatus {
        state.withLock { $0.budget.status(now: clock.uptime()) }
    }

    /// Waits until one request of this priority may be sent; the permit must be given back.
    func permit(_ priority: RequestPriority) async throws -> RateBudget.Permit {
        try Task.checkCancellation()
        let now = clock.uptime()
        let (decision, wake) = state.withLock { state -> (RateBudget.Decision, Wake?) in
            let decision = state.budget.request(priority, now: now)
            guard case .wait(let ticket, _, let pushedOut) = decision else { return (decision, nil) }
            state.places[ticket] = .coming
            return (decision, pushedOut.flatMap { state.decide($0, .failure(Overloaded())) })
        }
        if let wake { wake.waiter.resume(with: wake.result) }
        switch decision {
        case .go(let permit): return permit
        case .full: throw Overloaded()
        case .wait(let ticket, _, _): return try await wait(for: ticket)
        }
    }

    /// The same for work that may become more urgent while it waits: it then asks anew, among those that matter as much.
    func permit(_ urgency: Urgency) async throws -> RateBudget.Permit {
        while true {
            let priority = urgency.priority
            guard priority < .newlyPaid else { return try await permit(priority) }
            if let permit = try await permit(priority, whileNotAbove: urgency) { return permit }
            try Task.checkCancellation()
        }
    }

    private func permit(_ priority: RequestPriority, whileNotAbove urgency: Urgency) async throws -> RateBudget.Permit?
    {
        try await withThrowingTaskGroup(of: RateBudget.Permit?.self) { group in
            group.addTask {
                do { return try await self.permit(priority) } catch is CancellationError { return nil }
            }
            group.addTask {
                await urgency.exceeds(priority)
                return nil
            }
            var granted: RateBudget.Permit?
            // Both are waited for: a permit that comes at the moment of the rise must not be lost.
            while let permit = try await group.next() {
                granted = granted ?? permit
                group.cancelAll()
            }
            return granted
        }
    }

    func settled(_ permit: RateBudget.Permit, _ answer: RateBudget.Answer?) {
        pump { $0.settled(permit, answer, now: $1) }
    }

    func unused(_ permit: RateBudget.Permit) {
        pump { $0.unused(permit, now: $1) }
    }

    /// Whoever waits keeps the time, too, so that no task of its own is needed to release what is due.
    private func wait(for ticket: RateBudget.Ticket) async throws -> RateBudget.Permit {
        try await withThrowingTaskGroup(of: RateBudget.Permit?.self) { group in
            group.addTask { try await self.decision(on: ticket) }
            group.addTask {
                // Its end is never the group's: a permit that is decided on at the same moment must not be lost.
                do { try await self.keepTime() } catch { return nil }
                return nil
            }
            defer { group.cancelAll() }
            while let permit = try await group.next() {
                if let permit { return permit }
            }
            throw CancellationError()
        }
    }

    private func decision(on ticket: RateBudget.Ticket) async throws -> RateBudget.Permit {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let decided = state.withLock { state -> Result<RateBudget.Permit, any Error>? in
                    guard case .decided(let result) = state.places[ticket] else {
                        state.places[ticket] = .waiting(waiter)
                        return nil
                    }
                    state.places[ticket] = nil
                    return result
                }
                if let decided { waiter.resume(with: decided) }
            }
        } onCancel: {
            let wake = state.withLock { state -> Wake? in
                // Once decided it stays so: the permit goes to the caller, who gives it back.
                state.budget.withdraw(ticket)
                return state.decide(ticket, .failure(CancellationError()))
            }
            if let wake { wake.waiter.resume(with: wake.result) }
        }
    }

    private func keepTime() async throws {
        while true {
            try Task.checkCancellation()
            let now = clock.uptime()
            guard let due = state.withLock({ $0.budget.nextRelease(now) }) else { return }
            if due > now { try await clock.sleep(due - now) }
            pump { _, _ in }
        }
    }

    private func pump(_ change: (inout RateBudget, Duration) -> Void) {
        let now = clock.uptime()
        let wakes = state.withLock { state -> [Wake] in
            change(&state.budget, now)
            return state.budget.release(now: now).compactMap { state.decide($0.ticket, .success($0.permit)) }
        }
        for wake in wakes { wake.waiter.resume(with: wake.result) }
    }
}

package import Foundation
import Synchronization

/// A Pterodactyl panel that behaves like the recorded one, in process.
///
/// Requests are answered by ``answer(_:)``, faults and latencies included. Tests that need to decide themselves what
/// overlaps with what use ``begin(_:)`` and ``commit(_:)``. Everything else is direct access: what the panel holds, what
/// it did, and what a person might do on it by hand. All of it is safe to use from any task.
package final class SimulatedPanel: Sendable {
    let state: Mutex<PanelState>
    /// The faults that callers meet.
    package let faults: FaultPlan
    private let now: @Sendable () -> Date
    private let sleep: @Sendable (Duration) async throws -> Void

    /// Makes a panel that holds a world.
    ///
    /// The clock and the sleep are those of the machine unless others are given.
    package init(
        _ world: PanelWorld = .recorded,
        faults: FaultPlan = FaultPlan(),
        now: @escaping @Sendable () -> Date = { Date() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        var state = PanelState(world: world)
        // As in the recordings, the servers have run for a minute.
        state.serversStartedAt = Int(now().timeIntervalSince1970) - 61
        self.state = Mutex(state)
        self.faults = faults
        self.now = now
        self.sleep = sleep
    }

    /// Seconds since 1970.
    var time: Double { now().timeIntervalSince1970 }

    /// Answers a request, with the faults and latencies that are on.
    package func answer(_ request: PanelRequest) async -> PanelAnswer {
        let faults = faults.faults(for: request)
        if let early = faults.early {
            return log(request, faults.stamped(early, now: time), isFaulted: true)
        }
        let exchange: Exchange
        let response: PanelResponse
        if let latency = faults.latency {
            exchange = begin(request)
            await wait(latency)
            response = commit(exchange)
        } else if let gate = faults.gate {
            exchange = begin(request)
            await gate.pass()
            response = commit(exchange)
        } else {
            (exchange, response) = perform(request)
        }
        if let delay = faults.lateness { await wait(delay) }
        let own = PanelAnswer.response(response)
        let answer = faults.stamped(faults.late ?? own, now: time)
        return log(request, answer, route: exchange.route, isFaulted: faults.late != nil)
    }

    /// Takes a request in without committing what it writes.
    ///
    /// Every exchange that was begun must be committed, else it goes on deadlocking with others.
    package func begin(_ request: PanelRequest) -> Exchange {
        let time = time
        return state.withLock { state in
            state.finishInstallations(now: time)
            return state.begin(request, now: time)
        }
    }

    /// Commits what was begun and answers it.
    package func commit(_ exchange: Exchange) -> PanelResponse {
        let time = time
        return state.withLock { $0.commit(exchange, now: time) }
    }

    /// Answers a request at once, without faults and without an entry in the log.
    package func respond(to request: PanelRequest) -> PanelResponse {
        perform(request).1
    }

    private func perform(_ request: PanelRequest) -> (Exchange, PanelResponse) {
        let time = time
        return state.withLock { state in
            state.finishInstallations(now: time)
            let exchange = state.begin(request, now: time)
            return (exchange, state.commit(exchange, now: time))
        }
    }

    /// A caller who gives up does not stop PHP: what was begun is committed all the same.
    private func wait(_ duration: Duration) async {
        do {
            try await sleep(duration)
        } catch {
            return
        }
    }

    private func log(
        _ request: PanelRequest,
        _ answer: PanelAnswer,
        route: Route? = nil,
        isFaulted: Bool
    ) -> PanelAnswer {
        let route = route ?? Self.route(of: request)
        let entry = LoggedRequest(
            method: request.method,
            path: request.target,
            status: answer.response?.status,
            route: route?.name,
            isFaulted: isFaulted
        )
        state.withLock { state in
            state.log.append(entry)
            state.trim(&state.log)
            state.counts[entry.route ?? "none", default: 0] += 1
        }
        return answer
    }

    private static func route(of request: PanelRequest) -> Route? {
        do {
            return try Route.find(request).route
        } catch {
            return nil
        }
    }
}

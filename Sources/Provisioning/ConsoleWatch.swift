import Entitlements
import Ledger
import Logging
import PterodactylAPI
import ServiceLifecycle

/// Asks the servers that speak for ranks, rarely, whether they run: what waits for one is sent when it came up, and what a fresh start may
/// have missed is sent again.
package struct ConsoleWatch: Service {
    let context: LaneContext

    package init(context: LaneContext) {
        self.context = context
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await lookAround()
                do { try await context.clock.sleep(interval(isRunning: false)) } catch { return }
            }
        }
    }

    /// A server that is away is asked every minute, one that runs as often as panels are read.
    private func interval(isRunning: Bool) -> Duration {
        let audit = context.rules.rules.policy.auditEvery
        return isRunning ? audit : min(audit, Consoles.patience)
    }

    private func lookAround() async {
        do {
            for target in try await context.ledger.rankCounts().keys.sorted() { try await look(at: target) }
        } catch is CancellationError {
            return
        } catch {
            context.logger.warning("Not every server could be asked whether it runs.", metadata: ["error": "\(error)"])
        }
    }

    private func look(at target: RankTargetID) async throws {
        let map = context.rankMap
        guard let name = map.panel(of: target), let panel = context.panels[name], panel.circuit.isClosed,
            case .success(let server) = map.speaker(of: target)
        else { return }
        let before = panel.consoles.last(of: server.id)
        if let before {
            let isFresh = (before.at..<before.at + interval(isRunning: before.condition.isRunning))
                .contains(context.clock.now())
            if isFresh { return }
        }
        do {
            let condition = try await PterodactylPanel.$priority.withValue(.audit) {
                try await panel.readConsole(of: server, clock: context.clock)
            }
            guard case .running(let since) = condition, before.map({ $0.condition.isStale(since: since) }) ?? true
            else {
                return
            }
            let due = try await context.ledger.noteRunning(target, since: since, now: context.clock.now())
            if due > 0 { context.ranks.ring() }
        } catch let error as PanelError {
            if error.isPanelWide { panel.fail(error, schedule: context.rules.rules.policy.retry, clock: context.clock) }
        }
    }
}

extension Consoles.Condition {
    fileprivate var isRunning: Bool {
        switch self {
        case .running: true
        case .closed: false
        }
    }

    /// Whether a server that runs since a moment was down, or started anew, since this was read; the panel's uptimes are some seconds old.
    fileprivate func isStale(since start: Timestamp) -> Bool {
        switch self {
        case .closed: true
        case .running(let before): start > before + .seconds(60)
        }
    }
}

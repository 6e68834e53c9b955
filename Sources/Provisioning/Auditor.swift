import Entitlements
import Ledger
import Logging
import PterodactylAPI
import ServiceLifecycle

/// Reads a whole panel at intervals, keeps the list of its servers, and marks the customers for whom it shows something else than was
/// last read. It never writes to the panel: the marked customers' lanes read for themselves.
package struct Auditor: Service {
    package let panel: PanelConnection
    let context: LaneContext
    let lanes: Signal
    /// Rings when somebody wants an audit now.
    package let request: Signal

    package init(panel: PanelConnection, context: LaneContext, lanes: Signal, request: Signal = Signal()) {
        self.panel = panel
        self.context = context
        self.lanes = lanes
        self.request = request
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await remember()
            while !Task.isCancelled {
                await auditOnce()
                let next = panel.circuit.retryAt ?? context.clock.now() + context.rules.rules.policy.auditEvery
                await context.clock.sleep(until: next, or: request, atMost: .days(1))
            }
        }
    }

    /// Takes the servers as they were last read before a restart, so that nobody waits for the first audit.
    private func remember() async {
        do {
            let servers = try await context.ledger.servers(on: panel.name)
            guard !servers.isEmpty else { return }
            panel.setInventory(servers, catalog: context.rules.rules.catalog)
            lanes.ring()
        } catch {
            context.logger.error("The servers last read could not be loaded.", metadata: ["error": "\(error)"])
        }
    }

    private func auditOnce() async {
        do {
            var pass = AuditPass(panel: panel, context: context)
            let changed = try await PterodactylPanel.$priority.withValue(.audit) { try await pass.run() }
            if panel.succeed() || changed {
                try await context.ledger.markAll(in: [.blocked, .working], priority: .change, now: context.clock.now())
            }
            lanes.ring()
        } catch let error as PanelError {
            panel.fail(error, schedule: context.rules.rules.policy.retry, clock: context.clock)
        } catch let stranger as StrangePanel {
            panel.lock(stranger.description, now: context.clock.now())
        } catch is CancellationError {
            return
        } catch {
            context.logger.error(
                "An audit failed; the next one comes in time.",
                metadata: ["panel": "\(panel.name)", "error": "\(error)"]
            )
        }
    }
}

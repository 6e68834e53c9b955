import Entitlements
import Ledger
import Logging
import PterodactylAPI
import ServiceLifecycle

/// Reads a whole panel at intervals and marks the customers for whom it shows something else than was last read.
///
/// It keeps the list of the panel's servers, and never writes to the panel: the marked customers' lanes read for themselves. While the
/// circuit is open, its readings are the probes that close it.
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
                let isDone = await auditOnce()
                await waitForNext(afterWhole: isDone)
            }
        }
    }

    /// Waits until the next audit, or the next probe of an open circuit, is due, or somebody asks for one.
    ///
    /// One that was put off is made up for before its next turn: what people changed by hand would be found a whole interval later.
    private func waitForNext(afterWhole isDone: Bool) async {
        let policy = context.rules.rules.policy
        let again = policy.retry.wait(afterAttempts: .max, jitter: context.clock.jitter())
        let regular = context.clock.now() + (isDone ? policy.auditEvery : min(policy.auditEvery, again))
        while !Task.isCancelled {
            let next = nextProbe(atLatest: again) ?? regular
            let reason = await context.clock.sleep(until: next, or: [request, panel.troubled], atMost: .days(1))
            // A circuit that opened meanwhile is probed when its first wait is over, not at the next audit.
            guard reason == 1 else { return }
        }
    }

    /// When an open circuit is probed next: one that is far off was reckoned by a clock that was wrong.
    private func nextProbe(atLatest wait: Duration) -> Timestamp? {
        let now = context.clock.now()
        return panel.circuit.retryAt.map { $0 - now > wait * 2 ? now + wait : $0 }
    }

    /// Takes the servers as they were last read before a restart, so that nobody waits for the first audit.
    private func remember() async {
        do {
            let servers = try await context.ledger.servers(on: panel.name)
            guard !servers.isEmpty else { return }
            panel.setInventory(servers, catalog: context.rules.rules.catalog)
            panel.expect(try await accountsWithAccess(on: servers))
            try await context.ledger.markAll(in: [.blocked], priority: .change, now: context.clock.now())
            lanes.ring()
        } catch {
            context.logger.error("The servers last read could not be loaded.", metadata: ["error": "\(error)"])
        }
    }

    /// Accounts to which access is given, as many as tell whether this is the panel that it was.
    private func accountsWithAccess(on servers: [PanelServer]) async throws -> Set<Int> {
        var accounts: Set<Int> = []
        for server in servers where accounts.count < 1000 {
            accounts.formUnion(try await context.ledger.grants(on: server.id).filter(\.value.isActive).keys)
        }
        return accounts
    }

    /// Says whether the panel was read to its end.
    private func auditOnce() async -> Bool {
        defer { context.work.end(AuditPass.workName(of: panel.name)) }
        do {
            var pass = AuditPass(panel: panel, context: context)
            let isNews = try await PterodactylPanel.$priority.withValue(.audit) { try await pass.run() }
            if isNews {
                try await context.ledger.markAll(in: [.blocked, .working], priority: .change, now: context.clock.now())
                try await context.ledger.markAllRanks(in: [.blocked, .working], now: context.clock.now())
                context.ranks.ring()
            }
            panel.noteReading(nil)
            lanes.ring()
            return true
        } catch let error as PanelError where error.isOfThePassAlone {
            panel.noteReading("\(error)")
            context.logger.warning(
                "An audit was put off.",
                metadata: ["panel": "\(panel.name)", "error": "\(error)"]
            )
        } catch let error as PanelError {
            panel.fail(error, schedule: context.rules.rules.policy.retry, clock: context.clock)
        } catch let stranger as StrangePanel {
            _ = panel.settleWord(isBorneOut: false)
            panel.lock(stranger.description, now: context.clock.now())
        } catch is CancellationError {
            return false
        } catch {
            panel.noteReading("\(error)")
            context.logger.error(
                "An audit failed; it is tried again.",
                metadata: ["panel": "\(panel.name)", "error": "\(error)"]
            )
        }
        return false
    }
}

extension PanelError {
    /// Whether it says nothing of the panel's health: others used up the budget, or we are shutting down.
    fileprivate var isOfThePassAlone: Bool {
        switch kind {
        case .rateLimited, .overloaded, .cancelled: true
        default: false
        }
    }
}

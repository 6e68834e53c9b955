import Entitlements
import Ledger
import Logging
import Observability
import ServiceLifecycle

/// Works on customers: claims those that are due, one lane each, a bounded number at once, woken by every commit that marks one.
package struct LaneDispatcher: Service {
    let context: LaneContext
    let wake: Signal
    let pressure: IntakePressure
    /// How many lanes are worked on at once, however urgent.
    let width: Int
    let lease: Duration

    static let width = 16

    package init(
        context: LaneContext,
        wake: Signal,
        pressure: IntakePressure,
        width: Int = Self.width,
        lease: Duration = .seconds(1200)
    ) {
        self.context = context
        self.wake = wake
        self.pressure = pressure
        self.width = width
        self.lease = lease
    }

    package func run() async throws {
        let loop = LaneLoop<Claim>(
            context: context,
            wake: wake,
            pressure: pressure,
            width: width,
            claim: { try await claim($0, atLeast: $1) },
            nextDue: { try await context.ledger.nextDue() },
            work: { await finish($0) },
            giveBack: { await giveBack($0) }
        )
        await cancelWhenGracefulShutdown { await loop.run() }
    }

    private func claim(_ limit: Int, atLeast urgency: LanePriority) async throws -> [Claim] {
        let claims = try await context.ledger.claimDue(
            limit: limit,
            atLeast: urgency,
            lease: lease,
            now: context.clock.now()
        )
        if !claims.isEmpty { CrashPoint.lanesClaimed.reached() }
        return claims
    }

    private func finish(_ claim: Claim) async {
        do {
            guard var run = try await LaneRun(claim, in: context) else { return }
            var outcome = try await run.run()
            let now = context.clock.now()
            // A rank in game may still be on its way; the panel has what it should once nothing has to be tried again.
            let isGiven = outcome.hasAccess == true && outcome.attempt == 0
            if claim.priority == .newlyPaid, isGiven, [.converged, .working].contains(outcome.state) {
                outcome.waited = now - claim.workingSince
            }
            try await context.ledger.finish(claim, outcome, now: now)
            CrashPoint.laneFinished.reached()
            context.metrics.record(outcome)
        } catch let lost as LeaseLost {
            context.logger.warning("A lane was taken over.", metadata: ["customer": "\(lost.customer)"])
        } catch {
            await recover(claim, from: error)
        }
    }

    /// Something that no rule foresaw: the customer is tried again later and says so.
    private func recover(_ claim: Claim, from error: any Error) async {
        context.logger.error(
            "A customer's lane failed; it is tried again.",
            metadata: ["customer": "\(claim.customer)", "error": "\(error)"]
        )
        var report = LaneReport()
        report.retrying = ["Working on this customer failed and is tried again: \(error)"]
        let now = context.clock.now()
        let outcome = report.outcome(
            of: claim,
            policy: context.rules.rules.policy,
            jitter: context.clock.jitter(),
            heldFingerprint: nil,
            now: now
        )
        do {
            try await context.ledger.finish(claim, outcome, now: now)
        } catch {
            context.logger.error(
                "A lane could not be given back; it is free again when its lease ends.",
                metadata: ["customer": "\(claim.customer)", "error": "\(error)"]
            )
        }
    }

    private func giveBack(_ claims: [Claim]) async {
        for claim in claims {
            do {
                try await context.ledger.release(claim, now: context.clock.now())
            } catch {
                context.logger.warning(
                    "A lane could not be given back.",
                    metadata: ["customer": "\(claim.customer)", "error": "\(error)"]
                )
            }
        }
    }
}

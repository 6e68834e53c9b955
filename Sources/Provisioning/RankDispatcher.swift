import Entitlements
import Ledger
import Logging
import PterodactylAPI
import ServiceLifecycle

/// Works on players' ranks: claims those that are due, one lane for each player and target, a bounded number at once.
package struct RankDispatcher: Service {
    let context: LaneContext
    let pressure: IntakePressure
    /// Rung when customers may stand otherwise, because their ranks do.
    let lanes: Signal

    static let width = 16
    static let lease: Duration = .seconds(1200)

    package init(context: LaneContext, pressure: IntakePressure, lanes: Signal) {
        self.context = context
        self.pressure = pressure
        self.lanes = lanes
    }

    package func run() async throws {
        let loop = LaneLoop<RankClaim>(
            context: context,
            wake: context.ranks,
            pressure: pressure,
            width: Self.width,
            claim: { limit, urgency in
                try await context.ledger.claimDueRanks(
                    limit: limit,
                    atLeast: urgency,
                    lease: Self.lease,
                    now: context.clock.now()
                )
            },
            nextDue: { try await context.ledger.nextRankDue() },
            work: { claim in
                await finish(claim)
                lanes.ring()
            },
            // They are few, and begun with a command or two.
            giveBack: { claims in for claim in claims { await finish(claim) } }
        )
        await cancelWhenGracefulShutdown { await loop.run() }
    }

    private func finish(_ claim: RankClaim) async {
        do {
            guard var run = try await RankRun(claim, in: context) else { return }
            let outcome = try await PterodactylPanel.$priority.withValue(RequestPriority(claim.priority)) {
                try await run.run()
            }
            try await context.ledger.finish(claim, outcome, now: context.clock.now())
        } catch let lost as RankLeaseLost {
            context.logger.warning("A rank's lane was taken over.", metadata: ["player": "\(lost.key.player)"])
        } catch {
            await recover(claim, from: error)
        }
    }

    /// Something that no rule foresaw: it is tried again later and says so.
    private func recover(_ claim: RankClaim, from error: any Error) async {
        let what: Logger.Metadata = ["player": "\(claim.key.player)", "error": "\(error)"]
        context.logger.error("A rank's lane failed; it is tried again.", metadata: what)
        let wait = context.rules.rules.policy.retry.wait(
            afterAttempts: claim.attempt + 1,
            jitter: context.clock.jitter()
        )
        let now = context.clock.now()
        let outcome = RankOutcome(
            state: .working,
            reasons: ["Working on it failed and is tried again: \(error)"],
            dueAt: now + wait,
            attempt: claim.attempt + 1
        )
        do {
            try await context.ledger.finish(claim, outcome, now: now)
        } catch {
            context.logger.error(
                "A rank's lane could not be given back; it is free again when its lease ends.",
                metadata: what
            )
        }
    }
}

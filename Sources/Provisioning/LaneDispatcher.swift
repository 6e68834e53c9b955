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

    /// So many more may run for those who paid and wait: lanes that wait for a panel's budget must not keep them out.
    static let reserved = 4

    package init(
        context: LaneContext,
        wake: Signal,
        pressure: IntakePressure,
        width: Int = 16,
        lease: Duration = .seconds(1200)
    ) {
        self.context = context
        self.wake = wake
        self.pressure = pressure
        self.width = width
        self.lease = lease
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                let slots = Slots(width + Self.reserved)
                while !Task.isCancelled {
                    let free = await slots.waitForFree()
                    await pressure.giveWay(context.clock)
                    let isOpenToAll = free > Self.reserved
                    let room = isOpenToAll ? free - Self.reserved : free
                    let limit = pressure.isHigh ? min(room, IntakePressure.lanes) : room
                    let claims = await claim(limit, atLeast: isOpenToAll ? .audit : .restore)
                    guard !Task.isCancelled else { return await giveBack(claims) }
                    for claim in claims {
                        slots.take()
                        group.addTask {
                            await work(on: claim)
                            slots.give()
                            wake.ring()
                        }
                    }
                    guard claims.count < limit else { continue }
                    if isOpenToAll {
                        await sleepUntilDue()
                    } else {
                        // Others may be due, and have to wait for a lane to end, which rings.
                        await context.clock.sleep(until: nil, or: wake)
                    }
                }
            }
        }
    }

    private func claim(_ limit: Int, atLeast urgency: LanePriority) async -> [Claim] {
        do {
            let claims = try await context.ledger.claimDue(
                limit: limit,
                atLeast: urgency,
                lease: lease,
                now: context.clock.now()
            )
            if !claims.isEmpty { CrashPoint.lanesClaimed.reached() }
            return claims
        } catch is CancellationError {
            return []
        } catch {
            context.logger.error("The ledger could not be read; it is tried again.", metadata: ["error": "\(error)"])
            do { try await context.clock.sleep(.seconds(1)) } catch {}
            return []
        }
    }

    private func sleepUntilDue() async {
        do {
            await context.clock.sleep(until: try await context.ledger.nextDue(), or: wake)
        } catch {
            context.logger.error("The ledger could not be read; it is tried again.", metadata: ["error": "\(error)"])
            do { try await context.clock.sleep(.seconds(1)) } catch {}
        }
    }

    /// Runs one lane to its end.
    ///
    /// A lane that has begun to write at the panel is not cut off by a shutdown: only the claiming stops, and what is under way
    /// finishes within the client's deadlines.
    private func work(on claim: Claim) async {
        await uncancelled { await finish(claim) }
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
        // The ledger refuses to write for a task that is cancelled.
        await uncancelled {
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
}

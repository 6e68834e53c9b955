import Entitlements
import Ledger
import Logging

/// Claims what is due, a bounded number at once, woken by every commit that marks something; who paid and waits is kept out by nobody.
struct LaneLoop<Claim: Sendable>: Sendable {
    let context: LaneContext
    let wake: Signal
    let pressure: IntakePressure
    /// How many lanes are worked on at once, however urgent.
    let width: Int
    /// Takes what is due, so many at most and nothing less urgent.
    let claim: @Sendable (Int, LanePriority) async throws -> [Claim]
    let nextDue: @Sendable () async throws -> Timestamp?
    /// Works on one to its end.
    ///
    /// A lane that has begun to write at the panel is not cut off by a shutdown: only the claiming stops, and what is under way
    /// finishes within the client's deadlines.
    let work: @Sendable (Claim) async -> Void
    /// Frees what was claimed at the moment of a shutdown.
    let giveBack: @Sendable ([Claim]) async -> Void

    /// So many more may run for those who paid and wait: lanes that wait for a panel's budget must not keep them out.
    static var reserved: Int { 4 }

    /// Goes on until the task is cancelled, and returns when the last lane has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            let slots = Slots(width + Self.reserved)
            while !Task.isCancelled {
                let free = await slots.waitForFree()
                await pressure.giveWay(context.clock)
                let isOpenToAll = free > Self.reserved
                let room = isOpenToAll ? free - Self.reserved : free
                let limit = pressure.isHigh ? min(room, IntakePressure.lanes) : room
                let claims = await claims(limit, atLeast: isOpenToAll ? .audit : .restore)
                // The ledger refuses to write for a task that is cancelled.
                guard !Task.isCancelled else { return await uncancelled { await giveBack(claims) } }
                for claim in claims {
                    slots.take()
                    group.addTask {
                        await uncancelled { await work(claim) }
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

    private func claims(_ limit: Int, atLeast urgency: LanePriority) async -> [Claim] {
        do {
            return try await claim(limit, urgency)
        } catch is CancellationError {
            return []
        } catch {
            await pause(after: error)
            return []
        }
    }

    private func sleepUntilDue() async {
        do {
            await context.clock.sleep(until: try await nextDue(), or: wake)
        } catch is CancellationError {
            // The service stops, which is no failure of the ledger's.
        } catch {
            await pause(after: error)
        }
    }

    private func pause(after error: any Error) async {
        context.logger.error("The ledger could not be read; it is tried again.", metadata: ["error": "\(error)"])
        // A cancelled sleep ends the pause like any other.
        do { try await context.clock.sleep(.seconds(1)) } catch {}
    }
}

import Entitlements
package import Ledger
package import Logging
import ServiceLifecycle

/// Forgets what need not be kept: once at the start, then every hour.
package struct Keeper: Service {
    let ledger: any Ledger
    let rules: CurrentRules
    let clock: ServiceClock
    let logger: Logger

    /// Ids are kept at least so long, however short `policy.delivery_retention` is: senders repeat for days.
    static let idsAtLeast: Duration = .days(30)
    /// Operations are the way back (`rollback`), so they are kept at least so long.
    static let operationsAtLeast: Duration = .days(90)
    static let actionsKept: Duration = .days(730)
    /// So long may a change that was asked for under a key be repeated as the same one.
    static let requestsKept: Duration = .days(1)
    package static let accessTimesKept = 2000
    /// How long personal data of deleted customers is kept where accounts are never deleted.
    static let deletedKept: Duration = .days(30)

    package init(ledger: any Ledger, rules: CurrentRules, clock: ServiceClock, logger: Logger) {
        self.ledger = ledger
        self.rules = rules
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await prune()
                do { try await clock.sleep(.seconds(3600)) } catch { return }
            }
        }
    }

    private func prune() async {
        let now = clock.now()
        let retention = rules.rules.policy.deliveryRetention
        do {
            let changed = try await ledger.prune(
                bodiesBefore: now - retention,
                idsBefore: now - max(retention, Self.idsAtLeast)
            )
            if changed > 0 { logger.info("Old deliveries were forgotten.", metadata: ["deliveries": "\(changed)"]) }
            let history = try await ledger.forgetHistory(
                operationsBefore: now - max(retention, Self.operationsAtLeast),
                actionsBefore: now - Self.actionsKept
            )
            if history > 0 { logger.info("Old operations were forgotten.", metadata: ["rows": "\(history)"]) }
            _ = try await ledger.forgetRequests(before: now - Self.requestsKept)
            _ = try await ledger.forgetAccessTimes(keeping: Self.accessTimesKept)
            let (kept, toDeleteAccounts): (Duration, Duration) =
                switch rules.rules.policy.accountRetention {
                case .lasting(let retention): (retention, max(retention, .days(1)))
                case .forever: (Self.deletedKept, .zero)
                }
            let people = try await ledger.forgetDeletedCustomers(
                before: now - kept,
                accountsBefore: now - kept - toDeleteAccounts,
                now: now
            )
            if people > 0 {
                logger.notice("Deleted customers' personal data was removed.", metadata: ["customers": "\(people)"])
            }
        } catch {
            logger.error("What is old could not be forgotten; it is tried again.", metadata: ["error": "\(error)"])
        }
    }
}

package import Entitlements
package import Ledger
package import Logging
import ServiceLifecycle

/// Notices when somebody sets the clock back: what was put off by the wrong time would wait until that time really comes.
package struct ClockWatch: Service {
    let ledger: any Ledger
    let clock: ServiceClock
    /// Rung when everything is to be looked at anew.
    let signals: [Signal]
    let logger: Logger

    /// Less than what lies between two looks cannot be told from time that passes, and is not worth a look at everybody.
    static let pace: Duration = .seconds(60)

    package init(ledger: any Ledger, clock: ServiceClock, signals: [Signal], logger: Logger) {
        self.ledger = ledger
        self.clock = clock
        self.signals = signals
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var last = clock.now()
            while !Task.isCancelled {
                do { try await clock.sleep(Self.pace) } catch { return }
                let now = clock.now()
                // What could not be marked is tried again at the next look.
                guard now < last else {
                    last = now
                    continue
                }
                if await lookAnew(last - now, now: now) { last = now }
            }
        }
    }

    private func lookAnew(_ gap: Duration, now: Timestamp) async -> Bool {
        do {
            try await ledger.markEveryone(now: now)
            for signal in signals { signal.ring() }
            logger.warning(
                "The clock was set back; everybody is looked at anew.",
                metadata: ["seconds": "\((gap + Self.pace).components.seconds)"]
            )
            return true
        } catch {
            logger.error(
                "After the clock was set back the ledger could not be written; it is tried again.",
                metadata: ["error": "\(error)"]
            )
            return false
        }
    }
}

extension Ledger {
    /// Has everybody looked at anew, as after a start; whom nothing concerns costs no call to a panel.
    package func markEveryone(now: Timestamp) async throws {
        try await mark(nil, priority: .change, now: now)
        try await markAllRanks(in: [.working, .blocked, .needsAttention], now: now)
    }
}

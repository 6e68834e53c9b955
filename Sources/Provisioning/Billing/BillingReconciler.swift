package import Billing
import Crypto
import Entitlements
package import Ledger
package import Logging
import ServiceLifecycle

/// Reads Paymenter's API at intervals and records what no delivery has told.
///
/// It never overrules what its extension told: where the two differ, a fresh snapshot of that service is asked for. What is absent from an
/// answer, or cannot be shown by the API, says nothing; so nothing ends because of an empty, a shrunken or a failing answer.
package struct BillingReconciler: Service {
    let api: PaymenterAPI
    let every: Duration
    let ledger: any Ledger
    let rules: CurrentRules
    let polls: BillingPolls
    let clock: ServiceClock
    let arrivals: Signal
    let metrics: BillingMetrics
    let logger: Logger

    package init(
        api: PaymenterAPI,
        every: Duration,
        ledger: any Ledger,
        rules: CurrentRules,
        polls: BillingPolls,
        clock: ServiceClock,
        arrivals: Signal,
        metrics: BillingMetrics = BillingMetrics(),
        logger: Logger
    ) {
        self.api = api
        self.every = every
        self.ledger = ledger
        self.rules = rules
        self.polls = polls
        self.clock = clock
        self.arrivals = arrivals
        self.metrics = metrics
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await readOnce()
                // A cancelled sleep ends the loop.
                do { try await clock.sleep(every) } catch { return }
            }
        }
    }

    private struct Reading {
        var services = 0
        var unsold = 0
        var learned = 0
        var contradictions: [SubscriptionID: [String]] = [:]
    }

    private func readOnce() async {
        do {
            let reading = try await read()
            try await refuseEmptiness(of: reading)
            polls.succeed(
                services: reading.services,
                unsold: reading.unsold,
                contradictions: reading.contradictions,
                now: clock.now()
            )
            arrivals.ring()
            metrics.succeeded()
            logger.info(
                "Paymenter's API was read.",
                metadata: [
                    "billing.services": "\(reading.services)", "billing.learned": "\(reading.learned)",
                    "billing.contradictions": "\(reading.contradictions.count)",
                ]
            )
        } catch is CancellationError {
            return
        } catch {
            // The services that wait for us stop anyway; a reading that was cut off is no failure of Paymenter's.
            guard !Task.isCancelled else { return }
            metrics.failed()
            polls.fail("\(error)", now: clock.now())
            logger.error(
                "Paymenter's API could not be read; it is tried again.",
                metadata: ["error": "\(error)", "retry.in": "\(every)"]
            )
        }
    }

    /// Reads page by page; what a page teaches is written down with it, so only one page is held.
    private func read() async throws -> Reading {
        var reading = Reading()
        var page = 1
        while true {
            let answer = try await api.services(page: page)
            try await take(answer.things, into: &reading)
            guard answer.hasNext else { return reading }
            page += 1
        }
    }

    private func take(_ services: [PaymenterService], into reading: inout Reading) async throws {
        let catalog = rules.rules.catalog
        let known = try await ledger.subscriptions(Set(services.map(\.id)))
        var learned: [NewDelivery] = []
        for service in services {
            reading.services += 1
            let finding = PaymenterFinding(service, known: known[service.id]) { product in
                catalog.tier(product: product, named: nil) != nil
            }
            switch finding {
            case .same: break
            case .unsold: reading.unsold += 1
            case .learned(let facts): learned.append(try delivery(of: facts, for: service))
            case .contradicts(let sentences):
                guard reading.contradictions.count < BillingPolls.most else { continue }
                reading.contradictions[service.id] = sentences
            }
        }
        guard !learned.isEmpty else { return }
        for receipt in try await ledger.record(learned) {
            if case .recorded = receipt { reading.learned += 1 }
        }
        arrivals.ring()
    }

    /// Named by its content, so that what is read twice before it was folded is recorded once.
    private func delivery(of facts: EventFacts, for service: PaymenterService) throws -> NewDelivery {
        let body = try DeliveryBody(
            .snapshot,
            subscription: service.id,
            occurredAt: service.changedAt,
            facts: facts
        ).json()
        let now = clock.now()
        return NewDelivery(
            source: BillingSource.paymenterAPI,
            webhookID: "read-" + SHA256.hash(data: body).hexadecimal(32),
            event: BillingEvent.Kind.snapshot.rawValue,
            stampedAt: now,
            receivedAt: now,
            body: Array(body),
            secretIndex: 0,
            verdict: .accepted
        )
    }

    /// An answer without any service, where some are known, is more likely wrong than true, and does not count as a word from billing.
    private func refuseEmptiness(of reading: Reading) async throws {
        guard reading.services == 0, try await ledger.summary().subscriptions > 0 else { return }
        throw EmptyAnswer()
    }
}

/// Paymenter's API shows nothing at all, although there should be something.
private struct EmptyAnswer: Error, CustomStringConvertible {
    var description: String {
        "Paymenter's API shows no service at all, although subscriptions are known here. Nothing is ended by that. Check that "
            + "billing.paymenter.api.url is the address of the right Paymenter, and that its database is whole."
    }
}

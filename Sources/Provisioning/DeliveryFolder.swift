package import Billing
import Entitlements
import Foundation
package import Ledger
package import Logging
import Observability
import ServiceLifecycle

/// Folds deliveries that were acknowledged into what is known, in the order of their commits, and wakes the lanes.
package struct DeliveryFolder: Service {
    let ledger: any Ledger
    let decoders: Current<[String: DeliveryDecoder]>
    let rules: CurrentRules
    let clock: ServiceClock
    let arrivals: Signal
    let pressure: IntakePressure
    let lanes: Signal
    let polls: BillingPolls
    /// What only the sender's database knows, where it is asked for.
    let payments: PaymentQuestions?
    let logger: Logger

    /// How many deliveries one commit folds; small enough that an intake commit never waits long behind it.
    static let batch = 100
    /// And while deliveries press.
    static let batchUnderPressure = 10

    package init(
        ledger: any Ledger,
        decoders: Current<[String: DeliveryDecoder]>,
        rules: CurrentRules,
        clock: ServiceClock,
        arrivals: Signal,
        pressure: IntakePressure,
        lanes: Signal,
        polls: BillingPolls,
        payments: PaymentQuestions? = nil,
        logger: Logger
    ) {
        self.ledger = ledger
        self.decoders = decoders
        self.rules = rules
        self.clock = clock
        self.arrivals = arrivals
        self.pressure = pressure
        self.lanes = lanes
        self.polls = polls
        self.payments = payments
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    await pressure.giveWay(clock)
                    if try await foldWaiting() == 0 { await clock.sleep(until: nil, or: arrivals) }
                    // Whatever it was that came: a word of billing's, or a reading of its API.
                    if try await polls.letGo(ledger, now: clock.now()) { lanes.ring() }
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("Deliveries could not be folded; it is tried again.", metadata: ["error": "\(error)"])
                    do { try await clock.sleep(.seconds(1)) } catch {}
                }
            }
        }
    }

    /// Folds one batch and says how many deliveries it held.
    package func foldWaiting() async throws -> Int {
        // Stripe's wait for their matcher, who may have to ask.
        let waiting = try await ledger.waitingDeliveries(
            from: .allBut(BillingSource.stripe),
            limit: pressure.isHigh ? Self.batchUnderPressure : Self.batch
        )
        guard !waiting.isEmpty else { return 0 }
        var answers: [IdentifiedPayment] = []
        let decoded = waiting.map { decode($0, noting: &answers) }
        for case let (payment, services?) in answers.map({ ($0.payment, $0.subscriptions) }) {
            try await ledger.remember(payment: payment, of: services, now: clock.now())
        }
        let marked = try await ledger.fold(
            decoded,
            policy: rules.rules.fold,
            now: clock.now()
        )
        CrashPoint.deliveriesFolded.reached()
        for answer in answers { payments?.answer(answer.payment, isKnown: answer.subscriptions != nil) }
        // Those of the whole batch: which of them a delivery marked is known to the ledger alone.
        let customers = marked.sorted().prefix(20).map(\.description).joined(separator: " ")
        for delivery in waiting {
            logger.info(
                "A delivery was folded.",
                metadata: [
                    "delivery": "\(delivery.number)", "delivery.id": "\(delivery.webhookID)",
                    "event": "\(delivery.event ?? "")", "customers": "\(customers)",
                ]
            )
        }
        if !marked.isEmpty { lanes.ring() }
        return waiting.count
    }

    private func decode(_ delivery: StoredDelivery, noting answers: inout [IdentifiedPayment]) -> UnfoldedDelivery {
        guard let decoder = decoders.value[delivery.source] else {
            return UnfoldedDelivery(
                number: delivery.number,
                events: [],
                refusal: "No source \"\(delivery.source)\" is configured any more."
            )
        }
        do {
            let stamps = DeliveryStamps(stampedAt: delivery.stampedAt, receivedAt: delivery.receivedAt)
            switch try decoder.decode(delivery.body, stamps: stamps) {
            case .events(let events): return UnfoldedDelivery(number: delivery.number, events: events)
            case .snapshot(let page):
                let read = [page.readAt, delivery.stampedAt, delivery.receivedAt].compactMap(\.self)
                return UnfoldedDelivery(
                    number: delivery.number,
                    events: page.events,
                    page: ListPage(
                        source: delivery.source,
                        generation: page.generation,
                        page: page.page,
                        pages: page.pages,
                        beganAt: read.min() ?? delivery.receivedAt
                    ),
                    settings: page.settings
                )
            case .payment(let payment):
                answers.append(payment)
                return UnfoldedDelivery(number: delivery.number, events: [])
            case .unknown: return UnfoldedDelivery(number: delivery.number, events: [])
            }
        } catch {
            return UnfoldedDelivery(number: delivery.number, events: [], refusal: "\(error)")
        }
    }
}

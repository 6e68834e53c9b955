package import Billing
import Entitlements
import Foundation
package import Ledger
package import Logging
import ServiceLifecycle

/// Finds out which services Stripe's events are about, through the invoices that Paymenter names in its payments, and folds them.
///
/// A dispute names the payment alone, and of payments from before we listened to Stripe only Paymenter's own database knows what they were
/// for: its extension is asked, and the event waits for its answer. What cannot be matched is kept as refused, with a sentence for a person;
/// nobody's access is guessed at. While Paymenter cannot be asked the events wait.
package struct StripeMatcher: Service {
    let api: PaymenterAPI
    let ledger: any Ledger
    let rules: CurrentRules
    let clock: ServiceClock
    let questions: PaymentQuestions
    let lanes: Signal
    let logger: Logger

    static let batch = 100
    static let retry: Duration = .seconds(60)

    package init(
        api: PaymenterAPI,
        ledger: any Ledger,
        rules: CurrentRules,
        clock: ServiceClock,
        questions: PaymentQuestions,
        lanes: Signal,
        logger: Logger
    ) {
        self.api = api
        self.ledger = ledger
        self.rules = rules
        self.clock = clock
        self.questions = questions
        self.lanes = lanes
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await matchWaiting() == 0 {
                        await clock.sleep(until: questions.nextLimit, or: questions.changed)
                    }
                } catch {
                    guard !Task.isCancelled else { return }
                    logger.error(
                        "Events of Stripe's could not be matched; it is tried again.",
                        metadata: ["error": "\(error)", "retry.in": "\(Self.retry)"]
                    )
                    // A cancelled sleep ends the loop.
                    do { try await clock.sleep(Self.retry) } catch { return }
                }
            }
        }
    }

    /// Matches a batch and says how many deliveries found their end; those whose payment is asked about go on waiting.
    private func matchWaiting() async throws -> Int {
        let closed = questions.takeClosed(at: clock.now())
        var matched = 0
        let waiting = try await ledger.waitingDeliveries(from: .only(BillingSource.stripe), limit: Self.batch)
        for delivery in waiting {
            // One by one: a payment must be remembered before its refund is looked at.
            guard let match = try await match(delivery, closed) else { continue }
            matched += 1
            let marked = try await ledger.fold([match], policy: rules.rules.fold, now: clock.now())
            if !marked.isEmpty { lanes.ring() }
            if let refusal = match.refusal {
                logger.error("An event of Stripe's could not be matched.", metadata: ["reason": "\(refusal)"])
            }
        }
        return matched
    }

    /// `nil` where the answer of Paymenter's extension is waited for.
    private func match(
        _ delivery: StoredDelivery,
        _ closed: PaymentQuestions.Closed
    ) async throws -> UnfoldedDelivery? {
        let event: StripeEvent
        do throws(DeliveryRefusal) {
            event = try StripeEvent(Data(delivery.body))
        } catch {
            return UnfoldedDelivery(number: delivery.number, events: [], refusal: "\(error)")
        }
        switch try await finding(for: event) {
        case .nothing: return UnfoldedDelivery(number: delivery.number, events: [])
        case .nobodyKnows(let sentence, let payment):
            guard let why = ask(payment, of: delivery, closed) else { return nil }
            return UnfoldedDelivery(number: delivery.number, events: [], refusal: "\(sentence) \(why)")
        case .puzzle(let sentence): return UnfoldedDelivery(number: delivery.number, events: [], refusal: sentence)
        case .said(let kind, let facts, let services):
            let known = try await ledger.subscriptions(Set(services))
            let order = EventOrder(
                source: BillingSource.stripe,
                occurredAt: event.createdAt,
                stampedAt: delivery.stampedAt,
                receivedAt: delivery.receivedAt
            )
            // Services that nobody told us of are sold by others.
            let events = services.filter { known[$0] != nil }.map {
                BillingEvent(kind: kind, subscription: $0, order: order, facts: facts)
            }
            return UnfoldedDelivery(number: delivery.number, events: events)
        }
    }

    private enum Finding {
        case nothing
        case said(BillingEvent.Kind, EventFacts, [SubscriptionID])
        case puzzle(String)
        /// What a payment was for is not known here.
        case nobodyKnows(String, payment: String)
    }

    /// Asks Paymenter's extension what a payment was for; says why not, or why no longer.
    private func ask(_ payment: String, of delivery: StoredDelivery, _ closed: PaymentQuestions.Closed) -> String? {
        let toDo = "Decide by hand whose access it concerns."
        if closed.unknown.contains(payment) { return "Paymenter's own database knows no such payment either. \(toDo)" }
        if closed.unanswered.contains(payment) {
            return """
                Paymenter's extension, which could know, has not answered for two days: `paydactyl replay \(delivery.number)` asks again, and \
                `php artisan paydactyl:wanted` there says what is wrong. \(toDo)
                """
        }
        guard questions.ask(payment, now: clock.now()) else {
            return
                "Too many payments are asked about already; `paydactyl replay \(delivery.number)` asks later. \(toDo)"
        }
        return nil
    }

    private func finding(for event: StripeEvent) async throws -> Finding {
        switch event.subject {
        case .other: return .nothing
        case .paid(let payment):
            if let intent = payment.intent, let services = try await services(of: payment), !services.isEmpty {
                try await ledger.remember(payment: intent, of: services, now: clock.now())
            }
            return .nothing
        case .failed(let payment):
            return try await said(.paymentFailed, by: payment, "failed")
        case .refunded(let payment, let returned) where returned < payment.amount:
            return .puzzle(
                """
                At Stripe \(payment.written(returned)) of \(payment.written(payment.amount)) were refunded (\(payment.name)\
                \(payment.invoice.map { ", invoice \($0)" } ?? "")). A part is not taken for the whole; decide by hand whether access stays.
                """
            )
        case .refunded(let payment, _):
            return try await said(.paymentRefunded, by: payment, "was refunded")
        case .disputed(let payment, let outcome):
            var facts = EventFacts()
            if outcome == .won { facts.reason = .value("won") }
            return try await said(.paymentDisputed, facts, by: payment, "is disputed")
        case .invoiceFailed(let service?):
            return .said(.paymentFailed, EventFacts(), [service])
        case .invoiceFailed(nil):
            return .puzzle("An invoice at Stripe was not paid (\(event.id)), and it names no service of Paymenter's.")
        }
    }

    private func said(
        _ kind: BillingEvent.Kind,
        _ facts: EventFacts = EventFacts(),
        by payment: StripePayment,
        _ what: String
    ) async throws -> Finding {
        guard let services = try await services(of: payment) else {
            let sentence = """
                A payment of \(payment.written(payment.amount)) \(what) at Stripe (\(payment.name)), and nothing says for which service of \
                Paymenter's it was.
                """
            guard let intent = payment.intent else {
                return .puzzle("\(sentence) Decide by hand whose access it concerns.")
            }
            return .nobodyKnows(sentence, payment: intent)
        }
        if services.isEmpty, kind != .paymentFailed, facts.reason != .value("won") {
            return .puzzle(
                """
                A payment of \(payment.written(payment.amount)) \(what) at Stripe (\(payment.name)), and it paid for no period of a service: \
                for an upgrade, or for credit. Decide by hand whether access stays.
                """
            )
        }
        return .said(kind, facts, services)
    }

    /// What was paid for; `nil` if nothing says so.
    private func services(of payment: StripePayment) async throws -> [SubscriptionID]? {
        if let intent = payment.intent, let services = try await ledger.subscriptions(paidBy: intent) {
            questions.close(intent)
            return services
        }
        // Once is enough to hear that the invoice says nothing.
        guard let invoice = payment.invoice, payment.intent.map({ !questions.isOpen($0) }) ?? true else { return nil }
        return try await api.invoice(invoice)?.services
    }
}

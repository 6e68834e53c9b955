import Billing
import Entitlements

/// One step of the life that a rehearsal plays with each of its customers.
enum RehearsalStep: String, CaseIterable, Encodable, Sendable {
    case order, firstPayment, upgrade, failedPayment, suspension, recovery, cancellation

    /// What a customer should have on the panel after it.
    enum Access {
        case none, first, last
    }

    var words: String {
        switch self {
        case .order: "orders, not paid yet: no access"
        case .firstPayment: "pays: access"
        case .upgrade: "upgrades: the higher tier's access"
        case .failedPayment: "fails to pay: access stays within the grace period"
        case .suspension: "the grace period runs out: no access"
        case .recovery: "pays after all: access is back"
        case .cancellation: "cancels: no access"
        }
    }

    var access: Access {
        switch self {
        case .order, .suspension, .cancellation: .none
        case .firstPayment: .first
        case .upgrade, .failedPayment, .recovery: .last
        }
    }

    /// A part of the sentence with which the service has to explain it.
    var because: String {
        switch self {
        case .order: "was never paid"
        case .firstPayment, .recovery: "is active"
        case .upgrade: "tier \(RehearsalScript.last.rawValue)"
        case .failedPayment: "is past due"
        case .suspension: "not paid within the grace period"
        case .cancellation: "(cancelled)"
        }
    }

    /// Whether it is a payment that opens access, whose time to access is measured.
    var isMeasured: Bool { self == .firstPayment || self == .recovery }

    /// What is said of one customer; nothing where only time passes.
    func delivery(for member: RehearsalJournal.Member, at now: Timestamp) -> DeliveryBody? {
        var facts = EventFacts()
        facts.customerID = .value(member.customer)
        facts.email = .value(member.email)
        facts.name = .value("Rehearsal \(member.customer)")
        let kind: BillingEvent.Kind
        switch self {
        case .order:
            kind = .created
            facts.product = .value(RehearsalScript.product(of: RehearsalScript.first))
            facts.status = .value(.pending)
        case .firstPayment, .recovery:
            kind = .paymentSucceeded
            facts.paidThrough = .value(now + .days(30))
        case .upgrade:
            kind = .updated
            facts.product = .value(RehearsalScript.product(of: RehearsalScript.last))
            facts.status = .value(.active)
            // Paid for until now, so that the grace period begins with the failure that follows.
            facts.paidThrough = .value(now)
        case .failedPayment: kind = .paymentFailed
        case .suspension: return nil
        case .cancellation: kind = .cancelled
        }
        return DeliveryBody(
            kind,
            subscription: SubscriptionID("s-\(member.customer)"),
            occurredAt: now,
            revision: now.milliseconds,
            facts: facts
        )
    }
}

package import Entitlements
package import Foundation

/// One event of Stripe's, as far as it says that money came, failed or went back.
package struct StripeEvent: Hashable, Sendable {
    package var id: String
    package var type: String
    package var createdAt: Timestamp
    package var subject: Subject

    package enum Subject: Hashable, Sendable {
        /// Only remembered: a later dispute names the payment and not what was bought.
        case paid(StripePayment)
        case failed(StripePayment)
        case refunded(StripePayment, returned: Int)
        case disputed(StripePayment, Dispute)
        /// Stripe's own invoice of a subscription that Paymenter once set up there, with the service that it is for.
        case invoiceFailed(service: SubscriptionID?)
        /// None of our business.
        case other
    }

    package enum Dispute: Hashable, Sendable {
        case open, won, lost
    }

    /// Reads a body whose signature was found correct; throws which field is wrong.
    package init(_ body: Data) throws(DeliveryRefusal) {
        let written: Written
        do {
            _ = try body.withUnsafeBytes { try JSONReader.object(in: $0) }
            written = try JSONDecoder().decode(Written.self, from: body)
        } catch let refusal as DeliveryRefusal {
            throw refusal
        } catch {
            throw .body("an event of Stripe's: a JSON object with id, type, created and data.object")
        }
        id = written.id
        type = written.type
        createdAt = Timestamp(seconds: written.created)
        subject = written.subject
    }

    /// Whether it is to be matched, or only kept.
    package var concernsUs: Bool { subject != .other }
}

/// A payment as Stripe's events name it.
package struct StripePayment: Hashable, Sendable {
    /// The charge or dispute, for people to look up.
    package var name: String
    /// The payment's id at Stripe (`pi_…`), which its charges and disputes share.
    package var intent: String?
    /// The invoice's id at Paymenter, which Paymenter writes into the payment's metadata.
    package var invoice: String?
    /// In the currency's smallest unit.
    package var amount: Int
    package var currency: String

    package init(name: String, intent: String?, invoice: String?, amount: Int, currency: String) {
        self.name = name
        self.intent = intent
        self.invoice = invoice
        self.amount = amount
        self.currency = currency
    }

    /// `5.00 USD`, or with the few currencies that have no cents, `500 JPY`.
    package func written(_ amount: Int) -> String {
        let code = currency.uppercased()
        guard !Self.withoutCents.contains(code) else { return "\(amount) \(code)" }
        let cents = abs(amount % 100)
        return "\(amount / 100).\(cents < 10 ? "0" : "")\(cents) \(code)"
    }

    private static let withoutCents: Set<String> = [
        "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
    ]
}

/// The fields that are read of an event.
private struct Written: Decodable {
    var id: String
    var type: String
    var created: Int64
    var data: Holder

    struct Holder: Decodable {
        var object: Object
    }

    /// A payment intent, charge, dispute or invoice.
    struct Object: Decodable {
        var id: String?
        var amount: Int?
        var amountRefunded: Int?
        var currency: String?
        var metadata: [String: String]?
        var paymentIntent: String?
        var status: String?
        var parent: Parent?
        var subscriptionDetails: Details?

        enum CodingKeys: String, CodingKey {
            case id, amount, currency, metadata, status, parent
            case amountRefunded = "amount_refunded"
            case paymentIntent = "payment_intent"
            case subscriptionDetails = "subscription_details"
        }
    }

    /// Where newer versions of Stripe's API keep the details.
    struct Parent: Decodable {
        var subscriptionDetails: Details?

        enum CodingKeys: String, CodingKey {
            case subscriptionDetails = "subscription_details"
        }
    }

    struct Details: Decodable {
        var metadata: [String: String]?
    }

    var subject: StripeEvent.Subject {
        let object = data.object
        switch type {
        case "payment_intent.succeeded": return .paid(payment(intent: object.id))
        case "payment_intent.payment_failed": return .failed(payment(intent: object.id))
        case "charge.failed": return .failed(payment(intent: object.paymentIntent))
        case "charge.refunded":
            return .refunded(payment(intent: object.paymentIntent), returned: object.amountRefunded ?? 0)
        case "charge.dispute.created", "charge.dispute.closed":
            guard let outcome else { return .other }
            return .disputed(payment(intent: object.paymentIntent), outcome)
        case "invoice.payment_failed":
            let details = object.parent?.subscriptionDetails ?? object.subscriptionDetails
            return .invoiceFailed(service: details?.metadata?["service_id"].map { SubscriptionID($0) })
        default: return .other
        }
    }

    /// `nil` for a mere inquiry of the bank, by which no money went back.
    private var outcome: StripeEvent.Dispute? {
        switch data.object.status {
        case "won": .won
        case "lost": .lost
        case .some(let status) where status.hasPrefix("warning_"): nil
        case .some, nil: .open
        }
    }

    private func payment(intent: String?) -> StripePayment {
        StripePayment(
            name: data.object.id ?? "unnamed",
            intent: intent,
            invoice: data.object.metadata?["invoice_id"],
            amount: data.object.amount ?? 0,
            currency: data.object.currency ?? ""
        )
    }
}

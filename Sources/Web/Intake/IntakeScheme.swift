import Billing
import Entitlements
import Foundation
import HTTPTypes

/// How a source signs its deliveries, and what their bodies say.
package struct IntakeScheme: Sendable {
    /// What a body says, as far as its intake must know.
    struct Content {
        var event: String?
        /// Whether it is to be applied, or only kept.
        var isOfUse: Bool
    }

    var verify:
        @Sendable (HTTPFields, [UInt8], WebRules, Timestamp) throws(WebhookVerificationError) -> VerifiedDelivery
    var read: @Sendable ([UInt8], DeliveryStamps, WebRules) throws(DeliveryRefusal) -> Content
    /// Whether the configuration restricts where it may come from.
    var heedsAllowFrom: Bool

    /// Standard Webhooks with the bodies of the contract.
    package static let standard = IntakeScheme(
        verify: { (headers, body, rules, now) throws(WebhookVerificationError) in
            try StandardWebhooks.verify(
                id: headers.text(of: .webhookID),
                timestamp: headers.text(of: .webhookTimestamp),
                signatures: headers.text(of: .webhookSignature),
                body: body,
                secrets: rules.secrets,
                now: now
            )
        },
        read: { (body, stamps, rules) throws(DeliveryRefusal) in
            switch try rules.decoder.decode(body, stamps: stamps) {
            case .events(let events): Content(event: events.first?.kind.rawValue, isOfUse: true)
            case .snapshot: Content(event: BillingEvent.Kind.snapshot.rawValue, isOfUse: true)
            case .payment: Content(event: IdentifiedPayment.event, isOfUse: true)
            case .unknown(let type): Content(event: type, isOfUse: false)
            }
        },
        heedsAllowFrom: true
    )

    /// Stripe's own signatures and events.
    package static let stripe = IntakeScheme(
        verify: { (headers, body, rules, now) throws(WebhookVerificationError) in
            try StripeWebhooks.verify(
                header: headers.text(of: .stripeSignature),
                body: Data(body),
                secrets: rules.stripeSecrets,
                now: now
            )
        },
        read: { (body, _, _) throws(DeliveryRefusal) in
            let event = try StripeEvent(Data(body))
            return Content(event: event.type, isOfUse: event.concernsUs)
        },
        heedsAllowFrom: false
    )
}

extension HTTPField.Name {
    fileprivate static let webhookID = known("webhook-id")
    fileprivate static let webhookTimestamp = known("webhook-timestamp")
    fileprivate static let webhookSignature = known("webhook-signature")
    fileprivate static let stripeSignature = known(StripeWebhooks.headerName)

    private static func known(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("\(name) is no header name") }
        return name
    }
}

extension HTTPFields {
    /// The same as the subscript by a name, which takes seven times as long where there is one value, as there nearly always is.
    func text(of name: HTTPField.Name) -> String? {
        let values = self[values: name]
        return values.count > 1 ? values.joined(separator: ", ") : values.first
    }
}

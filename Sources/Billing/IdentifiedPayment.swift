package import Entitlements

/// What a payment was for, as only the billing system's own database knows: its extension's answer to a question of ours.
package struct IdentifiedPayment: Hashable, Sendable {
    /// The event type of the delivery that brings it.
    package static let event = "payment.identified"

    /// The payment provider's name of it.
    package var payment: String
    /// None where it was for something else; `nil` where the payment is not known there either.
    package var subscriptions: [SubscriptionID]?

    package init(payment: String, subscriptions: [SubscriptionID]?) {
        self.payment = payment
        self.subscriptions = subscriptions
    }

    init(_ fields: FieldReader) throws(DeliveryRefusal) {
        guard let payment = try fields.identifier(.payment).value else {
            throw fields.refusal(.payment, "the payment's id: it is required")
        }
        self.payment = payment
        subscriptions = try fields.objectsOrNull(.subscriptions)?.map { (entry) throws(DeliveryRefusal) in
            guard let id = try entry.identifier(.subscriptionID).value else {
                throw entry.refusal(.subscriptionID, "the subscription's id: it is required")
            }
            return SubscriptionID(id)
        }
    }
}

import Billing
import Entitlements
import Foundation

/// One delivery as a billing system keeps it until it is acknowledged: sent again, it has the same id and the same bytes.
struct Message: Sendable {
    var id: String
    var body: Data

    /// What `kind` says of subscription `number` of customer `number`, as its `revision`th message.
    init(
        _ kind: BillingEvent.Kind,
        _ number: Int,
        revision: Int64,
        _ state: (inout EventFacts) -> Void = { _ in }
    ) throws {
        var facts = EventFacts()
        facts.customerID = .value("\(number)")
        state(&facts)
        id = "message-\(number)-\(revision)"
        body = try DeliveryBody(
            kind,
            subscription: SubscriptionID("\(number)"),
            occurredAt: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)),
            revision: revision,
            facts: facts
        ).json()
    }

    /// Somebody bought `product`.
    static func bought(_ product: ProductID, _ number: Int, _ email: String, revision: Int64 = 1) throws -> Message {
        try Message(.created, number, revision: revision) {
            $0.email = .value(email)
            $0.name = .value("Ada Lovelace")
            $0.product = .value(product)
            $0.status = .value(.active)
        }
    }

    static func changed(to product: ProductID, _ number: Int, revision: Int64) throws -> Message {
        try Message(.updated, number, revision: revision) { $0.product = .value(product) }
    }
}

package import Entitlements
package import Foundation

/// A delivery as a sender writes it: the other side of `DeliveryDecoder`, for `paydactyl send`, the demo and tests.
package struct DeliveryBody: Hashable, Sendable {
    package var kind: BillingEvent.Kind
    package var subscription: SubscriptionID?
    package var occurredAt: Timestamp?
    package var revision: Int64?
    package var facts: EventFacts

    package init(
        _ kind: BillingEvent.Kind,
        subscription: SubscriptionID?,
        occurredAt: Timestamp? = nil,
        revision: Int64? = nil,
        facts: EventFacts = EventFacts()
    ) {
        self.kind = kind
        self.subscription = subscription
        self.occurredAt = occurredAt
        self.revision = revision
        self.facts = facts
    }

    /// The body from which `event` could have been read.
    package init(_ event: BillingEvent) {
        self.init(
            event.kind,
            subscription: event.subscription,
            occurredAt: event.order.occurredAt,
            revision: event.order.revision,
            facts: event.facts
        )
    }

    /// The bytes to sign and send, keys in order.
    package func json() throws -> Data {
        try Self.encoder.encode(self)
    }

    /// The event type of one subscription as a list would show it, which says nothing of those that it does not name.
    static let oneOfList = "subscription.snapshot"

    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}

extension DeliveryBody: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: DeliveryKey.self)
        // An entry of a list does not name the event; its page does.
        if encoder.codingPath.isEmpty {
            try container.encode(kind == .snapshot ? Self.oneOfList : kind.rawValue, forKey: .event)
        }
        try container.encodeIfPresent(subscription, forKey: .subscriptionID)
        try container.encodeIfPresent(occurredAt?.rfc3339, forKey: .occurredAt)
        try container.encodeIfPresent(revision, forKey: .revision)
        try container.encode(facts.customerID, forKey: .customerID)
        try container.encode(facts.email, forKey: .email)
        try container.encode(facts.name, forKey: .name)
        try container.encode(facts.product, forKey: .product)
        try container.encode(facts.tier, forKey: .tier)
        try container.encode(facts.status, forKey: .status)
        try container.encode(facts.quantity, forKey: .quantity)
        try container.encode(facts.reason, forKey: .reason)
        try container.encode(facts.paidThrough.map(\.rfc3339), forKey: .paidThrough)
        try container.encode(facts.endsAt.map(\.rfc3339), forKey: .endsAt)
        if !facts.properties.isEmpty { try container.encode(facts.properties, forKey: .properties) }
    }
}

/// A page of a full list as a sender writes it.
package struct SnapshotBody: Hashable, Sendable {
    package var generation: String
    package var page: Int
    package var pages: Int
    package var occurredAt: Timestamp?
    package var entries: [DeliveryBody]

    package init(generation: String, page: Int, pages: Int, occurredAt: Timestamp? = nil, entries: [DeliveryBody]) {
        self.generation = generation
        self.page = page
        self.pages = pages
        self.occurredAt = occurredAt
        self.entries = entries
    }

    /// The bytes to sign and send, keys in order.
    package func json() throws -> Data {
        try DeliveryBody.encoder.encode(self)
    }
}

extension SnapshotBody: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: DeliveryKey.self)
        try container.encode(BillingEvent.Kind.snapshot, forKey: .event)
        try container.encode(generation, forKey: .generation)
        try container.encode(page, forKey: .page)
        try container.encode(pages, forKey: .pages)
        try container.encodeIfPresent(occurredAt?.rfc3339, forKey: .occurredAt)
        try container.encode(entries, forKey: .subscriptions)
    }
}

package import Entitlements
package import Foundation

/// Reads the bodies of deliveries, once their signatures were found correct.
///
/// One path serves the answer to the sender and the fold, so the two cannot disagree. Missing fields say nothing and `null` clears; a
/// wrong type or a date that is none is refused by name; unknown fields are ignored; anything else that is well typed is taken as it is,
/// however strange.
package struct DeliveryDecoder: Sendable {
    /// Whose revisions are compared with each other, as in `billing.<source>`.
    package let source: String
    package let calendar: BillingCalendar

    package init(source: String = "paymenter", calendar: BillingCalendar) {
        self.source = source
        self.calendar = calendar
    }

    /// What the delivery says, or which field is wrong.
    package func decode(_ body: some ContiguousBytes, stamps: DeliveryStamps) throws(DeliveryRefusal) -> DecodedDelivery
    {
        switch try content(of: body) {
        case .entry(let kind, let entry):
            return .events([event(kind, entry, stamps: stamps)])
        case .snapshot(let content):
            let page = SnapshotPage(
                generation: content.generation,
                page: content.page,
                pages: content.pages,
                readAt: content.occurredAt.map(calendar.moment),
                settings: content.settings,
                events: content.entries.map {
                    event(.snapshot, $0, otherwiseAt: content.occurredAt, stamps: stamps)
                }
            )
            return .snapshot(page)
        case .payment(let payment):
            return .payment(payment)
        case .unknown(let eventType):
            return .unknown(eventType: eventType)
        }
    }

    private func content(of body: some ContiguousBytes) throws(DeliveryRefusal) -> DeliveryContent {
        let object = body.withUnsafeBytes { bytes in
            Result { () throws(DeliveryRefusal) in try JSONReader.object(in: bytes) }
        }
        return try DeliveryContent(FieldReader(object.get()))
    }

    private func event(
        _ kind: BillingEvent.Kind,
        _ entry: DeliveryEntry,
        otherwiseAt occurredAt: WrittenDate? = nil,
        stamps: DeliveryStamps
    ) -> BillingEvent {
        let order = EventOrder(
            source: source,
            revision: entry.revision,
            occurredAt: (entry.occurredAt ?? occurredAt).map(calendar.moment),
            stampedAt: stamps.stampedAt,
            receivedAt: stamps.receivedAt,
            arrival: stamps.arrival
        )
        return BillingEvent(
            kind: kind,
            subscription: entry.subscription,
            order: order,
            facts: entry.facts(in: calendar)
        )
    }
}

/// What is known of a delivery beside its body.
package struct DeliveryStamps: Hashable, Sendable {
    /// The signed timestamp.
    package var stampedAt: Timestamp
    package var receivedAt: Timestamp
    /// Its place in the order of arrival; 0 until the ledger has given it one.
    package var arrival: Int64

    package init(stampedAt: Timestamp, receivedAt: Timestamp, arrival: Int64 = 0) {
        self.stampedAt = stampedAt
        self.receivedAt = receivedAt
        self.arrival = arrival
    }
}

/// A delivery in the words of the core.
package enum DecodedDelivery: Hashable, Sendable {
    case events([BillingEvent])
    case snapshot(SnapshotPage)
    case payment(IdentifiedPayment)
    /// An event type that the contract does not know; kept and ignored.
    case unknown(eventType: String)
}

/// A page of a full list of subscriptions; it takes all pages of one generation to say that something is missing.
package struct SnapshotPage: Hashable, Sendable {
    package var generation: String
    /// From 1 to `pages`.
    package var page: Int
    package var pages: Int
    /// When the sender says that it read the list; `nil` if it does not say.
    package var readAt: Timestamp?
    /// The sender's own rules, where it reports them.
    package var settings: SenderSettings?
    package var events: [BillingEvent]

    package init(
        generation: String,
        page: Int,
        pages: Int,
        readAt: Timestamp? = nil,
        settings: SenderSettings? = nil,
        events: [BillingEvent]
    ) {
        self.settings = settings
        self.generation = generation
        self.page = page
        self.pages = pages
        self.readAt = readAt
        self.events = events
    }
}

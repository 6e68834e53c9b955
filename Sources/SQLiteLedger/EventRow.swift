import Entitlements
import GRDB

/// Reads events back from their rows.
enum EventRow {
    static let ofSubscription = "SELECT * FROM event WHERE subscription = ? ORDER BY arrival"

    /// The newest events of a customer; they are found through the indexes first, or the order would make it a walk over all events.
    static let ofCustomer = """
        SELECT * FROM event WHERE arrival IN (
            SELECT event.arrival FROM subscription JOIN event ON event.subscription = subscription.id
                WHERE subscription.customer = ?1
            UNION
            SELECT arrival FROM event WHERE customer = ?1)
        ORDER BY +arrival DESC LIMIT ?2
        """

    static func event(_ row: Row) throws -> BillingEvent {
        try event(row, facts: JSONColumn.decode(EventFacts.self, from: row["facts"], of: "event"))
    }

    static func event(_ row: Row, facts: EventFacts) throws -> BillingEvent {
        guard let kind = BillingEvent.Kind(rawValue: row["kind"]) else {
            throw CorruptRow(table: "event", what: "the kind \"\(row["kind"] as String)\"")
        }
        var order = EventOrder(
            source: row["source"],
            revision: row["revision"],
            occurredAt: Timestamp(row["occurred_at"]),
            stampedAt: Timestamp(milliseconds: row["stamped_at"]),
            receivedAt: Timestamp(milliseconds: row["received_at"]),
            arrival: row["arrival"]
        )
        order.wasAheadOfDelivery = row["was_ahead"]
        return BillingEvent(
            kind: kind,
            subscription: (row["subscription"] as String?).map { SubscriptionID($0) },
            order: order,
            facts: facts
        )
    }
}

/// Where an event stands among the others of its subscription.
package struct EventOrder: Hashable, Sendable, Codable {
    /// Who said it; revisions of two sources cannot be compared.
    package var source: String
    package var revision: Int64?
    /// When the sender says it happened, held to at most five minutes past the delivery.
    package var occurredAt: Timestamp?
    /// The delivery's own signed timestamp.
    package var stampedAt: Timestamp
    /// When it reached us.
    package var receivedAt: Timestamp
    /// Its place in the order of arrival; unique within a ledger.
    package var arrival: Int64
    /// Whether `occurred_at` lay so far ahead of the delivery that it was replaced.
    package var wasAheadOfDelivery: Bool

    /// How far `occurred_at` may lie past the delivery before it is replaced by it.
    package static let tolerance: Duration = .seconds(300)
    /// The source of events that nobody sent: they say that lists miss a subscription.
    package static let absence = "absence"

    package init(
        source: String,
        revision: Int64? = nil,
        occurredAt: Timestamp? = nil,
        stampedAt: Timestamp,
        receivedAt: Timestamp,
        arrival: Int64 = 0
    ) {
        wasAheadOfDelivery = occurredAt.map { $0 > stampedAt + Self.tolerance } ?? false
        self.source = source
        self.revision = revision
        self.occurredAt = wasAheadOfDelivery ? stampedAt : occurredAt
        self.stampedAt = stampedAt
        self.receivedAt = receivedAt
        self.arrival = arrival
    }

    /// The moment at which what it tells took place, as well as we know.
    package var moment: Timestamp { occurredAt ?? stampedAt }

    /// A sender without revision and date stamps each attempt, so its order is that of the attempts only.
    package var isUndated: Bool { revision == nil && occurredAt == nil }
}

extension Array where Element == BillingEvent {
    /// The one order in which a subscription's events are folded, whatever order they arrived in.
    ///
    /// Two events of one source are compared by their revisions if both carry one, others by moment, ties by arrival. That comparison of
    /// pairs alone is no total order (revisions may run against the dates), so it is made one: all are sorted by moment and arrival, then
    /// the events that carry a revision are put in the order of their revisions into the places which events of their source hold.
    package func inFoldOrder() -> [BillingEvent] {
        var ordered = sorted { ($0.order.moment, $0.order.arrival) < ($1.order.moment, $1.order.arrival) }
        let sources = Set(ordered.lazy.filter { $0.order.revision != nil }.map(\.order.source))
        for source in sources {
            let places = ordered.indices.filter {
                ordered[$0].order.revision != nil && ordered[$0].order.source == source
            }
            let inRevisionOrder = places.map { ordered[$0] }.sorted { left, right in
                (left.order.revision ?? 0, left.order.moment, left.order.arrival)
                    < (right.order.revision ?? 0, right.order.moment, right.order.arrival)
            }
            for (place, event) in zip(places, inRevisionOrder) {
                ordered[place] = event
            }
        }
        return ordered
    }
}

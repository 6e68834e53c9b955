package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func history(of customer: CustomerKey, before mark: HistoryMark?, limit: Int) async throws -> [HistoryEntry]
    {
        try await store.read { database in
            func rows(_ sql: String, _ kind: HistoryMark.Kind) throws -> [Row] {
                let moment = mark?.moment.milliseconds ?? .max
                let bound = mark?.bound(of: kind) ?? .max
                return try Row.fetchAll(
                    database,
                    sql: sql,
                    arguments: [customer.description, moment, bound, limit]
                )
            }
            var entries = try rows(HistorySQL.events, .event).map { row in
                HistoryEntry.event(
                    StoredEvent(
                        event: try EventRow.event(row),
                        delivery: row["delivery"],
                        isStale: row["is_stale"]
                    )
                )
            }
            entries += try rows(HistorySQL.actions, .action).map { .action(try Self.action($0)) }
            entries += try rows(HistorySQL.operations, .operation).map { .operation(try Self.operation($0)) }
            return Array(entries.sorted { $0.mark > $1.mark }.prefix(limit))
        }
    }

    package func actions(_ query: ActionQuery, before number: Int64?, limit: Int) async throws -> [StoredAction] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: HistorySQL.actions(ofCustomer: query.customer != nil),
                arguments: [
                    "before": number ?? .max, "author": query.author, "customer": query.customer?.description,
                    "limit": limit,
                ]
            ).map(Self.action)
        }
    }

    private static func action(_ row: Row) throws -> StoredAction {
        StoredAction(
            number: row["number"],
            action: PersonAction(
                author: row["author"],
                what: row["what"],
                customer: try (row["customer"] as String?).map(CustomerKey.init(stored:)),
                reason: row["reason"],
                at: Timestamp(milliseconds: row["at"])
            )
        )
    }

    package func replay(_ number: DeliveryNumber, policy: FoldPolicy, now: Timestamp) async throws -> Replay {
        try await store.write { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT source, webhook_id, state, body IS NULL AS is_forgotten FROM delivery WHERE number = ?",
                arguments: [number]
            )
            guard let row else { return .notThere }
            guard let state = StoredDelivery.State(rawValue: row["state"]) else {
                throw CorruptRow(table: "delivery", what: "an unknown state")
            }
            switch state {
            case .waiting: return .waiting
            case .applied: return .folded(try Self.foldAgain(number, policy: policy, now: now, in: database))
            case .ignored, .refused, .conflicting:
                if row["is_forgotten"] { return .forgotten }
                let taken = try Row.fetchOne(
                    database,
                    sql: "SELECT 1 FROM delivery WHERE source = ? AND webhook_id = ? AND state < 3 AND number <> ?",
                    arguments: [row["source"] as String, row["webhook_id"] as String, number]
                )
                guard taken == nil else { return .idTaken }
                try database.execute(
                    sql: """
                        UPDATE delivery SET state = 0, note = NULL, acknowledged_by = NULL, acknowledged_at = NULL WHERE number = ?
                        """,
                    arguments: [number]
                )
                return .queued
            }
        }
    }

    /// Folds the subscriptions of a delivery from all their events: the same events give the same, however often that is done.
    private static func foldAgain(
        _ number: DeliveryNumber,
        policy: FoldPolicy,
        now: Timestamp,
        in database: Database
    ) throws -> Set<CustomerKey> {
        var folding = Folding(database: database, policy: policy, now: now)
        let subscriptions = try String.fetchAll(
            database,
            sql: "SELECT DISTINCT subscription FROM event WHERE delivery = ? AND subscription IS NOT NULL",
            arguments: [number]
        )
        folding.touched = Set(subscriptions.map { SubscriptionID($0) })
        try folding.finish()
        return Set(folding.urgency.keys)
    }
}

/// A customer's history, newest first: bound to the customer, a moment, a number, and how many.
enum HistorySQL {
    static let events = """
        SELECT * FROM event WHERE arrival IN (
            SELECT event.arrival FROM subscription JOIN event ON event.subscription = subscription.id
                WHERE subscription.customer = ?1
            UNION
            SELECT arrival FROM event WHERE customer = ?1)
            AND (received_at, arrival) < (?2, ?3)
        ORDER BY +received_at DESC, +arrival DESC LIMIT ?4
        """

    static let actions = """
        SELECT * FROM person_action WHERE customer = ?1 AND (at, number) < (?2, ?3)
        ORDER BY +at DESC, number DESC LIMIT ?4
        """

    /// What anybody did; few people do, so that an author's entries are never far apart.
    static func actions(ofCustomer: Bool) -> String {
        """
        SELECT * FROM person_action WHERE number < :before
            AND \(ofCustomer ? "customer = :customer" : ":customer IS NULL")
            AND (:author IS NULL OR author = :author)
        ORDER BY number DESC LIMIT :limit
        """
    }

    static let operations = """
        SELECT * FROM operation WHERE customer = ?1 AND (started_at, number) < (?2, ?3)
        ORDER BY +started_at DESC, number DESC LIMIT ?4
        """
}

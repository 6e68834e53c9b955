package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func summary() async throws -> LedgerSummary {
        try await pool.read { database in
            var summary = LedgerSummary()
            for row in try Row.fetchAll(database, sql: "SELECT state, count(*) AS n FROM customer GROUP BY state") {
                guard let state = CustomerState(rawValue: row["state"]) else { continue }
                summary.customers[state] = row["n"]
            }
            let customers = try Row.fetchOne(
                database,
                sql: "SELECT coalesce(sum(has_access), 0) AS access, count(held_fingerprint) AS held FROM customer"
            )
            summary.withAccess = customers?["access"] ?? 0
            summary.heldCustomers = customers?["held"] ?? 0
            let lanes = try Row.fetchOne(
                database,
                sql: """
                    SELECT count(leased_until) AS leased,
                        min(CASE WHEN leased_until IS NULL THEN due_at END) AS due FROM customer
                    """
            )
            summary.lanesUnderWay = lanes?["leased"] ?? 0
            summary.nextDue = Timestamp(lanes?["due"] as Int64?)
            let subscriptions = try Row.fetchOne(
                database,
                sql: "SELECT count(*) AS n, count(*) - count(customer) AS ownerless FROM subscription"
            )
            summary.subscriptions = subscriptions?["n"] ?? 0
            summary.ownerlessSubscriptions = subscriptions?["ownerless"] ?? 0
            let waiting = try Row.fetchOne(
                database,
                sql: "SELECT count(*) AS n, min(received_at) AS oldest FROM delivery WHERE state = 0"
            )
            summary.deliveriesWaiting = waiting?["n"] ?? 0
            summary.oldestWaiting = Timestamp(waiting?["oldest"] as Int64?)
            for row in try Row.fetchAll(
                database,
                sql: "SELECT state, count(*) AS n FROM delivery WHERE state >= 3 GROUP BY state"
            ) {
                if row["state"] == StoredDelivery.State.refused.rawValue { summary.deliveriesRefused = row["n"] }
                if row["state"] == StoredDelivery.State.conflicting.rawValue {
                    summary.deliveriesConflicting = row["n"]
                }
            }
            return summary
        }
    }

    package func customers(_ query: CustomerQuery) async throws -> [CustomerRow] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM customer
                    WHERE key > ?1 AND (?2 IS NULL OR state = ?2)
                        AND (?3 IS NULL OR instr(key, ?3) > 0 OR instr(email_folded, ?4) > 0 OR instr(name, ?3) > 0)
                    ORDER BY key LIMIT ?5
                    """,
                arguments: [
                    query.after?.description ?? "", query.state?.rawValue, query.search, query.search.map(asciiFolded),
                    query.limit,
                ]
            ).map(Self.customerRow)
        }
    }

    package func customer(matching text: String) async throws -> CustomerRow? {
        try await pool.read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT * FROM customer WHERE key IN (?1, 'id:' || ?1, 'email:' || ?2) OR email_folded = ?2
                    ORDER BY key = ?1 DESC, key = 'id:' || ?1 DESC, key LIKE 'id:%' DESC, key LIMIT 1
                    """,
                arguments: [text, asciiFolded(text)]
            )
            return try row.map(Self.customerRow)
        }
    }

    private static func customerRow(_ row: Row) throws -> CustomerRow {
        CustomerRow(
            key: try CustomerKey(stored: row["key"]),
            email: row["email"],
            name: row["name"],
            state: CustomerState(rawValue: row["state"]) ?? .working,
            reasons: try JSONColumn.decode([String].self, from: row["reasons"]),
            stateSince: Timestamp(milliseconds: row["state_since"]),
            holdsLosses: row["held_fingerprint"] as String? != nil,
            dueAt: Timestamp(row["due_at"]),
            attempt: row["attempt"]
        )
    }

    package func events(of customer: CustomerKey, limit: Int) async throws -> [StoredEvent] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM event
                    WHERE subscription IN (SELECT id FROM subscription WHERE customer = ?1) OR customer = ?1
                    ORDER BY arrival DESC LIMIT ?2
                    """,
                arguments: [customer.description, limit]
            ).map { StoredEvent(event: try EventRow.event($0), delivery: $0["delivery"], isStale: $0["is_stale"]) }
        }
    }

    package func operations(
        of customer: CustomerKey?,
        state: PanelOperation.State?,
        before: Int64?,
        limit: Int
    ) async throws -> [PanelOperation] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM operation
                    WHERE number < ?1 AND (?2 IS NULL OR customer = ?2) AND (?3 IS NULL OR state = ?3)
                    ORDER BY number DESC LIMIT ?4
                    """,
                arguments: [before ?? .max, customer?.description, state?.rawValue, limit]
            ).map(Self.operation)
        }
    }

    package func ownerlessSubscriptions(limit: Int) async throws -> [Subscription] {
        try await pool.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT fold FROM subscription WHERE customer IS NULL ORDER BY id LIMIT ?",
                arguments: [limit]
            ).map { try JSONColumn.decode(Subscription.self, from: $0) }
        }
    }
}

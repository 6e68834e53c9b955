package import Entitlements
import GRDB
import Ledger

extension SQLiteLedger {
    package func remember(payment: String, of subscriptions: [SubscriptionID], now: Timestamp) async throws {
        let text = try JSONColumn.encode(subscriptions)
        try await store.write { database in
            try database.execute(
                sql: """
                    INSERT INTO payment (name, subscriptions, at) VALUES (?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET subscriptions = excluded.subscriptions
                    """,
                arguments: [payment, text, now.milliseconds]
            )
        }
    }

    package func subscriptions(paidBy payment: String) async throws -> [SubscriptionID]? {
        try await store.read { database in
            try String.fetchOne(
                database,
                sql: "SELECT subscriptions FROM payment WHERE name = ?",
                arguments: [payment]
            ).map { try JSONColumn.decode([SubscriptionID].self, from: $0, of: "payment") }
        }
    }
}

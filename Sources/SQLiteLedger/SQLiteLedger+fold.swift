package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func fold(
        _ deliveries: [UnfoldedDelivery],
        policy: FoldPolicy,
        now: Timestamp
    ) async throws -> Set<CustomerKey> {
        try await store.write { database in
            var folding = Folding(database: database, policy: policy, now: now)
            for delivery in deliveries {
                try folding.add(delivery)
            }
            try folding.finish()
            return Set(folding.urgency.keys)
        }
    }

    package func refold(policy: FoldPolicy, now: Timestamp) async throws {
        let pinned = try JSONColumn.encode(policy)
        try await store.write { database in
            let recorded = try String.fetchOne(database, sql: "SELECT value FROM pin WHERE name = 'fold policy'")
            guard recorded != pinned else { return }
            if recorded != nil {
                var folding = Folding(database: database, policy: policy, now: now)
                folding.touched = Set(
                    try String.fetchAll(database, sql: "SELECT id FROM subscription").map { SubscriptionID($0) }
                )
                try folding.finish()
            }
            try database.execute(
                sql:
                    "INSERT INTO pin (name, value) VALUES ('fold policy', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                arguments: [pinned]
            )
        }
    }
}

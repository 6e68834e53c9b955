package import Entitlements
import GRDB
package import Ledger

extension SQLiteLedger {
    package func customers(concernedBy delivery: DeliveryNumber) async throws -> Set<CustomerKey> {
        try await store.read { database in
            let keys = try String.fetchSet(
                database,
                sql: """
                    SELECT coalesce(subscription.customer, event.customer)
                    FROM event LEFT JOIN subscription ON subscription.id = event.subscription
                    WHERE event.delivery = ?1 AND coalesce(subscription.customer, event.customer) IS NOT NULL
                    """,
                arguments: [delivery]
            )
            return Set(try keys.map { try CustomerKey(stored: $0) })
        }
    }

    package func deliveriesByHour(since: Timestamp) async throws -> [Timestamp: Int] {
        try await store.read { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(sql: DeliverySQL.byHour),
                arguments: [since.milliseconds]
            )
            return Dictionary(
                rows.map { (Timestamp(milliseconds: $0["hour"]), $0["count"] as Int) },
                uniquingKeysWith: +
            )
        }
    }

    package func customersChanging(after now: Timestamp, beyond mark: ChangeMark?, limit: Int) async throws
        -> [CustomerRow]
    {
        try await store.read { database in
            // What came about since the page before is not on this one: it is being seen to.
            let mark = mark.flatMap { $0.at > now ? $0 : nil }
            return try Row.fetchAll(
                database.cachedStatement(sql: CustomerSQL.changingLater),
                arguments: [
                    (mark?.at ?? now + .milliseconds(1)).milliseconds, mark?.customer.description ?? "", limit,
                ]
            ).map(Self.customerRow)
        }
    }
}

package import Entitlements
import GRDB
package import Ledger

extension SQLiteLedger {
    package func customers(concernedBy deliveries: [DeliveryNumber], limit: Int) async throws
        -> [DeliveryNumber: [CustomerKey]]
    {
        try await store.read { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(sql: DeliverySQL.concerned),
                arguments: [try JSONColumn.encode(deliveries), limit]
            )
            return try rows.reduce(into: [:]) { found, row in
                let keys = try JSONColumn.decode([CustomerKey].self, from: row["customers"], of: "event")
                if !keys.isEmpty { found[row["delivery"]] = keys.sorted() }
            }
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

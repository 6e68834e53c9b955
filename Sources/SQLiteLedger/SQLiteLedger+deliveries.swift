package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    /// How many refused and how many conflicting deliveries are kept; older ones make room.
    static let unusableKept = 1000

    package func record(_ deliveries: [NewDelivery]) async throws -> [Receipt] {
        try await pool.write { database in
            try deliveries.map { try Self.insert($0, into: database) }
        }
    }

    private static func insert(_ delivery: NewDelivery, into database: Database) throws -> Receipt {
        let (state, note) = delivery.verdict.stored
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO delivery (source, webhook_id, event, stamped_at, received_at, body, secret_index, state, note)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """
        )
        func execute(_ state: StoredDelivery.State, _ note: String?) throws {
            try statement.execute(
                arguments: [
                    delivery.source, delivery.webhookID, delivery.event, delivery.stampedAt.milliseconds,
                    delivery.receivedAt.milliseconds, Data(delivery.body), delivery.secretIndex, state.rawValue, note,
                ]
            )
        }
        if state == .refused {
            try makeRoom(for: .refused, in: database)
            // A repeat of something whose id is taken is answered as a repeat, refused or not.
            if try receipt(forKnown: delivery, in: database) == .duplicate { return .duplicate }
        }
        try execute(state, note)
        if database.changesCount > 0 { return .recorded(database.lastInsertedRowID) }
        if let known = try receipt(forKnown: delivery, in: database), known == .duplicate { return known }
        try makeRoom(for: .conflicting, in: database)
        try execute(.conflicting, "The same webhook-id came before with another body. This one was not applied.")
        return .conflicting
    }

    private static func receipt(forKnown delivery: NewDelivery, in database: Database) throws -> Receipt? {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT number, body FROM delivery WHERE source = ? AND webhook_id = ? AND state < 3",
            arguments: [delivery.source, delivery.webhookID]
        )
        guard let row else { return nil }
        guard let body: Data = row["body"] else { return .duplicate }  // pruned: the id alone is left
        return body.elementsEqual(delivery.body) ? .duplicate : .conflicting
    }

    private static func makeRoom(for state: StoredDelivery.State, in database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM delivery WHERE state = ?1 AND number <= (
                    SELECT number FROM delivery WHERE state = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
                """,
            arguments: [state.rawValue, unusableKept - 1]
        )
    }

    package func waitingDeliveries(limit: Int) async throws -> [StoredDelivery] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM delivery WHERE state = 0 ORDER BY number LIMIT ?",
                arguments: [limit]
            ).map(Self.delivery)
        }
    }

    package func deliveries(
        before: DeliveryNumber?,
        state: StoredDelivery.State?,
        limit: Int
    ) async throws -> [StoredDelivery] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM delivery WHERE number < ?1 AND (?2 IS NULL OR state = ?2) ORDER BY number DESC LIMIT ?3
                    """,
                arguments: [before ?? .max, state?.rawValue, limit]
            ).map(Self.delivery)
        }
    }

    package func delivery(_ number: DeliveryNumber) async throws -> StoredDelivery? {
        try await pool.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM delivery WHERE number = ?", arguments: [number]).map(
                Self.delivery
            )
        }
    }

    package func billingHeardAt() async throws -> Timestamp? {
        try await pool.read { database in
            Timestamp(try Int64.fetchOne(database, sql: "SELECT max(received_at) FROM delivery"))
        }
    }

    package func prune(bodiesBefore: Timestamp, idsBefore: Timestamp) async throws -> Int {
        try await pool.write { database in
            try database.execute(
                sql: "UPDATE delivery SET body = NULL WHERE received_at < ? AND state <> 0 AND body IS NOT NULL",
                arguments: [bodiesBefore.milliseconds]
            )
            let emptied = database.changesCount
            try database.execute(
                sql: "DELETE FROM delivery WHERE received_at < ? AND state <> 0 AND body IS NULL",
                arguments: [idsBefore.milliseconds]
            )
            return emptied + database.changesCount
        }
    }

    private static func delivery(_ row: Row) throws -> StoredDelivery {
        guard let state = StoredDelivery.State(rawValue: row["state"]) else {
            throw CorruptRow(table: "delivery", what: "an unknown state")
        }
        return StoredDelivery(
            number: row["number"],
            source: row["source"],
            webhookID: row["webhook_id"],
            event: row["event"],
            stampedAt: Timestamp(milliseconds: row["stamped_at"]),
            receivedAt: Timestamp(milliseconds: row["received_at"]),
            body: Array(row["body"] as Data? ?? Data()),
            secretIndex: row["secret_index"],
            state: state,
            note: row["note"],
            isStale: row["is_stale"]
        )
    }
}

extension NewDelivery.Verdict {
    fileprivate var stored: (StoredDelivery.State, String?) {
        switch self {
        case .accepted: (.waiting, nil)
        case .ignored: (.ignored, nil)
        case .refused(let why): (.refused, why)
        }
    }
}

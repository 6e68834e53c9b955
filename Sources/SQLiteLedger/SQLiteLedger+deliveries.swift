package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    /// How many refused and how many conflicting deliveries are kept; older ones make room.
    static let unusableKept = 1000

    package func record(_ deliveries: [NewDelivery]) async throws -> [Receipt] {
        try await store.write { database in
            try deliveries.map { try Self.insert($0, into: database) }
        }
    }

    private static func insert(_ delivery: NewDelivery, into database: Database) throws -> Receipt {
        switch delivery.verdict {
        case .accepted: return try insertUsable(delivery, as: .waiting, into: database)
        case .ignored: return try insertUsable(delivery, as: .ignored, into: database)
        case .refused(let why):
            // A repeat of something whose id is taken is answered as a repeat, refused or not.
            if try isRepeat(delivery, in: database) { return .duplicate }
            return .recorded(try insertUnusable(delivery, as: .refused, note: why, into: database))
        }
    }

    private static func insertUsable(
        _ delivery: NewDelivery,
        as state: StoredDelivery.State,
        into database: Database
    ) throws -> Receipt {
        if let number = try insert(delivery, as: state, note: nil, into: database) { return .recorded(number) }
        if try isRepeat(delivery, in: database) { return .duplicate }
        let note = "The same webhook-id came before with another body. This one was not applied."
        _ = try insertUnusable(delivery, as: .conflicting, note: note, into: database)
        return .conflicting
    }

    /// The new row's number; `nil` if the id is taken, which only usable deliveries find.
    private static func insert(
        _ delivery: NewDelivery,
        as state: StoredDelivery.State,
        note: String?,
        into database: Database
    ) throws -> DeliveryNumber? {
        try database.cachedStatement(sql: DeliverySQL.insert).execute(
            arguments: [
                delivery.source, delivery.webhookID, delivery.event, delivery.stampedAt.milliseconds,
                delivery.receivedAt.milliseconds, Data(delivery.body), delivery.secretIndex, state.rawValue, note,
            ]
        )
        return database.changesCount > 0 ? database.lastInsertedRowID : nil
    }

    /// Keeps what cannot be used for a person to see: once, however often it is repeated, and up to a bound.
    private static func insertUnusable(
        _ delivery: NewDelivery,
        as state: StoredDelivery.State,
        note: String,
        into database: Database
    ) throws -> DeliveryNumber {
        let repeated: StatementArguments = [delivery.source, delivery.webhookID, state.rawValue, Data(delivery.body)]
        let before = try Row.fetchOne(database.cachedStatement(sql: DeliverySQL.repeated), arguments: repeated)
        try database.cachedStatement(sql: DeliverySQL.forgetRepeat).execute(arguments: repeated)
        try database.cachedStatement(sql: DeliverySQL.makeRoom).execute(
            arguments: [state.rawValue, unusableKept - 1]
        )
        guard let number = try insert(delivery, as: state, note: note, into: database) else {
            preconditionFailure("What cannot be used takes no id, so none can be in its way.")
        }
        // What a person has seen is not news because its sender repeats it.
        if let author = before?["acknowledged_by"] as String? {
            try database.execute(
                sql: DeliverySQL.acknowledge,
                arguments: [author, before?["acknowledged_at"] as Int64?, number]
            )
        }
        return number
    }

    /// Whether its id is taken by a delivery with the same body.
    private static func isRepeat(_ delivery: NewDelivery, in database: Database) throws -> Bool {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: DeliverySQL.known),
            arguments: [delivery.source, delivery.webhookID]
        )
        guard let row else { return false }
        guard let body: Data = row["body"] else { return true }  // pruned: the id alone is left
        return body.elementsEqual(delivery.body)
    }

    package func waitingDeliveries(from sources: DeliverySources, limit: Int) async throws -> [StoredDelivery] {
        try await store.read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: DeliverySQL.waiting(from: sources),
                arguments: ["limit": limit, "source": sources.name]
            )
            // Read off the cursor: rows that are copied look for each of their columns by lowercasing the names before it.
            return try Array(rows.map(Self.delivery))
        }
    }

    package func deliveries(
        before: DeliveryNumber?,
        state: StoredDelivery.State?,
        limit: Int
    ) async throws -> [StoredDelivery] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: DeliverySQL.list(state, newestFirst: true),
                arguments: [before ?? .max, limit]
            ).map(Self.delivery)
        }
    }

    package func delivery(_ number: DeliveryNumber) async throws -> StoredDelivery? {
        try await store.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM delivery WHERE number = ?", arguments: [number]).map(
                Self.delivery
            )
        }
    }

    package func acknowledge(_ number: DeliveryNumber, by decision: PersonDecision) async throws -> Acknowledging {
        try await store.write { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT * FROM delivery WHERE number = ?",
                arguments: [number]
            )
            guard let delivery = try row.map(Self.delivery) else { return .notThere }
            if let known = delivery.acknowledgement { return .known(known) }
            guard delivery.state.isUnusable else { return .usable(delivery.state) }
            try database.execute(
                sql: DeliverySQL.acknowledge,
                arguments: [decision.author, decision.at.milliseconds, number]
            )
            try Self.insert(
                PersonAction(
                    author: decision.author,
                    what: "acknowledge delivery \(number)",
                    reason: decision.reason,
                    at: decision.at
                ),
                in: database
            )
            return .done
        }
    }

    package func senderSettings() async throws -> SenderSettings? {
        try await store.read { database in
            try String.fetchOne(database, sql: "SELECT value FROM pin WHERE name = 'sender settings'")
                .map { try JSONColumn.decode(SenderSettings.self, from: $0, of: "pin") }
        }
    }

    package func billingHeardAt() async throws -> Timestamp? {
        try await store.read { database in
            Timestamp(try Int64.fetchOne(database, sql: DeliverySQL.heardAt))
        }
    }

    package func prune(bodiesBefore: Timestamp, idsBefore: Timestamp) async throws -> Int {
        try await store.write { database in
            try database.execute(
                sql: DeliverySQL.emptyBodies,
                arguments: [bodiesBefore.milliseconds]
            )
            let emptied = database.changesCount
            try database.execute(
                sql: DeliverySQL.forgetIDs,
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
            isStale: row["is_stale"],
            acknowledgement: (row["acknowledged_by"] as String?).map {
                Acknowledgement(author: $0, at: Timestamp(milliseconds: row["acknowledged_at"]))
            }
        )
    }
}

/// Statements about deliveries whose query plan is tested.
enum DeliverySQL {
    static let insert = """
        INSERT INTO delivery (source, webhook_id, event, stamped_at, received_at, body, secret_index, state, note)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (source, webhook_id) WHERE state < 3 DO NOTHING
        """

    static let known = "SELECT body FROM delivery WHERE source = ? AND webhook_id = ? AND state < 3"

    static let repeated = """
        SELECT acknowledged_by, acknowledged_at FROM delivery
        WHERE source = ? AND webhook_id = ? AND state = ? AND state >= 3 AND body = ?
        """

    static let acknowledge = "UPDATE delivery SET acknowledged_by = ?, acknowledged_at = ? WHERE number = ?"

    static let forgetRepeat = """
        DELETE FROM delivery WHERE source = ? AND webhook_id = ? AND state = ? AND state >= 3 AND body = ?
        """

    static let makeRoom = """
        DELETE FROM delivery WHERE state >= 3 AND state = ?1 AND number <= (
            SELECT number FROM delivery WHERE state >= 3 AND state = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
        """

    static let concerned = """
        SELECT asked.value AS delivery, (
            SELECT json_group_array(customer) FROM (
                SELECT DISTINCT coalesce(subscription.customer, event.customer) AS customer
                FROM event LEFT JOIN subscription ON subscription.id = event.subscription
                WHERE event.delivery = asked.value AND coalesce(subscription.customer, event.customer) IS NOT NULL
                LIMIT ?2)) AS customers
        FROM json_each(?1) AS asked
        """

    static let byHour = """
        SELECT received_at / 3600000 * 3600000 AS hour, count(*) AS count FROM delivery WHERE received_at >= ?
        GROUP BY received_at / 3600000
        """

    /// Stripe and a person's import are no word of the billing system's.
    static let heardAt = """
        SELECT received_at FROM delivery WHERE source NOT IN ('stripe', 'import') ORDER BY received_at DESC LIMIT 1
        """

    static let emptyBodies = """
        UPDATE delivery SET body = NULL WHERE received_at < ? AND state <> 0 AND body IS NOT NULL
        """

    static let forgetIDs = "DELETE FROM delivery WHERE received_at < ? AND state <> 0 AND body IS NULL"

    /// Those not folded yet, oldest first.
    static func waiting(from sources: DeliverySources) -> String {
        let isMeant =
            switch sources {
            case .all: ":source IS NULL"
            case .only: "source = :source"
            case .allBut: "source <> :source"
            }
        return "SELECT * FROM delivery WHERE state = 0 AND \(isMeant) ORDER BY number LIMIT :limit"
    }

    /// A page of a state's deliveries, or of all; the state stands in the text, so that its partial index is used.
    static func list(_ state: StoredDelivery.State?, newestFirst: Bool) -> String {
        let isOfState =
            switch state {
            case nil: "TRUE"
            case .waiting: "state = 0"
            case .applied: "state = 1"
            case .ignored: "state = 2"
            case .refused: "state >= 3 AND state = 3"
            case .conflicting: "state >= 3 AND state = 4"
            }
        let (side, order) = newestFirst ? ("<", "DESC") : (">", "ASC")
        return "SELECT * FROM delivery WHERE number \(side) ? AND \(isOfState) ORDER BY number \(order) LIMIT ?"
    }
}

extension DeliverySources {
    fileprivate var name: String? {
        switch self {
        case .all: nil
        case .only(let source), .allBut(let source): source
        }
    }
}

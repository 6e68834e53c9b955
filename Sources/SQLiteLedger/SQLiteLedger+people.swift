package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func add(_ override: Override, to customer: CustomerKey, now: Timestamp) async throws -> Override {
        try await store.write { database in
            let known = try Row.fetchOne(
                database,
                sql: "SELECT * FROM override WHERE id = ? AND customer = ?",
                arguments: [override.id.rawValue, customer.description]
            )
            if let known { return try Self.override(known) }
            try Self.insert(override, of: customer, now: now, in: database)
            return override
        }
    }

    static func insert(_ override: Override, of customer: CustomerKey, now: Timestamp, in database: Database) throws {
        let tier: String? = if case .grant(let tier) = override.kind { tier.rawValue } else { nil }
        try CustomerSQL.ensure(customer, now: now, in: database)
        try database.execute(
            sql: """
                INSERT INTO override (id, customer, kind, tier, reason, author, created_at, until)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                override.id.rawValue, customer.description, override.word, tier, override.reason, override.author,
                override.createdAt.milliseconds, override.until?.milliseconds,
            ]
        )
        try insert(
            PersonAction(
                author: override.author,
                what: override.words,
                customer: customer,
                reason: override.reason,
                at: now
            ),
            in: database
        )
        try LaneSQL.mark(customer, priority: .restore, now: now, in: database)
    }

    package func endOverride(
        _ id: OverrideID,
        by author: String,
        because reason: String?,
        now: Timestamp
    ) async throws -> CustomerKey? {
        try await store.write { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    UPDATE override SET ended_at = ?1
                    WHERE id = ?2 AND ended_at IS NULL AND (until IS NULL OR until > ?1)
                    RETURNING *
                    """,
                arguments: [now.milliseconds, id.rawValue]
            )
            guard let row else { return nil }
            let key = try CustomerKey(stored: row["customer"])
            let what = "end \(try Self.override(row).words)"
            try Self.insert(
                PersonAction(author: author, what: what, customer: key, reason: reason, at: now),
                in: database
            )
            try LaneSQL.mark(key, priority: .restore, now: now, in: database)
            return key
        }
    }

    package func takeOver(
        _ grants: [Grant],
        for customer: CustomerKey,
        by author: String,
        now: Timestamp
    ) async throws -> Int {
        try await store.write { database in
            try CustomerSQL.ensure(customer, now: now, in: database)
            var count = 0
            for grant in grants {
                try database.cachedStatement(
                    sql: """
                        INSERT INTO server_grant (customer, panel, server, is_active, body) VALUES (?, ?, ?, 0, ?)
                        ON CONFLICT (customer, panel, server) DO NOTHING
                        """
                ).execute(
                    arguments: [
                        customer.description, grant.server.panel.rawValue, grant.server.number,
                        try JSONColumn.encode(grant),
                    ]
                )
                count += database.changesCount
            }
            let action = PersonAction(
                author: author,
                what: "take over hand-made permissions on \(count) servers",
                customer: customer,
                at: now
            )
            try Self.insert(action, in: database)
            return count
        }
    }

    package func record(_ action: PersonAction) async throws {
        try await store.write { try Self.insert(action, in: $0) }
    }

    static func insert(_ action: PersonAction, in database: Database) throws {
        try database.execute(
            sql: "INSERT INTO person_action (author, what, customer, reason, at) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                action.author, action.what, action.customer?.description, action.reason, action.at.milliseconds,
            ]
        )
    }

    package func overrides(
        _ query: OverrideQuery,
        before mark: OverrideMark?,
        limit: Int
    ) async throws -> [(CustomerKey, Override)] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: OverrideSQL.list(ofCustomer: query.customer != nil),
                arguments: [
                    "now": query.inForceAt?.milliseconds, "customer": query.customer?.description, "word": query.word,
                    "created": mark?.createdAt.milliseconds ?? .max, "id": mark?.id.rawValue ?? "", "limit": limit,
                ]
            ).map { (try CustomerKey(stored: $0["customer"]), try Self.override($0)) }
        }
    }

    static func override(_ row: Row) throws -> Override {
        let kind: Override.Kind
        switch row["kind"] as String {
        case "ban": kind = .ban
        case "hold": kind = .hold
        case "grant": kind = .grant(TierID(row["tier"] as String))
        case let other: throw CorruptRow(table: "override", what: "the kind \"\(other)\"")
        }
        return Override(
            id: OverrideID(row["id"] as String),
            kind: kind,
            reason: row["reason"],
            author: row["author"],
            createdAt: Timestamp(milliseconds: row["created_at"]),
            until: Timestamp(row["until"]),
            endedAt: Timestamp(row["ended_at"])
        )
    }
}

/// Statements about overrides whose query plan is tested.
enum OverrideSQL {
    static func list(ofCustomer: Bool) -> String {
        """
        SELECT * FROM override
        WHERE (:now IS NULL OR (\(isInForce))) AND (:word IS NULL OR kind = :word)
            AND \(ofCustomer ? "customer = :customer" : ":customer IS NULL")
            AND created_at <= :created AND (created_at < :created OR id > :id)
        ORDER BY created_at DESC, id LIMIT :limit
        """
    }

    private static let isInForce = "created_at <= :now AND ended_at IS NULL AND (until IS NULL OR until > :now)"
    static let isBan = "kind = 'ban' AND \(isInForce)"
    static let banned = """
        SELECT key, state FROM customer WHERE key IN (SELECT customer FROM override WHERE \(isBan))
        """
}

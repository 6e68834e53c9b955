package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func add(_ override: Override, to customer: CustomerKey, now: Timestamp) async throws {
        try await pool.write { try Self.insert(override, of: customer, now: now, in: $0) }
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
        try await pool.write { database in
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

    package func record(_ action: PersonAction) async throws {
        try await pool.write { try Self.insert(action, in: $0) }
    }

    static func insert(_ action: PersonAction, in database: Database) throws {
        try database.execute(
            sql: "INSERT INTO person_action (author, what, customer, reason, at) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                action.author, action.what, action.customer?.description, action.reason, action.at.milliseconds,
            ]
        )
    }

    package func overrides(of customer: CustomerKey?, inForceAt now: Timestamp?, limit: Int) async throws
        -> [(CustomerKey, Override)]
    {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM override
                    WHERE (?1 IS NULL OR (created_at <= ?1 AND ended_at IS NULL AND (until IS NULL OR until > ?1)))
                        AND (?3 IS NULL OR customer = ?3)
                    ORDER BY created_at DESC, id LIMIT ?2
                    """,
                arguments: [now?.milliseconds, limit, customer?.description]
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

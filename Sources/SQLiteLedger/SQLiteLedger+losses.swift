package import Entitlements
import GRDB
package import Ledger

/// Statements about losses that no person decided.
enum LossSQL {
    /// Those who lost since a moment, or are to lose, and the customer in question; kinds from one on.
    static let count = """
        WITH losing (customer) AS (
            SELECT customer FROM loss WHERE at > ?1 AND kind >= ?2
            UNION SELECT customer FROM awaited_loss WHERE kind >= ?2
            UNION SELECT ?3)
        SELECT count(*) AS losing, count(*) FILTER (WHERE NOT EXISTS (
                SELECT 1 FROM customer WHERE key = losing.customer AND has_access = 1)) AS without
        FROM losing
        """

    static let isSomebodyUnseen = """
        SELECT EXISTS (SELECT 1 FROM customer WHERE due_at IS NOT NULL AND due_at <= ?1 AND key <> ?2)
        """

    static let awaited = "SELECT kind, noticed_at, is_held FROM awaited_loss WHERE customer = ? ORDER BY kind"

    /// Longer than anything is counted over.
    static let keptFor: Duration = .days(90)

    static func write(_ kinds: Set<LossKind>, of customer: CustomerKey, now: Timestamp, in database: Database) throws {
        guard !kinds.isEmpty else { return }
        for kind in kinds.sorted() {
            try database.cachedStatement(sql: "INSERT INTO loss (customer, kind, at) VALUES (?, ?, ?)")
                .execute(arguments: [customer.description, kind.rawValue, now.milliseconds])
        }
        try database.cachedStatement(sql: "DELETE FROM loss WHERE at < ?")
            .execute(arguments: [(now - keptFor).milliseconds])
    }

    static func replaceAwaited(with losses: [AwaitedLoss], of customer: CustomerKey, in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM awaited_loss WHERE customer = ?")
            .execute(arguments: [customer.description])
        for loss in losses {
            try database.cachedStatement(
                sql: "INSERT INTO awaited_loss (customer, kind, noticed_at, is_held) VALUES (?, ?, ?, ?)"
            ).execute(
                arguments: [customer.description, loss.kind.rawValue, loss.noticedAt.milliseconds, loss.isHeld]
            )
        }
    }

    static func awaited(by customer: CustomerKey, in database: Database) throws -> [AwaitedLoss] {
        try Row.fetchAll(database.cachedStatement(sql: awaited), arguments: [customer.description]).map { row in
            guard let kind = LossKind(rawValue: row["kind"]) else {
                throw CorruptRow(table: "awaited_loss", what: "an unknown kind")
            }
            return AwaitedLoss(
                kind: kind,
                noticedAt: Timestamp(milliseconds: row["noticed_at"]),
                isHeld: row["is_held"]
            )
        }
    }
}

extension SQLiteLedger {
    package func lossCensus(
        for customer: CustomerKey,
        noticedAt: Timestamp,
        policy: BreakerPolicy,
        now: Timestamp
    ) async throws -> LossCensus {
        try await store.read { database in
            let withAccess =
                try Int.fetchOne(database.cachedStatement(sql: "SELECT count(*) FROM customer WHERE has_access = 1"))
                ?? 0
            func count(_ kind: LossKind, within window: Duration) throws -> LossCensus.Count {
                let row = try Row.fetchOne(
                    database.cachedStatement(sql: LossSQL.count),
                    arguments: [(now - window).milliseconds, kind.rawValue, customer.description]
                )
                return LossCensus.Count(
                    losing: row?["losing"] ?? 0,
                    hadAccess: withAccess + (row?["without"] ?? 0)
                )
            }
            let isSomebodyUnseen = try Bool.fetchOne(
                database.cachedStatement(sql: LossSQL.isSomebodyUnseen),
                arguments: [noticedAt.milliseconds, customer.description]
            )
            return LossCensus(
                all: try count(.told, within: policy.window),
                inferred: try count(.inferred, within: policy.inferredWindow),
                isComplete: !(isSomebodyUnseen ?? false)
            )
        }
    }

    package func heldCustomers() async throws -> [HeldCustomer] {
        try await store.read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT key, email, held_fingerprint, reasons FROM customer
                        WHERE held_fingerprint IS NOT NULL ORDER BY key
                        """
                )
            ).map { row in
                HeldCustomer(
                    key: try CustomerKey(stored: row["key"]),
                    email: row["email"],
                    fingerprint: row["held_fingerprint"],
                    reasons: try JSONColumn.decode([String].self, from: row["reasons"], of: "customer")
                )
            }
        }
    }

    package func blockages(sinceBefore moment: Timestamp) async throws -> [Blockage] {
        try await store.read { database in
            try Row.fetchAll(
                database.cachedStatement(sql: CustomerSQL.blockages),
                arguments: [moment.milliseconds]
            ).map { row in
                Blockage(
                    cause: row["cause"],
                    reason: row["reason"],
                    customers: row["customers"],
                    example: row["example"],
                    since: Timestamp(milliseconds: row["since"])
                )
            }
        }
    }

    package func approveHeld(_ shown: [CustomerKey: String], by author: String, now: Timestamp) async throws -> Bool {
        do {
            try await store.write { database in
                for (key, fingerprint) in shown.sorted(by: { $0.key < $1.key }) {
                    try database.cachedStatement(
                        sql: "UPDATE customer SET approved_fingerprint = ?1 WHERE key = ?2 AND held_fingerprint = ?1"
                    ).execute(arguments: [fingerprint, key.description])
                    guard database.changesCount > 0 else { throw HeldOtherwise() }
                    try Self.insert(
                        PersonAction(author: author, what: "approve held losses", customer: key, at: now),
                        in: database
                    )
                    try LaneSQL.mark(key, priority: .revocation, now: now, in: database)
                }
            }
            return true
        } catch is HeldOtherwise {
            return false
        }
    }

    /// What is held is not what was shown; takes the transaction back.
    private struct HeldOtherwise: Error {}
}

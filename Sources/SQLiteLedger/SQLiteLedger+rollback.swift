package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func begin(_ rollback: NewRollback, now: Timestamp) async throws -> RollbackNumber {
        try await store.write { database in
            let known = try Int64.fetchOne(
                database,
                sql: "SELECT number FROM rollback WHERE fingerprint = ?",
                arguments: [rollback.fingerprint]
            )
            if let known { return known }
            let open = try Int64.fetchOne(
                database,
                sql: "SELECT rollback FROM rollback_step WHERE state = 'waiting' LIMIT 1"
            )
            if let open { throw RollbackUnderWay(number: open) }
            return try Self.insert(rollback, now: now, in: database)
        }
    }

    private static func insert(_ rollback: NewRollback, now: Timestamp, in database: Database) throws -> RollbackNumber
    {
        try database.execute(
            sql: "INSERT INTO rollback (fingerprint, back_to, author, reason, at) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                rollback.fingerprint, rollback.to.milliseconds, rollback.author, rollback.reason, now.milliseconds,
            ]
        )
        let number = database.lastInsertedRowID
        for step in rollback.steps {
            try database.cachedStatement(
                sql: """
                    INSERT INTO rollback_step (rollback, customer, panel, server, body, state)
                    VALUES (?, ?, ?, ?, ?, 'waiting')
                    """
            ).execute(
                arguments: [
                    number, step.customer.description, step.way.server.panel.rawValue, step.way.server.number,
                    try JSONColumn.encode(step.way),
                ]
            )
        }
        for (customer, hold) in rollback.holds.sorted(by: { $0.key < $1.key }) {
            try insert(hold, of: customer, now: now, in: database)
        }
        try insert(
            PersonAction(author: rollback.author, what: "roll back (\(number))", reason: rollback.reason, at: now),
            in: database
        )
        return number
    }

    package func stopRollback(_ number: RollbackNumber, by author: String, now: Timestamp) async throws -> Int {
        try await store.write { database in
            try database.execute(
                sql: "UPDATE rollback_step SET state = 'left', answer = ? WHERE rollback = ? AND state = 'waiting'",
                arguments: ["Stopped by \(author) before its turn.", number]
            )
            let stopped = database.changesCount
            if stopped > 0 {
                let what = "stop rollback \(number)"
                try Self.insert(PersonAction(author: author, what: what, at: now), in: database)
            }
            return stopped
        }
    }

    static func close(_ step: RolledBack, of customer: CustomerKey, in database: Database) throws {
        try database.execute(
            sql: """
                UPDATE rollback_step SET state = ?, answer = ?
                WHERE rollback = ? AND customer = ? AND panel = ? AND server = ? AND state = 'waiting'
                """,
            arguments: [
                step.outcome.rawValue, step.answer, step.rollback, customer.description, step.server.panel.rawValue,
                step.server.number,
            ]
        )
    }

    package func rollbacks(before number: RollbackNumber?, limit: Int) async throws -> [RollbackProgress] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT *,
                        (SELECT count(*) FROM rollback_step WHERE rollback = number AND state = 'waiting') AS waiting,
                        (SELECT count(*) FROM rollback_step WHERE rollback = number AND state = 'done') AS done,
                        (SELECT count(*) FROM rollback_step WHERE rollback = number AND state = 'left') AS remaining
                    FROM rollback WHERE number < ? ORDER BY number DESC LIMIT ?
                    """,
                arguments: [number ?? .max, limit]
            ).map { row in
                RollbackProgress(
                    number: row["number"],
                    fingerprint: row["fingerprint"],
                    to: Timestamp(milliseconds: row["back_to"]),
                    author: row["author"],
                    reason: row["reason"],
                    at: Timestamp(milliseconds: row["at"]),
                    waiting: row["waiting"],
                    done: row["done"],
                    left: row["remaining"]
                )
            }
        }
    }

    package func leftSteps(of rollback: RollbackNumber, limit: Int) async throws -> [LeftAsIs] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT customer, panel, server, answer FROM rollback_step
                    WHERE rollback = ? AND state = 'left' ORDER BY customer, panel, server LIMIT ?
                    """,
                arguments: [rollback, limit]
            ).map { row in
                LeftAsIs(
                    customer: try CustomerKey(stored: row["customer"]),
                    server: PanelServerID(panel: PanelName(row["panel"] as String), number: row["server"]),
                    why: row["answer"] ?? ""
                )
            }
        }
    }

    package func operations(since moment: Timestamp, limit: Int) async throws -> [PanelOperation] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: OperationSQL.since,
                arguments: [moment.milliseconds, limit]
            ).map(Self.operation)
        }
    }

    static func waitingStep(_ row: Row) throws -> WaitingStep {
        WaitingStep(
            rollback: row["rollback"],
            way: try JSONColumn.decode(WayBack.self, from: row["body"], of: "rollback_step")
        )
    }
}

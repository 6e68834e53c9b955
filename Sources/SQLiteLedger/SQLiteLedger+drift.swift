package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func accept(_ line: DriftLine, by decision: PersonDecision) async throws {
        try await store.write { database in
            let known = try String.fetchOne(
                database,
                sql: "SELECT permissions FROM accepted_drift WHERE panel = ? AND server = ? AND user_id = ?",
                arguments: [line.server.panel.rawValue, line.server.number, line.user]
            )
            let before = try known.map { try JSONColumn.decode(Set<Permission>.self, from: $0, of: "accepted_drift") }
            try database.execute(
                sql: """
                    INSERT INTO accepted_drift (panel, server, user_id, permissions) VALUES (?, ?, ?, ?)
                    ON CONFLICT (panel, server, user_id) DO UPDATE SET permissions = excluded.permissions
                    """,
                arguments: [
                    line.server.panel.rawValue, line.server.number, line.user,
                    try JSONColumn.encode(line.permissions.union(before ?? []).sorted()),
                ]
            )
            // What is hand-made already is recorded by the customer's lane, from a reading of its own.
            if let customer = line.customer, line.kind == .givenBack || line.kind == .unpaid {
                try Self.change(line, of: customer, now: decision.at, in: database) {
                    $0.acceptByHand(line.permissions)
                }
            }
            try Self.note(decision, "accept what was given by hand", of: line, in: database)
        }
    }

    package func takeBack(_ line: DriftLine, of customer: CustomerKey, by decision: PersonDecision) async throws {
        try await store.write { database in
            try database.execute(
                sql: "DELETE FROM accepted_drift WHERE panel = ? AND server = ? AND user_id = ?",
                arguments: [line.server.panel.rawValue, line.server.number, line.user]
            )
            try Self.change(line, of: customer, now: decision.at, in: database) { $0.takeBack(line.permissions) }
            try Self.note(decision, "take back what was given by hand", of: line, in: database)
        }
    }

    /// Changes the customer's grant on the line's server, if there is one, and takes it from whoever works on the customer now.
    private static func change(
        _ line: DriftLine,
        of customer: CustomerKey,
        now: Timestamp,
        in database: Database,
        _ change: (inout Grant) -> Void
    ) throws {
        let body = try String.fetchOne(
            database,
            sql: "SELECT body FROM server_grant WHERE customer = ? AND panel = ? AND server = ?",
            arguments: [customer.description, line.server.panel.rawValue, line.server.number]
        )
        if let body {
            var grant = try JSONColumn.decode(Grant.self, from: body, of: "server_grant")
            change(&grant)
            try save(grant, of: customer, in: database)
        }
        try interrupt(customer, now: now, in: database)
    }

    private static func note(_ decision: PersonDecision, _ what: String, of line: DriftLine, in database: Database)
        throws
    {
        let permissions = line.permissions.sorted().map(\.key).joined(separator: ", ")
        try insert(
            PersonAction(
                author: decision.author,
                what:
                    "\(what): \(permissions) of user \(line.user) on server \(line.server.number) of panel \(line.server.panel)",
                customer: line.customer,
                reason: decision.reason,
                at: decision.at
            ),
            in: database
        )
    }

    package func acceptedDrift() async throws -> Set<AcceptedDrift> {
        try await store.read { database in
            Set(
                try Row.fetchAll(database, sql: "SELECT * FROM accepted_drift").map { row in
                    AcceptedDrift(
                        server: PanelServerID(panel: PanelName(row["panel"] as String), number: row["server"]),
                        user: row["user_id"],
                        permissions: try JSONColumn.decode(
                            Set<Permission>.self,
                            from: row["permissions"],
                            of: "accepted_drift"
                        )
                    )
                }
            )
        }
    }
}

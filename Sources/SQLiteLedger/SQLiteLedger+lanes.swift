package import Entitlements
import Foundation
import GRDB
package import Ledger

/// Statements about lanes, those that several transactions share and those whose query plan is tested.
enum LaneSQL {
    static let someoneIsDue = """
        SELECT EXISTS (SELECT 1 FROM customer
            WHERE due_at IS NOT NULL AND due_at <= ?1 AND (leased_until IS NULL OR leased_until <= ?1))
        """

    /// Who is due at a priority; the order of the lanes comes from asking for one priority after the other.
    static let due = """
        SELECT key FROM customer
        WHERE priority = ?1 AND due_at IS NOT NULL AND due_at <= ?2 AND (leased_until IS NULL OR leased_until <= ?2)
        ORDER BY due_at LIMIT ?3
        """

    /// The first who is due and in nobody's lane, or the first lane that falls free; there are only a few of the latter.
    static let nextDue = """
        SELECT min(moment) FROM (
            SELECT * FROM (
                SELECT due_at AS moment FROM customer INDEXED BY customer_due
                WHERE due_at IS NOT NULL AND leased_until IS NULL ORDER BY due_at LIMIT 1)
            UNION ALL
            SELECT max(due_at, leased_until) FROM customer INDEXED BY customer_leased
            WHERE leased_until IS NOT NULL AND due_at IS NOT NULL)
        """

    /// Whoever is to be looked at is not known to have what they should until somebody has looked.
    private static let mark = """
        UPDATE customer SET
            mark = mark + 1,
            priority = min(priority, ?1),
            due_at = min(coalesce(due_at, ?2), ?2),
            working_since = coalesce(working_since, ?2),
            state_since = CASE WHEN state = 'converged' THEN ?2 ELSE state_since END,
            state = CASE WHEN state = 'converged' THEN 'working' ELSE state END
        """

    static func mark(_ key: CustomerKey, priority: LanePriority, now: Timestamp, in database: Database) throws {
        try database.cachedStatement(sql: "\(mark), must_look = must_look OR ?3 WHERE key = ?4")
            .execute(arguments: [priority.rawValue, now.milliseconds, priority == .audit, key.description])
    }

    static func markAll(priority: LanePriority, now: Timestamp, in database: Database) throws {
        try database.cachedStatement(sql: mark).execute(arguments: [priority.rawValue, now.milliseconds])
    }

    /// Checks that a claim still holds, and ends what it was about to do if not.
    static func require(_ claim: Claim, in database: Database) throws {
        let fence = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT fence FROM customer WHERE key = ? AND leased_until IS NOT NULL"),
            arguments: [claim.customer.description]
        )
        guard fence == claim.fence else { throw LeaseLost(customer: claim.customer) }
    }
}

extension SQLiteLedger {
    package func mark(_ customers: Set<CustomerKey>?, priority: LanePriority, now: Timestamp) async throws {
        try await store.write { database in
            if let customers {
                for key in customers.sorted() {
                    try LaneSQL.mark(key, priority: priority, now: now, in: database)
                }
            } else {
                try LaneSQL.markAll(priority: priority, now: now, in: database)
            }
        }
    }

    package func markAll(in states: Set<CustomerState>, priority: LanePriority, now: Timestamp) async throws {
        try await store.write { database in
            for state in states.sorted(by: { $0.rawValue < $1.rawValue }) {
                let keys = try String.fetchAll(
                    database.cachedStatement(sql: "SELECT key FROM customer WHERE state = ? ORDER BY key"),
                    arguments: [state.rawValue]
                )
                for key in keys {
                    try LaneSQL.mark(CustomerKey(stored: key), priority: priority, now: now, in: database)
                }
            }
        }
    }

    package func claimDue(
        limit: Int,
        atLeast urgency: LanePriority,
        lease: Duration,
        now: Timestamp
    ) async throws -> [Claim] {
        let isDue = try await store.read { database in
            try Bool.fetchOne(database.cachedStatement(sql: LaneSQL.someoneIsDue), arguments: [now.milliseconds])
                ?? false
        }
        guard isDue else { return [] }
        return try await store.write { database in
            var claims: [Claim] = []
            for priority in LanePriority.allCases where priority <= urgency && claims.count < limit {
                let keys = try String.fetchAll(
                    database.cachedStatement(sql: LaneSQL.due),
                    arguments: [priority.rawValue, now.milliseconds, limit - claims.count]
                )
                claims += try keys.map { try Self.claim($0, until: now + lease, now: now, in: database) }
            }
            return claims
        }
    }

    private static func claim(
        _ key: String,
        until end: Timestamp,
        now: Timestamp,
        in database: Database
    ) throws -> Claim {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    UPDATE customer SET
                        fence = fence + 1,
                        leased_until = ?2,
                        working_since = coalesce(working_since, ?3)
                    WHERE key = ?1
                    RETURNING fence, mark, attempt, working_since, priority, must_look
                    """
            ),
            arguments: [key, end.milliseconds, now.milliseconds]
        )
        let customer = try CustomerKey(stored: key)
        guard let row, let priority = LanePriority(rawValue: row["priority"]) else {
            throw CorruptRow(table: "customer", what: "an unknown priority at \"\(key)\"")
        }
        return Claim(
            customer: customer,
            fence: row["fence"],
            mark: row["mark"],
            attempt: row["attempt"],
            workingSince: Timestamp(milliseconds: row["working_since"]),
            priority: priority,
            mustLook: row["must_look"]
        )
    }

    package func nextDue() async throws -> Timestamp? {
        try await store.read { database in
            Timestamp(try Int64.fetchOne(database.cachedStatement(sql: LaneSQL.nextDue)))
        }
    }

    package func write(_ step: LaneWrite, under claim: Claim, now: Timestamp) async throws -> [PanelOperation] {
        try await store.write { database in
            try LaneSQL.require(claim, in: database)
            for outcome in step.outcomes {
                try Self.update(outcome, of: claim.customer, in: database)
            }
            for step in step.rolledBack {
                try Self.close(step, of: claim.customer, in: database)
            }
            for server in step.forgotten {
                try database.cachedStatement(
                    sql: "DELETE FROM server_grant WHERE customer = ? AND panel = ? AND server = ?"
                ).execute(arguments: [claim.customer.description, server.panel.rawValue, server.number])
            }
            for panel in step.unlinked {
                for table in ["account", "server_grant"] {
                    try database.cachedStatement(sql: "DELETE FROM \(table) WHERE customer = ? AND panel = ?").execute(
                        arguments: [claim.customer.description, panel.rawValue])
                }
            }
            for (panel, link) in step.links {
                try Self.save(link, on: panel, of: claim.customer, in: database)
            }
            for grant in step.grants {
                try Self.save(grant, of: claim.customer, in: database)
            }
            for slot in step.forgottenDedicated.sorted() {
                try Self.forget(slot, of: claim.customer, in: database)
            }
            for server in step.dedicated {
                try Self.save(server, of: claim.customer, in: database)
            }
            try LossSQL.write(step.losses, of: claim.customer, now: now, in: database)
            for share in step.rankShares {
                try Self.save(share, of: claim.customer, priority: claim.priority, now: now, in: database)
            }
            if let players = step.bannedPlayers {
                try Self.saveBan(of: players, customer: claim.customer, now: now, in: database)
            }
            return try step.intents.map { intent in
                var intent = intent
                intent.number = try Self.insert(intent, fence: claim.fence, in: database)
                return intent
            }
        }
    }

    package func extend(_ claim: Claim, lease: Duration, now: Timestamp) async throws {
        try await store.write { database in
            try LaneSQL.require(claim, in: database)
            try database.cachedStatement(sql: "UPDATE customer SET leased_until = ? WHERE key = ?").execute(arguments: [
                (now + lease).milliseconds, claim.customer.description,
            ])
        }
    }

    package func finish(_ claim: Claim, _ outcome: LaneOutcome, now: Timestamp) async throws {
        try await store.write { database in
            try LaneSQL.require(claim, in: database)
            let leavesLosses = outcome.leavesLosses || outcome.hasAccess == nil
            if !leavesLosses {
                try LossSQL.replaceAwaited(with: outcome.awaited, of: claim.customer, in: database)
            }
            // A mark that came during the work makes the customer due at once, whatever the outcome says.
            let state = "CASE WHEN ?2 = 'converged' AND mark <> ?8 THEN 'working' ELSE ?2 END"
            let finish = try database.cachedStatement(
                sql: """
                    UPDATE customer SET
                        leased_until = NULL,
                        state_since = CASE WHEN state = \(state) THEN state_since ELSE ?3 END,
                        state = \(state),
                        reasons = ?4,
                        causes = ?13,
                        headline = ?15,
                        has_access = coalesce(?5, has_access),
                        held_fingerprint = CASE WHEN ?10 THEN held_fingerprint ELSE ?6 END,
                        -- An approval ends with what it was for, lest it fit again by chance later.
                        approved_fingerprint = CASE WHEN ?10 OR approved_fingerprint = ?6 THEN approved_fingerprint END,
                        attempt = ?7,
                        must_look = CASE WHEN mark = ?8 AND NOT ?10 THEN 0 ELSE must_look END,
                        changes_at = ?14,
                        due_at = CASE WHEN mark = ?8 THEN ?9 ELSE ?3 END,
                        -- What failed is tried again as urgently, and counts from its first try.
                        priority = CASE WHEN mark = ?8 AND ?7 = 0 THEN ?11 ELSE priority END,
                        -- The next pass of a new payer goes on with the same wait.
                        working_since = CASE WHEN ?7 > 0 OR mark <> ?8 AND priority = ?12 THEN working_since
                            WHEN mark = ?8 THEN NULL ELSE ?3 END
                    WHERE key = ?1
                    RETURNING mark
                    """
            )
            let mark = try Int64.fetchOne(
                finish,
                arguments: [
                    claim.customer.description, outcome.state.rawValue, now.milliseconds,
                    try JSONColumn.encode(outcome.reasons),
                    outcome.hasAccess, outcome.heldFingerprint, outcome.attempt, claim.mark,
                    outcome.dueAt?.milliseconds, leavesLosses, outcome.dueAs.rawValue,
                    LanePriority.newlyPaid.rawValue, try JSONColumn.encode(outcome.causes.mapValues(\.code)),
                    outcome.changesAt?.milliseconds, CommonReason.headline(of: outcome.reasons),
                ]
            )
            if let waited = outcome.waited, mark == claim.mark {
                try Self.insert(AccessTime(at: now, waited: waited), in: database)
            }
        }
    }

    package func release(_ claim: Claim, now: Timestamp) async throws {
        try await store.write { database in
            try LaneSQL.require(claim, in: database)
            try database.cachedStatement(
                sql: "UPDATE customer SET leased_until = NULL, due_at = min(coalesce(due_at, ?1), ?1) WHERE key = ?2"
            ).execute(arguments: [now.milliseconds, claim.customer.description])
        }
    }

    package func releaseAllLanes(now: Timestamp) async throws {
        try await store.write { database in
            try database.cachedStatement(
                sql: """
                    UPDATE customer SET leased_until = NULL, fence = fence + 1, due_at = ?
                    WHERE leased_until IS NOT NULL
                        OR key IN (SELECT customer FROM operation WHERE state IN ('trying', 'unknown') AND kind <> 'send_command')
                    """
            ).execute(arguments: [now.milliseconds])
            try database.cachedStatement(
                sql: "UPDATE rank SET leased_until = NULL, fence = fence + 1, due_at = ? WHERE leased_until IS NOT NULL"
            ).execute(arguments: [now.milliseconds])
            try database.cachedStatement(sql: "UPDATE operation SET state = 'unknown' WHERE state = 'trying'").execute()
        }
    }
}

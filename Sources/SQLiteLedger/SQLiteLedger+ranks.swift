package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func markRanks(of customers: Set<CustomerKey>, now: Timestamp) async throws {
        try await store.write { database in
            for customer in customers.sorted() {
                try database.cachedStatement(
                    sql: """
                        UPDATE rank SET mark = mark + 1, due_at = min(coalesce(due_at, ?2), ?2),
                            working_since = coalesce(working_since, ?2)
                        WHERE (target, player) IN (SELECT target, player FROM rank_share WHERE customer = ?1)
                        """
                ).execute(arguments: [customer.description, now.milliseconds])
            }
        }
    }

    package func markAllRanks(in states: Set<CustomerState>, now: Timestamp) async throws {
        try await store.write { database in
            for state in states.sorted(by: { $0.rawValue < $1.rawValue }) {
                try database.cachedStatement(
                    sql: """
                        UPDATE rank SET mark = mark + 1, due_at = min(coalesce(due_at, ?1), ?1),
                            working_since = coalesce(working_since, ?1)
                        WHERE state = ?2 OR sent_at > ?1
                        """
                ).execute(arguments: [now.milliseconds, state.rawValue])
            }
        }
    }

    package func claimDueRanks(
        limit: Int,
        atLeast urgency: LanePriority,
        lease: Duration,
        now: Timestamp
    ) async throws -> [RankClaim] {
        let isDue = try await store.read { database in
            try Bool.fetchOne(database.cachedStatement(sql: RankSQL.someoneIsDue), arguments: [now.milliseconds])
                ?? false
        }
        guard isDue else { return [] }
        return try await store.write { database in
            var claims: [RankClaim] = []
            for priority in LanePriority.allCases where priority <= urgency && claims.count < limit {
                let rows = try Row.fetchAll(
                    database.cachedStatement(sql: RankSQL.due),
                    arguments: [priority.rawValue, now.milliseconds, limit - claims.count]
                )
                claims += try rows.map {
                    try Self.claimRank($0["target"], $0["player"], until: now + lease, now: now, in: database)
                }
            }
            return claims
        }
    }

    private static func claimRank(
        _ target: String,
        _ player: String,
        until end: Timestamp,
        now: Timestamp,
        in database: Database
    ) throws -> RankClaim {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    UPDATE rank SET fence = fence + 1, leased_until = ?3, working_since = coalesce(working_since, ?4)
                    WHERE target = ?1 AND player = ?2
                    RETURNING target, name, fence, mark, attempt, working_since, priority
                    """
            ),
            arguments: [target, player, end.milliseconds, now.milliseconds]
        )
        guard let row, let priority = LanePriority(rawValue: row["priority"]) else {
            throw CorruptRow(table: "rank", what: "an unknown priority at \"\(target) \(player)\"")
        }
        return RankClaim(
            key: try RankKey(row),
            fence: row["fence"],
            mark: row["mark"],
            attempt: row["attempt"],
            workingSince: Timestamp(milliseconds: row["working_since"]),
            priority: priority
        )
    }

    package func nextRankDue() async throws -> Timestamp? {
        try await store.read { Timestamp(try Int64.fetchOne($0.cachedStatement(sql: RankSQL.nextDue))) }
    }

    package func rankFile(of key: RankKey) async throws -> RankFile? {
        try await store.read { database in
            let arguments: StatementArguments = [key.target.description, key.player.key]
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT target, name, record, was_refunded, resend, under_way
                        FROM rank WHERE target = ? AND player = ?
                        """
                ),
                arguments: arguments
            )
            guard let row else { return nil }
            let shares = try Row.fetchAll(database.cachedStatement(sql: RankSQL.shares), arguments: arguments).map {
                OwnedShare(
                    customer: try CustomerKey(stored: $0["customer"]),
                    share: try JSONColumn.decode(RankShare.self, from: $0["body"], of: "rank_share")
                )
            }
            let situation = RankSituation(
                player: try RankKey(row).player,
                record: try Self.record(row["record"]),
                shares: shares,
                bannedWith: try Self.customerBanned(with: key.player.key, in: database),
                wasRefunded: row["was_refunded"],
                resend: Resend(rawValue: row["resend"]) ?? .everything
            )
            let numbers = try JSONColumn.decode([Int64].self, from: row["under_way"], of: "rank")
            return RankFile(situation: situation, unsettled: try Self.operations(numbers, in: database))
        }
    }

    private static func operations(_ numbers: [Int64], in database: Database) throws -> [PanelOperation] {
        try numbers.compactMap { number in
            try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT * FROM operation WHERE number = ? AND state IN ('trying', 'unknown')"
                ),
                arguments: [number]
            ).map(operation)
        }
    }

    private static func record(_ text: String?) throws -> RankRecord {
        try text.map { try JSONColumn.decode(RankRecord.self, from: $0, of: "rank") } ?? RankRecord()
    }

    package func write(_ step: RankWrite, under claim: RankClaim, now: Timestamp) async throws -> [PanelOperation] {
        try await store.write { database in
            try RankSQL.require(claim, in: database)
            for outcome in step.outcomes { try Self.update(outcome, of: outcome.customer, in: database) }
            let written = try step.intents.map { intent in
                var intent = intent
                intent.number = try Self.insert(intent, fence: claim.fence, in: database)
                return intent
            }
            let underWay = try String.fetchOne(
                database.cachedStatement(sql: "SELECT under_way FROM rank WHERE target = ? AND player = ?"),
                arguments: [claim.key.target.description, claim.key.player.key]
            )
            let settled = Set(step.outcomes.map(\.number))
            let numbers =
                try JSONColumn.decode([Int64].self, from: underWay ?? "[]", of: "rank")
                .filter { !settled.contains($0) } + written.map(\.number)
            try database.cachedStatement(
                sql: "UPDATE rank SET record = ?3, sent_at = ?4, under_way = ?5 WHERE target = ?1 AND player = ?2"
            ).execute(
                arguments: [
                    claim.key.target.description, claim.key.player.key, try JSONColumn.encode(step.record),
                    step.record.sentAt?.milliseconds, try JSONColumn.encode(numbers),
                ]
            )
            return written
        }
    }

    package func finish(_ claim: RankClaim, _ outcome: RankOutcome, now: Timestamp) async throws {
        try await store.write { database in
            try RankSQL.require(claim, in: database)
            let key: StatementArguments = [claim.key.target.description, claim.key.player.key]
            let before = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT state, reasons, mark FROM rank WHERE target = ? AND player = ?"),
                arguments: key
            )
            let reasons = try JSONColumn.encode(outcome.reasons)
            try database.cachedStatement(sql: Self.finishing).execute(
                arguments: [
                    claim.key.target.description, claim.key.player.key, outcome.state.rawValue, reasons,
                    outcome.attempt, claim.mark, outcome.dueAt?.milliseconds, now.milliseconds, outcome.isSent,
                ]
            )
            // It stands as before only if it converged without ever having been shown as something else.
            if before?["state"] as String? != outcome.state.rawValue || before?["reasons"] as String? != reasons {
                try Self.markCustomers(of: key, now: now, in: database)
            }
            if before?["mark"] as Int64? == claim.mark, outcome.isSent { try Self.forgetEmpty(key, in: database) }
        }
    }

    /// A mark that came during the work makes the rank due at once, whatever the outcome says.
    private static let finishing = """
        UPDATE rank SET
            leased_until = NULL,
            state = CASE WHEN mark = ?6 OR ?3 <> 'converged' THEN ?3 ELSE 'working' END,
            reasons = ?4,
            attempt = ?5,
            due_at = CASE WHEN mark = ?6 THEN ?7 ELSE ?8 END,
            resend = CASE WHEN mark = ?6 AND ?9 THEN 0 ELSE resend END,
            was_refunded = CASE WHEN mark = ?6 AND ?9 THEN 0 ELSE was_refunded END,
            priority = CASE WHEN mark = ?6 AND ?5 = 0 THEN 4 ELSE priority END,
            working_since = CASE WHEN ?5 > 0 THEN working_since WHEN mark = ?6 THEN NULL ELSE ?8 END
        WHERE target = ?1 AND player = ?2
        """

    private static func markCustomers(of key: StatementArguments, now: Timestamp, in database: Database) throws {
        let customers = try String.fetchAll(
            database.cachedStatement(
                sql: "SELECT customer FROM rank_share WHERE target = ? AND player = ? ORDER BY customer"
            ),
            arguments: key
        )
        for customer in customers {
            try LaneSQL.mark(CustomerKey(stored: customer), priority: .change, now: now, in: database)
        }
    }

    private static func forgetEmpty(_ key: StatementArguments, in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM rank_share WHERE target = ? AND player = ? AND is_empty = 1")
            .execute(arguments: key)
        let record = try String.fetchOne(
            database.cachedStatement(sql: "SELECT record FROM rank WHERE target = ? AND player = ?"),
            arguments: key
        )
        guard try Self.record(record).isEmpty else { return }
        try database.cachedStatement(
            sql: """
                DELETE FROM rank WHERE target = ?1 AND player = ?2
                    AND NOT EXISTS (SELECT 1 FROM rank_share WHERE target = ?1 AND player = ?2)
                """
        ).execute(arguments: key)
    }

    package func noteRunning(_ target: RankTargetID, since start: Timestamp, now: Timestamp) async throws -> Int {
        try await store.write { database in
            // Names are shorter than uuids, to whom nothing needs to be sent twice.
            try database.cachedStatement(
                sql: """
                    UPDATE rank SET resend = max(resend, 1) WHERE target = ?1 AND sent_at < ?2 AND length(player) < 36
                    """
            ).execute(arguments: [target.description, start.milliseconds])
            try database.cachedStatement(
                sql: """
                    UPDATE rank SET mark = mark + 1, due_at = ?2, working_since = coalesce(working_since, ?2)
                    WHERE target = ?1 AND (state <> 'converged' OR resend > 0)
                    """
            ).execute(arguments: [target.description, now.milliseconds])
            return database.changesCount
        }
    }

    package func regrant(_ target: RankTargetID, called name: String, by author: String, now: Timestamp) async throws
        -> Int
    {
        try await store.write { database in
            try Self.insert(
                PersonAction(author: author, what: "send all ranks of \(name) again", at: now),
                in: database
            )
            try database.cachedStatement(
                sql: """
                    UPDATE rank SET resend = 2, mark = mark + 1, due_at = ?2, working_since = coalesce(working_since, ?2),
                        priority = min(priority, ?3)
                    WHERE target = ?1 AND EXISTS (SELECT 1 FROM rank_share
                        WHERE rank_share.target = rank.target AND rank_share.player = rank.player AND is_empty = 0)
                    """
            ).execute(arguments: [target.description, now.milliseconds, LanePriority.change.rawValue])
            return database.changesCount
        }
    }

    /// Forgets what was sent to a target, and what should be sent: it is gone.
    static func forgetRanks(on target: RankTargetID, in database: Database) throws {
        for table in ["rank_share", "rank"] {
            try database.execute(sql: "DELETE FROM \(table) WHERE target = ?", arguments: [target.description])
        }
    }

    package func rankCounts() async throws -> [RankTargetID: RankCount] {
        try await store.read { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT target, count(*) AS total, sum(state <> 'converged') AS waiting, sum(resend = 2) AS regranting
                        FROM rank GROUP BY target
                        """
                )
            )
            var counts: [RankTargetID: RankCount] = [:]
            for row in rows {
                guard let target = RankTargetID(row["target"] as String) else {
                    throw CorruptRow(table: "rank", what: "a target that is none")
                }
                counts[target] = RankCount(total: row["total"], waiting: row["waiting"], regranting: row["regranting"])
            }
            return counts
        }
    }
}

extension SQLiteLedger {
    static func ranks(of customer: CustomerKey, in database: Database) throws -> [CustomerRank] {
        try Row.fetchAll(database.cachedStatement(sql: RankSQL.ofCustomer), arguments: [customer.description]).map {
            row in
            let state = (row["state"] as String?).flatMap(CustomerState.init(rawValue:))
            return CustomerRank(
                share: try JSONColumn.decode(RankShare.self, from: row["body"], of: "rank_share"),
                standing: try state.map { state in
                    RankStanding(
                        record: try record(row["record"]),
                        state: state,
                        reasons: try JSONColumn.decode([String].self, from: row["reasons"], of: "rank")
                    )
                }
            )
        }
    }

    static func save(
        _ share: RankShare,
        of customer: CustomerKey,
        priority: LanePriority,
        now: Timestamp,
        in database: Database
    ) throws {
        try RankSQL.mark(share.key, priority: priority, now: now, in: database)
        let (target, player) = (share.target.description, share.player.key)
        try database.cachedStatement(
            sql: """
                INSERT INTO rank_share (customer, target, player, is_empty, body) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (customer, target, player) DO UPDATE SET is_empty = excluded.is_empty, body = excluded.body
                """
        ).execute(
            arguments: [customer.description, target, player, share.perks.isEmpty, try JSONColumn.encode(share)]
        )
        guard share.wasRefunded else { return }
        try database.cachedStatement(sql: "UPDATE rank SET was_refunded = 1 WHERE target = ? AND player = ?").execute(
            arguments: [target, player])
    }
}

import Entitlements
import GRDB
import Ledger

/// Statements about ranks, those that several transactions share and those whose query plan is tested.
enum RankSQL {
    static let due = """
        SELECT target, player FROM rank
        WHERE priority = ?1 AND due_at IS NOT NULL AND due_at <= ?2 AND (leased_until IS NULL OR leased_until <= ?2)
        ORDER BY due_at LIMIT ?3
        """
    static let someoneIsDue = """
        SELECT EXISTS (SELECT 1 FROM rank
            WHERE due_at IS NOT NULL AND due_at <= ?1 AND (leased_until IS NULL OR leased_until <= ?1))
        """
    static let nextUnclaimed = """
        SELECT due_at FROM rank INDEXED BY rank_due WHERE due_at IS NOT NULL AND leased_until IS NULL
        ORDER BY due_at LIMIT 1
        """
    static let nextDue = """
        SELECT min(moment) FROM (
            SELECT * FROM (
                SELECT due_at AS moment FROM rank INDEXED BY rank_due
                WHERE due_at IS NOT NULL AND leased_until IS NULL ORDER BY due_at LIMIT 1)
            UNION ALL
            SELECT max(due_at, leased_until) FROM rank INDEXED BY rank_leased
            WHERE leased_until IS NOT NULL AND due_at IS NOT NULL)
        """
    static let states = "SELECT state, count(*) AS n FROM rank GROUP BY state"
    static let underWay = "SELECT count(*) FROM rank WHERE leased_until IS NOT NULL AND due_at IS NOT NULL"
    static let shares = "SELECT customer, body FROM rank_share WHERE target = ? AND player = ? ORDER BY customer"
    static let ofCustomer = """
        SELECT rank_share.body, rank.record, rank.state, rank.reasons FROM rank_share
        LEFT JOIN rank USING (target, player) WHERE rank_share.customer = ? ORDER BY target, player
        """

    static func mark(_ key: RankKey, priority: LanePriority, now: Timestamp, in database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO rank (target, player, name, state, mark, priority, due_at, working_since)
                VALUES (?1, ?2, ?3, 'working', 1, ?4, ?5, ?5)
                ON CONFLICT (target, player) DO UPDATE SET
                    name = excluded.name,
                    state = CASE WHEN state = 'converged' THEN 'working' ELSE state END,
                    mark = mark + 1,
                    priority = min(priority, ?4),
                    due_at = min(coalesce(due_at, ?5), ?5),
                    working_since = coalesce(working_since, ?5)
                """
        ).execute(
            arguments: [
                key.target.description, key.player.key, key.player.text, priority.rawValue, now.milliseconds,
            ]
        )
    }

    /// Checks that a claim still holds, and ends what it was about to do if not.
    static func require(_ claim: RankClaim, in database: Database) throws {
        let fence = try Int64.fetchOne(
            database.cachedStatement(
                sql: "SELECT fence FROM rank WHERE target = ? AND player = ? AND leased_until IS NOT NULL"
            ),
            arguments: [claim.key.target.description, claim.key.player.key]
        )
        guard fence == claim.fence else { throw RankLeaseLost(key: claim.key) }
    }
}

extension RankKey {
    init(_ row: Row) throws {
        guard let target = RankTargetID(row["target"] as String), let player = PlayerName(kept: row["name"]) else {
            throw CorruptRow(table: "rank", what: "a target or a player that is none")
        }
        self.init(target: target, player: player)
    }
}

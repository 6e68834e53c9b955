import Entitlements
import GRDB

/// The billing system's id became known for a customer who was known by e-mail: all that was theirs moves.
///
/// A ban wins, as overrides are united. An account moves unless both have one on that panel; then each lane settles its own.
struct Join {
    let from: CustomerKey
    let to: CustomerKey

    func carryOut(in database: Database) throws {
        let arguments: StatementArguments = [from.description, to.description]
        for sql in Self.moves {
            try database.cachedStatement(sql: sql).execute(arguments: arguments)
        }
        // Whoever works on either customer now works on something else.
        try database.execute(
            sql: "UPDATE customer SET fence = fence + 1, leased_until = NULL WHERE key IN (?1, ?2)",
            arguments: arguments
        )
    }

    /// Accounts go last, as they say what may move with them.
    private static let moves =
        [
            "UPDATE subscription SET customer = ?2, joined = ?2 WHERE customer = ?1",
            "UPDATE override SET customer = ?2 WHERE customer = ?1",
            "UPDATE person_action SET customer = ?2 WHERE customer = ?1",
            "UPDATE OR IGNORE rollback_step SET customer = ?2 WHERE customer = ?1",
            // The owner follows the account that is linked then.
            "UPDATE dedicated_server SET customer = ?2 WHERE customer = ?1",
            "UPDATE OR REPLACE rank_share SET customer = ?2 WHERE customer = ?1",
            "UPDATE OR REPLACE player_ban SET customer = ?2 WHERE customer = ?1",
            "UPDATE OR REPLACE hidden_player_ban SET customer = ?2 WHERE customer = ?1",
        ]
        + ["server_grant", "operation", "account"].map { table in
            """
            UPDATE \(table) SET customer = ?2 WHERE customer = ?1
                AND panel NOT IN (SELECT panel FROM account WHERE customer = ?2)
            """
        }
}

import Entitlements
import GRDB
import Ledger

/// Statements about customers, those that several transactions share and those whose query plan is tested.
enum CustomerSQL {
    /// From a moment on, and at just that moment after a key.
    static let changingLater = """
        SELECT * FROM customer WHERE changes_at >= ?1 AND (changes_at > ?1 OR key > ?2) ORDER BY changes_at, key LIMIT ?3
        """

    static let blockages = """
        SELECT cause.value AS cause, cause.key AS reason, count(*) AS customers,
            min(coalesce(email, customer.key)) AS example, min(state_since) AS since
        FROM customer, json_each(customer.causes) AS cause
        WHERE state = 'blocked' AND state_since <= ?
        GROUP BY cause.value, cause.key ORDER BY customers DESC, cause.key
        """

    /// Makes a customer that is not there yet; one known by its e-mail has that e-mail.
    static func ensure(_ key: CustomerKey, now: Timestamp, in database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO customer (key, email, email_folded, state, state_since, working_since)
                VALUES (?1, ?2, ?2, 'working', ?3, ?3)
                ON CONFLICT (key) DO NOTHING
                """
        ).execute(arguments: [key.description, key.email, now.milliseconds])
    }

    /// A page of customers; `:search` is folded, and `lower` folds what SQLite folds, the ASCII letters.
    static func list(state: CustomerState?, isSearch: Bool, isOfBuyers: Bool = false, isBanned: Bool = false) -> String
    {
        """
        SELECT * FROM customer WHERE key > :after
            AND \(state == nil ? ":state IS NULL" : "state = :state")
            AND \(isSearch ? found : ":search IS NULL")
            AND \(isOfBuyers ? bought : ":tier IS NULL AND :products IS NULL")
            AND \(isBanned ? "key IN (SELECT customer FROM override WHERE \(OverrideSQL.isBan))" : ":now IS NULL")
        ORDER BY key LIMIT :limit
        """
    }

    private static let found = """
        (instr(lower(key), :search) > 0 OR instr(email_folded, :search) > 0 OR instr(lower(name), :search) > 0)
        """

    /// Whoever has a subscription of one of the products, or one without a known product that names the tier, or a grant of it in force.
    private static let bought = """
        (EXISTS (SELECT 1 FROM subscription WHERE subscription.customer = customer.key
                AND (json_extract(fold, '$.product') IN (SELECT value FROM json_each(:products))
                    OR json_extract(fold, '$.tierHint') = :tier))
            OR EXISTS (SELECT 1 FROM override WHERE override.customer = customer.key AND tier = :tier AND ended_at IS NULL))
        """

    /// The first reason of each who has not what they should, without what waits for it, counted; it is all in the index.
    static let commonReasons = """
        SELECT state, headline AS reason, count(*) AS n FROM customer
        WHERE state <> 'converged' AND (state = 'working' OR headline IS NOT NULL)
        GROUP BY state, headline ORDER BY n DESC, state, headline LIMIT ?
        """

    /// Who was joined or moved away under an e-mail leaves a customer behind who has nothing, and is found only by the key.
    static let matching = """
        SELECT * FROM customer WHERE (key IN (?1, 'id:' || ?1, 'email:' || ?2) OR email_folded = ?2)
            AND (key = ?1 OR key NOT LIKE 'email:%'
                OR EXISTS (SELECT 1 FROM subscription WHERE subscription.customer = customer.key)
                OR EXISTS (SELECT 1 FROM account WHERE account.customer = customer.key)
                OR EXISTS (SELECT 1 FROM override WHERE override.customer = customer.key))
        ORDER BY key = ?1 DESC, key = 'id:' || ?1 DESC, key
        """
}

extension CustomerKey {
    /// The e-mail that it is, if it is one.
    var email: String? {
        switch self {
        case .email(let email): email
        case .id: nil
        }
    }
}

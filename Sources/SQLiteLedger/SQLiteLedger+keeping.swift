package import Entitlements
import Foundation
import GRDB

extension SQLiteLedger {
    package func forgetHistory(operationsBefore: Timestamp, actionsBefore: Timestamp) async throws -> Int {
        try await store.write { database in
            var forgotten = 0
            for (sql, moment) in [
                (KeepingSQL.operations, operationsBefore), (KeepingSQL.actions, actionsBefore),
                (KeepingSQL.rollbackSteps, actionsBefore), (KeepingSQL.rollbacks, actionsBefore),
            ] {
                try database.cachedStatement(sql: sql).execute(arguments: [moment.milliseconds])
                forgotten += database.changesCount
            }
            return forgotten
        }
    }

    package func forgetDeletedCustomers(before moment: Timestamp, accountsBefore: Timestamp, now: Timestamp)
        async throws
        -> Int
    {
        try await store.write { database in
            let keys = try String.fetchAll(
                database.cachedStatement(sql: KeepingSQL.deletedCustomers),
                arguments: [moment.milliseconds, accountsBefore.milliseconds]
            )
            for key in keys {
                for sql in KeepingSQL.personalData {
                    try database.cachedStatement(sql: sql).execute(arguments: [key])
                }
                try Self.hideBans(of: key, in: database)
                try database.cachedStatement(
                    sql: """
                        UPDATE customer SET email = NULL, email_folded = NULL, name = NULL, reasons = '[]', causes = '{}',
                            headline = NULL, forgotten_at = ?
                        WHERE key = ?
                        """
                ).execute(arguments: [now.milliseconds, key])
            }
            return keys.count
        }
    }
}

/// Statements that forget, each a bounded number of rows at a time.
enum KeepingSQL {
    static let operations = """
        DELETE FROM operation WHERE number IN (
            SELECT number FROM operation WHERE started_at < ? AND state NOT IN ('trying', 'unknown') LIMIT 10000)
        """

    static let actions = "DELETE FROM person_action WHERE at < ?"

    static let rollbackSteps = """
        DELETE FROM rollback_step WHERE state <> 'waiting' AND rollback IN (SELECT number FROM rollback WHERE at < ?)
        """

    static let rollbacks = """
        DELETE FROM rollback WHERE at < ? AND number NOT IN (SELECT rollback FROM rollback_step)
        """

    /// Those for whom nothing is left to do on a panel, and of whom something personal is there or came since.
    ///
    /// Accounts that we made are first to be deleted by their lane, which needs to know them; for that they have until the second moment.
    static let deletedCustomers = """
        SELECT key FROM customer INDEXED BY customer_deleted
        WHERE deleted_at IS NOT NULL AND deleted_at < ?1 AND leased_until IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM server_grant WHERE server_grant.customer = customer.key AND is_active = 1)
            AND NOT EXISTS (
                SELECT 1 FROM dedicated_server WHERE dedicated_server.customer = customer.key)
            AND NOT EXISTS (
                SELECT 1 FROM operation
                WHERE operation.customer = customer.key AND operation.state IN ('trying', 'unknown'))
            AND (deleted_at < ?2 OR NOT EXISTS (
                SELECT 1 FROM account WHERE account.customer = customer.key AND json_extract(link, '$.isOurs')))
            AND (forgotten_at IS NULL OR EXISTS (
                SELECT 1 FROM subscription JOIN event ON event.subscription = subscription.id
                WHERE subscription.customer = customer.key AND event.received_at > customer.forgotten_at)
            OR EXISTS (
                SELECT 1 FROM event WHERE event.customer = customer.key AND event.received_at > customer.forgotten_at))
        LIMIT 50
        """

    private static let eventsOfCustomer = """
        SELECT event.arrival FROM subscription JOIN event ON event.subscription = subscription.id
            WHERE subscription.customer = ?1
        UNION
        SELECT arrival FROM event WHERE customer = ?1
        """

    /// What names a person, bound to the customer's key; ids, dates and what people decided stay, but not why: that is free
    /// text.
    static let personalData = [
        """
        UPDATE delivery SET body = NULL
        WHERE state <> 0 AND number IN (SELECT delivery FROM event WHERE arrival IN (\(eventsOfCustomer)))
        """,
        """
        UPDATE event SET facts = json_remove(facts, '$.customer_email', '$.customer_name', '$.properties')
        WHERE arrival IN (\(eventsOfCustomer))
        """,
        """
        UPDATE subscription SET fold = json_set(json_remove(fold, '$.email', '$.name'), '$.properties', json('{}'))
        WHERE customer = ?1
        """,
        """
        UPDATE operation SET detail = kind, answer = NULL, before_image = NULL, after_image = NULL
        WHERE customer = ?1 AND state NOT IN ('trying', 'unknown')
        """,
        "UPDATE override SET reason = 'forgotten with the customer' WHERE customer = ?1",
        "UPDATE person_action SET reason = NULL WHERE customer = ?1",
        "DELETE FROM rollback_step WHERE customer = ?1",
        "DELETE FROM server_grant WHERE customer = ?1",
        "DELETE FROM account WHERE customer = ?1",
    ]
}

import ChildProcess
import CrashingService
import Foundation
import GRDB
import PanelSimulator
import Testing

/// What must be true after any crash, besides the access itself.
struct Expectation {
    /// E-mails of the accounts on the panel at the end, the admin's aside.
    var accounts: Set<String>
    /// E-mails of those that the service made, each by one creation.
    var created: Set<String>
    /// How often the panel told somebody that they were added to a server.
    var added: Int
    /// How often the panel told somebody that they were removed from one.
    var removed: Int
    /// The ids of all deliveries that were acknowledged.
    var deliveries: Set<String>
}

extension Town {
    /// Stops the service as its supervisor would, and looks at what it leaves behind.
    func stopAndCheck(_ child: Child, _ expected: Expectation) async throws {
        child.kill(SIGTERM)
        let exit = await child.exit()
        #expect(exit == .exited(0), "\(logTail)")
        checkPanel(expected)
        try checkLedger(expected)
    }

    private func checkPanel(_ expected: Expectation) {
        #expect(accountEmails.sorted() == expected.accounts.sorted())
        let externalIDs = panel.users.compactMap(\.externalID)
        #expect(Set(externalIDs).count == externalIDs.count)
        let rows = panel.subusers.map { "user \($0.userID) on server \($0.serverID)" }
        #expect(Set(rows).count == rows.count, "\(rows.sorted())")
        let mails = Dictionary(grouping: panel.mails, by: \.subject)
        #expect(mails["Account Created", default: []].map(\.to).sorted() == expected.created.sorted())
        #expect(mails["Added To Server", default: []].count == expected.added)
        #expect(mails["Removed From Server", default: []].count == expected.removed)
    }

    private func checkLedger(_ expected: Expectation) throws {
        let ledger = try DatabaseQueue(path: settings.ledger)
        try ledger.read { database in
            #expect(try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"])
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
            let deliveries = try String.fetchAll(database, sql: "SELECT webhook_id FROM delivery ORDER BY webhook_id")
            #expect(deliveries == expected.deliveries.sorted())
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM delivery WHERE state <> 1") == 0)
            // Each delivery here says one thing, so one that was applied twice would have left two events.
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM event") == expected.deliveries.count)
            let creations = try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM operation WHERE kind = 'create_account' AND state = 'done'"
            )
            #expect(creations == expected.created.count)
            // An audit would find a row that was never read back to differ, again and again.
            let unread = try String.fetchAll(
                database,
                sql:
                    "SELECT body FROM server_grant WHERE is_active AND json_extract(body, '$.observed.unread') IS NOT NULL"
            )
            #expect(unread.isEmpty, "\(unread)")
        }
        try ledger.close()
        try checkNothingIsOpen()
    }

    /// No operation lacks its outcome, and no customer is claimed.
    func checkNothingIsOpen() throws {
        let ledger = try DatabaseQueue(path: settings.ledger)
        try ledger.read { database in
            let open = try Row.fetchAll(database, sql: "SELECT * FROM operation WHERE state NOT IN ('done', 'retry')")
            #expect(open.isEmpty, "\(open)")
            let leased = try String.fetchAll(database, sql: "SELECT key FROM customer WHERE leased_until IS NOT NULL")
            #expect(leased.isEmpty, "\(logTail)")
        }
        try ledger.close()
    }
}

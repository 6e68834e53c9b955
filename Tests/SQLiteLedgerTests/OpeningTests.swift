import Entitlements
import Foundation
import GRDB
import Ledger
import Testing

@testable import SQLiteLedger

@Suite(.timeLimit(.minutes(1)))
struct OpeningTests {
    @Test func `the writing connection syncs every commit, in a write-ahead log, and holds foreign keys`() throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        #expect(try ledger.synchronousLevel() == 2)
        let pragmas = try ledger.pool.writeWithoutTransaction { database in
            try ["synchronous", "journal_mode", "foreign_keys"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)")
            }
        }
        #expect(pragmas == ["2", "wal", "1"])
    }

    @Test func `only the owner may read the file`() async throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        _ = try await ledger.record([.sample("a")])
        for suffix in ["", "-wal", "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/ledger.sqlite" + suffix)
            let mode = try #require(attributes[.posixPermissions] as? NSNumber)
            #expect(mode.intValue & 0o077 == 0, "ledger.sqlite\(suffix)")
        }
    }

    @Test func `a second process reads beside the first and waits for it to write`() async throws {
        let folder = try TemporaryFolder()
        let first = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        let second = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        _ = try await first.record([.sample("a")])
        _ = try await second.record([.sample("b")])
        #expect(try await first.waitingDeliveries(limit: 9).count == 2)
        #expect(try await second.record([.sample("a")]) == [.duplicate])
    }

    @Test func `a file that another process has locked is an error that says so`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        try SQLiteLedger(path: path).close()
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
        let holder = try DatabaseQueue(path: path, configuration: configuration)
        try holder.inDatabase { database in
            try database.execute(sql: "BEGIN EXCLUSIVE; INSERT INTO pin VALUES ('a', 'b'); COMMIT")
            let error = #expect(throws: LedgerUnusable.self) {
                _ = try SQLiteLedger(path: path, patience: .milliseconds(50))
            }
            #expect(error?.description.contains("Another process holds it locked") == true)
            #expect(error?.path == path)
        }
    }

    @Test func `a write that finds the file locked fails in time and succeeds later`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        let ledger = try SQLiteLedger(path: path, patience: .milliseconds(50))
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let holder = try DatabaseQueue(path: path, configuration: configuration)
        try await holder.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let error = await #expect(throws: DatabaseError.self) { _ = try await ledger.record([.sample("a")]) }
        #expect(error?.resultCode == .SQLITE_BUSY)
        #expect(try await ledger.waitingDeliveries(limit: 9).isEmpty, "reading goes on")
        try await holder.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        _ = try await ledger.record([.sample("a")])
        #expect(try await ledger.waitingDeliveries(limit: 9).count == 1)
    }

    @Test func `a folder that is not there is an error that says what to check`() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: LedgerUnusable.self) {
            _ = try SQLiteLedger(path: folder.path + "/missing/ledger.sqlite")
        }
        #expect(error?.description.contains("Check that its folder exists") == true)
    }

    @Test func `a file that is no ledger is an error that says so, and it is left alone`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        let text = Data(String(repeating: "This is a letter to a friend. ", count: 200).utf8)
        try text.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: LedgerUnusable.self) { _ = try SQLiteLedger(path: path) }
        #expect(error?.description.contains("no ledger at all") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
    }

    @Test func `the database of something else is an error that says so, and it is left alone`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a shop's 100% own.sqlite"
        try DatabaseQueue(path: path).inDatabase {
            try $0.execute(sql: "CREATE TABLE orders (id); CREATE TABLE users (id)")
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = #expect(throws: LedgerUnusable.self) { _ = try SQLiteLedger(path: path) }
        #expect(
            error?.description.contains("the database of something else, with tables such as orders, users") == true
        )
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1, "nothing lies beside it")
    }

    @Test
    func `a ledger is one while another process works on it, and right after it was killed in its first migration`()
        throws
    {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        #expect(SQLiteLedger.foreign(path) == nil, "it is not there yet")
        let ledger = try SQLiteLedger(path: path)
        #expect(SQLiteLedger.foreign(path) == nil)
        try ledger.close()
        #expect(SQLiteLedger.foreign(path) == nil)
        let young = folder.path + "/young.sqlite"
        try DatabaseQueue(path: young).inDatabase { try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier)") }
        #expect(SQLiteLedger.foreign(young) == nil)
    }

    @Test(.enabled(if: getuid() != 0, "root may write everything"))
    func `a file that may not be written is an error that says so`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        try SQLiteLedger(path: path).close()
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
        let error = #expect(throws: LedgerUnusable.self) { _ = try SQLiteLedger(path: path) }
        #expect(error?.description.contains("may not write") == true)
    }

    @Test(arguments: [
        (ResultCode.SQLITE_READONLY, "may not write it"), (.SQLITE_FULL, "disk is full"), (.SQLITE_CORRUPT, "damaged"),
        (.SQLITE_BUSY, "Another process"), (.SQLITE_IOERR, "file system"),
    ])
    func `every reason that SQLite gives has its words`(_ code: ResultCode, words: String) {
        let error = LedgerUnusable(path: "x.sqlite", error: DatabaseError(resultCode: code, message: "m"))
        #expect(error.description.contains(words))
        #expect(error.description.contains("x.sqlite"))
    }

    @Test func `on a full disk nothing is acknowledged, nothing is lost, and it goes on when there is room`()
        async throws
    {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        try await ledger.pool.writeWithoutTransaction { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(pages + 5)")
        }
        var acknowledged: [String] = []
        let error = await #expect(throws: DatabaseError.self) {
            for index in 0..<100 {
                _ = try await ledger.record([.sample("id-\(index)", body: String(repeating: "x", count: 5000))])
                acknowledged.append("id-\(index)")
            }
        }
        #expect(error?.resultCode == .SQLITE_FULL)
        #expect(!acknowledged.isEmpty)
        #expect(try await ledger.waitingDeliveries(limit: 100).map(\.webhookID) == acknowledged)
        try await ledger.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
        _ = try await ledger.record([.sample("later")])
        #expect(try await ledger.waitingDeliveries(limit: 100).count == acknowledged.count + 1)
    }

    @Test(arguments: [
        ("subscription", "UPDATE subscription SET fold = '{\"id\": 5'"),
        ("customer", "UPDATE customer SET reasons = 'no list'"),
        ("event", "UPDATE event SET facts = '[]'"),
        ("event", "UPDATE event SET kind = 'payment.imagined'"),
    ])
    func `a row that no version writes is named`(_ table: String, sql: String) async throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        _ = try await ledger.record([.sample("a")])
        var facts = EventFacts()
        facts.customerID = .value("77")
        let now = Timestamp(seconds: 1)
        let order = EventOrder(source: "paymenter", stampedAt: now, receivedAt: now)
        let event = BillingEvent(kind: .paymentSucceeded, subscription: "s1", order: order, facts: facts)
        let unfolded = UnfoldedDelivery(number: 1, events: [event])
        _ = try await ledger.fold([unfolded], policy: FoldPolicy(), now: now)
        try await ledger.pool.write { try $0.execute(sql: sql) }
        let error = await #expect(throws: CorruptRow.self) {
            _ = try await ledger.file(of: .id("77"))
            _ = try await ledger.customers(CustomerQuery())
            _ = try await ledger.events(of: .id("77"), limit: 5)
        }
        #expect(error?.table == table)
        #expect(error?.description.contains("Restore the file from a backup") == true)
    }
}

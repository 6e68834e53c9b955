import Entitlements
import Foundation
import GRDB
package import Ledger

/// The ledger in one SQLite file.
///
/// Commits are durable against power loss: write-ahead log with `synchronous=FULL`, so a commit returns after its sync.
package final class SQLiteLedger: Ledger {
    let store: LedgerStore
    var pool: DatabasePool { store.pool }
    private let ownership: LedgerOwnership

    /// Opens or makes the file and brings its schema up to date; throws `LedgerUnusable` if that cannot be.
    ///
    /// `patience` is how long a write waits for another process that holds the file.
    ///
    /// `exclusively` keeps every other program from opening it so: the lanes of a service are its own only while it is alone.
    ///
    /// `onTheSpot` has the thread that asks do the work, and wait for it.
    package init(
        path: String,
        patience: Duration = .seconds(5),
        exclusively: Bool = false,
        onTheSpot isOnTheSpot: Bool = false
    ) throws {
        // What is no database may be a ledger that was damaged, and is told as such below.
        if let foreign = Self.foreign(path), foreign != .noDatabase {
            throw LedgerUnusable.foreign(path: path, foreign)
        }
        ownership = try LedgerOwnership(of: path, exclusively: exclusively)
        makePrivate(path)
        do {
            let pool = try DatabasePool(path: path, configuration: Self.configuration(patience: patience))
            store = LedgerStore(pool: pool, isOnTheSpot: isOnTheSpot)
            if try pool.read(Migrations.all.hasBeenSuperseded) { throw LedgerUnusable.newer(path: path) }
            // Not synced one by one: what a power loss drops of them is simply done again.
            try Migrations.all.migrate(pool)
            // Opening a pool sets synchronous=NORMAL behind `prepareDatabase` (GRDB, `Database.setUpWALMode`), under which a power
            // loss may drop what was committed.
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // Scattered ids touch many index pages; copied back every 32 MB of log, each is copied once for many changes.
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 8000")
            }
        } catch let error as DatabaseError {
            throw LedgerUnusable(path: path, error: error)
        }
    }

    private static func configuration(patience: Duration) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Double(patience.milliseconds) / 1000)
        configuration.label = "ledger"
        configuration.maximumReaderCount = 3
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cache_size = -4000")
        }
        return configuration
    }

    /// The value of `PRAGMA synchronous` on the connection that writes; 2 is `FULL`.
    package func synchronousLevel() throws -> Int {
        try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
    }

    /// Copies the log into the file and closes it; called when nothing uses the ledger any more.
    package func close() throws {
        defer { ownership.release() }
        do {
            try pool.writeWithoutTransaction { database in
                _ = try database.checkpoint(.truncate)
            }
        } catch let error as DatabaseError
            where [.SQLITE_INTERRUPT, .SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode)
        {
            // A task that was cancelled just now interrupts whoever works, or a reader still reads: the log then stays beside the file,
            // one with it as ever.
        }
        try pool.close()
    }

    package func checkWritable() async throws {
        try await store.write { database in
            try database.execute(
                sql: "INSERT INTO pin (name, value) VALUES ('writable', '') ON CONFLICT (name) DO UPDATE SET value = ''"
            )
        }
    }

    package func pin(_ value: String, as name: String) async throws -> PinCheck {
        try await store.write { database in
            if let recorded = try String.fetchOne(
                database,
                sql: "SELECT value FROM pin WHERE name = ?",
                arguments: [name]
            ) {
                return recorded == value ? .same : .different(recorded: recorded)
            }
            try database.execute(sql: "INSERT INTO pin (name, value) VALUES (?, ?)", arguments: [name, value])
            return .firstStart
        }
    }

    package func repin(_ value: String, as name: String) async throws {
        try await store.write { database in
            try database.execute(
                sql:
                    "INSERT INTO pin (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                arguments: [name, value]
            )
        }
    }

    package func pinned(_ name: String) async throws -> String? {
        try await store.read { try String.fetchOne($0, sql: "SELECT value FROM pin WHERE name = ?", arguments: [name]) }
    }
}

/// Makes the file, if it is not there, for its owner alone: it holds names and e-mails.
///
/// SQLite gives its log the same permissions. A failure is met again, and told, at the opening that follows.
private func makePrivate(_ path: String) {
    let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    if descriptor >= 0 { close(descriptor) }
}

extension CustomerKey {
    init(stored text: String) throws {
        guard let key = CustomerKey(text) else { throw CorruptRow(table: "customer", what: "the key \"\(text)\"") }
        self = key
    }
}

extension Timestamp {
    init?(_ milliseconds: Int64?) {
        guard let milliseconds else { return nil }
        self.init(milliseconds: milliseconds)
    }
}

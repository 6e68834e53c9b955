import Entitlements
import Foundation
import GRDB
package import Ledger

/// The ledger in one SQLite file.
///
/// Commits are durable against power loss: write-ahead log with `synchronous=FULL`, so a commit returns after its sync.
package final class SQLiteLedger: Ledger {
    let pool: DatabasePool

    /// Opens or makes the file and brings its schema up to date.
    package init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "ledger"
        configuration.maximumReaderCount = 3
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cache_size = -4000")
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        // Opening a pool sets synchronous=NORMAL behind `prepareDatabase` (GRDB, `Database.setUpWALMode`), under which a power
        // loss may drop what was committed.
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        try Migrations.all.migrate(pool)
    }

    /// The value of `PRAGMA synchronous` on the connection that writes; 2 is `FULL`.
    package func synchronousLevel() throws -> Int {
        try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
    }

    /// Copies the log into the file and closes it; called when nothing uses the ledger any more.
    package func close() throws {
        try pool.close()
    }

    package func checkWritable() async throws {
        try await pool.write { database in
            try database.execute(
                sql: "INSERT INTO pin (name, value) VALUES ('writable', '') ON CONFLICT (name) DO UPDATE SET value = ''"
            )
        }
    }

    package func pin(_ value: String, as name: String) async throws -> PinCheck {
        try await pool.write { database in
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
        try await pool.write { database in
            try database.execute(
                sql:
                    "INSERT INTO pin (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                arguments: [name, value]
            )
        }
    }

    package func pinned(_ name: String) async throws -> String? {
        try await pool.read { try String.fetchOne($0, sql: "SELECT value FROM pin WHERE name = ?", arguments: [name]) }
    }
}

/// Values that are kept as JSON in a column.
enum JSONColumn {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}

/// A row holds what this version never writes: the file was changed by something else.
struct CorruptRow: Error, CustomStringConvertible {
    var table: String
    var what: String

    var description: String {
        "The ledger's table \"\(table)\" holds \(what), which no version of Paydactyl writes. Restore the file from a backup."
    }
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

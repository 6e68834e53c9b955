import Foundation
import GRDB

extension SQLiteLedger {
    /// What a file is that is no ledger, in words that follow "it is".
    package enum Foreign: Hashable, CustomStringConvertible {
        case noDatabase
        /// A database with tables, none of which is a ledger's.
        case database(tables: [String])

        package var description: String {
            switch self {
            case .noDatabase: "not even a database of SQLite"
            case .database(let tables):
                "the database of something else, with tables such as \(tables.prefix(3).joined(separator: ", "))"
            }
        }

        package var remedy: String {
            switch self {
            case .noDatabase:
                "Correct store, or move that file away; if it was the ledger once, restore it from a copy."
            case .database:
                "Correct store; the ledger needs a file of its own, which is made if there is none."
            }
        }
    }

    /// What a file is that must not be opened as a ledger; nil if it is one, or is empty, or is not there yet, as before the first start.
    ///
    /// Nothing is written, no lock is taken, and nothing is left beside the file (https://sqlite.org/uri.html, `immutable`). So what
    /// another process is writing may not be seen yet; what cannot be read for that or any other reason is told where it is opened.
    package static func foreign(_ path: String) -> Foreign? {
        let file = URL(fileURLWithPath: path)
        var configuration = Configuration()
        configuration.readonly = true
        do {
            guard let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize, size > 0 else { return nil }
            let tables = try DatabaseQueue(path: file.absoluteString + "?immutable=1", configuration: configuration)
                .read(Migrations.tables)
            return tables.isEmpty || tables.contains("pin") ? nil : .database(tables: tables)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
            return .noDatabase
        } catch {
            return nil
        }
    }
}

extension Migrations {
    /// The tables of whoever uses the file; the first of a ledger's own migrations makes `pin`.
    static func tables(_ database: Database) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT name FROM sqlite_master
                WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'grdb_migrations' ORDER BY name
                """
        )
    }
}

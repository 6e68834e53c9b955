package import Entitlements
import Foundation
import GRDB

/// A consistent copy of a ledger, whether or not a service is working on it.
///
/// The copy carries a mark by which a service that is started on it knows that it was restored.
package struct LedgerCopy: Sendable {
    /// Under this name the mark is pinned in a copy, with the moment at which it was made as milliseconds.
    package static let mark = "copied_at"

    package var bytes: Int64

    /// Makes it; throws `LedgerUnusable` where the ledger cannot be read, or the copy cannot be written or is not sound.
    ///
    /// The file appears under its name once it is whole and on disk; an existing one is not replaced.
    package static func make(of path: String, to target: String, at moment: Timestamp) throws -> LedgerCopy {
        guard FileManager.default.fileExists(atPath: path) else {
            throw LedgerUnusable(path: path, why: "There is no such file.")
        }
        guard !FileManager.default.fileExists(atPath: target) else {
            let why = "There is a file of this name, which is not replaced. Name another file, or move that one away."
            throw LedgerUnusable.copy(target, why: why)
        }
        let unfinished = target + ".unfinished"
        defer { unlink(unfinished) }
        do {
            try copy(path, to: unfinished)
            try finish(unfinished, at: moment)
        } catch let error as DatabaseError {
            throw LedgerUnusable(path: path, error: error)
        }
        return LedgerCopy(bytes: try publish(unfinished, as: target))
    }

    /// One reading transaction holds a single state of the whole file, beside whoever writes; what was deleted is not copied.
    private static func copy(_ path: String, to target: String) throws {
        unlink(target)
        let descriptor = open(target, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LedgerUnusable.copy(target, why: "It cannot be made: \(String(cString: strerror(errno))).")
        }
        close(descriptor)
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        configuration.label = "backup"
        let source = try DatabaseQueue(path: path, configuration: configuration)
        try source.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [target]) }
        try source.close()
    }

    /// Looks whether the copy is sound and of a schema that this version knows, and marks it.
    private static func finish(_ copy: String, at moment: Timestamp) throws {
        let database = try DatabaseQueue(path: copy)
        try database.writeWithoutTransaction { database in
            let faults = try String.fetchAll(database, sql: "PRAGMA integrity_check(5)")
            guard faults == ["ok"] else {
                throw LedgerUnusable(path: copy, why: "It is damaged: \(faults.joined(separator: "; "))")
            }
            if let row = try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") {
                throw LedgerUnusable(path: copy, why: "It is damaged: a row refers to nothing (\(row)).")
            }
            guard try !Migrations.all.hasBeenSuperseded(database) else { throw LedgerUnusable.newer(path: copy) }
            guard try database.tableExists("pin") else {
                throw LedgerUnusable(path: copy, why: "It is no ledger of Paydactyl.")
            }
            try database.execute(
                sql:
                    "INSERT INTO pin (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                arguments: [mark, "\(moment.milliseconds)"]
            )
        }
        try database.close()
    }

    private static func publish(_ unfinished: String, as target: String) throws -> Int64 {
        let descriptor = open(unfinished, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        // A hard link instead of a rename: it never replaces a file that came up meanwhile.
        guard descriptor >= 0, fsync(descriptor) == 0, link(unfinished, target) == 0 else {
            throw LedgerUnusable.copy(target, why: "It cannot be written: \(String(cString: strerror(errno))).")
        }
        let directory = (target as NSString).deletingLastPathComponent
        let folder = open(directory.isEmpty ? "." : directory, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
        return (try FileManager.default.attributesOfItem(atPath: target)[.size] as? Int64) ?? 0
    }
}

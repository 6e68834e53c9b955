import Entitlements
import Foundation
import Oracle
import SQLiteLedger

/// The file of a ledger that lives as long as one run, in memory where the machine has such files, and a copy of it.
struct LedgerFile {
    private let folder: URL

    init() {
        let memory = URL(filePath: "/dev/shm", directoryHint: .isDirectory)
        let place =
            FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
        folder = place.appending(path: "paydactyl-simulation-\(UUID().uuidString)", directoryHint: .isDirectory)
    }

    private var path: String { folder.appending(path: "ledger.sqlite").path }
    private var copy: String { folder.appending(path: "copy.sqlite").path }

    func makeFolder() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func open() throws -> SQLiteLedger {
        try SQLiteLedger(path: path, onTheSpot: true)
    }

    /// Keeps a copy as `backup` makes it, in place of an earlier one.
    func keepCopy(at moment: Moment) throws {
        try removeIfThere(copy)
        _ = try LedgerCopy.make(of: path, to: copy, at: Timestamp(milliseconds: moment.milliseconds))
    }

    /// Puts the copy in the place of a ledger that was closed.
    func putCopyBack() throws {
        for end in ["", "-wal", "-shm"] { try removeIfThere(path + end) }
        try FileManager.default.copyItem(atPath: copy, toPath: path)
    }

    private func removeIfThere(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }

    func remove() {
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            print("The simulation's files at \(folder.path) could not be removed: \(error)")
        }
    }
}

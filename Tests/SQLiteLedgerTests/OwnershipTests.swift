import Foundation
import SQLiteLedger
import Testing

struct OwnershipTests {
    @Test func `a second service on one ledger is refused until the first has ended`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "paydactyl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "ledger.sqlite").path
        let first = try SQLiteLedger(path: path, exclusively: true)
        #expect(throws: LedgerUnusable.self) { try SQLiteLedger(path: path, exclusively: true) }
        try first.close()
        try SQLiteLedger(path: path, exclusively: true).close()
    }

    @Test func `a ledger that was closed is whole in its one file`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "paydactyl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "ledger.sqlite").path
        let ledger = try SQLiteLedger(path: path, exclusively: true)
        try await ledger.repin("yes", as: "paused")
        try ledger.close()
        let copy = folder.appending(path: "copy.sqlite").path
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let restored = try SQLiteLedger(path: copy)
        #expect(try await restored.pinned("paused") == "yes")
        try restored.close()
    }
}

import Entitlements
import Foundation
import GRDB
import Ledger
import Testing

@testable import SQLiteLedger

@Suite(.timeLimit(.minutes(1)))
struct BackupTests {
    @Test func `a copy that is made under load holds all that was acknowledged before, whole and marked`() async throws
    {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        let ledger = try SQLiteLedger(path: path, exclusively: true)
        for number in 0..<200 { _ = try await ledger.record([.sample("before-\(number)")]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<200 { _ = try await ledger.record([.sample("during-\(writer)-\(number)")]) }
                }
            }
            for number in 0..<3 {
                let target = folder.path + "/copy-\(number).sqlite"
                let copy = try LedgerCopy.make(of: path, to: target, at: Timestamp(milliseconds: 77))
                #expect(copy.bytes > 0)
                try await expectWhole(target)
            }
            try await group.waitForAll()
        }
        #expect(try await ledger.pinned(LedgerCopy.mark) == nil, "the original is not marked")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.hasSuffix("unfinished") }
        )
        try ledger.close()
    }

    private func expectWhole(_ target: String) async throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: target)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let copy = try SQLiteLedger(path: target)
        #expect(try await copy.pinned(LedgerCopy.mark) == "77")
        let count = try await copy.pool.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM delivery WHERE webhook_id LIKE 'before-%'")
        }
        #expect(count == 200)
        try copy.close()
    }

    @Test func `what is there is not replaced, and what is no ledger is not copied`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        let target = folder.path + "/copy.sqlite"
        #expect(throws: LedgerUnusable.self) { try LedgerCopy.make(of: path, to: target, at: Timestamp(seconds: 1)) }
        try SQLiteLedger(path: path).close()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: target))
        #expect(throws: LedgerUnusable.self) { try LedgerCopy.make(of: path, to: target, at: Timestamp(seconds: 1)) }
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")

        let other = folder.path + "/other.sqlite"
        for content in ["", "no database at all, but long enough to be looked at as one"] {
            try Data(content.utf8).write(to: URL(fileURLWithPath: other))
            #expect(throws: LedgerUnusable.self) {
                try LedgerCopy.make(of: other, to: target + "2", at: Timestamp(seconds: 1))
            }
            #expect(!FileManager.default.fileExists(atPath: target + "2"))
        }
        let nowhere = folder.path + "/nowhere/copy.sqlite"
        #expect(throws: LedgerUnusable.self) { try LedgerCopy.make(of: path, to: nowhere, at: Timestamp(seconds: 1)) }
    }
}

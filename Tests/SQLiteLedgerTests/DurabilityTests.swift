import ChildProcess
import Entitlements
import Foundation
import GRDB
import Ledger
import Testing

@testable import SQLiteLedger

@Suite(.timeLimit(.minutes(2)))
struct DurabilityTests {
    @Test(.enabled("needs strace and the permission to trace a process", { try await Strace.works() }))
    func `the log is synced before a delivery is answered`() async throws {
        let folder = try TemporaryFolder()
        let trace = folder.path + "/trace"
        let process = try Crasher.start(
            ["acknowledge", folder.path + "/ledger.sqlite", "5"],
            under: [
                Strace.path, "-f", "-y", "-qq", "-o", trace, "-e",
                "trace=fdatasync,fsync,pwrite64,write,writev,sendto",
            ]
        )
        #expect(await process.exit() == .exited(0))
        let read = SyncTrace(try String(contentsOfFile: trace, encoding: .utf8))
        #expect(read.answers == 5)
        #expect(read.unsynced == nil)
    }

    @Test(arguments: [
        ("synced", true, [write, sync, answer]),
        ("synced in two steps, beside another thread", true, [write, begin, other, end, answer]),
        ("twice", true, [write, sync, answer, write, write, sync, answer]),
        ("never synced", false, [write, answer]),
        ("written after the sync", false, [write, sync, write, answer]),
        ("sync under way", false, [write, begin, answer, end]),
        ("sync failed", false, [write, "7 fdatasync(9</x/l.sqlite-wal>) = -1 EIO (Input/output error)", answer]),
        ("another file synced", false, [write, "7 fdatasync(9</x/l.sqlite>) = 0", answer]),
        ("nothing written", false, [answer]),
        ("the second unsynced", false, [write, sync, answer, write, answer]),
    ])
    func `the reading of a trace tells good from bad`(_ name: String, isGood: Bool, lines: [String]) {
        #expect((SyncTrace(lines.joined(separator: "\n")).unsynced == nil) == isGood)
    }

    private static let write = #"7 pwrite64(9</x/l.sqlite-wal>, "..."..., 24, 32) = 24"#
    private static let sync = "7 fdatasync(9</x/l.sqlite-wal>) = 0"
    private static let begin = "7 fdatasync(9</x/l.sqlite-wal> <unfinished ...>"
    private static let other = #"8 write(4<pipe:[1]>, "x", 1) = 1"#
    private static let end = "7 <... fdatasync resumed>) = 0"
    private static let answer = #"8 write(1<pipe:[1]>, "ACK id-0\n", 9) = 9"#

    @Test func `a copy of file and log taken at any moment holds what was acknowledged until then`() async throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        var acknowledged: [String] = []
        for index in 0..<10 {
            _ = try await ledger.record([.sample("id-\(index)")])
            acknowledged.append("id-\(index)")
            #expect(try await folder.idsInCopy(name: "copy-\(index)") == acknowledged)
        }
    }

    @Test func `a log cut anywhere opens and holds a prefix of what was acknowledged`() async throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        // So that the log holds deliveries only.
        _ = try await ledger.pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        let acknowledged = (0..<12).map { "id-\($0)" }
        for id in acknowledged { _ = try await ledger.record([.sample(id)]) }
        let length = try folder.logLength()
        let cuts = LogCut.boundaries(upTo: length)
        #expect(cuts.count > acknowledged.count)
        var counts: [Int] = []
        for cut in cuts + cuts.map({ $0 - 1 }) + [0, 7] {
            let ids = try await folder.idsInCopy(name: "copy-\(cut)", cutAt: cut)
            #expect(ids == Array(acknowledged.prefix(ids.count)))
            if cuts.contains(cut) { counts.append(ids.count) }
        }
        #expect(counts == counts.sorted())
        #expect(counts.last == acknowledged.count)
        #expect(Set(counts) == Set(0...acknowledged.count))
    }

    @Test func `a log cut within the first migration opens and is migrated`() async throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        _ = try await ledger.record([.sample("id-0")])
        let cuts = LogCut.boundaries(upTo: try folder.logLength())
        for cut in stride(from: 0, to: cuts.count, by: 9).map({ cuts[$0] }) {
            let ids = try await folder.idsInCopy(name: "copy-\(cut)", cutAt: cut)
            #expect(ids.isEmpty || ids == ["id-0"])
        }
    }
}

/// Where a log may be cut: after its header, and after each frame.
private enum LogCut {
    static func boundaries(upTo length: Int) -> [Int] {
        Array(stride(from: 32, through: length, by: 24 + 4096))
    }
}

extension TemporaryFolder {
    fileprivate func logLength() throws -> Int {
        try Data(contentsOf: URL(fileURLWithPath: path + "/ledger.sqlite-wal")).count
    }

    /// Copies file and log while they are in use, cuts the copied log, opens the copy and reads what waits there.
    fileprivate func idsInCopy(name: String, cutAt length: Int? = nil) async throws -> [String] {
        let copy = path + "/" + name
        try FileManager.default.copyItem(atPath: path + "/ledger.sqlite", toPath: copy)
        let log = try Data(contentsOf: URL(fileURLWithPath: path + "/ledger.sqlite-wal"))
        try log.prefix(length ?? log.count).write(to: URL(fileURLWithPath: copy + "-wal"))
        let ledger = try SQLiteLedger(path: copy)
        let ids = try await ledger.waitingDeliveries(limit: 100).map(\.webhookID)
        let integrity = try await ledger.pool.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
        #expect(integrity == ["ok"])
        try ledger.close()
        return ids
    }
}

extension NewDelivery {
    static func sample(_ id: String, body: String = "{}") -> NewDelivery {
        NewDelivery(
            source: "paymenter",
            webhookID: id,
            event: "payment.succeeded",
            stampedAt: Timestamp(seconds: 1_790_000_000),
            receivedAt: Timestamp(seconds: 1_790_000_000),
            body: Array(body.utf8),
            secretIndex: 0,
            verdict: .accepted
        )
    }
}

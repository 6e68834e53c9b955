import Entitlements
import Foundation
import GRDB
import Ledger
import Testing

@testable import SQLiteLedger

@Suite(.timeLimit(.minutes(2)))
struct KillTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `kill -9 at any moment loses and doubles nothing that was confirmed`(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        var random = SplitMix(seed: seed)
        var confirmed = Confirmed()
        for run in 0..<4 {
            let lines = try await Crasher.linesUntilKilled(
                ["work", path, "\(run)"],
                after: Int.random(in: 1...120, using: &random)
            )
            confirmed.add(lines)
            let ledger = try SQLiteLedger(path: path)
            try await confirmed.check(ledger)
            try ledger.close()
        }
        #expect(confirmed.deliveries.count > 4)
    }
}

/// What killed processes had said was so.
private struct Confirmed {
    var deliveries: Set<String> = []
    var folded: Set<String> = []
    var tried: Set<Int64> = []
    var done: Set<Int64> = []
    var fences: [String: Int64] = [:]

    mutating func add(_ lines: [String]) {
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            switch words[0] {
            case "ACK": deliveries.insert(words[1])
            case "FOLDED": folded.insert(words[1])
            case "TRYING": tried.formUnion([Int64(words[1])].compactMap(\.self))
            case "DONE": done.formUnion([Int64(words[1])].compactMap(\.self))
            case "CLAIM": fences[words[2]] = max(fences[words[2]] ?? 0, Int64(words[1]) ?? 0)
            default: Issue.record("What does it say? \(line)")
            }
        }
    }

    func check(_ ledger: SQLiteLedger) async throws {
        try await ledger.pool.read { database in
            #expect(try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"])
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
            let ids = try String.fetchAll(database, sql: "SELECT webhook_id FROM delivery")
            #expect(Set(ids).count == ids.count)
            #expect(deliveries.subtracting(ids).isEmpty)
            let applied = try String.fetchSet(database, sql: "SELECT webhook_id FROM delivery WHERE state = 1")
            #expect(folded.subtracting(applied).isEmpty)
            let halfFolded = try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM delivery
                    WHERE state <> (SELECT count(*) FROM event WHERE event.delivery = delivery.number)
                    """
            )
            #expect(halfFolded == 0, "a delivery that waits has no event, an applied one exactly one")
            #expect(tried.subtracting(try Int64.fetchSet(database, sql: "SELECT number FROM operation")).isEmpty)
            let settled = try Int64.fetchSet(database, sql: "SELECT number FROM operation WHERE state = 'done'")
            #expect(done.subtracting(settled).isEmpty)
            for (customer, fence) in fences {
                let sql = "SELECT fence FROM customer WHERE key = ?"
                #expect(try Int64.fetchOne(database, sql: sql, arguments: [customer]) ?? 0 >= fence)
            }
        }
    }
}

/// A generator whose seed says all.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

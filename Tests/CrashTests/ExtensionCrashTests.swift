import ChildProcess
import CrashingService
import Foundation
import GRDB
import Observability
import PanelSimulator
import Testing

/// The extension's outbox, in PHP, and a service, both of which are killed in the middle of what they do.
@Suite(
    .timeLimit(.minutes(10)),
    .enabled("php-cli with php-sqlite3 and php-curl must be installed") { await PHPProgram.isThere() }
)
struct ExtensionCrashTests {
    private static let events = 240
    private static let services = 12

    /// Where the service dies: before it knows of a delivery, after it is on disk and before the sender hears of it, and while it is folded.
    private static let places: [CrashPoint] = [.bytesRead, .deliveryCommitted, .deliveriesFolded]

    @Test func `kills on both sides lose no event, apply none twice, and keep the order of each service`() async throws
    {
        var world = PanelWorld.servers(["Frost Path I"])
        world.applicationLimit = nil
        world.clientLimit = nil
        try await withTown(world) { town in
            let outbox = try ExtensionOutbox()
            var child = try await town.start()
            defer { child.kill(SIGKILL) }
            let url = "http://127.0.0.1:\(town.settings.port)"
            func send(_ arguments: String...) throws -> ChildProcess {
                try outbox.start(url, secret: Town.secret, arguments)
            }
            let filled = try await outbox.run(
                url,
                secret: Town.secret,
                "--enqueue",
                "\(Self.events)",
                "--services",
                "\(Self.services)",
                "--seconds",
                "0",
                "--show"
            )
            #expect(filled.left == Self.events)
            let all = try #require(filled.waiting)
            for (number, place) in Self.places.enumerated() {
                try await child.die(at: place, times: place == .deliveriesFolded ? 2 : 15 + number)
                let sender = try send("--seconds", "60")
                let exit = await child.exit()
                #expect(exit == .signalled(SIGKILL), "\(place)")
                // The sender is not told; it dies, too, with a delivery claimed whose answer nobody heard.
                sender.signal(SIGKILL)
                _ = await sender.exit()
                let left = try await outbox.run(url, secret: Town.secret, "--seconds", "0", "--show")
                let acknowledged = Set(all).subtracting(try #require(left.waiting))
                #expect(!acknowledged.isEmpty)
                try checkWrittenDown(acknowledged, in: town, killedAt: place)
                child = try await town.start()
            }
            let last = try await outbox.run(url, secret: Town.secret, "--seconds", "150")
            #expect(last.left == 0, "\(last.problem ?? "")")
            try await town.foldsEverything()
            child.kill(SIGTERM)
            _ = await child.exit()
            try check(town, last.told, all: all)
        }
    }

    /// Whatever the extension has struck off its list is on the disk of a service that was just killed.
    private func checkWrittenDown(
        _ acknowledged: Set<ExtensionOutbox.Waiting>,
        in town: Town,
        killedAt place: CrashPoint
    ) throws {
        // A copy, so that looking changes nothing for the service that starts next.
        let copy = FileManager.default.temporaryDirectory.appending(path: "killed-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: copy) }
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: town.settings.ledger + suffix) {
            try FileManager.default.copyItem(
                atPath: town.settings.ledger + suffix,
                toPath: copy.appending(path: "ledger\(suffix)").path
            )
        }
        let ledger = try DatabaseQueue(path: copy.appending(path: "ledger").path)
        let kept = try ledger.read { try Set(String.fetchAll($0, sql: "SELECT webhook_id FROM delivery")) }
        #expect(Set(acknowledged.map(\.id)).subtracting(kept).isEmpty, "\(place)")
    }

    private func check(
        _ town: Town,
        _ told: [String: ExtensionOutbox.Told],
        all: [ExtensionOutbox.Waiting]
    ) throws {
        let ledger = try DatabaseQueue(path: town.settings.ledger)
        try ledger.read { database in
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM delivery") == Self.events)
            #expect(try Int.fetchOne(database, sql: "SELECT count(DISTINCT webhook_id) FROM delivery") == Self.events)
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM delivery WHERE state <> 1") == 0)
            let newest = try Row.fetchAll(
                database,
                sql: """
                    SELECT json_extract(CAST(body AS TEXT), '$.subscription_id') AS service,
                        max(json_extract(CAST(body AS TEXT), '$.revision')) AS revision, count(*) AS events
                    FROM delivery GROUP BY 1
                    """
            )
            #expect(newest.count == Self.services)
            for row in newest {
                let service: String = row["service"]
                let revision: Int64 = row["revision"]
                #expect(row["events"] as Int == Self.events / Self.services)
                #expect(told["service:\(service)"]?.revision == revision, "\(service)")
            }
            for (subject, deliveries) in Dictionary(grouping: all, by: \.subject) {
                let service = String(subject.dropFirst("service:".count))
                // Each took effect once, and the newest word is what is known of the service.
                let revisions = try Int64.fetchAll(
                    database,
                    sql: "SELECT revision FROM event WHERE subscription = ? ORDER BY revision",
                    arguments: [service]
                )
                #expect(revisions == deliveries.map(\.revision).sorted(), "\(service)")
                let status = try String.fetchOne(
                    database,
                    sql: "SELECT json_extract(fold, '$.senderStatus') FROM subscription WHERE id = ?",
                    arguments: [service]
                )
                #expect(status == told[subject]?.status, "\(service)")
            }
        }
    }
}

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
                "0"
            )
            #expect(filled.left == Self.events)
            for (number, place) in Self.places.enumerated() {
                try await child.die(at: place, times: place == .deliveriesFolded ? 2 : 15 + number)
                let sender = try send("--seconds", "60")
                let exit = await child.exit()
                #expect(exit == .signalled(SIGKILL), "\(place)")
                // The sender is not told; it dies, too, with a delivery claimed whose answer nobody heard.
                sender.signal(SIGKILL)
                _ = await sender.exit()
                child = try await town.start()
            }
            let last = try await outbox.run(url, secret: Town.secret, "--seconds", "150")
            #expect(last.left == 0, "\(last.problem ?? "")")
            try await town.foldsEverything()
            child.kill(SIGTERM)
            _ = await child.exit()
            try check(town, last.told)
        }
    }

    private func check(_ town: Town, _ told: [String: ExtensionOutbox.Told]) throws {
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
        }
    }
}

import ChildProcess
import CrashingService
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Testing

/// A rollback whose service is killed goes on after the next start, and does nothing twice.
@Suite(.timeLimit(.minutes(10)))
struct RollbackCrashTests {
    private static let crashes: [(CrashPoint, Int)] = [
        (.lanesClaimed, 1), (.accessIntentsWritten, 1), (.accessIntentsWritten, 2), (.accessAnswered, 1),
        (.accessAnswered, 2), (.accessOutcomeWritten, 1), (.accessOutcomeWritten, 2), (.laneFinished, 1),
    ]

    @Test(arguments: crashes)
    func `a rollback that is killed in the middle brings back every row, once`(_ point: CrashPoint, times: Int)
        async throws
    {
        try await withTown(Story.world) { town in
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            try await town.sendUntilTaken([try .bought("knight", 77, Story.ada)])
            try await town.converges(to: Story.somebodyBuys.accessAfter)
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
            let moment = formatter.string(from: Date())
            try await Task.sleep(for: .milliseconds(20))
            try await town.sendUntilTaken([try .changed(to: "awakened", 77, revision: 2)])
            try await town.converges(to: Story.anotherTierIsBought.accessAfter)

            let plan = try await town.post("rollback/plan", ["to": moment])
            let fingerprint = try #require(plan["fingerprint"] as? String, "\(plan)")
            #expect((plan["changes"] as? [Any])?.count == 3)
            try await first.die(at: point, times: times)
            let decision = ["to": moment, "fingerprint": fingerprint, "reason": "a mistake"]
            _ = try await town.post("rollback/apply", decision)
            let end = await first.exit(within: .seconds(20))
            try #require(end == .signalled(SIGKILL), "\(point) was not reached.\n\(town.logTail)")

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            let again = try await town.post("rollback/apply", decision)
            #expect(again["number"] as? Int == 1, "the same decision is the same rollback: \(again)")
            try await town.eventually("every row is back") { town.panel.access == Story.somebodyBuys.accessAfter }
            try await town.eventually("nothing of the rollback waits") {
                let rollbacks = try await town.object("rollbacks")["items"] as? [[String: Any]] ?? []
                guard rollbacks.first?["waiting"] as? Int == 0 else { return false }
                #expect(rollbacks.first?["done"] as? Int == 3)
                return true
            }
            let rows = town.panel.subusers.map { "\($0.userID) \($0.serverID)" }
            #expect(Set(rows).count == rows.count, "no row is doubled")
            #expect(town.panel.access == Story.somebodyBuys.accessAfter)
            second.kill(SIGTERM)
            #expect(await second.exit() == .exited(0), "\(town.logTail)")
            try town.checkNothingIsOpen()
        }
    }
}

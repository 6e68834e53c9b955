import ChildProcess
import CrashingService
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Testing

/// A person's change whose service is killed before it has answered is made once, however often it is asked for.
@Suite(.timeLimit(.minutes(5)))
struct RequestCrashTests {
    @Test func `a grant that is asked for again after a kill is the one that was made`() async throws {
        try await withTown(Story.world) { town in
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            try await town.sendUntilTaken([try .bought("knight", 77, Story.ada)])
            try await town.converges(to: Story.somebodyBuys.accessAfter)
            let hold = ["customer": "77", "kind": "hold", "reason": "until we have talked"]
            try await first.die(at: .requestCarriedOut, times: 1)
            let lost = try await town.post("overrides", hold, key: "a-hold")
            #expect(lost.isEmpty)
            let end = await first.exit(within: .seconds(20))
            try #require(end == .signalled(SIGKILL), "the change was not reached\n\(town.logTail)")

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            let again = try await town.post("overrides", hold, key: "a-hold")
            let repeated = try await town.post("overrides", hold, key: "a-hold")
            let listed = try await town.object("overrides")["items"] as? [[String: Any]] ?? []
            #expect(listed.compactMap { $0["id"] as? String } == [again["id"] as? String])
            #expect(repeated["id"] as? String == again["id"] as? String)
            let actions = try await town.object("audit-log")["items"] as? [[String: Any]] ?? []
            #expect(actions.count == 1, "it was decided once: \(actions)")
        }
    }
}

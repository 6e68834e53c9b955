import ChildProcess
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Testing

/// Where the service dies while a player's rank and the owner's own command are sent.
@Suite(.timeLimit(.minutes(10)))
struct RankCrashTests {
    private static let kills: [(CrashPoint, Int)] = [
        (.commandIntentsWritten, 1), (.commandIntentsWritten, 2), (.commandAnswered, 1), (.commandAnswered, 2),
        (.commandOutcomeWritten, 1), (.commandOutcomeWritten, 2),
    ]

    @Test(arguments: kills)
    func `a rank that was sent twice is there once, until the same moment`(_ point: CrashPoint, _ times: Int)
        async throws
    {
        try await withTown(Story.world) { town in
            let server = try #require(town.panel.server(named: "Creative Plots")).id
            town.panel.join("Steve", server: server)
            let end = Timestamp(seconds: Int64(Date().timeIntervalSince1970) + 86_400)
            let bought = try Message(.created, 77, revision: 1) {
                $0.email = .value(Story.ada)
                $0.product = .value("ranger")
                $0.status = .value(.active)
                $0.paidThrough = .value(end)
                $0.properties = ["player": "Steve"]
            }

            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            try await first.die(at: point, times: times)
            _ = try await town.send(bought)
            try #require(await first.exit(within: .seconds(20)) == .signalled(SIGKILL), "\(town.logTail)")

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            try await town.sendUntilTaken([bought])
            let expires = Int((end + .milliseconds(300)).unixSeconds)
            let (rank, welcome) = (
                "lp user Steve parent addtemp ranger \(expires) replace", "welcome Steve until \(expires)"
            )
            let panel = town.panel
            try await town.eventually("both were sent") {
                Set(panel.commands(onServer: server)) == [rank, welcome]
                    && panel.ranks(of: "Steve", server: server) == ["ranger": expires]
            }
            try await town.eventually("nothing more is to be sent") { panel.commands(onServer: server).count <= 3 }
            second.kill(SIGTERM)
            #expect(await second.exit() == .exited(0), "\(town.logTail)")
            #expect(panel.commands(onServer: server).count <= 3, "each at least once, and only one of them twice")
        }
    }
}

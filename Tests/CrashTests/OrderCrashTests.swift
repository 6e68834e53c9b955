import ChildProcess
import CrashingService
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Testing

/// Something that a person orders, of which the service dies before it has answered.
enum PersonsOrder: String, CaseIterable, Sendable {
    case approve, discard, replay, retry, repair

    /// What is there when it is all over.
    var accessAfter: Story.Access {
        switch self {
        case .approve, .repair: Story.somebodyLeaves.accessAfter
        case .discard, .replay, .retry: Story.somebodyBuys.accessAfter
        }
    }

    /// Whether it concerns losses that the breaker holds.
    var isAboutLosses: Bool { self == .approve || self == .discard }
}

@Suite(.timeLimit(.minutes(10)))
struct OrderCrashTests {
    @Test(arguments: PersonsOrder.allCases)
    func `what a person orders comes about once, although the service dies before it answers`(_ order: PersonsOrder)
        async throws
    {
        try await withTown(Story.world) { town in
            if order.isAboutLosses { town.settings.mostLosses = 0 }
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            try await town.sendUntilTaken([try .bought("knight", 77, Story.ada)])
            try await town.converges(to: Story.somebodyBuys.accessAfter)
            let (path, body) = try await town.prepare(order)
            town.panel.forgetEffects()

            try await first.die(at: .requestCarriedOut, times: 1)
            let lost = try await town.post(path, body, key: "an-order")
            #expect(lost.isEmpty)
            let end = await first.exit(within: .seconds(40))
            try #require(end == .signalled(SIGKILL), "\(path) was not reached.\n\(town.logTail)")

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            _ = try await town.post(path, body, key: "an-order")
            try await town.eventually("it came about") { town.panel.access == order.accessAfter }
            if order == .discard {
                let holds = try await town.object("overrides")["items"] as? [[String: Any]] ?? []
                #expect(holds.map { $0["kind"] as? String } == ["hold"], "it was decided once")
                #expect(try await town.object("breaker")["state"] as? String == "closed")
            } else {
                try await town.settlesOperations()
            }
            second.kill(SIGTERM)
            #expect(await second.exit() == .exited(0), "\(town.logTail)")
            try town.checkNothingIsOpen()
            #expect(town.panel.access == order.accessAfter)
            let removals = town.panel.mails.filter { $0.subject == "Removed From Server" }.count
            #expect(removals == (order == .approve ? 3 : order == .repair ? 1 : 0), "each was done once")
        }
    }
}

extension OrderCrashTests {
    /// Every point that is reached between the order and its end.
    private static let points: [CrashPoint] = [
        .requestCarriedOut, .lanesClaimed, .accessIntentsWritten, .accessAnswered, .accessOutcomeWritten, .laneFinished,
    ]

    @Test(arguments: points)
    func `a repair of drift comes about once, wherever the service dies`(_ point: CrashPoint) async throws {
        try await withTown(Story.world) { town in
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            try await town.sendUntilTaken([try .bought("knight", 77, Story.ada)])
            try await town.converges(to: Story.somebodyBuys.accessAfter)
            let (path, body) = try await town.prepare(.repair)
            try await town.settlesOperations(asksAPerson: true)
            town.panel.forgetEffects()

            try await first.die(at: point, times: 1)
            _ = try await town.post(path, body, key: "an-order")
            let end = await first.exit(within: .seconds(40))
            try #require(end == .signalled(SIGKILL), "\(point) was not reached.\n\(town.logTail)")

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            // A lane of the first's own may have been what it died at, before it had heard the order: who has no answer asks again.
            try await town.eventually("it came about") {
                _ = try await town.post(path, body, key: "an-order")
                return town.panel.access == PersonsOrder.repair.accessAfter
            }
            try await town.settlesOperations()
            second.kill(SIGTERM)
            #expect(await second.exit() == .exited(0), "\(town.logTail)")
            try town.checkNothingIsOpen()
            #expect(town.panel.access == PersonsOrder.repair.accessAfter)
            #expect(town.panel.mails.filter { $0.subject == "Removed From Server" }.count == 1, "it was taken once")
        }
    }
}

extension Town {
    /// Brings about what an order is about; what is then to be asked for.
    fileprivate func prepare(_ order: PersonsOrder) async throws -> (String, [String: Any]) {
        switch order {
        case .approve, .discard:
            try await sendUntilTaken([try Message(.cancelled, 77, revision: 2)])
            try await eventually("the breaker holds it") {
                try await object("breaker")["held_customers"] as? Int == 1
            }
            return ("breaker/\(order.rawValue)", [:])
        case .replay: return ("events/1/replay", [:])
        case .retry: return ("customers/77/retry", [:])
        case .repair:
            try await sendUntilTaken([try Message(.cancelled, 77, revision: 2)])
            try await converges(to: order.accessAfter)
            let ada = try #require(panel.user(email: Story.ada)).id
            let creative = try #require(panel.server(named: "Creative Plots")).id
            _ = panel.addSubuser(user: ada, server: creative, permissions: ["file.read", "websocket.connect"])
            var line: String?
            try await eventually("the drift is found") {
                _ = try await post("audit", [:])
                line = try await givenBack()
                return line != nil
            }
            return ("drift/\(line ?? "")/repair", ["reason": "it is over"])
        }
    }

    private func givenBack() async throws -> String? {
        let panels = try await object("drift")["panels"] as? [String: [String: Any]]
        let findings = panels?["main"]?["findings"] as? [[String: Any]]
        return findings?.first { $0["kind"] as? String == "given_back" }?["id"] as? String
    }
}

import ChildProcess
import CrashingService
import Entitlements
import Foundation
import GRDB
import Observability
import PanelSimulator
import Testing

/// What a person says of the service as a whole, of which it dies before it has answered.
enum ServiceOrder: String, CaseIterable, Sendable {
    case pause, resume, enforce, unlock

    var path: String {
        switch self {
        case .pause, .resume, .enforce: rawValue
        case .unlock: "panels/main/unlock"
        }
    }
}

@Suite(.timeLimit(.minutes(10)))
struct ServiceOrderCrashTests {
    @Test(arguments: ServiceOrder.allCases)
    func `what a person says of the whole service stands, although it dies before it answers`(_ order: ServiceOrder)
        async throws
    {
        try await withTown(Story.world) { town in
            var first = try await town.start()
            defer { first.kill(SIGKILL) }
            try await town.sendUntilTaken([try .bought("knight", 77, Story.ada)])
            try await town.converges(to: Story.somebodyBuys.accessAfter)
            if order == .enforce {
                first.kill(SIGTERM)
                #expect(await first.exit() == .exited(0), "\(town.logTail)")
                try town.makeLedgerACopy()
                first = try await town.start()
            }
            try await town.standStill(before: order)
            town.panel.forgetEffects()

            try await first.die(at: .requestCarriedOut, times: 1)
            #expect(try await town.post(order.path, [:], key: "an-order").isEmpty)
            let end = await first.exit(within: .seconds(40))
            try #require(end == .signalled(SIGKILL), "\(order.path) was not reached.\n\(town.logTail)")

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            _ = try await town.post(order.path, [:], key: "an-order")
            if order == .pause {
                #expect(try await town.object("status")["paused"] as? Bool == true)
                try await town.cancelsAndWaits()
                #expect(town.panel.access == Story.somebodyBuys.accessAfter)
                _ = try await town.post("resume", [:])
            }
            try await town.converges(to: Story.somebodyLeaves.accessAfter)
            try await town.settlesOperations()
            second.kill(SIGTERM)
            #expect(await second.exit() == .exited(0), "\(town.logTail)")
            try town.checkNothingIsOpen()
            #expect(town.panel.mails.filter { $0.subject == "Removed From Server" }.count == 3, "each was done once")
        }
    }
}

extension Town {
    /// Has the ledger say of itself that a backup made it.
    fileprivate func makeLedgerACopy() throws {
        let ledger = try DatabaseQueue(path: settings.ledger)
        try ledger.write { database in
            try database.execute(sql: "INSERT INTO pin (name, value) VALUES ('copied_at', '1795564800000')")
        }
        try ledger.close()
    }

    /// Brings about what the order ends, and has somebody leave meanwhile.
    fileprivate func standStill(before order: ServiceOrder) async throws {
        switch order {
        case .pause: return
        case .resume: _ = try await post("pause", [:])
        case .enforce:
            // Nobody may say so before the panel was read.
            try await eventually("it observes, and has read the panel") {
                let status = try await object("status")
                let panels = status["panels"] as? [String: [String: Any]]
                return status["mode"] as? String == "observe" && panels?["main"]?["last_audit"] is [String: Any]
            }
        case .unlock:
            let ada = try #require(panel.user(email: Story.ada))
            panel.changeUser(ada.id) { $0.uuid = "11111111-2222-4333-8444-555555555555" }
            try await eventually("the panel is locked") {
                _ = try await post("audit", [:])
                let panels = try await object("status")["panels"] as? [String: [String: Any]]
                return panels?["main"]?["circuit"] as? String == "locked"
            }
            panel.changeUser(ada.id) { $0.uuid = ada.uuid }
        }
        try await cancelsAndWaits()
    }

    /// Somebody leaves, and that nothing is done about it is shown.
    fileprivate func cancelsAndWaits() async throws {
        try await sendUntilTaken([try Message(.cancelled, 77, revision: 2)])
        try await eventually("what is to be done is shown") {
            try await object("customers/77")["state"] as? String == "blocked"
        }
    }
}

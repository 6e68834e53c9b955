import ChildProcess
import CrashingService
import Entitlements
import Foundation
import PanelSimulator
import Testing

/// The service ends while the panel is still busy with what it was asked.
@Suite(.timeLimit(.minutes(10)))
struct SlowPanelTests {
    private static let emails = (1...6).map { "customer\($0)@example.test" }

    private var access: Story.Access {
        var access: Story.Access = [:]
        for email in Self.emails {
            access["Frost Path I", default: [:]][email] = ["websocket.connect"]
            access["Frost Path II", default: [:]][email] = ["websocket.connect"]
        }
        return access
    }

    private var world: PanelWorld {
        var world = PanelWorld.servers(["Frost Path I", "Frost Path II", "Creative Plots"])
        world.applicationLimit = nil
        world.clientLimit = nil
        return world
    }

    @Test func `a service that is stopped at work leaves nothing open, and the next one goes on`() async throws {
        try await withTown(world) { town in
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            town.panel.faults.add(.latency(.milliseconds(200)), .always, on: .writes)
            let messages = try Self.emails.enumerated().map {
                try Message.bought("awakened", $0.offset + 1, $0.element)
            }
            try await town.sendUntilTaken(messages)
            let panel = town.panel
            try await town.eventually("two accounts are made") { panel.users.count > 2 }
            let begun = ContinuousClock.now
            first.kill(SIGTERM)
            let exit = await first.exit(within: .seconds(20))
            #expect(exit == .exited(0), "\(town.logTail)")
            #expect(begun.duration(to: .now) < .seconds(15))
            // Whatever it had begun, it has written down.
            try town.checkNothingIsOpen()

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            try await town.converges(to: access)
            try await town.stopAndCheck(
                second,
                Expectation(
                    accounts: Set(Self.emails),
                    created: Set(Self.emails),
                    added: 12,
                    removed: 0,
                    deliveries: Set(messages.map(\.id))
                )
            )
        }
    }

    @Test func `of two creations that overlap on the panel one account comes`() async throws {
        try await withTown(world) { town in
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            let gate = town.panel.faults.overlap(2, on: .route("POST /api/application/users"))
            let email = Self.emails[0]
            let message = try Message.bought("awakened", 1, email)
            try await town.sendUntilTaken([message])
            try await town.eventually("the panel is at work") { gate.missing == 1 }
            first.kill(SIGKILL)
            _ = await first.exit()
            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            try await town.converges(to: [
                "Frost Path I": [email: ["websocket.connect"]], "Frost Path II": [email: ["websocket.connect"]],
            ])
            try await town.stopAndCheck(
                second,
                Expectation(accounts: [email], created: [email], added: 2, removed: 0, deliveries: [message.id])
            )
        }
    }

    @Test func `an account that the panel makes just after it was looked for is found all the same`() async throws {
        try await withTown(world) { town in
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            // The first creation waits inside the panel until the next service has looked for the account and found nothing.
            let gate = town.panel.faults.overlap(2, on: .route("POST /api/application/users"))
            let email = Self.emails[0]
            let message = try Message.bought("awakened", 1, email)
            try await town.sendUntilTaken([message])
            try await town.eventually("the panel is at work") { gate.missing == 1 }
            first.kill(SIGKILL)
            _ = await first.exit()
            let faults = town.panel.faults
            let search = RequestMatch {
                $0.method == "GET" && $0.target.contains("filter") && $0.target.contains("email")
            }
            let late = faults.add(.lateAnswer(.milliseconds(500)), .next(1), on: search)
            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            try await town.eventually("the next service has looked") { faults.count(of: late) == 1 }
            gate.open()
            try await town.converges(to: [
                "Frost Path I": [email: ["websocket.connect"]], "Frost Path II": [email: ["websocket.connect"]],
            ])
            try await town.stopAndCheck(
                second,
                Expectation(accounts: [email], created: [email], added: 2, removed: 0, deliveries: [message.id])
            )
        }
    }

    @Test func `an account that was being made when its customer left is retired like any other`() async throws {
        try await withTown(world) { town in
            town.settings.accountRetentionMilliseconds = 200
            let panel = town.panel
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            let gate = panel.faults.overlap(2, on: .route("POST /api/application/users"))
            let email = Self.emails[0]
            let messages = [try Message.bought("awakened", 1, email), try Message(.cancelled, 1, revision: 2)]
            try await town.sendUntilTaken([messages[0]])
            try await town.eventually("the panel is at work") { gate.missing == 1 }
            first.kill(SIGKILL)
            _ = await first.exit()
            gate.open()
            try await town.eventually("the account is there") { panel.users.count == 2 }
            // Nobody can find it before the customer has left.
            let blindness = panel.faults.add(.errorBefore(.exception()), .always, on: .path("users/external"))
            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            try await town.sendUntilTaken([messages[1]])
            try await town.foldsEverything()
            panel.faults.remove(blindness)
            try await town.converges(to: [:], accounts: [])
            try await town.stopAndCheck(
                second,
                Expectation(
                    accounts: [],
                    created: [email],
                    added: 0,
                    removed: 0,
                    deliveries: Set(messages.map(\.id))
                )
            )
        }
    }

    @Test func `a row that the panel adds twice is one again after the next audit`() async throws {
        try await withTown(world) { town in
            town.settings.auditEveryMilliseconds = 300
            let panel = town.panel
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            // Both services ask for the same row before the panel has written either (recording `race-subusers-duplicate-rows-delete`).
            let gate = town.panel.faults.overlap(2, on: .route("POST /api/client/servers/{server}/users"))
            let email = Self.emails[0]
            let message = try Message.bought("awakened", 1, email)
            try await town.sendUntilTaken([message])
            try await town.eventually("the panel is at work") { gate.missing == 1 }
            first.kill(SIGKILL)
            _ = await first.exit()
            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            try await town.eventually("the second row was seen and taken away") {
                panel.mails.contains { $0.subject == "Removed From Server" }
            }
            try await town.converges(to: [
                "Frost Path I": [email: ["websocket.connect"]], "Frost Path II": [email: ["websocket.connect"]],
            ])
            try await town.stopAndCheck(
                second,
                Expectation(accounts: [email], created: [email], added: 3, removed: 1, deliveries: [message.id])
            )
        }
    }
}

import ChildProcess
import CrashingService
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Testing

/// A step in the life of a customer's own server, at one of whose operations the service dies.
enum ServerStory: String, CaseIterable, Sendable {
    case bought, grown, restored, suspendedAndDeleted, letGo, deletedByAPerson

    static let ada = "ada@example.test"

    /// What was said before, if anything.
    func before() throws -> Message? {
        switch self {
        case .bought: nil
        case .grown, .restored, .suspendedAndDeleted, .letGo: try .bought("castle", 77, Self.ada)
        case .deletedByAPerson: try .bought("keep", 77, Self.ada)
        }
    }

    /// What is said at last; `nil` where a person says it.
    func change() throws -> Message? {
        switch self {
        case .bought: try .bought("castle", 77, Self.ada)
        case .grown: try .changed(to: "palace", 77, revision: 2)
        case .restored: try Message(.paymentSucceeded, 77, revision: 3)
        case .suspendedAndDeleted: try Message(.cancelled, 77, revision: 2)
        case .letGo, .deletedByAPerson: nil
        }
    }

    /// What a person orders at last, and why; `nil` where nobody does.
    var order: (path: String, reason: String)? {
        switch self {
        case .bought, .grown, .restored, .suspendedAndDeleted: nil
        case .letGo: ("let-go", "it is their club's")
        case .deletedByAPerson: ("confirm-deletion", "they have a copy")
        }
    }

    /// The memory of each server of the customer's own at the end.
    var memoryAfter: [Int] {
        switch self {
        case .bought, .restored: [2048]
        case .grown: [4096]
        case .suspendedAndDeleted, .letGo, .deletedByAPerson: []
        }
    }
}

/// Where the service dies: at which point, and at the how manieth time that it is reached.
struct ServerCrash: Sendable, CustomTestStringConvertible {
    var story: ServerStory
    var point: CrashPoint
    var times: Int

    var testDescription: String { "\(story.rawValue), \(point.rawValue) × \(times)" }

    static let all: [ServerCrash] = ServerStory.allCases.flatMap { story in
        [CrashPoint.serverIntentWritten, .serverAnswered, .serverOutcomeWritten].flatMap { point in
            // A server is suspended first and deleted afterwards: the second time is the deletion's.
            (story == .suspendedAndDeleted ? [1, 2] : [1]).map { ServerCrash(story: story, point: point, times: $0) }
        }
    }
}

@Suite(.timeLimit(.minutes(10)))
struct ServerCrashTests {
    @Test(arguments: ServerCrash.all)
    func `a service that is killed twice makes no second server and forgets none`(_ crash: ServerCrash) async throws {
        var world = PanelWorld.servers(["Frost Path I"])
        world.installTime = .zero
        world.applicationLimit = nil
        world.clientLimit = nil
        try await withTown(world) { town in
            let story = crash.story
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            if let message = try story.before() {
                try await town.sendUntilTaken([message])
                try await town.eventually("the server is there") { town.ownServers.count == 1 }
                try await town.settlesOperations()
            }
            if story == .restored { try await town.suspends() }
            if story == .deletedByAPerson { try await town.waitsForDeletion() }
            let before = town.ownServers.first

            try await first.die(at: crash.point, times: crash.times)
            let message = try story.change()
            let isTaken = try await town.tell(message, or: story.order, about: before)
            let end = await first.exit(within: .seconds(40))
            try #require(end == .signalled(SIGKILL), "\(crash.point) was not reached.\n\(town.logTail)")

            // Killed once more while it finds its feet.
            let second = try await town.start()
            second.kill(SIGKILL)
            _ = await second.exit()

            let third = try await town.start()
            defer { third.kill(SIGKILL) }
            if !isTaken, let message { try await town.sendUntilTaken([message]) }
            try await town.foldsEverything()
            try await town.eventually("the servers are \(story.memoryAfter)") {
                town.ownServers.map(\.limits.memory) == story.memoryAfter
                    && !town.ownServers.contains { $0.status == .suspended }
            }
            try await town.settlesOperations()
            third.kill(SIGTERM)
            #expect(await third.exit() == .exited(0), "\(town.logTail)")
            try town.checkNothingIsOpen()
            if story == .letGo, let before {
                let left = try #require(town.panel.server(before.id), "it is in a person's hands")
                #expect(left.externalID == nil && left.status == nil && left.limits == before.limits)
            }
            if let before, let after = town.ownServers.first {
                #expect(after.uuid == before.uuid && after.allocationID == before.allocationID)
                #expect(after.externalID == before.externalID && after.ownerID == before.ownerID)
            }
            let made = town.panel.requests.filter { $0.route == "POST /api/application/servers" && $0.status == 201 }
            #expect(made.count == 1)
        }
    }

    @Test(arguments: [CrashPoint.serverIntentWritten, .serverAnswered, .serverOutcomeWritten])
    func `a server that is imported while the service is killed is the subscription's, and no other is made`(
        _ point: CrashPoint
    ) async throws {
        var world = PanelWorld.servers(["Frost Path I", "Old Castle"])
        world.installTime = .zero
        try await withTown(world) { town in
            let castle = try #require(town.panel.server(named: "Old Castle"))
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            _ = try await town.post("pause", [:])
            try await town.sendUntilTaken([try .bought("castle", 77, ServerStory.ada)])
            try await town.foldsEverything()
            let path = "dedicated/77/import"
            var plan: [String: Any] = [:]
            while plan["uuid"] == nil { plan = try await town.post(path, ["server": "\(castle.id)"]) }
            let order: [String: Any] = [
                "server": "\(castle.id)", "confirm": castle.uuid, "change_owner": true, "reason": "since 2020",
            ]
            #expect(try await town.post(path, order)["status"] as? String == "importing")

            try await first.die(at: point, times: 1)
            _ = try await town.post("resume", [:])
            let end = await first.exit(within: .seconds(40))
            try #require(end == .signalled(SIGKILL), "\(point) was not reached.\n\(town.logTail)")

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            _ = try await town.post("resume", [:])
            try await town.eventually("the castle is theirs") {
                town.ownServers.map(\.id) == [castle.id]
                    && town.ownServers.first?.ownerID == town.panel.user(email: ServerStory.ada)?.id
            }
            try await town.settlesOperations()
            second.kill(SIGTERM)
            #expect(await second.exit() == .exited(0), "\(town.logTail)")
            try town.checkNothingIsOpen()
            #expect(!town.panel.requests.contains { $0.route == "POST /api/application/servers" })
            #expect(town.panel.server(castle.id)?.name == "Old Castle")
        }
    }
}

extension Town {
    /// Lets a payment fail, and waits until the server is suspended for it.
    fileprivate func suspends() async throws {
        try await sendUntilTaken([try Message(.paymentFailed, 77, revision: 2)])
        try await eventually("the server is suspended") { ownServers.first?.status == .suspended }
        try await settlesOperations()
    }

    /// Lets the subscription end, and waits until the deletion of its server waits for a person.
    fileprivate func waitsForDeletion() async throws {
        try await sendUntilTaken([try Message(.cancelled, 77, revision: 2)])
        try await eventually("its deletion waits") {
            (try await object("dedicated?deletion=waiting")["items"] as? [Any])?.count == 1
        }
        try await settlesOperations(asksAPerson: true)
    }

    /// Says what happens, in a delivery or as a person; says whether it was acknowledged.
    fileprivate func tell(
        _ message: Message?,
        or order: (path: String, reason: String)?,
        about server: PanelSimulator.PanelServer?
    ) async throws -> Bool {
        if let message { return try await send(message) }
        guard let order else { return false }
        let body: [String: Any] = ["panel": "main", "number": 1, "server": server?.id ?? 0, "reason": order.reason]
        // It is written down before its lane can die of it.
        return try await !post("dedicated/77/\(order.path)", body).isEmpty
    }

    /// The servers that the service made.
    fileprivate var ownServers: [PanelSimulator.PanelServer] {
        panel.servers.filter { $0.externalID?.hasPrefix("paydactyl:test:") ?? false }
    }
}

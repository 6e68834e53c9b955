import ChildProcess
import CrashingService
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Testing

/// A step in the life of a customer's own server, at one of whose operations the service dies.
enum ServerStory: String, CaseIterable, Sendable {
    case bought, grown, suspendedAndDeleted

    static let ada = "ada@example.test"

    /// What was said before, if anything.
    func before() throws -> Message? {
        switch self {
        case .bought: nil
        case .grown, .suspendedAndDeleted: try .bought("castle", 77, Self.ada)
        }
    }

    func change() throws -> Message {
        switch self {
        case .bought: try .bought("castle", 77, Self.ada)
        case .grown: try .changed(to: "palace", 77, revision: 2)
        case .suspendedAndDeleted: try Message(.cancelled, 77, revision: 2)
        }
    }

    /// The memory of each server of the customer's own at the end.
    var memoryAfter: [Int] {
        switch self {
        case .bought: [2048]
        case .grown: [4096]
        case .suspendedAndDeleted: []
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
            let before = town.ownServers.first

            try await first.die(at: crash.point, times: crash.times)
            let message = try story.change()
            let isTaken = try await town.send(message)
            let end = await first.exit(within: .seconds(40))
            try #require(end == .signalled(SIGKILL), "\(crash.point) was not reached.\n\(town.logTail)")

            // Killed once more while it finds its feet.
            let second = try await town.start()
            second.kill(SIGKILL)
            _ = await second.exit()

            let third = try await town.start()
            defer { third.kill(SIGKILL) }
            if !isTaken { try await town.sendUntilTaken([message]) }
            try await town.foldsEverything()
            try await town.eventually("the servers are \(story.memoryAfter)") {
                town.ownServers.map(\.limits.memory) == story.memoryAfter
                    && !town.ownServers.contains { $0.status == .suspended }
            }
            try await town.settlesOperations()
            third.kill(SIGTERM)
            #expect(await third.exit() == .exited(0), "\(town.logTail)")
            try town.checkNothingIsOpen()
            if let before, let after = town.ownServers.first {
                #expect(after.uuid == before.uuid && after.allocationID == before.allocationID)
                #expect(after.externalID == before.externalID && after.ownerID == before.ownerID)
            }
            let made = town.panel.requests.filter { $0.route == "POST /api/application/servers" && $0.status == 201 }
            #expect(made.count == 1)
        }
    }
}

extension Town {
    /// The servers that the service made.
    fileprivate var ownServers: [PanelSimulator.PanelServer] {
        panel.servers.filter { $0.externalID?.hasPrefix("paydactyl:test:") ?? false }
    }
}

import ChildProcess
import CrashingService
import Entitlements
import Foundation
import PanelSimulator
import Testing

/// Twenty customers at once, and a service that is killed again and again at moments that a seed decides.
@Suite(.timeLimit(.minutes(10)))
struct RandomKillTests {
    private static let customers = 20
    private static let kills = 3

    /// What customer `number` says; a third stay, a third change, a third leave.
    private func messages(_ number: Int) throws -> [Message] {
        let email = "customer\(number)@example.test"
        switch number % 3 {
        case 0: return [try .bought("knight", number, email)]
        case 1: return [try .bought("awakened", number, email), try .changed(to: "knight", number, revision: 2)]
        default: return [try .bought("knight", number, email), try Message(.cancelled, number, revision: 2)]
        }
    }

    private var access: Story.Access {
        var access: Story.Access = [:]
        for number in 1...Self.customers where number % 3 != 2 {
            let email = "customer\(number)@example.test"
            access["Frost Path I", default: [:]][email] = ["control.console", "websocket.connect"]
            access["Frost Path II", default: [:]][email] = ["control.console", "websocket.connect"]
            access["Creative Plots", default: [:]][email] = ["file.read", "websocket.connect"]
        }
        return access
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `kills at random moments of a burst lose nothing and double nothing`(seed: UInt64) async throws {
        var world = PanelWorld.servers(["Frost Path I", "Frost Path II", "Creative Plots", "Staff Only"])
        world.applicationLimit = nil
        world.clientLimit = nil
        try await withTown(world) { town in
            var random = SeededRandom(seed: seed)
            let messages = try (1...Self.customers).shuffled(using: &random).flatMap(messages)
            var child = try await town.start()
            defer { child.kill(SIGKILL) }
            let sender = town
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await sender.sendUntilTaken(messages, within: .seconds(60)) }
                for _ in 0..<Self.kills {
                    let panel = town.panel
                    let calls = panel.requestCount + Int.random(in: 3...45, using: &random)
                    try await town.eventually("the panel had \(calls) calls") { panel.requestCount >= calls }
                    child.kill(SIGKILL)
                    let exit = await child.exit()
                    #expect(exit == .signalled(SIGKILL))
                    child = try await town.start()
                }
                try await group.waitForAll()
            }
            try await town.converges(to: access, within: .seconds(60))
            try await checkDoubles(in: town, child, messages)
        }
    }

    private func checkDoubles(in town: Town, _ child: Child, _ messages: [Message]) async throws {
        let emails = Set((1...Self.customers).map { "customer\($0)@example.test" })
        let mails = town.panel.mails
        // Who left may have done so before they were ever added; nobody is added twice.
        let added = mails.filter { $0.subject == "Added To Server" }
        let perServer = Dictionary(grouping: added) { "\($0.to) \($0.link ?? "")" }
        #expect(perServer.values.allSatisfy { $0.count == 1 }, "\(perServer.filter { $0.value.count > 1 })")
        try await town.stopAndCheck(
            child,
            Expectation(
                accounts: Set(town.accountEmails),
                created: Set(town.accountEmails),
                added: added.count,
                removed: added.count - town.panel.subusers.count,
                deliveries: Set(messages.map(\.id))
            )
        )
        #expect(Set(town.accountEmails).isSubset(of: emails))
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

import ChildProcess
import CrashingService
import Entitlements
import Foundation
import Observability
import Testing

/// What a person decides, at one of whose operations the service dies.
enum Decree: String, CaseIterable, Sendable {
    case grant, ban, endOfBan

    /// What the customer has before, and after.
    var before: Story.Access {
        switch self {
        case .grant: Story.anotherTierIsBought.accessAfter
        case .ban: Story.somebodyBuys.accessAfter
        case .endOfBan: Story.somebodyLeaves.accessAfter
        }
    }

    var after: Story.Access {
        switch self {
        case .grant, .endOfBan: Story.somebodyBuys.accessAfter
        case .ban: Story.somebodyLeaves.accessAfter
        }
    }

    var body: [String: Any] {
        switch self {
        case .grant: ["customer": "77", "kind": "grant", "tier": "knight", "until": "2099-01-01", "reason": "a prize"]
        case .ban, .endOfBan: ["customer": "77", "kind": "ban", "reason": "cheated"]
        }
    }
}

struct DecreeCrash: Sendable, CustomTestStringConvertible {
    var decree: Decree
    var point: CrashPoint
    var times: Int

    var testDescription: String { "\(decree.rawValue), \(point.rawValue) × \(times)" }

    static let all: [DecreeCrash] = Decree.allCases.flatMap { decree in
        [(CrashPoint.accessIntentsWritten, 1), (.accessAnswered, 1), (.accessAnswered, 2), (.accessOutcomeWritten, 1)]
            .map { DecreeCrash(decree: decree, point: $0.0, times: $0.1) }
    }
}

@Suite(.timeLimit(.minutes(10)))
struct OverrideCrashTests {
    @Test(arguments: DecreeCrash.all)
    func `what a person decided comes about once, although the service is killed`(_ crash: DecreeCrash) async throws {
        try await withTown(Story.world) { town in
            let decree = crash.decree
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            let product = decree == .grant ? "awakened" : "knight"
            try await town.sendUntilTaken([try .bought(.init(product), 77, Story.ada)])
            try await town.converges(to: decree == .endOfBan ? decree.after : decree.before)
            var ban: String?
            if decree == .endOfBan {
                ban = try #require(try await town.post("overrides", decree.body)["id"] as? String)
                try await town.converges(to: decree.before)
            }
            // What was begun before must not be what it dies of.
            try await town.settlesOperations()

            try await first.die(at: crash.point, times: crash.times)
            if let ban {
                _ = try await town.delete("overrides/\(ban)")
            } else {
                _ = try await town.post("overrides", decree.body, key: "a-decree")
            }
            let end = await first.exit(within: .seconds(40))
            try #require(end == .signalled(SIGKILL), "\(crash.point) was not reached.\n\(town.logTail)")

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            if decree != .endOfBan { _ = try await town.post("overrides", decree.body, key: "a-decree") }
            try await town.converges(to: decree.after)
            let listed = try await town.object("overrides")["items"] as? [Any] ?? []
            #expect(listed.count == (decree == .endOfBan ? 0 : 1), "it was decided once: \(listed)")
            try await town.settlesOperations()
            second.kill(SIGTERM)
            #expect(await second.exit() == .exited(0), "\(town.logTail)")
            try town.checkNothingIsOpen()
        }
    }
}

import ChildProcess
import CrashingService
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Testing

/// A step in the life of a player's rank, at one of whose commands the service dies.
enum RankStory: String, CaseIterable, Sendable {
    case bought, shortened, changed, ended, refunded, wiped

    /// How many steps are written down one after the other: of the rank, and of the owner's own commands.
    static let steps = 2

    /// How many commands are sent in all.
    var commands: Int { lines(until: 0).count }

    /// What is sent for it, in any order; `end` is the rank's.
    func lines(until end: Int) -> [String] {
        let give = "lp user Steve parent addtemp ranger \(end) replace"
        let take = "lp user Steve parent removetemp ranger"
        return switch self {
        case .bought, .wiped: [give, "welcome Steve until \(end)"]
        // The owner's own command names the end, so it is sent anew, too.
        case .shortened: [take, give, "welcome Steve until \(end)"]
        case .changed: ["lp user Steve parent addtemp warden \(end) replace", take, "farewell Steve"]
        case .ended: [take, "farewell Steve"]
        case .refunded: [take, "refund Steve"]
        }
    }

    /// What LuckPerms holds in the end.
    func ranks(until end: Int) -> [String: Int] {
        switch self {
        case .bought, .shortened, .wiped: ["ranger": end]
        case .changed: ["warden": end]
        case .ended, .refunded: [:]
        }
    }
}

/// Where the service dies: at which point, and at the how manieth time that it is reached.
struct RankCrash: Sendable, CustomTestStringConvertible {
    var story: RankStory
    var point: CrashPoint
    var times: Int

    var testDescription: String { "\(story.rawValue), \(point.rawValue) × \(times)" }

    static let all: [RankCrash] = RankStory.allCases.flatMap { story in
        [
            (CrashPoint.commandIntentsWritten, RankStory.steps), (.commandAnswered, story.commands),
            (.commandOutcomeWritten, RankStory.steps),
        ].flatMap { point, most in (1...most).map { RankCrash(story: story, point: point, times: $0) } }
    }
}

/// Where the service dies while a player's rank and the owner's own command are sent.
@Suite(.timeLimit(.minutes(10)))
struct RankCrashTests {
    @Test(arguments: RankCrash.all)
    func `a player has the rank that was paid for, until the right moment, wherever the service dies`(
        _ crash: RankCrash
    ) async throws {
        try await withTown(Story.world) { town in
            let panel = town.panel
            let server = try #require(panel.server(named: "Creative Plots")).id
            panel.join("Steve", server: server)
            let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
            let (later, sooner) = (now + .days(2), now + .days(1))
            let story = crash.story

            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            let bought = try story.message(until: story == .bought ? sooner : later, revision: 1, isFirst: true)
            if story != .bought {
                try await town.sendUntilTaken([bought])
                try await town.eventually("the rank is there") {
                    panel.ranks(of: "Steve", server: server) == ["ranger": town.end(later)]
                }
                try await town.settlesOperations()
                if story == .wiped {
                    panel.wipeLuckPerms(server: server)
                    panel.join("Steve", server: server)
                }
            }
            panel.forgetEffects()

            try await first.die(at: crash.point, times: crash.times)
            let message = story == .bought ? bought : try story.message(until: sooner, revision: 2, isFirst: false)
            if story == .wiped {
                _ = try await town.post("servers/\(server)/regrant", [:], key: "a-wipe")
            } else {
                _ = try await town.send(message)
            }
            try #require(await first.exit(within: .seconds(40)) == .signalled(SIGKILL), "\(town.logTail)")

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            if story == .wiped {
                _ = try await town.post("servers/\(server)/regrant", [:], key: "a-wipe")
            } else {
                try await town.sendUntilTaken([message])
            }
            let end = town.end(story == .changed || story == .wiped ? later : sooner)
            try await town.eventually("what was paid for is there") {
                panel.ranks(of: "Steve", server: server) == story.ranks(until: end)
            }
            let lines = story.lines(until: end)
            try await town.eventually("all was sent") { Set(panel.commands(onServer: server)) == Set(lines) }
            try await town.settlesOperations(asksAPerson: story == .refunded)
            let sent = panel.commands(onServer: server).count
            second.kill(SIGTERM)
            #expect(await second.exit() == .exited(0), "\(town.logTail)")
            try town.checkNothingIsOpen()
            let often = Dictionary(grouping: panel.commands(onServer: server)) { $0 }.mapValues(\.count)
            // A person who got no answer asks for everything once more, also for what was sent meanwhile.
            let most = story == .wiped ? 3 : 2
            #expect(Set(often.keys) == Set(lines) && often.values.allSatisfy { $0 <= most }, "\(often)")
            #expect(panel.commands(onServer: server).count == sent, "nothing came after all was settled")
            #expect(panel.ranks(of: "Steve", server: server) == story.ranks(until: end))
        }
    }
}

extension RankStory {
    fileprivate func message(until end: Timestamp, revision: Int64, isFirst: Bool) throws -> Message {
        if isFirst {
            return try Message(.created, 77, revision: revision) {
                $0.email = .value(Story.ada)
                $0.product = .value("ranger")
                $0.status = .value(.active)
                $0.paidThrough = .value(end)
                $0.properties = ["player": "Steve"]
            }
        }
        return switch self {
        case .bought, .shortened, .wiped:
            try Message(.updated, 77, revision: revision) { $0.paidThrough = .value(end) }
        case .changed: try .changed(to: "warden", 77, revision: revision)
        case .ended: try Message(.cancelled, 77, revision: revision)
        case .refunded: try Message(.paymentRefunded, 77, revision: revision)
        }
    }
}

extension Town {
    /// When a rank ends that is paid for until then: the grace of these tests later.
    fileprivate func end(_ paidThrough: Timestamp) -> Int {
        Int((paidThrough + .milliseconds(300)).unixSeconds)
    }
}

import ChildProcess
import CrashingService
import Foundation
import Observability
import Testing

/// Where in which story the service dies.
struct Crash: Sendable, CustomTestStringConvertible {
    var story: Story
    var point: CrashPoint
    var times = 1

    var testDescription: String { "\(story.rawValue), \(point.rawValue) × \(times)" }

    static let all: [Crash] = Story.allCases.flatMap { story in
        CrashPoint.allCases.flatMap { point -> [Crash] in
            switch point {
            case .bytesRead, .signatureVerified, .deliveryCommitted, .answered, .deliveriesFolded, .lanesClaimed,
                .accessIntentsWritten, .laneFinished:
                [Crash(story: story, point: point)]
            case .accessAnswered, .accessOutcomeWritten:
                // The customer has several servers: between them it is another moment than before all or after all.
                [Crash(story: story, point: point), Crash(story: story, point: point, times: 2)]
            case .accountIntentWritten, .accountAnswered, .accountOutcomeWritten:
                story.changesAccount ? [Crash(story: story, point: point)] : []
            case .serverIntentWritten, .serverAnswered, .serverOutcomeWritten, .commandIntentsWritten, .commandAnswered,
                .commandOutcomeWritten, .requestCarriedOut:
                // No server of anybody's own, no console and no person is concerned: see the tests of those.
                []
            }
        }
    }
}

@Suite(.timeLimit(.minutes(10)))
struct CrashTests {
    @Test(arguments: Crash.all)
    func `a service that is killed loses nothing and doubles nothing`(_ crash: Crash) async throws {
        try await withTown(Story.world) { town in
            let story = crash.story
            town.settings.accountRetentionMilliseconds = story.accountRetentionMilliseconds
            let first = try await town.start()
            defer { first.kill(SIGKILL) }
            for (message, access) in try story.before() {
                try await town.sendUntilTaken([message])
                try await town.converges(to: access)
            }

            try await first.die(at: crash.point, times: crash.times)
            let message = try story.change()
            let isTaken = try await town.send(message)
            let end = await first.exit(within: .seconds(20))
            try #require(end == .signalled(SIGKILL), "\(crash.point) was not reached.\n\(town.logTail)")

            let second = try await town.start()
            defer { second.kill(SIGKILL) }
            if !isTaken { try await town.sendUntilTaken([message]) }
            try await town.converges(to: story.accessAfter, accounts: story.expectation.accounts)
            try await town.stopAndCheck(second, story.expectation)
        }
    }
}

import ArgumentParser
import Assembly
import Foundation
import Oracle
import Simulation

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run stories drawn from seeds through the engine, and judge what it makes of them.",
        discussion: """
            Billing, panel, time and the kills of the process are simulated, the engine is the real one; nothing outside is touched. A seed \
            gives the same story and the same run each time. Exit code 1: a seed broke a rule, and the shortest story that still does is shown.
            """
    )

    @Option(help: "The seed, or the first of many.")
    var seed: UInt64 = 1

    @Option(help: "Seeds from one to another, as 1..100.")
    var seeds: String?

    @Option(help: "About how many things happen in a story.")
    var steps = 300

    @Option(help: "So many customers, in a story of three days (with --trace).")
    var customers: Int?

    @Option(help: "Go on with the seeds that follow for so many seconds.")
    var seconds: Int?

    @Option(help: "A mistake to put into the engine, to see that it is noticed.")
    var fault: EngineFault?

    @Option(help: "What befalls everybody in each story; otherwise it is drawn, too.")
    var disaster: Disaster?

    @Flag(help: "Print the story, and all that happens in it (with a single seed).")
    var trace = false

    @Flag(help: "Print what came of each seed as JSON at the end.")
    var json = false

    func validate() throws {
        if customers != nil, !trace { throw ValidationError("--customers goes with --trace.") }
        if json, trace { throw ValidationError("--trace is for people to read, and --json for programs.") }
    }

    func run() async throws {
        guard steps > 0 else { throw CommandFailure(.usage, "--steps is 1 or more.") }
        if trace { return try await tell() }
        var outcomes: [SeedOutcome] = []
        let deadline = seconds.map { ContinuousClock.now + .seconds($0) }
        let (held, broken) = try await Simulation.run(
            seeds: try range(),
            steps: steps,
            disaster: disaster,
            until: deadline,
            atOnce: ProcessInfo.processInfo.activeProcessorCount,
            mutation: mutation,
            told: {
                outcomes.append(SeedOutcome($0))
                if !json { Screen.output.write([$0.line]) }
            }
        )
        if json { Screen.output.write(json: try SeedOutcome.json(of: outcomes)) }
        guard let broken, let violation = broken.violations.first else {
            if json { return }
            return Screen.output.write(["\(held) \(held == 1 ? "seed holds" : "seeds hold")."])
        }
        let screen = json ? Screen.error : Screen.output
        screen.write(["\(violation)", "Looking for the shortest story that still does this ..."])
        let story = try await Simulation.shorten(
            StoryWriter.write(seed: broken.seed, steps: steps, disaster: disaster),
            breaking: violation.rule,
            mutation: mutation
        )
        let shortest = try await Simulation.run(story, mutation: mutation()).violations.first {
            $0.rule == violation.rule
        }
        let kind = disaster.map { " --disaster \($0.rawValue)" } ?? ""
        throw CommandFailure(
            .didNotHold,
            "Seed \(broken.seed) with --steps \(steps)\(kind): \(violation)\n\(story)\n\(shortest ?? violation)"
        )
    }

    private var mutation: @Sendable () -> Mutation {
        let fault = fault
        return { fault?.mutation ?? .none }
    }

    private func tell() async throws {
        let story =
            customers.map { StoryWriter.crowd(seed: seed, customers: $0, days: 3) }
            ?? StoryWriter.write(seed: seed, steps: steps, disaster: disaster)
        let report = try await Simulation.run(story, mutation: mutation(), keepsTrace: true)
        Screen.output.write(["\(story)"] + report.trace.lines + [report.line])
        if let violation = report.violations.first { throw CommandFailure(.didNotHold, "\(violation)") }
    }

    private func range() throws -> ClosedRange<UInt64> {
        guard let seeds else { return seed...(seconds == nil ? seed : .max) }
        let ends = seeds.split(separator: "..").compactMap { UInt64($0) }
        guard ends.count == 2, ends[0] <= ends[1] else {
            throw CommandFailure(.usage, "--seeds is a range such as 1..100.")
        }
        return ends[0]...ends[1]
    }
}

extension EngineFault: ExpressibleByArgument {}
extension Disaster: ExpressibleByArgument {}

/// What came of a seed, for programs.
private struct SeedOutcome: Encodable {
    var seed: UInt64
    var days: Int64
    var deliveries: Int
    var requests: Int
    var kills: Int
    var trace: String
    var holds: Bool
    /// What it broke, in words.
    var violations: [String]

    init(_ report: Simulation.Report) {
        seed = report.seed
        days = report.days
        deliveries = report.deliveries
        requests = report.requests
        kills = report.kills
        trace = report.fingerprint
        holds = report.violations.isEmpty
        violations = report.violations.map(\.description)
    }

    static func json(of outcomes: [SeedOutcome]) throws -> Data {
        struct Report: Encodable {
            var holds: Bool
            var seeds: [SeedOutcome]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(Report(holds: outcomes.allSatisfy(\.holds), seeds: outcomes))
    }
}

extension Simulation.Report {
    fileprivate var days: Int64 { Int64(length.milliseconds) / 86_400_000 }

    fileprivate var fingerprint: String { String(trace.hash, radix: 16) }

    /// The same in every run of the seed.
    fileprivate var line: String {
        let verdict = violations.isEmpty ? "holds" : "DOES NOT HOLD"
        return """
            seed \(seed): \(days) days, \(deliveries) deliveries, \(requests) requests, \(kills) kills, trace \(fingerprint): \
            \(verdict)
            """
    }
}

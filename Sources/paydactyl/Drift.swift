import ArgumentParser
import Assembly
import Foundation

struct Drift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show who has access that nobody pays for, who lacks what they pay for, and what was given by hand.",
        discussion:
            "As of the last audit; `paydactyl audit` reads the panels anew. Nothing given by hand is ever touched."
    )

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let answer = try await client.get(["drift"])
            if service.json { return Screen.output.write(json: answer) }
            let drift = try AdminClient.read(AdminAnswer.Drift.self, from: answer)
            Screen.output.write(drift.lines(coloured: Screen.output.isColoured))
        }
    }
}

struct AcceptDrift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-drift",
        abstract: "Say that access which `drift` shows is right: it counts as given by hand, and is shown no more."
    )

    @Argument(help: "The line, as the first column of `paydactyl drift` names it.")
    var line: String

    @Option(help: "Why; somebody will ask.")
    var reason: String

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let found = try await AdminAnswer.Drift.finding(line, from: client)
            let answer = try await client.post(["drift", line, "accept"], ["reason": .string(reason)])
            service.write(answer, orSay: "Accepted: \(found.sentence). \(shown(found.accept ?? ""))")
        }
    }
}

struct RepairDrift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair-drift",
        abstract:
            "Have one line of `drift` put right at once: what is missing is given, what nobody pays for is taken (asks first)."
    )

    @Argument(help: "The line, as the first column of `paydactyl drift` names it.")
    var line: String

    @OptionGroup var decision: DecisionOptions

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let found = try await AdminAnswer.Drift.finding(line, from: client)
            if found.takesAway, let what = found.repair {
                try Asking.confirm("\(found.sentence). \(what) Do it?", yes: decision.yes)
            }
            let answer = try await client.post(["drift", line, "repair"], ["reason": .string(decision.reason)])
            service.write(answer, orSay: Self.words(found))
        }
    }

    /// What was asked for; what is done of it, and when, the customer's lane decides.
    private static func words(_ found: AdminAnswer.Drift.Finding) -> String {
        "Is put right now: \(found.sentence). \(shown(found.repair ?? "")) While the service observes or is paused, that waits."
    }
}

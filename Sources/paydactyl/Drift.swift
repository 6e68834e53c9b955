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

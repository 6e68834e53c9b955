import ArgumentParser
import Assembly
import Foundation

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the real service against a simulated panel, and show ten subscribers' stories."
    )

    @Flag(help: "Leave the service running at the end, to look around.")
    var stay = false

    @Flag(help: "Make no pauses for readers.")
    var fast = false

    @Flag(help: "Print how it came out as JSON, and no stories.")
    var json = false

    func validate() throws {
        if json, stay { throw ValidationError("--stay is for people to look around, and --json for programs.") }
    }

    func run() async throws {
        let tellsStories = !json
        let demo = Demonstration(
            stays: stay,
            pause: fast || json || !Screen.output.isTerminal ? .zero : .milliseconds(350),
            isColoured: Screen.output.isColoured,
            write: { if tellsStories { Screen.output.write($0) } }
        )
        do {
            let summary = try await demo.run()
            if json, let summary { Screen.output.write(json: try summary.json()) }
            guard summary?.isRight ?? false else { throw ExitCode(CommandFailure.Outcome.didNotHold.rawValue) }
        } catch is CancellationError {
            throw CommandFailure(.didNotHold, "Ended before all stories were told.")
        }
    }
}

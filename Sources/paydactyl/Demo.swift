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

    func run() async throws {
        let demo = Demonstration(
            stays: stay,
            pause: fast || !Screen.output.isTerminal ? .zero : .milliseconds(350),
            isColoured: Screen.output.isColoured,
            write: { Screen.output.write($0) }
        )
        do {
            guard try await demo.run() else { throw ExitCode(CommandFailure.Outcome.didNotHold.rawValue) }
        } catch is CancellationError {
            throw CommandFailure(.didNotHold, "Ended before all stories were told.")
        }
    }
}

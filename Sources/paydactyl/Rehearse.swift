import ArgumentParser
import Assembly
import Foundation
import UnixSignals

struct Rehearse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Play the life of a subscription on your panel, with customers who are made up; cleans up after itself.",
        discussion: """
            They order, pay, upgrade, fail to pay, are suspended, come back and cancel; each step is read back from the panel. Their e-mails are \
            at rehearsal.example.com, which nobody can own; the panel still tries to mail them. What a kill left is found by the next run, or by \
            --clean-up. Ranks in game, commands and servers of customers' own are not rehearsed.
            """
    )

    @Option(help: "How many made-up customers, 1 to 20.")
    var customers = 5

    @Option(help: "The server group on which they get access; needed where there are several.")
    var group: String?

    @Flag(help: "Only take away what an interrupted rehearsal left.")
    var cleanUp = false

    @Option(help: "The configuration file (PAYDACTYL_CONFIG; paydactyl.yaml here).")
    var config: String?

    @Flag(help: "Print the report as JSON.")
    var json = false

    func validate() throws {
        guard (1...20).contains(customers) else { throw ValidationError("--customers is 1 to 20.") }
    }

    func run() async throws {
        let progress: Screen = .error
        let rehearsal = Rehearsal(try ConfigurationFile.load(config)) { progress.write($0) }
        if cleanUp {
            let sentence = try await rehearsal.cleanUp()
            if json {
                Screen.output.write(json: try JSONEncoder().encode(["result": sentence]))
            } else {
                Screen.output.write(sentence)
            }
            return
        }
        let report = try await rehearsal.run(customers: customers, group: group, signals: [.sigterm, .sigint])
        if json {
            Screen.output.write(json: try report.json())
        } else {
            Screen.output.write(report.lines(coloured: Screen.output.isColoured))
        }
        if !report.holds { throw ExitCode(CommandFailure.Outcome.didNotHold.rawValue) }
    }
}

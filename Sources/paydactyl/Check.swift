import ArgumentParser
import Assembly
import Foundation

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration, then the panels that it names; exits 1 if anything would fail.",
        discussion:
            "The checklist of a launch: OK, WARN (look at it) or FAIL, each with what to do. It changes nothing on the panels."
    )

    @Option(help: "The configuration file (PAYDACTYL_CONFIG; paydactyl.yaml here).")
    var config: String?

    @Flag(help: "Send a test alert to every target.")
    var sendAlert = false

    @Flag(help: "Print what was found as JSON.")
    var json = false

    func run() async throws {
        let configuration = try ConfigurationFile.load(config)
        let check = ConfigurationCheck(configuration, file: ConfigurationFile.path(config), sendsAlert: sendAlert)
        let report = try await check.run()
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            Screen.output.write(json: try encoder.encode(report))
        } else {
            Screen.output.write(report.lines(coloured: Screen.output.isColoured))
        }
        if !report.holds { throw ExitCode(CommandFailure.Outcome.didNotHold.rawValue) }
    }
}

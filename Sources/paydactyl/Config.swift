import ArgumentParser
import Assembly
import Foundation
import ServiceConfiguration

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a sample configuration (--example), or settle a rename.",
        subcommands: [Rename.self]
    )

    @Flag(help: "Print a complete sample with comments.")
    var example = false

    func run() throws {
        guard example else { throw CleanExit.helpRequest(self) }
        Screen.output.write(ServiceConfiguration.example.trimmingTrailingNewline)
    }
}

struct Rename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a changed instance, panel address or key as the same community's. Asks first.",
        discussion: "Stop the service before, and start it again afterwards."
    )

    @Option(help: "The configuration file (PAYDACTYL_CONFIG; paydactyl.yaml here).")
    var config: String?

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() async throws {
        let configuration = try ConfigurationFile.load(config)
        let rename = try IdentityRename(configuration)
        try Asking.confirm(
            """
            What the ledger knows (accounts, servers) will be taken for those of instance \(configuration.instance) on the panels as they \
            are configured now. If it is another panel, other people's accounts would be changed. Is it the same?
            """,
            yes: yes
        )
        try await rename.run()
        if json { return Screen.output.write(json: try JSONEncoder().encode(["instance": configuration.instance])) }
        Screen.output.write(
            "The ledger now belongs to instance \(configuration.instance) and to the panels as configured."
        )
    }
}

extension String {
    fileprivate var trimmingTrailingNewline: String {
        hasSuffix("\n") ? String(dropLast()) : self
    }
}

import ArgumentParser
import Assembly
import Foundation

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the ledger to one file, while the service runs or not.",
        discussion: """
            The copy is consistent, checked, and readable by you alone: it holds people's names and e-mails. It carries a mark by which a \
            service that is started on it knows that it was restored.
            """
    )

    @Argument(help: "The file to make; one that is there is not replaced.")
    var file: String

    @Option(help: "The configuration file (PAYDACTYL_CONFIG; paydactyl.yaml here).")
    var config: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() throws {
        let bytes = try LedgerBackup(ConfigurationFile.load(config)).make(to: file)
        if json {
            let answer: [String: JSONFragment] = ["file": .string(file), "bytes": .integer(bytes)]
            return Screen.output.write(json: try JSONEncoder().encode(answer))
        }
        Screen.output.write("Copied to \(shown(file)): \(bytes) bytes, checked.")
    }
}

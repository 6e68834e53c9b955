import ArgumentParser
import Foundation
import Web

struct OpenAPI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi",
        abstract: "Print the description of the admin API and the webhooks (OpenAPI 3.1)."
    )

    func run() {
        Screen.output.write(json: Data(OpenAPIDocument.json.utf8))
    }
}

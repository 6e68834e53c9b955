import ArgumentParser
import Assembly
import Foundation
import Observability
import ServiceConfiguration

/// Where the running service is, and how it answers.
struct ServiceOptions: ParsableArguments {
    @Option(help: "The address of the running service; or PAYDACTYL_URL, or what the configuration says.")
    var url: String?

    @Option(help: "A token of admin.tokens; better given as PAYDACTYL_TOKEN, or taken from the configuration.")
    var token: String?

    @Option(help: "The configuration file (PAYDACTYL_CONFIG; paydactyl.yaml here).")
    var config: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    /// Connects to the service while the body runs.
    func with(_ body: (AdminClient) async throws -> Void) async throws {
        try await AdminClient.with(try address(), body)
    }

    /// Prints an answer as it came, or for people a sentence in its place.
    func write(_ answer: Data, orSay sentence: String) {
        if json { Screen.output.write(json: answer) } else { Screen.output.write(sentence) }
    }

    /// Prints a page of a list as it came, or for people its lines and how to go on; where there is nothing, a sentence.
    func writePage<Item: Decodable & Sendable>(
        of path: String,
        _ query: [(name: String, value: String?)],
        goesOnWith option: String,
        ifEmpty sentence: String,
        lines: ([Item]) -> [String]
    ) async throws {
        try await with { client in
            let answer = try await client.get([path], query)
            if json { return Screen.output.write(json: answer) }
            let list = try AdminClient.read(AdminAnswer.List<Item>.self, from: answer)
            guard !list.items.isEmpty else { return Screen.output.write(sentence) }
            Screen.output.write(lines(list.items))
            if let next = list.next { Screen.output.write("There are more: \(option) \(shown(next))") }
        }
    }

    private func address() throws -> AdminClient.Address {
        let environment = ProcessInfo.processInfo.environment
        let url = url ?? environment["PAYDACTYL_URL"]
        let token = token ?? environment["PAYDACTYL_TOKEN"]
        if let url, let token { return try AdminClient.Address(url: url, token: Redacted(token)) }
        let configuration: ServiceConfiguration
        do {
            configuration = try ConfigurationFile.load(
                config,
                missing: "Say where the service is: --url and --token, PAYDACTYL_URL and PAYDACTYL_TOKEN, or --config."
            )
        } catch let error as ConfigurationError {
            // In an incident this may be the very file that is wrong.
            Screen.error.write(
                "A service that runs keeps what it has read before; without this file it is reached by --url and --token, or PAYDACTYL_URL and PAYDACTYL_TOKEN."
            )
            throw error
        }
        return try AdminClient.Address(
            url: url ?? ServiceAddress.local(configuration.listen),
            token: try token.map { Redacted($0) } ?? Self.operatorToken(configuration)
        )
    }

    private static func operatorToken(_ configuration: ServiceConfiguration) throws -> Redacted<String> {
        guard let token = configuration.admin.tokens.first(where: { $0.role == .operator }) else {
            throw CommandFailure(.usage, "The configuration has no operator's token; give one with PAYDACTYL_TOKEN.")
        }
        return token.token
    }
}

/// What every command asks for that takes something away.
struct DecisionOptions: ParsableArguments {
    @Option(help: "Why; somebody will ask.")
    var reason: String

    @Flag(help: "Do not ask.")
    var yes = false
}

/// The configuration file that a command means.
enum ConfigurationFile {
    /// The file that was named, or that the environment names, or the one in this folder.
    static func path(_ named: String?) -> String {
        named ?? ProcessInfo.processInfo.environment["PAYDACTYL_CONFIG"] ?? "paydactyl.yaml"
    }

    static func load(_ named: String?) throws -> ServiceConfiguration {
        try ServiceConfiguration.load(path: path(named))
    }

    /// Loads it; where none was named and none is here, `missing` says what to do.
    static func load(_ named: String?, missing: String) throws -> ServiceConfiguration {
        let path = path(named)
        let isNamed = named != nil || ProcessInfo.processInfo.environment["PAYDACTYL_CONFIG"] != nil
        guard isNamed || FileManager.default.fileExists(atPath: path) else { throw CommandFailure(.usage, missing) }
        return try ServiceConfiguration.load(path: path)
    }
}

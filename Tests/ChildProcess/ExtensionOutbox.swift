import Foundation

/// The outbox of the extension in a file, with the extension's own classes to fill and deliver it: `deliver.php`.
package final class ExtensionOutbox: Sendable {
    package struct Report: Decodable, Sendable {
        package var delivered: Int
        package var left: Int
        package var problem: String?
        package var told: [String: Told]
        package var wanted: Wanted?
        package var list: List?
        package var waiting: [Waiting]?
    }

    /// A delivery that is not acknowledged yet.
    package struct Waiting: Decodable, Hashable, Sendable {
        package var id: String
        package var subject: String
        package var revision: Int64
    }

    /// How much of what the bridge wants to hear was written down.
    package struct Wanted: Decodable, Sendable {
        package var told: Int
        package var payments: Int
    }

    package struct List: Decodable, Sendable {
        package var pages: Int
        package var acknowledged: Int
        package var problem: String?
    }

    /// What was last said of a service.
    package struct Told: Decodable, Sendable {
        package var revision: Int64
        package var status: String?
    }

    private let folder = FileManager.default.temporaryDirectory.appending(path: "outbox-\(UUID().uuidString)")

    package init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            FileHandle.standardError.write(Data("\(folder.path) is left: \(error)\n".utf8))
        }
    }

    /// Starts one run; `output` are the lines of its report.
    package func start(_ url: String, secret: String, _ arguments: [String]) throws -> ChildProcess {
        guard let php = PHPProgram.path else { throw PHPProgram.Unavailable() }
        let file = folder.appending(path: "outbox.sqlite").path
        return try ChildProcess(
            php,
            [PHPProgram.deliver.path, "--url", url, "--secret", secret, "--outbox", file] + arguments,
            output: .lines
        )
    }

    /// Runs to the end.
    package func run(_ url: String, secret: String, _ arguments: String...) async throws -> Report {
        try await run(url, secret: secret, arguments)
    }

    package func run(_ url: String, secret: String, _ arguments: [String]) async throws -> Report {
        let child = try start(url, secret: secret, arguments)
        var output = ""
        for await line in child.lines { output += line + "\n" }
        _ = await child.exit()
        return try JSONDecoder().decode(Report.self, from: Data(output.utf8))
    }
}

/// PHP's command line, where it can do what the extension's programs ask of it.
package enum PHPProgram {
    package struct Unavailable: Error {}

    static let path = ["/usr/bin/php", "/usr/local/bin/php", "/opt/homebrew/bin/php"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    static let deliver = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "paymenter-extension/tests/deliver.php")

    package static func isThere() async -> Bool {
        guard let path, FileManager.default.fileExists(atPath: deliver.path) else { return false }
        let script = "exit(extension_loaded('pdo_sqlite') && extension_loaded('curl') ? 0 : 1);"
        guard let child = try? ChildProcess(path, ["-r", script]) else { return false }
        return await child.exit(within: .seconds(20)) == .exited(0)
    }
}

import ChildProcess
import Foundation
import Testing

/// The built program, run as people run it.
struct Program {
    /// What a run left behind.
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String

        /// The output as a JSON object; records an issue where it is none.
        func json(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
            let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return try #require(object as? [String: Any], sourceLocation: sourceLocation)
        }
    }

    struct NotBuilt: Error, CustomStringConvertible {
        var description: String
    }

    /// Stands beside the test bundle, since both are built by one build.
    static func executable() throws -> URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        for candidate in [Bundle.main.bundleURL, folder, folder.deletingLastPathComponent()] {
            folder = candidate
            let program = folder.appendingPathComponent("paydactyl")
            if FileManager.default.isExecutableFile(atPath: program.path) { return program }
        }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let program = package.appendingPathComponent(".build/debug/paydactyl")
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw NotBuilt(description: "The program is not built: run `swift build --product paydactyl` first.")
        }
        return program
    }

    /// Runs the program to its end, without a terminal.
    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        in folder: Folder
    ) async throws -> Outcome {
        let running = try start(arguments, environment: environment, in: folder)
        return try await running.ended()
    }

    /// Starts the program.
    static func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        in folder: Folder
    ) throws -> Running {
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PAYDACTYL_") }
        let name = UUID().uuidString
        let files = try ["out", "err"].map { try folder.write("\(name).\($0)", "") }
        let process = try ChildProcess(
            try executable().path,
            arguments,
            environment: inherited.merging(environment) { $1 },
            in: folder.url.path,
            output: .appended(to: files[0].path),
            errors: .appended(to: files[1].path)
        )
        return Running(process: process, output: files[0], errors: files[1], folder: folder)
    }

    /// A run under way.
    struct Running {
        let process: ChildProcess
        let output: URL
        let errors: URL
        /// Kept as long as the run, since its output is there.
        let folder: Folder

        func signal(_ signal: Int32) {
            process.signal(signal)
        }

        func ended() async throws -> Outcome {
            let status: Int32 =
                switch await process.exit() {
                case .exited(let status): status
                case .signalled(let signal): -signal
                }
            return Outcome(status: status, output: try text(output), errors: try text(errors))
        }

        /// Waits until the program has printed this; fails where it ends before.
        func prints(_ text: String, toErrors: Bool = false) async throws -> String {
            try await eventually("the program prints \(text)") {
                try self.text(toErrors ? errors : output).contains(text) || !process.isRunning
            }
            let printed = try self.text(toErrors ? errors : output)
            try #require(printed.contains(text), "\(printed)")
            return printed
        }

        private func text(_ file: URL) throws -> String {
            String(decoding: try Data(contentsOf: file), as: UTF8.self)
        }
    }
}

/// A folder of one test, gone with it.
final class Folder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("paydactyl-cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(at: url) } catch { print("left behind: \(url.path): \(error)") }
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> URL {
        let file = url.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        return file
    }
}

/// Waits for what another process does, looking often; fails the test with what it waited for.
func eventually(
    _ what: String,
    within limit: Duration = .seconds(90),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    try #require(
        try await comesAbout(within: limit, condition),
        "It never came about that \(what).",
        sourceLocation: sourceLocation
    )
}

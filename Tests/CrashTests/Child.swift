import ChildProcess
import CrashingService
import Foundation
import Observability

/// The service in a process of its own, with an ear for what it prints and a hand on its life.
final class Child: Sendable {
    private let process: ChildProcess

    /// Starts it; `log` gets what it logs, after what is there already.
    init(_ settings: CrashingSettings, log: URL) throws {
        process = try ChildProcess(
            try Self.executable().path,
            [try settings.json()],
            input: .written,
            output: .lines,
            errors: .appended(to: log.path)
        )
    }

    /// The port, once it takes deliveries; `nil` if it ended before.
    func port() async -> Int? {
        for await line in process.lines {
            let words = line.split(separator: " ")
            if words.first == "listening" { return words.last.flatMap { Int($0) } }
        }
        return nil
    }

    /// Has it die when `point` is reached for the `times`th time from now.
    func die(at point: CrashPoint, times: Int) async throws {
        try process.write("crash \(point.rawValue) \(times)\n")
        for await line in process.lines where line == "armed" { return }
    }

    func kill(_ signal: Int32) {
        process.signal(signal)
    }

    /// How it ended; `nil` if it has not within the limit, and is killed then.
    func exit(within limit: Duration = .seconds(90)) async -> ChildProcess.Exit? {
        await process.exit(within: limit)
    }

    /// The helper program, which the build puts beside the bundle of the tests.
    private static func executable() throws -> URL {
        let folders =
            [Bundle.main.executableURL, CommandLine.arguments.first.map { URL(filePath: $0) }]
            .compactMap { $0?.deletingLastPathComponent() }
            + [URL(filePath: #filePath).appending(path: "../../../.build/debug").standardized]
        let places = folders.map { $0.appending(path: "CrashingService") }
        guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
            throw MissingHelper(places: places.map(\.path))
        }
        return found
    }
}

struct MissingHelper: Error, CustomStringConvertible {
    var places: [String]

    var description: String {
        "The program CrashingService is not there: `swift build --build-tests` makes it. Looked at: \(places.joined(separator: ", "))."
    }
}

import CrashingService
import Foundation
import Observability
import Synchronization

/// The service in a process of its own, with an ear for what it prints and a hand on its life.
final class Child: Sendable {
    private let process: Process
    private let commands: FileHandle
    private let lines: AsyncStream<String>
    private let exits: AsyncStream<Exit>

    /// How a process ended.
    enum Exit: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// Starts it; `log` gets what it logs, after what is there already.
    init(_ settings: CrashingSettings, log: URL) throws {
        let process = Process()
        process.executableURL = try Self.executable()
        process.arguments = [try settings.json()]
        if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
        let logHandle = try FileHandle(forWritingTo: log)
        try logHandle.seekToEnd()
        process.standardError = logHandle
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        let (exits, exited) = AsyncStream.makeStream(of: Exit.self)
        process.terminationHandler = { process in
            exited.yield(
                process.terminationReason == .exit
                    ? .exited(process.terminationStatus) : .signalled(process.terminationStatus)
            )
            exited.finish()
        }
        let (lines, heard) = AsyncStream.makeStream(of: String.self)
        let rest = Mutex(Data())
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            guard !data.isEmpty else {
                handle.readabilityHandler = nil
                heard.finish()
                return
            }
            for line in rest.withLock({ Self.wholeLines(adding: data, to: &$0) }) { heard.yield(line) }
        }
        try process.run()
        try logHandle.close()
        self.process = process
        self.commands = input.fileHandleForWriting
        self.lines = lines
        self.exits = exits
    }

    /// The port, once it takes deliveries; `nil` if it ended before.
    func port() async -> Int? {
        for await line in lines {
            let words = line.split(separator: " ")
            if words.first == "listening" { return words.last.flatMap { Int($0) } }
        }
        return nil
    }

    /// Has it die when `point` is reached for the `times`th time from now.
    func die(at point: CrashPoint, times: Int) async throws {
        try commands.write(contentsOf: Data("crash \(point.rawValue) \(times)\n".utf8))
        for await line in lines where line == "armed" { return }
    }

    func kill(_ signal: Int32) {
        Foundation.kill(process.processIdentifier, signal)
    }

    /// How it ended; `nil` if it has not within the limit, and is killed then.
    func exit(within limit: Duration = .seconds(30)) async -> Exit? {
        let exits = exits
        let exit = await withTaskGroup(of: Exit?.self) { group in
            group.addTask { await exits.first { _ in true } }
            group.addTask {
                do { try await Task.sleep(for: limit) } catch {}
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if exit == nil { kill(SIGKILL) }
        return exit
    }

    private static func wholeLines(adding data: Data, to rest: inout Data) -> [String] {
        rest.append(data)
        var lines: [String] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = Data(rest[rest.index(after: end)...])
        }
        return lines
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

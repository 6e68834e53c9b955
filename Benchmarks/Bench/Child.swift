import Foundation
import Glibc

/// A program that runs beside the benchmark and is stopped with it.
final class Child {
    let process = Process()

    init(_ path: String, _ arguments: [String], environment: [String: String] = [:], log: URL) throws {
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = try FileHandle(forWritingTo: log)
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Processor time that it has used, in microseconds.
    var processorMicroseconds: Double {
        let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)) ?? ""
        // The name in parentheses may hold spaces; utime and stime are the 12th and 13th field after it, in ticks of 10 ms.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return .nan }
        return (user + system) * 10_000
    }

    /// Waits until it has used nearly no processor time for a second, and returns how long it was busy until then.
    func busyTime() async throws -> Duration {
        let began = ContinuousClock.now
        var used = processorMicroseconds
        while true {
            let looked = ContinuousClock.now
            try await Task.sleep(for: .seconds(1))
            let now = processorMicroseconds
            if now - used < 20_000 { return began.duration(to: looked) }
            used = now
        }
    }

    /// Resident memory in MB, as the kernel counts it.
    var residentMegabytes: Double {
        let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") } ?? ""
        return (Double(line.filter(\.isNumber)) ?? .nan) / 1024
    }
}

/// A folder that is gone when the benchmark ends.
struct Workspace {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "paydactyl-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func file(_ name: String) -> URL { url.appending(path: name) }

    func remove() { try? FileManager.default.removeItem(at: url) }
}

/// The sync of this disk: milliseconds for 4 KiB written and synced, p50 and p99.
func measureSync(in folder: URL) -> (p50: Double, p99: Double) {
    let path = folder.appending(path: "sync").path
    let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
    defer { close(descriptor) }
    let block = [UInt8](repeating: 7, count: 4096)
    var times: [Double] = []
    for _ in 0..<1000 {
        _ = write(descriptor, block, block.count)
        let start = ContinuousClock.now
        fdatasync(descriptor)
        let took = start.duration(to: .now)
        times.append(Double(took.components.attoseconds) / 1e15 + Double(took.components.seconds) * 1000)
    }
    times.sort()
    return (times[500], times[990])
}

extension Double {
    func rounded(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}

/// Prints a line at once, also into a file.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

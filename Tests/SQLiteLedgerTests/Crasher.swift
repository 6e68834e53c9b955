import Foundation

/// The helper process of these tests.
enum Crasher {
    /// It is built beside the test bundle.
    static let path = Bundle.main.bundlePath + "/LedgerCrasher"

    static func process(_ arguments: [String], under tool: [String] = []) -> (Process, Pipe) {
        let command = tool + [path] + arguments
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        let output = Pipe()
        process.standardOutput = output
        return (process, output)
    }

    /// Runs it until it has said so many lines, kills it without warning, and returns every whole line that it said.
    static func linesUntilKilled(_ arguments: [String], after count: Int) throws -> [String] {
        let (process, output) = process(arguments)
        try process.run()
        var said = Data()
        var wasKilled = false
        while true {
            let part = output.fileHandleForReading.availableData
            if part.isEmpty { break }
            said.append(part)
            if !wasKilled, said.count(where: { $0 == UInt8(ascii: "\n") }) >= count {
                kill(process.processIdentifier, SIGKILL)
                wasKilled = true
            }
        }
        process.waitUntilExit()
        guard wasKilled else { throw CrasherFailed(status: process.terminationStatus) }
        let whole = said.prefix { _ in true }.lastIndex(of: UInt8(ascii: "\n")).map { said[...$0] } ?? Data()
        return String(decoding: whole, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// The helper ended by itself.
struct CrasherFailed: Error {
    var status: Int32
}

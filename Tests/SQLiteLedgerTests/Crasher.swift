import ChildProcess
import Foundation

/// The helper process of these tests.
enum Crasher {
    /// It is built beside the test bundle.
    static let path = Bundle.main.bundlePath + "/LedgerCrasher"

    static func start(_ arguments: [String], under tool: [String] = []) throws -> ChildProcess {
        let command = tool + [path] + arguments
        return try ChildProcess(command[0], Array(command.dropFirst()), output: .lines)
    }

    /// Runs it until it has said so many lines, kills it without warning, and returns every whole line that it said.
    static func linesUntilKilled(_ arguments: [String], after count: Int) async throws -> [String] {
        let process = try start(arguments)
        var said: [String] = []
        for await line in process.lines {
            said.append(line)
            if said.count == count { process.signal(SIGKILL) }
        }
        let exit = await process.exit()
        guard exit == .signalled(SIGKILL) else { throw CrasherFailed(exit: exit) }
        return said
    }
}

/// The helper ended by itself.
struct CrasherFailed: Error {
    var exit: ChildProcess.Exit
}

import Foundation

/// A program that a test has started; it does not outlive this value.
///
/// Foundation's `Process` reads past its buffer on Linux once some 1,300 descriptors are open, as they may be while the whole suite runs
/// in one process. A child of this one has its three descriptors and no other, so that no pipe and no port of another test stays open in it.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Exit: Equatable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    package enum Input: Sendable {
        case nothing
        /// What is given to ``ChildProcess/write(_:)``.
        case written
        /// What is typed at a terminal.
        case terminal(PseudoTerminal)
    }

    package enum Output: Sendable {
        case discarded
        case inherited
        /// After what the file holds already; it is made where there is none.
        case appended(to: String)
        /// To be read line by line.
        case lines
        /// Shown by a terminal.
        case terminal(PseudoTerminal)
    }

    /// The lines that it prints, one reader at a time; what follows the last line end is none.
    package let lines: AsyncStream<String>
    /// The lines that it prints as errors, likewise.
    package let errorLines: AsyncStream<String>
    private let input: WritingEnd?
    private let life: Life

    /// Starts the program at this path, with the environment of the tests unless another is given.
    package init(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        in folder: String? = nil,
        input: Input = .nothing,
        output: Output = .discarded,
        errors: Output = .inherited
    ) throws {
        let launch = try Launch()
        let writing = try launch.connect(input)
        let reading = try launch.connect(output, to: STDOUT_FILENO)
        let readingErrors = try launch.connect(errors, to: STDERR_FILENO)
        if let folder { try launch.enter(folder) }
        let id = try launch.start(executable, arguments, environment)
        self.input = launch.release(writing).map(WritingEnd.init)
        lines = LineReader.lines(from: launch.release(reading))
        errorLines = LineReader.lines(from: launch.release(readingErrors))
        life = Life(of: id)
    }

    deinit {
        life.signal(SIGKILL)
    }

    package var isRunning: Bool { life.isRunning }

    /// Sends it a signal; without effect once it has ended.
    package func signal(_ signal: Int32) {
        life.signal(signal)
    }

    /// Writes to its input, which must be ``Input/written``.
    package func write(_ text: String) throws {
        guard let input else { preconditionFailure("This child reads nothing.") }
        try input.write(text)
    }

    /// Waits until it has ended; who is cancelled while waiting kills it.
    package func exit() async -> Exit {
        await withTaskCancellationHandler {
            await life.exit()
        } onCancel: {
            life.signal(SIGKILL)
        }
    }

    /// How it ended; `nil` if it has not within the limit, and was killed then.
    package func exit(within limit: Duration) async -> Exit? {
        await withTaskGroup(of: Exit?.self) { group in
            group.addTask { await self.exit() }
            group.addTask {
                do { try await Task.sleep(for: limit) } catch { return nil }
                self.signal(SIGKILL)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}

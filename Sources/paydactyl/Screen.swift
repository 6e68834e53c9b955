import Assembly
import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// One of the two streams that a command writes to.
struct Screen: Sendable {
    private let descriptor: Int32

    static let output = Screen(descriptor: STDOUT_FILENO)
    static let error = Screen(descriptor: STDERR_FILENO)

    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Whether colours do any good here.
    var isColoured: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isTerminal && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
    }

    /// Writes lines at once, so that whoever waits for them sees them.
    func write(_ lines: [String]) {
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        do {
            try file.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
        } catch {
            // Nobody reads any more, as behind `| head`.
            exit(0)
        }
    }

    /// Writes over the line that the cursor is on.
    func rewrite(_ line: String) {
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        do {
            try file.write(contentsOf: Data("\r\u{1B}[K\(line)".utf8))
        } catch {
            exit(0)
        }
    }

    func write(_ line: String) {
        write([line])
    }

    /// Writes JSON as it came.
    func write(json: Data) {
        write(shownJSON(json))
    }
}

/// Asks before something is done that takes access away.
struct Asking {
    /// Returns if the person agrees; throws otherwise, and where nobody is there to be asked.
    static func confirm(_ question: String, yes: Bool) throws {
        if yes { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandFailure(
                .usage,
                "This asks first, and there is no terminal to ask at; add --yes to say so beforehand."
            )
        }
        Screen.error.write("\(shown(question)) [y/N]")
        guard let answer = readLine()?.lowercased(), ["y", "yes"].contains(answer) else {
            throw CommandFailure(.didNotHold, "Nothing was changed.")
        }
    }
}

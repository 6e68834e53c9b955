import Foundation
import SpawnActions
import Synchronization

/// A terminal to which a child can be connected, as when somebody sits at it.
package final class PseudoTerminal: Sendable {
    /// What the child opens.
    let path: String
    private let keyboard: WritingEnd
    private let screen = Mutex("")
    private let end = Mutex(false)

    package init() throws {
        var name = [CChar](repeating: 0, count: 128)
        let descriptor = pseudo_terminal_open(&name, name.count)
        guard descriptor >= 0 else {
            throw NotStarted(attempt: "open a terminal", reason: String(cString: strerror(errno)))
        }
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        keyboard = WritingEnd(descriptor)
        let reading = dup(descriptor)
        let thread = Thread { [weak self] in
            Self.read(reading) { self?.show($0) }
            self?.end.withLock { $0 = true }
        }
        thread.stackSize = 1 << 18
        thread.start()
    }

    /// All that was written to it until now, what was typed included.
    package var text: String { screen.withLock { $0 } }

    /// Whether all that its child ever wrote is in `text`.
    package var isAtEnd: Bool { end.withLock { $0 } }

    /// Types a line.
    package func type(_ line: String) throws {
        try keyboard.write(line + "\n")
    }

    private func show(_ text: String) {
        screen.withLock { $0 += text }
    }

    /// Until the last child that is connected has ended, which is told as an error.
    private static func read(_ descriptor: Int32, each show: (String) -> Void) {
        defer { close(descriptor) }
        var part = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = Foundation.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            show(String(decoding: part[..<count], as: UTF8.self))
        }
    }
}

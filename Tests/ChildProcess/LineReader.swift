import Foundation

/// Reads a pipe to its end, whether or not anybody listens, so that its writer never waits.
enum LineReader {
    static func lines(from descriptor: Int32?) -> AsyncStream<String> {
        let (lines, heard) = AsyncStream.makeStream(of: String.self)
        guard let descriptor else {
            heard.finish()
            return lines
        }
        let thread = Thread {
            read(descriptor) { heard.yield($0) }
            heard.finish()
        }
        thread.stackSize = 1 << 18
        thread.start()
        return lines
    }

    private static func read(_ descriptor: Int32, each say: (String) -> Void) {
        defer { close(descriptor) }
        var part = [UInt8](repeating: 0, count: 1 << 14)
        var rest: [UInt8] = []
        while true {
            let count = Foundation.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest += part[..<count]
            let pieces = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            for line in pieces.dropLast() { say(String(decoding: line, as: UTF8.self)) }
            rest = Array(pieces.last ?? [])
        }
    }
}

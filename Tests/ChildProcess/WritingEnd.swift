import Foundation

/// The end of a pipe that a child reads; closed with its last user.
final class WritingEnd: Sendable {
    private let descriptor: Int32

    /// To write to a child that has ended is an error like any other, not the end of the tests.
    private static let survivesBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    init(_ descriptor: Int32) {
        Self.survivesBrokenPipes
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    func write(_ text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw NotWritten(reason: String(cString: strerror(errno))) }
            rest = rest.dropFirst(count)
        }
    }
}

/// A child did not take what was written.
struct NotWritten: Error {
    var reason: String
}

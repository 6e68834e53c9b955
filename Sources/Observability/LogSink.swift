import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Where finished log lines go.
package struct LogSink: Sendable {
    let write: @Sendable ([UInt8]) -> Void

    /// Lines to `write`, each whole and ending in a newline; called from any thread.
    package init(write: @escaping @Sendable ([UInt8]) -> Void) {
        self.write = write
    }

    package static let standardError = LogSink.descriptor(STDERR_FILENO)

    /// Lines to an open file, each by one `write(2)`; the rest of a line that the file did not take whole follows before any other line.
    ///
    /// A line that cannot be written is dropped: a program must not end because its log has.
    package static func descriptor(_ descriptor: Int32) -> LogSink {
        let line = Line(descriptor: descriptor)
        return LogSink { line.write($0) }
    }
}

/// Keeps the lines of one descriptor from running into each other.
private final class Line: Sendable {
    private let descriptor: Mutex<Int32>

    init(descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
    }

    func write(_ bytes: [UInt8]) {
        descriptor.withLock { descriptor in
            bytes.withUnsafeBytes { buffer in
                Self.write(buffer, to: descriptor)
            }
        }
    }

    private static func write(_ buffer: UnsafeRawBufferPointer, to descriptor: Int32) {
        var rest = buffer[...]
        while !rest.isEmpty {
            let written = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if written < 0, errno == EINTR {
                continue
            } else if written < 0, errno == EAGAIN, canWriteSoon(descriptor) {
                continue
            } else {
                return
            }
        }
    }

    private static func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
        Darwin.write(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
        Musl.write(descriptor, buffer.baseAddress, buffer.count)
        #else
        Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }

    /// A reader that is slow gets a tenth of a second; after that the service matters more than the line.
    private static func canWriteSoon(_ descriptor: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return withUnsafeMutablePointer(to: &poll) { unsafePoll($0) } > 0
    }

    private static func unsafePoll(_ pointer: UnsafeMutablePointer<pollfd>) -> Int32 {
        poll(pointer, 1, 100)
    }
}

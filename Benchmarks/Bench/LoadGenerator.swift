import Foundation
import Glibc
import Synchronization

/// What a load of requests came to.
struct LoadResult: Sendable {
    var answers = 0
    var failures = 0
    var seconds = 0.0
    /// Microseconds from the first byte sent to the last received, sorted.
    var latencies: [Int] = []

    var rate: Double { Double(answers) / max(seconds, 0.001) }

    func percentile(_ share: Double) -> Double {
        guard !latencies.isEmpty else { return .nan }
        return Double(latencies[min(latencies.count - 1, Int(Double(latencies.count) * share))]) / 1000
    }
}

/// Many blocking connections, one thread each: little work of its own, so that what is measured is the server's.
enum LoadGenerator {
    /// Sends requests made by `request` (connection, count) on each connection for `duration`, and counts answers whose status is expected.
    ///
    /// They are made before the clock starts, `prepared` for each connection, and a connection stops when it has sent its own: what they
    /// cost to sign is not the server's.
    static func run(
        port: Int,
        connections: Int,
        duration: Duration,
        prepared: Int,
        expecting statuses: Set<Int>,
        request: @escaping @Sendable (Int, Int) -> [UInt8]
    ) -> LoadResult {
        let requests = (0..<connections).map { connection in (0..<prepared).map { request(connection, $0) } }
        let total = Mutex(LoadResult())
        let start = ContinuousClock.now
        let end = start + duration
        let threads = (0..<connections).map { number in
            let done = DispatchSemaphore(value: 0)
            let thread = Thread {
                let result = drive(port: port, requests[number], until: end, expecting: statuses)
                total.withLock { total in
                    total.answers += result.answers
                    total.failures += result.failures
                    total.latencies += result.latencies
                }
                done.signal()
            }
            thread.stackSize = 512 * 1024
            thread.start()
            return done
        }
        for done in threads { done.wait() }
        let elapsed = start.duration(to: .now)
        return total.withLock { total in
            total.seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
            total.latencies.sort()
            return total
        }
    }

    private static func drive(
        port: Int,
        _ requests: [[UInt8]],
        until end: ContinuousClock.Instant,
        expecting statuses: Set<Int>
    ) -> LoadResult {
        var result = LoadResult()
        var connection = connect(port: port)
        var buffer = [UInt8](repeating: 0, count: 16_384)
        for bytes in requests {
            let sent = ContinuousClock.now
            guard sent < end else { break }
            guard send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count,
                let status = receive(connection, into: &buffer)
            else {
                result.failures += 1
                close(connection)
                connection = connect(port: port)
                continue
            }
            let took = sent.duration(to: .now)
            if statuses.contains(status) {
                result.answers += 1
                result.latencies.append(
                    Int(took.components.attoseconds / 1_000_000_000_000) + Int(took.components.seconds) * 1_000_000
                )
            } else {
                result.failures += 1
            }
        }
        close(connection)
        return result
    }

    /// Sends one request over a connection of its own and returns the whole answer.
    static func ask(port: Int, _ request: [UInt8]) -> (status: Int, body: String)? {
        let connection = connect(port: port)
        defer { close(connection) }
        var buffer = [UInt8](repeating: 0, count: 4 << 20)
        guard send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count,
            let status = receive(connection, into: &buffer),
            let head = endOfHead(buffer, buffer.count)
        else { return nil }
        let length = contentLength(buffer, head)
        return (status, String(decoding: buffer[head..<(head + length)], as: UTF8.self))
    }

    /// One request with a new connection; the head of its answer.
    static func head(port: Int, _ request: [UInt8]) -> String? {
        let connection = connect(port: port)
        defer { close(connection) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        guard send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count,
            receive(connection, into: &buffer) != nil, let head = endOfHead(buffer, buffer.count)
        else { return nil }
        return String(decoding: buffer[..<head], as: UTF8.self)
    }

    private static func connect(port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }

    /// Reads one answer with a Content-Length and returns its status; `nil` if the connection ended.
    private static func receive(_ connection: Int32, into buffer: inout [UInt8]) -> Int? {
        var filled = 0
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
                return recv(connection, rest.baseAddress, rest.count, 0)
            }
            guard count > 0 else { return nil }
            filled += count
            guard let head = endOfHead(buffer, filled) else { continue }
            let length = contentLength(buffer, head)
            if filled >= head + length {
                return Int(String(decoding: buffer[9..<12], as: UTF8.self))
            }
        }
    }

    private static func endOfHead(_ buffer: [UInt8], _ filled: Int) -> Int? {
        var index = 3
        while index < filled {
            if buffer[index] == 10, buffer[index - 1] == 13, buffer[index - 2] == 10, buffer[index - 3] == 13 {
                return index + 1
            }
            index += 1
        }
        return nil
    }

    private static func contentLength(_ buffer: [UInt8], _ head: Int) -> Int {
        let name = Array("content-length:".utf8)
        var start = 0
        while start + name.count < head {
            var matches = true
            for offset in 0..<name.count where buffer[start + offset] | 0x20 != name[offset] | 0x20 {
                matches = false
                break
            }
            if matches {
                var value = 0
                for byte in buffer[(start + name.count)..<head] {
                    if (48...57).contains(byte) {
                        value = value * 10 + Int(byte - 48)
                    } else if byte == 13 {
                        return value
                    }
                }
            }
            start += 1
        }
        return 0
    }
}

import Foundation
import Logging
import Observability
import Synchronization
import Testing

struct RedactedTests {
    private struct Holder: Encodable {
        var name = "holder"
        var secret = Redacted("hunter2-hunter2")
    }

    @Test func `a secret does not show itself, however it is printed`() throws {
        let secret = Redacted("hunter2-hunter2")
        var dumped = ""
        dump(Holder(), to: &dumped)
        dump(["key": secret], to: &dumped)
        let shown = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\(Holder())",
            String(reflecting: [secret]),
            "\(Optional(secret) as Any)", secret.debugDescription, dumped,
            String(decoding: try JSONEncoder().encode(Holder()), as: UTF8.self),
            Mirror(reflecting: secret).children.map { "\($0.value)" }.joined(),
        ]
        for text in shown {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("redacted"))
        }
        #expect(secret.reveal() == "hunter2-hunter2")
    }

    @Test func `a secret in a log line's metadata is redacted`() {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in JSONLogHandler(label: "test", sink: lines.sink) }
        logger[metadataKey: "token"] = .stringConvertible(Redacted("hunter2-hunter2"))
        logger.info("holds \(Redacted("hunter2-hunter2"))")
        #expect(lines.text.contains("\"token\":\"<redacted>\""))
        #expect(!lines.text.contains("hunter2"))
    }

    @Test(arguments: [
        ("a", "a", true), ("a", "b", false), ("a", "ab", false), ("", "", true), ("é", "e\u{301}", false),
    ])
    func `two secrets are equal when their bytes are`(left: String, right: String, equal: Bool) {
        #expect((Redacted(left) == Redacted(right)) == equal)
        #expect((Redacted(Array(left.utf8)) == Redacted(Array(right.utf8))) == equal)
    }
}

/// Log lines kept for a test.
final class Lines: Sendable {
    private let bytes = Mutex<[[UInt8]]>([])

    var sink: LogSink { LogSink { line in self.bytes.withLock { $0.append(line) } } }
    var all: [String] { bytes.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }
    var text: String { all.joined() }
}

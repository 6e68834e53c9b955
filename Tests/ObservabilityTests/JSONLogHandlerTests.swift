import Foundation
import Logging
import Observability
import Testing

struct JSONLogHandlerTests {
    private let lines = Lines()

    private func logger(
        provider: Logger.MetadataProvider? = nil,
        limits: JSONLogHandler.Limits = .init()
    ) -> Logger {
        Logger(label: "paydactyl") { label in
            JSONLogHandler(
                label: label,
                level: .trace,
                sink: lines.sink,
                metadataProvider: provider,
                limits: limits,
                now: { 1_795_428_000_123 }
            )
        }
    }

    private func onlyObject() throws -> [String: Any] {
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1)
        #expect(line.hasSuffix("}\n"))
        #expect(line.filter { $0.isNewline }.count == 1)
        return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test func `a line says when, how grave, from where, what, and with which data`() {
        logger().notice(
            "server suspended",
            metadata: ["panel": ["server": ["id": "3"], "name": "main"], "attempt": "1"]
        )
        #expect(
            lines.text == #"{"timestamp":"2026-11-23T10:00:00.123Z","level":"notice","label":"paydactyl","#
                + #""message":"server suspended","attempt":"1","panel.name":"main","panel.server.id":"3"}"# + "\n"
        )
    }

    @Test func `what the event says goes before the task's data, and that before the logger's`() throws {
        var logger = logger(provider: .init { ["a": "task", "b": "task"] })
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "c"] = "logger"
        logger.info("x", metadata: ["b": "event"])
        let object = try onlyObject()
        #expect(object["a"] as? String == "task")
        #expect(object["b"] as? String == "event")
        #expect(object["c"] as? String == "logger")
    }

    @Test func `metadata cannot pass for the line's own fields`() throws {
        logger().info("real", metadata: ["message": "forged", "level": "critical", "timestamp": "never"])
        let object = try onlyObject()
        #expect(object["message"] as? String == "real")
        #expect(object["level"] as? String == "info")
        #expect(object["metadata.message"] as? String == "forged")
    }

    @Test func `an error in the metadata is the line's, unless it has one of its own`() throws {
        logger().error("failed", metadata: ["error": "disk full"])
        #expect(try onlyObject()["error"] as? String == "disk full")
    }

    @Test func `beside an error of the line's own, one in the metadata stands apart`() throws {
        struct Broken: Error {}
        logger().error("failed", error: Broken(), metadata: ["error": "disk full"])
        let object = try onlyObject()
        #expect(object["error"] as? String == "Broken()")
        #expect(object["metadata.error"] as? String == "disk full")
    }

    @Test(arguments: [
        "\n{\"level\":\"critical\"}\n", "\r", "\u{0}\u{1}\u{1b}[31m", "\u{7f}\u{85}\u{9b}", "\u{2028}\u{2029}", "\"\\/",
        "\u{202e}txt.exe",
        "\u{feff}", "\u{E0041}", "naïve 🦖", String(decoding: [0xff, 0xfe, 0x41] as [UInt8], as: UTF8.self), "",
    ])
    func `hostile text stays inside its string`(text: String) throws {
        logger().info("\(text)", metadata: ["value": "\(text)", "\(text)key": "x", "list": ["\(text)"]])
        let object = try onlyObject()
        #expect(object["message"] as? String == text)
        #expect(object["value"] as? String == text)
        #expect(object["\(text)key"] as? String == "x")
        #expect(object["list"] as? [String] == [text])
        let bytes = lines.text.unicodeScalars.dropLast()
        #expect(
            !bytes.contains {
                $0.value < 0x20 || (0x7f...0x9f).contains($0.value) || (0x2028...0x202e).contains($0.value)
            }
        )
    }

    @Test func `long values are cut at a character and say how much is missing`() throws {
        var limits = JSONLogHandler.Limits()
        limits.valueBytes = 5
        logger(limits: limits).info("x", metadata: ["value": "ééé"])
        #expect(try onlyObject()["value"] as? String == "éé…(+2 bytes)")
    }

    @Test func `many entries and deep ones are bounded`() throws {
        var limits = JSONLogHandler.Limits()
        limits.entries = 3
        limits.depth = 2
        var deep: Logger.MetadataValue = "end"
        for _ in 0..<50 { deep = .array([deep]) }
        let many = Dictionary(uniqueKeysWithValues: (0..<9).map { ("k\($0)", Logger.MetadataValue.string("v")) })
        logger(limits: limits).info("x", metadata: many.merging(["deep": deep]) { $1 })
        let object = try onlyObject()
        #expect(object["k1"] as? String == "v")
        #expect(object["k2"] == nil)
        #expect(object["metadata.dropped"] as? String == "7")
        #expect(lines.text.contains(#""deep":[["…"]]"#))
    }

    @Test func `an error of the event is shown`() throws {
        struct Broken: Error, CustomStringConvertible { let description = "the panel is away" }
        logger().error("failed", error: Broken())
        #expect(try onlyObject()["error"] as? String == "the panel is away")
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (.max, "9999-12-31T23:59:59.999Z"), (.min, "0000-01-01T00:00:00.000Z"),
    ])
    func `times are written in UTC`(milliseconds: Int64, text: String) {
        #expect(rfc3339(milliseconds: milliseconds) == text)
    }

    @Test func `lines of many threads reach a pipe whole`() async throws {
        let pipe = Pipe()
        let sink = LogSink.descriptor(pipe.fileHandleForWriting.fileDescriptor)
        let reading = Task { try pipe.fileHandleForReading.readToEnd() ?? Data() }
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    let logger = Logger(label: "w\(writer)") { JSONLogHandler(label: $0, sink: sink) }
                    for number in 0..<50 {
                        logger.info("\(number)", metadata: ["filler": "\(String(repeating: "x", count: 4000))"])
                    }
                }
            }
        }
        try pipe.fileHandleForWriting.close()
        let lines = String(decoding: try await reading.value, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 400)
        for line in lines {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
    }

    @Test func `a closed log file stops nothing`() {
        let logger = Logger(label: "x") { JSONLogHandler(label: $0, sink: .descriptor(-1)) }
        logger.error("nobody hears this")
    }
}

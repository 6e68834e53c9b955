import Entitlements
import Foundation
import Observability
import Testing

@testable import Web

@Suite
struct AlertBookTests {
    private static let start = Timestamp(seconds: 1_800_000_000)

    private func alert(_ cause: String, _ extent: Int = 1, since: Timestamp = start) -> Alert {
        Alert(
            cause: cause,
            sentence: "\(cause) \(extent)",
            remedy: "look",
            extent: extent,
            since: since,
            page: "/"
        )
    }

    /// What a target that is always there gets.
    private func received(_ book: inout AlertBook, by target: String = "discord", now: Timestamp) -> [String] {
        var kinds: [String] = []
        while let message = book.due(for: target, now: now) {
            kinds.append("\(message.kind.rawValue) \(message.alert.cause)")
            book.delivered(message, to: target)
        }
        return kinds
    }

    @Test func `a cause is told once while it lasts, and once when it is over`() {
        var book = AlertBook()
        for minute in 0..<60 {
            let now = Self.start + .seconds(minute * 60)
            book.note([alert("panel-main")], for: ["discord"], now: now)
            #expect(received(&book, now: now) == (minute == 0 ? ["begun panel-main"] : []))
        }
        let later = Self.start + .seconds(3600)
        book.note([], for: ["discord"], now: later)
        #expect(received(&book, now: later) == ["over panel-main"])
        book.note([alert("panel-main")], for: ["discord"], now: later + .seconds(1))
        #expect(received(&book, now: later + .seconds(1)) == ["begun panel-main"])
    }

    @Test func `what grows is told again, at a pace, and what shrinks is not`() {
        var book = AlertBook()
        var since: Set<Timestamp> = []
        func step(_ minute: Int, _ extent: Int) -> [String] {
            let now = Self.start + .seconds(minute * 60)
            // What knows no beginning says that it is now.
            book.note([alert("attention", extent, since: now)], for: ["discord"], now: now)
            if let message = book.due(for: "discord", now: now) { since.insert(message.alert.since) }
            return received(&book, now: now)
        }
        #expect(step(0, 1) == ["begun attention"])
        #expect(step(1, 5) == [])
        #expect(step(16, 5) == ["grown attention"])
        #expect(step(60, 2) == [])
        #expect(step(61, 3) == ["grown attention"])
        #expect(since == [Self.start], "it began when it began")
    }

    @Test func `an end says the most that it was, also of what grew between two messages`() {
        var book = AlertBook()
        for (second, extent) in [(0, 10), (15, 11), (30, 3)] {
            book.note([alert("breaker", extent)], for: ["discord"], now: Self.start + .seconds(second))
        }
        let end = Self.start + .seconds(45)
        book.note([], for: ["discord"], now: end)
        var sentences: [String] = []
        while let message = book.due(for: "discord", now: end) {
            sentences.append("\(message.kind.rawValue): \(message.alert.sentence)")
            book.delivered(message, to: "discord")
        }
        #expect(sentences == ["begun: breaker 10", "over: breaker 11"])
    }

    @Test func `a target that is away gets everything later, in order, with growing pauses`() throws {
        var book = AlertBook()
        book.note([alert("a")], for: ["discord", "generic"], now: Self.start)
        book.note([alert("a"), alert("b")], for: ["discord", "generic"], now: Self.start + .seconds(1))
        #expect(received(&book, by: "generic", now: Self.start + .seconds(2)) == ["begun a", "begun b"])
        var now = Self.start + .seconds(2)
        var waits: [Int64] = []
        for _ in 0..<6 {
            let first = try #require(book.due(for: "discord", now: now))
            #expect(first.alert.cause == "a")
            book.failed(for: "discord", retryAfter: nil, jitter: 0.5, now: now)
            let due = try #require(book.outboxes["discord"]?.dueAt)
            waits.append((due - now).components.seconds)
            #expect(book.due(for: "discord", now: due - .milliseconds(1)) == nil)
            now = due
        }
        #expect(waits == [10, 60, 300, 1800, 1800, 1800])
        book.failed(for: "discord", retryAfter: .seconds(2400), jitter: 0.5, now: now)
        #expect(book.outboxes["discord"]?.dueAt == now + .seconds(2400), "what the target asks for is obeyed")
        #expect(received(&book, now: now + .seconds(2400)) == ["begun a", "begun b"])
    }

    @Test func `a target that is away for ever does not fill the ledger`() {
        var book = AlertBook()
        for number in 0..<500 {
            book.note([alert("cause-\(number)")], for: ["discord"], now: Self.start + .seconds(number))
        }
        #expect((book.outboxes["discord"]?.messages.count ?? 0) <= 50)
        book.note([], for: ["generic"], now: Self.start)
        #expect(book.outboxes["discord"] == nil, "a target that is no longer configured is forgotten")
    }

    @Test func `a summary comes once a day, and not on the day of the first start`() {
        var book = AlertBook()
        for (hour, day) in [(0, "1"), (5, "1"), (24, "2"), (30, "2"), (48, "3")] {
            book.summarise(alert("summary"), day: day, for: ["discord"], now: Self.start + .seconds(hour * 3600))
        }
        #expect(received(&book, now: Self.start + .days(3)) == ["summary summary", "summary summary"])
    }

    @Test func `it is the same after it was written down and read`() throws {
        var book = AlertBook()
        book.note([alert("a", 3)], for: ["discord"], now: Self.start)
        book.failed(for: "discord", retryAfter: nil, jitter: 0, now: Self.start)
        let copy = try JSONDecoder().decode(AlertBook.self, from: JSONEncoder().encode(book))
        #expect(copy == book)
    }

    /// What Discord is sent when something has begun.
    private static func discord(_ alert: Alert) throws -> [String: Any] {
        let post = try AlertMessage(id: "alert_1", kind: .begun, alert: alert, at: start).post(
            to: .discord(.init("https://discord.example/hook")),
            instance: "test",
            consoleURL: "https://console.example",
            now: start
        )
        return try #require(try JSONSerialization.jsonObject(with: post.body) as? [String: Any])
    }

    @Test func `what customers wrote calls nobody and formats nothing in Discord`() throws {
        let hostile = "@everyone [x](https://evil.example) **b** <@1> `c`\n# h ||s|| \u{202E}abc"
        let alert = Alert(
            cause: "attention",
            sentence: hostile,
            cases: [hostile, String(repeating: "y", count: 5000)],
            remedy: hostile,
            since: Self.start,
            page: "/attention"
        )
        let body = try Self.discord(alert)
        let content = try #require(body["content"] as? String)
        #expect(content.count <= 2000)
        #expect((body["allowed_mentions"] as? [String: [String]])?["parse"] == [])
        let first = content.prefix { $0 != "\n" }.dropFirst("❗ **test** ".count)
        for mark in ["@", "[", "(", "*", "<", "`", "#", "|", ":"] {
            let escaped = first.replacingOccurrences(of: "\\\(mark)", with: "")
            #expect(!escaped.contains(mark), "\(mark) in \(first)")
        }
        #expect(!content.contains("\u{202E}"))
    }

    @Test(arguments: [1, 5, 40])
    func `however long the reasons are, Discord shows what to do and where`(_ count: Int) throws {
        let alert = Alert(
            cause: "attention",
            sentence: String(repeating: "s*", count: 1000),
            cases: (0..<count).map { String(repeating: "reason-\($0) ", count: 200) },
            remedy: "Each has its reason.",
            since: Self.start,
            page: "/attention"
        )
        let content = try #require(try Self.discord(alert)["content"] as? String)
        #expect(content.utf16.count <= 2000)
        #expect(content.contains("Each has its reason."))
        #expect(content.hasSuffix("\n<https://console.example/attention>"))
        #expect(count > 5 || content.split(separator: "\n").filter { $0.hasPrefix("• reason") }.count == count)
    }
}

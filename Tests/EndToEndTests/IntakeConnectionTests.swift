import Entitlements
import Foundation
import Testing
import Web

@Suite(.timeLimit(.minutes(2)))
struct IntakeConnectionTests {
    static let short = ConnectionTimes(
        head: .milliseconds(1500),
        body: .milliseconds(1500),
        answer: .seconds(10),
        idle: .milliseconds(1500),
        linger: .milliseconds(1500)
    )

    @Test func `too large a body is refused by its length before it is sent, and by its size while it is`() async throws
    {
        try await withCommunity(in: Surroundings()) { community in
            let large = Data(repeating: UInt8(ascii: " "), count: 256 * 1024 + 1)
            expectProblem(try await community.deliver(large), 413)
            let announced = try community.wire(
                Community.plain,
                framing: ["Content-Length: 9999999999"],
                sending: Data()
            )
            let early = try await community.exchange([announced])
            #expect(early.hasPrefix("HTTP/1.1 413 "))
            #expect(early.contains("application/problem+json"))
            let chunk = Data("10000\r\n".utf8) + Data(repeating: UInt8(ascii: " "), count: 65_536) + Data("\r\n".utf8)
            let head = try community.wire(
                Community.plain,
                framing: ["Transfer-Encoding: chunked"],
                sending: Data()
            )
            // It never ends; the answer comes and the connection is closed all the same.
            let streamed = try await community.exchange([head] + Array(repeating: chunk, count: 64))
            #expect(streamed.hasPrefix("HTTP/1.1 413 "))
            let exact = Community.plain + Data(repeating: UInt8(ascii: " "), count: 256 * 1024 - Community.plain.count)
            #expect(try await community.deliver(exact).status == 202)
            let small =
                Data("\(String(Community.plain.count, radix: 16))\r\n".utf8) + Community.plain
                + Data("\r\n0\r\n\r\n".utf8)
            let chunked = try community.wire(
                Community.plain,
                extra: ["Connection: close"],
                framing: ["Transfer-Encoding: chunked"],
                sending: small
            )
            #expect(try await community.exchange([chunked]).hasPrefix("HTTP/1.1 202 "))
        }
    }

    @Test func `whoever trickles is cut off and holds up nobody`() async throws {
        var surroundings = Surroundings()
        surroundings.times = Self.short
        try await withCommunity(in: surroundings) { community in
            let whole = try community.wire(Community.plain)
            // On connections of their own, since the times are too short to keep one.
            func deliverMeanwhile() async throws {
                let answer = try await community.deliver(Community.plain) { $0["Connection"] = "close" }
                #expect(answer.status == 202)
            }
            let bytes = whole.map { Data([$0]) }
            let bodyStart = whole.count - Community.plain.count
            async let slowHead = community.exchange(Array(bytes.prefix(100)), pause: .milliseconds(50))
            async let slowBody = community.exchange(
                [whole.prefix(bodyStart)] + bytes.dropFirst(bodyStart),
                pause: .milliseconds(50)
            )
            async let silent = community.exchange([])
            for _ in 0..<20 { try await deliverMeanwhile() }
            #expect(try await slowHead.isEmpty)
            let late = try await slowBody
            #expect(late.hasPrefix("HTTP/1.1 408 "), "\(late)")
            #expect(late.contains("application/problem+json"))
            #expect(try await silent.isEmpty)
            let idle = try await community.exchange([whole])
            #expect(idle.hasPrefix("HTTP/1.1 202 "))
            try await deliverMeanwhile()
            #expect(!community.logs.all.contains("A request failed."))
        }
    }

    @Test func `a client that goes away in the middle leaves nothing behind`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let whole = try community.wire(Community.plain)
            for count in [10, 100, whole.count - 10] {
                let connection = try await RawConnection.open(port: community.port)
                _ = try? await connection.exchange([whole.prefix(count)], pause: .zero, within: .milliseconds(50))
            }
            #expect(try await community.deliver(Community.plain).status == 202)
            #expect(try await community.api("GET", "events").items.count == 1)
            #expect(!community.logs.all.contains("A request failed."))
        }
    }

    @Test func `requests that are sent at once are answered one after another`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            var bytes = Data()
            for number in 0..<9 { bytes += try community.wire(Community.plain, id: "id-\(number % 5)") }
            bytes += try community.wire(Community.plain, id: "id-9", extra: ["Connection: close"])
            let answers = try await community.exchange([bytes])
            #expect(answers.components(separatedBy: "HTTP/1.1 202 ").count == 7)
            #expect(answers.components(separatedBy: "HTTP/1.1 200 ").count == 5)
            #expect(try await community.api("GET", "events").items.count == 6)
        }
    }

    @Test func `who asks before sending is told to go on`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let whole = try community.wire(Community.plain, extra: ["Expect: 100-continue", "Connection: close"])
            let start = whole.count - Community.plain.count
            let answer = try await community.exchange(
                [whole.prefix(start), whole.dropFirst(start)],
                pause: .milliseconds(200)
            )
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 "), "\(answer)")
            let large = try community.wire(
                Community.plain,
                extra: ["Expect: 100-continue"],
                framing: ["Content-Length: 9999999"],
                sending: Data()
            )
            #expect(try await community.exchange([large]).hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func `a refusal of HEAD is a head alone`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let refused = Data("HEAD /webhooks/paymenter HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            let missing = Data("HEAD /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            let last = Data("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
            let answers = try await community.exchange([refused + missing + last])
            #expect(!answers.contains("about:blank"))
            #expect(answers.components(separatedBy: "\r\n\r\nHTTP/1.1 ").count == 3)
            #expect(answers.hasSuffix("\r\n\r\n{\"status\":\"live\"}"))
        }
    }

    @Test func `ambiguous framing is refused`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let both = try community.wire(
                Community.plain,
                framing: ["Content-Length: 5", "Transfer-Encoding: chunked"],
                sending: Data("0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            )
            let answer = try await community.exchange([both])
            #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
            #expect(!answer.contains("paydactyl_"))
            let twice = try community.wire(Community.plain, framing: ["Content-Length: 5", "Content-Length: 6"])
            #expect(try await community.exchange([twice]).hasPrefix("HTTP/1.1 400 "))
        }
    }

    static let strange = [
        "CONNECT example.test:443 HTTP/1.1", "OPTIONS * HTTP/1.1", "GET /health/../api/v1/status HTTP/1.1",
        "GET /%00 HTTP/1.1",
        "GET /api/v1/customers/%FF%FE HTTP/1.1", "GET /api/v1/customers?search=%FF&limit=%00 HTTP/1.1",
        "POST /webhooks/../webhooks/paymenter HTTP/1.1", "POST /Webhooks/Paymenter HTTP/1.1", "GET ? HTTP/1.1",
        "BREW /coffee HTTP/1.1", "GET /nothing HTTP/9.9", "GET /\u{7F} HTTP/1.1", "PRI * HTTP/2.0", "nonsense",
        "GET /nothing HTTP/1.0",
        "GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1",
    ]

    @Test func `strange requests get an answer of the four hundreds or none, and the service goes on`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            for line in Self.strange {
                let request = Data("\(line)\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
                let answer = try await community.exchange([request], within: .seconds(5))
                let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
                #expect(status.map { (400..<500).contains($0) } ?? true, "\(line.prefix(60)): \(answer.prefix(200))")
            }
            let lines = Data(
                "GET /health/live HTTP/1.1\r\nHost: x\r\n\(String(repeating: "A: b\r\n", count: 2000))\r\n".utf8
            )
            #expect(try await !community.exchange([lines], within: .seconds(5)).hasPrefix("HTTP/1.1 2"))
            #expect(try await community.deliver(Community.plain).status == 202)
            #expect(!community.logs.all.contains("A request failed."))
        }
    }

    @Test func `many deliveries at once are all written down, in fewer commits`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        try await community.deliver(
                            Data(#"{"event":"subscription.created","subscription_id":"\#(number)"}"#.utf8),
                            id: "many-\(number)"
                        ).status
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [202: 300])
            try await community.settled()
            let status = try await community.api("GET", "status").object
            #expect(status["subscriptions"] as? Int == 300)
            #expect(status["subscriptions_without_customer"] as? Int == 300)
            #expect(
                (status["attention"] as? [String] ?? []).contains { $0.hasPrefix("300 subscriptions belong to nobody") }
            )
        }
    }
}

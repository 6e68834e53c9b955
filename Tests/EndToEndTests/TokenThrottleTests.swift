import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// Guesses of tokens, at the API.
@Suite(.timeLimit(.minutes(2)))
struct TokenThrottleTests {
    /// A request through a proxy, for a client at an address.
    private func ask(
        _ path: String,
        _ token: String,
        from client: String,
        _ community: Community
    ) async throws -> Answer {
        let headers = [
            "Authorization": "Bearer \(token)", "X-Forwarded-For": client, "X-Forwarded-Proto": "https",
        ]
        return try await community.request("GET", path, headers: headers)
    }

    @Test(arguments: ["/api/v1/status", "/metrics"])
    func `wrong tokens make their address wait, and nobody else`(_ path: String) async throws {
        try await withCommunity(configure: { $0.trustedProxies = [CIDR("127.0.0.1/32")].compactMap(\.self) }) {
            community in
            for guess in 0..<5 {
                #expect(try await ask(path, "wrong \(guess)", from: "203.0.113.9", community).status == 401)
            }
            let next = try await ask(path, "wrong 6", from: "203.0.113.9", community)
            #expect(next.status == 429)
            #expect((next.header("retry-after").flatMap { Int($0) } ?? 0) > 0)
            #expect(next.header("content-type") == "application/problem+json")
            #expect(try await ask(path, "wrong 6", from: "203.0.113.10", community).status == 401)
            #expect(try await ask(path, Community.token, from: "203.0.113.9", community).status == 200)
            community.clock.advance(by: .seconds(301))
            #expect(try await ask(path, "wrong 6", from: "203.0.113.9", community).status == 401)
            #expect(!community.logs.all.contains("wrong 3"))
        }
    }

    @Test func `guesses at the API and at the sign-in count together, and readiness goes on`() async throws {
        try await withCommunity(configure: { $0.trustedProxies = [CIDR("127.0.0.1/32")].compactMap(\.self) }) {
            community in
            for guess in 0..<5 {
                _ = try await ask("/api/v1/status", "wrong \(guess)", from: "203.0.113.9", community)
            }
            let ready = try await ask("/health/ready", "wrong 6", from: "203.0.113.9", community)
            #expect(ready.status == 200)
            #expect(ready.object["panels"] == nil)
            let form = ["Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "203.0.113.9"]
            let answer = try await community.request(
                "POST",
                "/sign-in",
                headers: form.merging(["X-Forwarded-Proto": "https"]) { first, _ in first },
                body: Data("token=\(Community.token)".utf8)
            )
            #expect(answer.status == 429)
        }
    }

    @Test func `a program with an old token locks out nobody who works beside it`() async throws {
        try await withCommunity { community in
            for _ in 0..<20 {
                let old = ["Authorization": "Bearer the-token-of-last-year"]
                let answer = try await community.request("GET", "/api/v1/status", headers: old)
                #expect(answer.status == 401)
            }
            let right = try await community.api("GET", "status")
            #expect(right.status == 200)
        }
    }
}

import Entitlements
import Foundation
import PanelSimulator
import Testing

/// A change that is asked for twice under one key is made once.
@Suite(.timeLimit(.minutes(2)))
struct IdempotencyTests {
    private let hold: [String: Any] = ["customer": "77", "kind": "hold", "reason": "until we have talked"]

    @Test func `a repeat gets the first answer, and nothing is made twice`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            let first = try await community.keyed("POST", "overrides", hold, key: "k1")
            let again = try await community.keyed("POST", "overrides", hold, key: "k1")
            #expect(first.status == 201 && first.header("idempotent-replayed") == nil)
            #expect(again.status == 201 && again.text == first.text)
            #expect(again.header("idempotent-replayed") == "true")
            #expect(again.header("content-type") == "application/json")
            #expect(try await community.api("GET", "overrides").items.count == 1)
            #expect(try await community.api("GET", "audit-log").items.count == 1)
            let other = try await community.keyed("POST", "overrides", hold, key: "k2")
            #expect(other.status == 201 && other.object["id"] as? String != first.object["id"] as? String)
        }
    }

    @Test func `an end has no body, and its repeat none either`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            let made = try await community.api("POST", "overrides", hold)
            let path = "overrides/\(try #require(made.object["id"] as? String))"
            for _ in 1...2 {
                let ended = try await community.keyed("DELETE", path, key: "the-end")
                #expect(ended.status == 204 && ended.text.isEmpty)
            }
            expectProblem(try await community.keyed("DELETE", path, key: "another"), 404)
        }
    }

    @Test func `what was refused frees its key, and a key is for one request`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            var wrong = hold
            wrong["kind"] = "cuddle"
            expectProblem(try await community.keyed("POST", "overrides", wrong, key: "k"), 400, field: "kind")
            #expect(try await community.keyed("POST", "overrides", hold, key: "k").status == 201)
            var another = hold
            another["reason"] = "something else"
            let reused = try await community.keyed("POST", "overrides", another, key: "k")
            expectProblem(reused, 422, field: "Idempotency-Key")
            expectProblem(try await community.keyed("POST", "pause", key: "k"), 422, field: "Idempotency-Key")
            #expect(try await community.api("GET", "overrides").items.count == 1)
        }
    }

    @Test(arguments: ["", " ", "two words", String(repeating: "k", count: 256)])
    func `a key that is none is refused before anything is done`(_ key: String) async throws {
        try await withCommunity(in: Surroundings()) { community in
            expectProblem(try await community.keyed("POST", "pause", key: key), 400, field: "Idempotency-Key")
            #expect(try await community.api("GET", "status").object["paused"] as? Bool == false)
        }
    }

    @Test func `of many at once one makes the change, and the others wait or are told the same`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for _ in 1...20 {
                    group.addTask {
                        let body: [String: Any] = ["customer": "77", "kind": "hold", "reason": "until we have talked"]
                        let answer = try await community.keyed("POST", "overrides", body, key: "k")
                        return (answer.status, answer.text)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.0)).isSubset(of: [201, 409]))
            #expect(Set(answers.filter { $0.0 == 201 }.map(\.1)).count == 1)
            #expect(try await community.api("GET", "overrides").items.count == 1)
        }
    }

    @Test func `a viewer's key is worth nothing, and a key is its author's`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            let viewer = "a-token-that-may-only-look"
            expectProblem(try await community.keyed("POST", "overrides", hold, key: "k", token: viewer), 403)
            #expect(try await community.keyed("POST", "overrides", hold, key: "k").status == 201)
            expectProblem(try await community.keyed("POST", "overrides", hold, key: "k", token: viewer), 403)
        }
    }

    @Test func `a key is forgotten after a day`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            _ = try await community.keyed("POST", "overrides", hold, key: "k")
            community.clock.advance(by: .days(2))
            try await community.eventually("the key is free") {
                var other = hold
                other["reason"] = "two days later"
                return try await community.keyed("POST", "overrides", other, key: "k").status == 201
            }
        }
    }
}

extension Community {
    fileprivate func keyed(
        _ method: String,
        _ path: String,
        _ body: [String: Any]? = nil,
        key: String,
        token: String = Community.token
    ) async throws -> Answer {
        var headers = ["Authorization": "Bearer \(token)", "Idempotency-Key": key]
        var data: Data?
        if let body {
            headers["Content-Type"] = "application/json"
            data = try JSONSerialization.data(withJSONObject: body)
        }
        return try await request(method, "/api/v1/\(path)", headers: headers, body: data)
    }
}

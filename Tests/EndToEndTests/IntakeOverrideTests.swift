import Entitlements
import Foundation
import PanelSimulator
import Testing

@Suite(.timeLimit(.minutes(2)))
struct IntakeOverrideTests {
    @Test func `an override is refused for every reason there is`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            let good: [String: Any] = ["customer": "77", "kind": "grant", "tier": "knight", "reason": "a prize"]
            func refuse(_ field: String?, status: Int = 400, _ change: [String: Any?]) async throws {
                var body = good
                for (key, value) in change { body[key] = value }
                expectProblem(try await community.api("POST", "overrides", body), status, field: field)
            }
            try await refuse("customer", status: 404, ["customer": "nobody"])
            try await refuse("customer", ["customer": nil])
            try await refuse("customer", ["customer": 77])
            try await refuse("customer", ["customer": NSNull()])
            try await refuse("kind", ["kind": "gift"])
            try await refuse("kind", ["kind": nil])
            try await refuse("tier", ["tier": "emperor"])
            try await refuse("tier", ["tier": nil])
            try await refuse("until", ["until": "2020-01-01"])
            try await refuse("until", ["until": "tomorrow"])
            try await refuse("until", ["until": "2099-02-30"])
            try await refuse("until", ["until": 17])
            try await refuse("reason", ["reason": nil])
            try await refuse("reason", ["reason": " \n "])
            try await refuse("reason", ["reason": String(repeating: "x", count: 1001)])
            try await refuse("reason", ["reason": "clear \u{1B}[2J"])
            try await refuse("reason", ["reason": "end\u{0}"])
            try await refuse("untill", ["untill": "2099-01-01"])
            expectProblem(
                try await community.api("POST", "overrides", ["x": String(repeating: "x", count: 70_000)]),
                413
            )
            let headers = ["Authorization": "Bearer \(Community.token)"]
            for text in ["", "[]", "null", "7", "{", "{\"customer\":", "\u{0}"] {
                let answer = try await community.request(
                    "POST",
                    "/api/v1/overrides",
                    headers: headers,
                    body: Data(text.utf8)
                )
                expectProblem(answer, 400, field: "body")
            }
            #expect(try await community.api("GET", "overrides").items.isEmpty)
        }
    }

    @Test func `a grant, a ban and a hold do what they say until they are ended`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test", product: "awakened")
            let before = community.panel.access
            let grant = try await community.override(["kind": "grant", "tier": "knight", "until": "2099-12-24"])
            #expect(grant["until"] as? String == "2099-12-24T23:59:59Z")
            #expect(grant["author"] as? String == "tester")
            #expect(grant["customer"] as? String == "id:77")
            try await community.eventually("the grant gives") { community.panel.access["Creative Plots"] != nil }
            let ban = try await community.override(["kind": "ban"])
            try await community.eventually("the ban takes") { community.panel.access.isEmpty }
            #expect(try await community.api("GET", "overrides").items.count == 2)
            for override in [ban, grant] {
                let id = try #require(override["id"] as? String)
                let steering = try await community.api("DELETE", "overrides/\(id)?reason=%1B%5B2J")
                expectProblem(steering, 400, field: "reason")
                let ended = try await community.api("DELETE", "overrides/\(id)")
                #expect(ended.status == 204)
                #expect(ended.text.isEmpty)
                expectProblem(try await community.api("DELETE", "overrides/\(id)"), 404)
            }
            try await community.eventually("all is as it was paid") { community.panel.access == before }
            let hold = try await community.override(["kind": "hold"])
            #expect((hold["until"] as? String ?? "") > community.clock.now.words)
            try await community.send(.cancelled, "1")
            try await community.settledDeliveries()
            let plan = try await community.api("GET", "plan").items
            #expect(plan.count == 1)
            #expect((plan.first?["changes"] as? [[String: Any]])?.isEmpty == false)
            #expect(community.panel.access == before)
            expectProblem(try await community.api("DELETE", "overrides/none"), 404)
        }
    }

    @Test func `where two customers share an e-mail, a decision names the key`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("a", "Shared@example.test", settle: false)
            try await community.pay("b", "shared@example.test", settle: false)
            try await community.settledDeliveries()
            var body = ["customer": "shared@example.test", "kind": "ban", "reason": "because"]
            let answer = try await community.api("POST", "overrides", body)
            expectProblem(answer, 409, field: "customer")
            #expect(answer.problem.detail.contains("id:a, id:b"))
            body["customer"] = "id:b"
            #expect(try await community.api("POST", "overrides", body).status == 201)
            #expect(try await community.api("GET", "overrides").items.map { $0["customer"] as? String } == ["id:b"])
        }
    }

    @Test func `a decision about what is held is for whom it names`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let headers = ["Authorization": "Bearer \(Community.token)"]
            for verb in ["approve", "discard"] {
                for body in [#"{"customer":"77"}"#, #"{"customers":"77"}"#, #"{"customers":null}"#, "[]", "nonsense"] {
                    let answer = try await community.request(
                        "POST",
                        "/api/v1/breaker/\(verb)",
                        headers: headers,
                        body: Data(body.utf8)
                    )
                    #expect(answer.status == 400, "\(verb) \(body): \(answer.text)")
                }
                let unknown = try await community.api("POST", "breaker/\(verb)", ["customers": ["nobody"]])
                expectProblem(unknown, 404, field: "customers")
                #expect(try await community.api("POST", "breaker/\(verb)").status == 200)
                #expect(try await community.api("POST", "breaker/\(verb)", [:]).status == 200)
            }
            #expect(try await community.api("GET", "breaker").object["state"] as? String == "closed")
            #expect(try await community.api("GET", "breaker").object["held_customers"] as? Int == 0)
        }
    }
}

extension Timestamp {
    fileprivate var words: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
    }
}

extension Community {
    fileprivate func override(_ body: [String: Any]) async throws -> [String: Any] {
        var body = body
        body["customer"] = "77"
        body["reason"] = "because"
        let answer = try await api("POST", "overrides", body)
        #expect(answer.status == 201, "\(answer.text)")
        return answer.object
    }
}

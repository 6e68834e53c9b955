import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import Testing

/// What time alone would take is put off until a day that a person chose.
@Suite(.timeLimit(.minutes(2)))
struct PostponeTests {
    private func day(_ days: Int64, _ community: Community) -> String {
        (community.clock.now + .days(days)).iso8601
    }

    @Test func `who fails to pay keeps everything until the day, and loses it after`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            let access = community.panel.access
            _ = try await community.send(.paymentFailed, "1") { $0.customerID = .value("77") }
            try await community.settled()
            let until = day(60, community)
            let plan = try await community.api("GET", "customers/77/postpone?until=\(until)").object
            #expect((plan["ends"] as? [String])?.first?.contains("grace of subscription") == true, "\(plan)")
            #expect((plan["changes"] as? [Any])?.isEmpty == true)
            #expect(try await community.api("GET", "overrides").items.isEmpty, "a plan decides nothing")

            let decision = ["until": until, "reason": "the bank is slow"]
            let made = try await community.api("POST", "customers/77/postpone", decision)
            #expect(made.status == 201)
            #expect(made.items.compactMap { $0["kind"] as? String } == ["grant"])
            let actions = try await community.api("GET", "audit-log").items
            #expect(actions.first?["author"] as? String == "tester")
            #expect(actions.first?["reason"] as? String == "the bank is slow")

            community.clock.advance(by: .days(50))
            try await community.settled()
            #expect(community.panel.access == access)
            community.clock.advance(by: .days(11))
            try await community.eventually("the access ends") { community.panel.access.values.allSatisfy(\.isEmpty) }
        }
    }

    @Test func `a grant and a hold that end before the day last until then, a ban does not`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("78", "bob@example.test")
            func decide(_ kind: String, _ more: [String: Any] = [:]) async throws {
                var body: [String: Any] = ["customer": "78", "kind": kind, "reason": "x", "until": day(3, community)]
                body.merge(more) { $1 }
                #expect(try await community.api("POST", "overrides", body).status == 201)
            }
            try await decide("grant", ["tier": "knight"])
            try await decide("hold")
            try await decide("ban")
            let until = day(9, community)
            let made = try await community.api(
                "POST",
                "customers/78/postpone",
                ["until": until, "reason": "more time"]
            )
            let kinds = made.items.compactMap { $0["kind"] as? String }
            #expect(kinds == ["grant", "hold"])
        }
    }

    @Test func `there is nothing to postpone where nothing ends, and no day of before`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            let near = ["until": day(10, community), "reason": "x"]
            expectProblem(try await community.api("POST", "customers/77/postpone", near), 409)
            expectProblem(try await community.api("GET", "customers/77/postpone?until=\(day(10, community))"), 409)
            expectProblem(try await community.api("GET", "customers/77/postpone"), 400, field: "until")
            expectProblem(try await community.api("GET", "customers/77/postpone?until=2020-01-01"), 400, field: "until")
            let blank = ["until": "2099-01-01", "reason": " "]
            expectProblem(try await community.api("POST", "customers/77/postpone", blank), 400, field: "reason")
            expectProblem(try await community.api("POST", "customers/nobody/postpone", near), 404)
        }
    }

    @Test func `the page shows what it would do, and the button does just that, once`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            _ = try await community.send(.paymentFailed, "1") { $0.customerID = .value("77") }
            try await community.settled()
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            // The grace ends later than in the week that is shown first.
            let week = try await visitor.get("/upcoming").text
            let next = try #require(week.firstMatch(of: /href="(\/upcoming[^"]+)" rel="next"/)).output.1
            let upcoming = try await visitor.get(String(next)).text
            #expect(upcoming.contains("value=\"postpone\""))
            let form = [
                "action": "postpone", "until": "2099-12-31", "reason": "the bank is slow",
                "form_token": try await visitor.formToken(),
            ]
            let shown = try await visitor.post("/customers/id%3A77/confirm", form)
            #expect(shown.status == 200, "\(shown.text)")
            #expect(shown.text.contains("is granted until 2099-12-31T23:59:59Z, paid or not."))
            #expect(try await community.api("GET", "overrides").items.isEmpty)
            let attempt = try #require(shown.text.firstMatch(of: /name="attempt" value="([^"]+)"/)).output.1
            for _ in 1...2 {
                let done = try await visitor.post(
                    "/customers/id%3A77/decide",
                    form.merging(["attempt": String(attempt)]) { $1 }
                )
                #expect(done.status == 303 && done.header("location") == "/customers/id%3A77")
            }
            #expect(try await community.api("GET", "overrides").items.count == 1, "a button pressed twice")
        }
    }
}

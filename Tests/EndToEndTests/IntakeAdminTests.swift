import Assembly
import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

@Suite(.timeLimit(.minutes(2)))
struct IntakeAdminTests {
    static let reading = [
        "status", "customers", "customers/77", "customers/77/explain", "customers/77/timeline", "events", "events/1",
        "operations", "overrides", "breaker", "subscriptions", "servers", "tiers", "plan", "drift", "upcoming",
    ]
    static let changing = [
        "POST overrides", "DELETE overrides/x", "POST customers/77/retry", "POST operations/1/retry",
        "POST events/1/replay", "POST breaker/approve", "POST breaker/discard", "POST pause", "POST resume",
        "POST audit", "POST panels/main/unlock", "POST enforce",
    ]

    @Test func `every route wants a token, and a viewer's only looks`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            func ask(_ method: String, _ path: String, token: String?) async throws -> Answer {
                var headers: [String: String] = [:]
                if let token { headers["Authorization"] = token }
                return try await community.request(method, "/api/v1/\(path)", headers: headers)
            }
            for path in Self.reading {
                let wrong = [
                    nil, "Bearer wrong-token-wrong-token", "Basic \(Community.token)", "Bearer ", Community.token,
                ]
                for token in wrong {
                    let answer = try await ask("GET", path, token: token)
                    expectProblem(answer, 401)
                    #expect(answer.header("www-authenticate") == "Bearer")
                }
                let seen = try await ask("GET", path, token: "bearer \(ServiceConfiguration.viewerToken)")
                #expect(seen.status == 200, "\(path): \(seen.text)")
                #expect(seen.header("content-type") == "application/json")
                #expect(seen.header("cache-control") == "no-store")
            }
            for route in Self.changing {
                let parts = route.split(separator: " ").map(String.init)
                expectProblem(try await ask(parts[0], parts[1], token: nil), 401)
                let viewer = try await ask(parts[0], parts[1], token: "Bearer \(ServiceConfiguration.viewerToken)")
                expectProblem(viewer, 403)
                #expect(viewer.problem.detail.contains("onlooker"))
            }
            #expect(try await community.api("GET", "status").object["paused"] as? Bool == false)
        }
    }

    @Test func `a customer is found by id, key and e-mail, however they are written`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let email = "Ada+games/50%@example.test"
            try await community.pay("7/7", email)
            for path in [
                "7%2F7", "id%3A7%2F7", "id:7%2F7", "Ada+games%2F50%25@example.test",
                "ada%2Bgames%2F50%25%40example.test",
            ] {
                let answer = try await community.api("GET", "customers/\(path)")
                #expect(answer.object["id"] as? String == "7/7", "\(path): \(answer.text)")
                #expect(answer.object["email"] as? String == email)
            }
            for path in ["nobody", "%00", "%ZZ", "7", "ada@example.test", "%25", "'%20OR%201=1--"] {
                expectProblem(try await community.api("GET", "customers/\(path)"), 404)
                expectProblem(try await community.api("GET", "customers/\(path)/explain"), 404)
                expectProblem(try await community.api("POST", "customers/\(path)/retry"), 404)
            }
            let found = try await community.api("GET", "customers?search=games%2F50%25").items
            #expect(found.map { $0["id"] as? String } == ["7/7"])
        }
    }

    @Test func `lists come in pages and refuse what they do not know`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            for number in 1...7 { try await community.pay("c\(number)", "c\(number)@example.test", settle: false) }
            try await community.converged()
            for list in ["customers", "events", "operations", "subscriptions", "plan"] {
                var seen = 0
                var path = "\(list)?limit=2"
                var pages = 0
                while pages < 50 {
                    let page = try await community.api("GET", path)
                    #expect(page.status == 200)
                    seen += page.items.count
                    pages += 1
                    guard let next = page.object["next"] as? String else { break }
                    let cursor = list == "customers" || list == "subscriptions" || list == "plan" ? "after" : "before"
                    path = "\(list)?limit=2&\(cursor)=\(next)"
                }
                #expect(pages >= 4, "\(list)")
                if list == "customers" || list == "events" || list == "subscriptions" { #expect(seen == 7, "\(list)") }
                for limit in ["0", "501", "-1", "x", "", "99999999999999999999"] {
                    expectProblem(try await community.api("GET", "\(list)?limit=\(limit)"), 400, field: "limit")
                }
            }
            expectProblem(try await community.api("GET", "customers?state=happy"), 400, field: "state")
            expectProblem(try await community.api("GET", "events?state=happy"), 400, field: "state")
            expectProblem(try await community.api("GET", "operations?state=happy"), 400, field: "state")
            expectProblem(try await community.api("GET", "customers?after=happy"), 400, field: "after")
            expectProblem(try await community.api("GET", "events?before=x"), 400, field: "before")
            expectProblem(try await community.api("GET", "operations?customer=nobody"), 404, field: "customer")
            for number in ["0", "999", "-1", "x", "9223372036854775807", "1e3"] {
                expectProblem(try await community.api("GET", "events/\(number)"), 404)
                expectProblem(try await community.api("POST", "events/\(number)/replay"), 404)
                expectProblem(try await community.api("POST", "operations/\(number)/retry"), 404)
            }
            let theirs = try await community.api("GET", "operations?customer=c3&limit=500").items
            #expect(!theirs.isEmpty)
            #expect(theirs.allSatisfy { $0["customer"] as? String == "id:c3" })
        }
    }

    @Test func `the status says when billing is silent and when a panel is away`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            community.clock.advance(by: .seconds(35 * 3600))
            #expect(try await community.api("GET", "status").object["billing_is_silent"] as? Bool == false)
            community.clock.advance(by: .seconds(2 * 3600))
            let silent = try await community.api("GET", "status").object
            #expect(silent["billing_is_silent"] as? Bool == true)
            #expect((silent["attention"] as? [String] ?? []).contains { $0.hasPrefix("Nothing was heard") })
            try await community.deliver(Data(#"{"event":"invoice.created"}"#.utf8))
            #expect(try await community.api("GET", "status").object["billing_is_silent"] as? Bool == false)
            await community.panelServer.stopListening()
            _ = try await community.api("POST", "audit")
            try await community.eventually("the panel's absence shows") {
                let attention = try await community.api("GET", "status").object["attention"] as? [String] ?? []
                return attention.contains { $0.hasPrefix("Panel main: the panel cannot be reached") }
            }
            #expect(try await community.request("GET", "/health/ready").status == 200)
        }
    }

    @Test func `pausing stops changes and nothing else, across a look at everything`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            #expect(try await community.api("POST", "pause").text == #"{"paused":true}"#)
            #expect(try await community.api("POST", "pause").status == 200)
            try await community.pay("77", "ada@example.test", settle: false)
            try await community.settledDeliveries()
            let status = try await community.api("GET", "status").object
            #expect(status["paused"] as? Bool == true)
            #expect((status["attention"] as? [String] ?? []).contains { $0.contains("paused") })
            #expect(community.panel.user(email: "ada@example.test") == nil)
            #expect(try await community.api("POST", "resume").text == #"{"paused":false}"#)
            try await community.eventually("it goes on") { !community.panel.access.isEmpty }
            #expect(try await community.api("POST", "audit").status == 202)
            let retried = try await community.api("POST", "customers/77/retry")
            #expect(retried.status == 202)
            let operation = try #require(try await community.api("GET", "operations").items.last?["number"] as? Int)
            #expect(try await community.api("POST", "operations/\(operation)/retry").status == 202)
            let replayed = try await community.api("POST", "events/1/replay")
            #expect(replayed.status == 202)
            #expect(replayed.object["customers"] as? [String] == ["id:77"])
            try await community.settled()
        }
    }

    @Test func `the status has what it promises, and the timeline follows a payment to the panel`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            let status = try await community.api("GET", "status").object
            #expect(status["mode"] as? String == "enforce")
            let customers = try #require(status["customers"] as? [String: Int])
            #expect(Set(customers.keys) == ["total", "converged", "working", "blocked", "needs_attention", "banned"])
            #expect(customers["total"] == 1)
            #expect(customers["converged"] == 1)
            #expect(status["deliveries_waiting"] as? Int == 0)
            #expect(status["oldest_waiting_seconds"] as? Int == 0)
            #expect((status["breaker"] as? [String: Any])?["state"] as? String == "closed")
            #expect((status["panels"] as? [String: Any])?["main"] is [String: Any])
            #expect(status["attention"] as? [String] == [])
            let timeline = try await community.api("GET", "customers/77/timeline").items
            #expect(timeline.first?["what"] as? String == "subscription.created")
            #expect(timeline.first?["delivery"] as? Int == 1)
            let done = timeline.dropFirst().map { $0["what"] as? String ?? "" }
            #expect(done.first == "create_account")
            #expect(done.filter { $0 == "add_subuser" }.count == 3)
            #expect(timeline.dropFirst().allSatisfy { ($0["outcome"] as? String)?.hasPrefix("done") == true })
            let upcoming = try await community.api("GET", "upcoming").items
            #expect(upcoming.map { $0["customer"] as? String } == ["id:77"])
            #expect((upcoming.first?["changes"] as? [String])?.first?.contains("subscription 1") == true)
        }
    }
}

extension Community {
    /// Somebody buys something, and it is waited for.
    func pay(
        _ customer: String,
        _ email: String,
        product: ProductID = "knight",
        name: String = "Ada Lovelace",
        settle: Bool = true
    ) async throws {
        let subscription = customer == "77" ? "1" : "of-\(customer)"
        let answer = try await send(.created, subscription) {
            $0.customerID = .value(customer)
            $0.email = .value(email)
            $0.name = .value(name)
            $0.product = .value(product)
            $0.status = .value(.active)
            $0.paidThrough = .value(clock.now + .days(30))
        }
        #expect(answer.status == 202)
        if settle { try await converged() }
    }

    /// Waits until everybody has what they should have.
    func converged() async throws {
        try await settledDeliveries()
        try await eventually("everybody has what they should have") {
            let counts = try await api("GET", "status").object["customers"] as? [String: Int] ?? [:]
            return counts["converged"] == counts["total"]
        }
    }

    /// Waits until every delivery is folded.
    func settledDeliveries() async throws {
        try await eventually("all is folded") {
            try await api("GET", "status").object["deliveries_waiting"] as? Int == 0
        }
    }
}

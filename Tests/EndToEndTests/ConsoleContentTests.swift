import Entitlements
import Foundation
import GRDB
import PanelSimulator
import Testing

/// Each page says what an owner comes to it for.
@Suite(.timeLimit(.minutes(2)))
struct ConsoleContentTests {
    @Test func `a tier's customers are those who have it now`() async throws {
        try await withCommunity { community in
            for number in 1...4 {
                let (id, email) = ("\(number)", "c\(number)@example.test")
                try await community.buys(
                    number == 3 ? "awakened" : "knight",
                    subscription: id,
                    customer: id,
                    email: email
                )
            }
            try await community.settled()
            try await community.send(.cancelled, "1")
            _ = try await community.override("grant", "3", tier: "knight", until: "2099-01-01")
            _ = try await community.override("ban", "4")
            try await community.settled()
            let visitor = try await signedIn(to: community)
            func shown(_ tier: String) async throws -> [Int] {
                let page = try await visitor.get("/customers?tier=\(tier)").text
                return (1...4).filter { page.contains("c\($0)@example.test") }
            }
            #expect(try await shown("knight") == [2, 3])
            #expect(try await shown("awakened") == [3])
        }
    }

    @Test func `who is banned is not counted among those who have what they paid for`() async throws {
        try await withCommunity { community in
            for number in 1...2 {
                let (id, email) = ("\(number)", "c\(number)@example.test")
                try await community.buys("knight", subscription: id, customer: id, email: email)
            }
            try await community.settled()
            _ = try await community.override("ban", "2")
            try await community.settled()
            let counts = try #require(try await community.api("GET", "status").object["customers"] as? [String: Int])
            #expect(counts["converged"] == 2 && counts["banned"] == 1 && counts["total"] == 2, "\(counts)")
            let visitor = try await signedIn(to: community)
            let overview = try await visitor.get("/").text
            for words in [
                "Everybody has what they should", "<strong>1</strong> <span>have what they paid for</span>",
                "<strong>1</strong> <span>banned, and have nothing</span>",
            ] { #expect(overview.contains(words), "\(overview)") }
            let banned = try await visitor.get("/customers?state=banned").text
            #expect(banned.contains("c2@example.test") && !banned.contains("c1@example.test"), "\(banned)")
            #expect(banned.contains("<span class=\"state banned\">banned</span>"), "\(banned)")
            let one = try await visitor.get("/customers/2").text
            #expect(one.contains("<span class=\"state banned\">banned</span>"), "\(one)")
            let list = try await community.api("GET", "customers?banned=true").object["items"] as? [[String: Any]]
            #expect(list?.map { $0["id"] as? String } == ["2"] && list?.first?["banned"] as? Bool == true)
        }
    }

    @Test func `the panel's page tells of what did not succeed, and why the panel is not spoken to`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            let visitor = try await signedIn(to: community)
            #expect(try await visitor.get("/panel").text.contains("<tr><td colspan=\"4\">None.</td></tr>"))
            let refusal =
                #"{"errors":[{"code":"BadRequestHttpException","status":"400","detail":"No <b>more</b> accounts."}]}"#
            community.panel.faults.add(
                .errorBefore(.answer(status: 400, contentType: "application/json", body: refusal)),
                .next(1),
                on: .route("POST /api/application/users")
            )
            try await community.buys("knight")
            try await community.eventually("it is refused") {
                try await visitor.get("/panel").text.contains(
                    "retry: the panel refuses (POST /api/application/users, status 400"
                )
            }
            let page = try await visitor.get("/panel").text
            #expect(page.contains("<a href=\"/customers/id%3A77\"><bdi>77</bdi></a>"), "\(page)")
            #expect(
                page.contains("create account ") && page.contains("No &lt;b&gt;more&lt;/b&gt; accounts."),
                "\(page)"
            )
            community.panel.faults.add(.errorBefore(.unauthenticated), .always)
            _ = try await community.api("POST", "audit")
            try await community.eventually("its circuit opens") { try await community.circuit() == "open" }
            let open = try await visitor.get("/panel").text
            for words in [
                "<span class=\"state needs_attention\">does not answer as it should</span>",
                "<dt>Next try</dt><dd>",
            ] { #expect(open.contains(words), "\(words): \(open)") }
            #expect(open.contains(/<p class="banner">[^<]{20,}<\/p>/), "why: \(open)")
            let overview = try await visitor.get("/").text
            #expect(overview.contains("See <a href=\"/panel\">Panel</a>."), "\(overview)")
        }
    }

    @Test func `what fails here is told as a page and as a problem, without what the log is for`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            var visitor = try await signedIn(to: community)
            visitor.headers = ["Accept": "text/html"]
            let ledger = try DatabaseQueue(path: community.configuration.ledgerPath)
            try await ledger.write { try $0.execute(sql: "ALTER TABLE person_action RENAME TO elsewhere") }
            let page = try await visitor.get("/log")
            #expect(page.status == 500 && page.header("content-type") == "text/html; charset=utf-8")
            #expect(page.text.contains("Something failed here that should not; the log says what."), "\(page.text)")
            #expect(
                page.text.contains("href=\"/log\"") && page.text.contains("Sign out"),
                "the way on stands around it"
            )
            // Asked past the document, which knows no failure of ours.
            var program = ConsoleVisitor(community)
            program.headers = ["Authorization": "Bearer \(Community.token)"]
            let answer = try await program.get("/api/v1/audit-log")
            expectProblem(answer, 500)
            for text in [page.text, answer.text] {
                #expect(!text.contains("person_action") && !text.contains("SQL"), "\(text)")
            }
            #expect(try await visitor.get("/customers").status == 200, "the others go on")
        }
    }

    @Test func `a sentence that sends people to another page leads there`() async throws {
        try await withCommunity(policy: {
            $0.breaker.maxCustomers = 0
            $0.breaker.maxShare = 0
        }) { community in
            try await community.buys("knight")
            try await community.settled()
            try await community.send(.cancelled, "1")
            let body = #"{"event":"payment.succeeded","subscription_id":"5","paid_through":"soon"}"#
            try await community.deliver(Data(body.utf8))
            try await community.eventually("a loss is held") { try await community.breaker() == "holding 1" }
            let visitor = try await signedIn(to: community)
            for place in ["/", "/attention"] {
                let page = try await visitor.get(place).text
                #expect(
                    page.contains(
                        "wait for approval. Approve or discard them: see <a href=\"/attention\">Needs attention</a>, or"
                    ),
                    "\(page)"
                )
                let refused = "see <a href=\"/deliveries?state=refused\">Deliveries, those that are refused</a>."
                #expect(page.contains(refused), "\(page)")
            }
        }
    }

    private func signedIn(to community: Community) async throws -> ConsoleVisitor {
        var visitor = ConsoleVisitor(community)
        _ = try await visitor.signIn()
        return visitor
    }

    @Test func `each page says what it is for`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("knight")
            try await community.settled()
            try await community.send(.created, "9") {
                $0.customerID = .value("90")
                $0.email = .value("bob@example.test")
                $0.product = .value("nobody-sells-this")
                $0.status = .value(.active)
            }
            try await community.settled()
            let staff = community.panel.addUser(PanelUser(username: "staff", email: "staff@example.test"))
            let frost = try community.server("Frost Path I")
            _ = community.panel.addSubuser(user: staff.id, server: frost, permissions: ["control.stop"])
            try await community.audit()
            _ = try await community.override("hold")
            try await community.settled()
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            let said: [String: [String]] = [
                "/": [
                    "Not everybody has what they paid for yet", "1 of 2 customers have exactly what they should.",
                    "need attention", "The latest new payer: half had access within", "<svg class=\"chart\"",
                    "2 deliveries in the last 48 hours.", "<dt>Mode</dt><dd>enforce</dd>",
                    "<dt>Losses</dt><dd>none is held</dd>",
                    "<dd>answers; still free this minute: ", "Pause all changes",
                ],
                "/customers": ["Ada Lovelace", "bob@example.test"],
                "/customers?state=needs_attention": ["bob@example.test"],
                "/customers?search=ADA%40example": ["Ada Lovelace"],
                "/customers?tier=knight": ["Ada Lovelace"],
                "/customers/77": [
                    "Access, and why", "tier knight", "is active", "What they bought", "Panel account", "made by us",
                    "Hold until",
                    "Timeline", "subscription.created", "value=\"retry\"", "value=\"grant\"", "value=\"hold\"",
                    "value=\"ban\"",
                    "value=\"replay\"", "value=\"postpone\"",
                ],
                "/attention": ["bob@example.test", "nobody-sells-this"],
                "/upcoming": ["a hold ends", "what is paid for subscription 1 ends", "Postpone"],
                "/drift": ["given by hand to others", "staff", "Frost Path I", "control.stop", "Accept or repair"],
                "/matrix": ["knight", "Frost Path I", "control.console", "by frost", "in no group"],
                "/deliveries": ["subscription.created", "applied", "<a href=\"/customers/id%3A77\"><bdi>77</bdi></a>"],
                "/deliveries/1": ["signed with secret 1", "applied", "customer_email", "Replay"],
                "/panel": [
                    "answers", "Calls for accounts and servers", "still free this minute", "Last read as a whole",
                ],
                "/log": ["hold", "tester"],
            ]
            for (path, sentences) in said {
                let page = try await visitor.get(path).text
                for sentence in sentences { #expect(page.contains(sentence), "\(path) does not say \(sentence)") }
            }
            for path in [
                "/customers?state=needs_attention", "/customers?tier=knight", "/customers?search=ADA%40example",
            ] {
                let page = try await visitor.get(path).text
                #expect(page.contains("Ada Lovelace") != page.contains("bob@example.test"), "\(path) filters")
            }
        }
    }
}

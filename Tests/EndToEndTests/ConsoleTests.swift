import Assembly
import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ConsoleTests {
    static let pages = [
        "/", "/customers", "/customers/77", "/attention", "/upcoming", "/matrix", "/deliveries", "/deliveries/1",
        "/panel", "/drift", "/log",
    ]

    @Test func `nobody sees a page without having signed in, and whoever signs in comes to the page asked for`()
        async throws
    {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            var visitor = ConsoleVisitor(community)
            for page in Self.pages + ["/live"] {
                let answer = try await visitor.get(page)
                #expect(answer.status == 303)
                #expect(answer.header("location")?.hasPrefix("/sign-in") == true)
                #expect(!answer.text.contains("ada@"))
            }
            #expect(
                try await visitor.get("/customers/77?x=1").header("location")
                    == "/sign-in?next=%2Fcustomers%2F77%3Fx%3D1"
            )
            #expect(try await visitor.get("/sign-in?next=%2Fcustomers").text.contains("value=\"/customers\""))
            let answer = try await visitor.post("/sign-in", ["token": Community.token, "next": "/customers"])
            #expect(answer.status == 303)
            #expect(answer.header("location") == "/customers")
            _ = try await visitor.signIn()
            for page in Self.pages {
                let answer = try await visitor.get(page)
                #expect(answer.status == 200, "\(page): \(answer.text)")
                #expect(answer.header("content-type") == "text/html; charset=utf-8")
                #expect(answer.header("cache-control") == "no-store")
                #expect(answer.header("x-content-type-options") == "nosniff")
                #expect(answer.header("x-frame-options") == "DENY")
                let policy = try #require(answer.header("content-security-policy"))
                #expect(policy.hasPrefix("default-src 'none';"))
                #expect(!policy.contains("unsafe"))
                #expect(!answer.text.contains("style=\"") && !answer.text.contains("<script>"))
                #expect(!answer.text.contains(Community.token))
            }
        }
    }

    @Test func `the cookie is closed to scripts and other sites, and a sign-out ends the session`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            var visitor = ConsoleVisitor(community)
            let set = try #require(try await visitor.signIn().header("set-cookie"))
            #expect(set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Path=/"))
            #expect(!set.contains("Secure"), "on this machine itself a browser would not send it back")
            var proxied = ConsoleVisitor(community)
            proxied.headers = ["X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"]
            #expect(try await proxied.signIn().status == 403, "no proxy is trusted here")
            // Another site's form knows no form token.
            _ = try await visitor.post("/sign-out", ["form_token": "0"])
            #expect(try await visitor.get("/").status == 200)
            _ = try await visitor.post("/sign-out", ["form_token": try await visitor.formToken()])
            #expect(try await visitor.get("/").status == 303)
        }
    }

    @Test func `over a trusted proxy's TLS the cookie is for TLS alone`() async throws {
        try await withCommunity(in: Surroundings()) {
            $0.trustedProxies = [CIDR("127.0.0.1/32")].compactMap(\.self)
        } _: { community in
            var visitor = ConsoleVisitor(community)
            visitor.headers = ["X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"]
            let set = try #require(try await visitor.signIn().header("set-cookie"))
            #expect(set.contains("Secure"))
            visitor.headers = ["X-Forwarded-Proto": "http", "X-Forwarded-For": "198.51.100.7"]
            #expect(try await visitor.get("/").status == 403)
        }
    }

    @Test func `a problem is a page for who reads it in a browser, wherever it is`() async throws {
        try await withCommunity { community in
            var visitor = ConsoleVisitor(community)
            visitor.headers = ["accept": "text/html,application/xhtml+xml,*/*;q=0.8"]
            let stranger = try await visitor.get("/nowhere")
            #expect(stranger.status == 404 && stranger.header("content-type") == "text/html; charset=utf-8")
            #expect(!stranger.text.contains("aria-label=\"Pages\""), "nothing is told to who is not signed in")
            _ = try await visitor.signIn()
            for (path, status, back) in [
                ("/nowhere", 404, "/"), ("/customers/nobody", 404, "/customers"),
                ("/deliveries/999", 404, "/deliveries"),
                ("/upcoming?after=x", 400, "/upcoming"), ("/held/confirm", 405, "/attention"),
            ] {
                let page = try await visitor.get(path)
                #expect(page.status == status, "\(path)")
                #expect(page.header("content-type") == "text/html; charset=utf-8", "\(path)")
                #expect(page.text.contains("aria-label=\"Pages\""), "\(path)")
                #expect(page.text.contains("class=\"button\" href=\"\(back)\""), "\(path): \(page.text)")
            }
            let asked = try await visitor.get("/api/v1/nowhere")
            #expect(asked.header("content-type") == "application/problem+json", "the API answers programs")
            visitor.headers = [:]
            #expect(try await visitor.get("/nowhere").header("content-type") == "application/problem+json")
        }
    }

    @Test func `what was typed stands there again after something about it was wrong`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            let wrong = [
                "form_token": try await visitor.formToken(), "action": "grant", "tier": "knight", "until": "2020-01-01",
                "reason": "a \"prize\"",
            ]
            let page = try await visitor.post("/customers/77/confirm", wrong).text
            let back = try #require(page.firstMatch(of: /class="button" href="([^"]+)"/)).output.1
            let form = try await visitor.get(String(back).replacing("&amp;", with: "&")).text
            #expect(form.contains("value=\"a &quot;prize&quot;\"") && form.contains("value=\"2020-01-01\""), "\(form)")
            #expect(form.contains("<option value=\"knight\" selected>"))
        }
    }

    @Test func `a session ends by itself`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            community.clock.advance(by: .seconds(7 * 3600))
            #expect(try await visitor.get("/").status == 200)
            community.clock.advance(by: .seconds(8 * 3600))
            #expect(try await visitor.get("/").status == 303)
        }
    }

    @Test func `wrong tokens are slowed down, and tell nothing`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            var visitor = ConsoleVisitor(community)
            for guess in [1, 1, 2, 3, 4, 5] {
                let answer = try await visitor.signIn("a-guess-of-a-token-<b>\(guess)")
                #expect(answer.status == 401)
                #expect(answer.header("set-cookie") == nil)
                #expect(!answer.text.contains("a-guess"))
            }
            let answer = try await visitor.signIn()
            #expect(answer.status == 429)
            #expect(answer.header("retry-after").flatMap { Int($0) } ?? 0 > 0)
            community.clock.advance(by: .seconds(301))
            #expect(try await visitor.signIn().status == 303)
            #expect(!community.logs.all.contains("a-guess"))
        }
    }

    @Test(arguments: [
        "https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a b", "/é", "/\r\nx: y",
    ])
    func `nobody is led to another place by a link to the door`(_ next: String) async throws {
        try await withCommunity(in: Surroundings()) { community in
            let visitor = ConsoleVisitor(community)
            let answer = try await visitor.post("/sign-in", ["token": Community.token, "next": next])
            #expect(answer.header("location") == "/")
        }
    }

    @Test func `only a form of the session's own pages changes anything, and only for who may`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            var operators = ConsoleVisitor(community)
            _ = try await operators.signIn()
            var viewer = ConsoleVisitor(community)
            _ = try await viewer.signIn(ServiceConfiguration.viewerToken)
            let page = try await viewer.get("/customers/77").text
            #expect(!page.contains("Ban") && page.contains("looks only"))
            let changing = [
                ("/customers/77/confirm", ["action": "ban", "reason": "x"]),
                ("/customers/77/decide", ["action": "ban", "reason": "x"]),
                ("/held/confirm", ["action": "approve"]), ("/held/decide", ["action": "approve"]),
                ("/deliveries/1/replay", [:]), ("/service", ["action": "pause"]),
            ]
            let foreign = try await viewer.formToken()
            for (path, fields) in changing {
                #expect(try await operators.post(path, fields).status == 403)
                #expect(try await operators.post(path, fields.merging(["form_token": foreign]) { $1 }).status == 403)
                let viewers = try await viewer.post(path, fields.merging(["form_token": foreign]) { $1 })
                #expect(viewers.status == 403)
                #expect(viewers.text.contains("may only look"))
                #expect(try await ConsoleVisitor(community).post(path, fields).status == 303)
                #expect(try await operators.get(path).status == 405)
            }
            #expect(try await community.api("GET", "overrides").items.isEmpty)
            #expect(try await community.api("GET", "status").object["paused"] as? Bool == false)
        }
    }

    @Test func `what others wrote is shown as text, wherever it stands`() async throws {
        let hostile = #""><script>alert(1)</script><img src=x onerror=alert(2)>{{#frame}}{{formToken}}{{/frame}}"#
        try await withCommunity(in: Surroundings()) { community in
            try await community.send(.created, hostile) { facts in
                facts.customerID = .value(hostile)
                facts.email = .value("x@example.test")
                facts.name = .value(hostile)
                facts.product = .value(ProductID(hostile))
                facts.status = .value(.active)
                facts.properties = ["minecraft_username": hostile]
            }
            try await community.settled()
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            let formToken = try await visitor.formToken()
            let list = try await visitor.get("/customers").text
            let found = try #require(list.firstMatch(of: /href="(\/customers\/id[^"]*)"/), "\(list)")
            for path in [
                String(found.output.1), "/customers", "/attention", "/deliveries", "/deliveries/1", "/panel",
                "/customers?search=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
            ] {
                let page = try await visitor.get(path).text
                #expect(!page.contains("<script>") && !page.contains("<img"), "\(path): \(page)")
                let shown = page.replacingOccurrences(of: "value=\"\(formToken)\"", with: "")
                #expect(!shown.contains(formToken), "\(path): a template in what others wrote was filled in")
            }
        }
    }

    @Test func `a person grants, looks, ends and bans, each shown before it happens`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            let formToken = try await visitor.formToken()
            let grant = ["form_token": formToken, "action": "grant", "tier": "knight", "reason": "a prize"]
            let plan = try await visitor.post("/customers/77/confirm", grant)
            #expect(plan.status == 200, "\(plan.text)")
            #expect(plan.text.contains("gets tier knight"))
            #expect(try await community.api("GET", "overrides").items.isEmpty, "shown, not done")
            let done = try await visitor.post("/customers/77/decide", grant)
            #expect(done.header("location") == "/customers/id%3A77")
            let page = try await visitor.get("/customers/77").text
            #expect(page.contains("A grant is in force.") && page.contains("Grant of tier knight, by tester: a prize"))
            #expect(try await !visitor.get("/customers/77").text.contains("A grant is in force."), "said once")
            let id = try #require(try await community.api("GET", "overrides").items.first?["id"] as? String)
            let end = ["form_token": formToken, "action": "end", "override": id]
            #expect(try await visitor.post("/customers/77/confirm", end).text.contains("The grant of"))
            _ = try await visitor.post("/customers/77/decide", end)
            #expect(try await community.api("GET", "overrides").items.isEmpty)
            for wrong in [
                ["action": "grant", "tier": "emperor", "reason": "x"], ["action": "grant", "tier": "knight"],
                ["action": "hold", "reason": "x", "until": "2020-01-01"], ["action": "explode"],
            ] {
                let fields = wrong.merging(["form_token": formToken]) { $1 }
                for path in ["/customers/77/confirm", "/customers/77/decide"] {
                    let answer = try await visitor.post(path, fields)
                    #expect(answer.status == 400, "\(wrong)")
                    #expect(answer.header("content-type") == "text/html; charset=utf-8")
                    #expect(answer.text.contains("aria-label=\"Pages\""), "the owner keeps their place")
                    #expect(answer.text.contains("href=\"/customers/77"), "and has a way back")
                }
            }
            #expect(try await community.api("GET", "overrides").items.isEmpty)
        }
    }

    @Test func `looking again and replaying show what they would do before they do it`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            _ = try await community.api("POST", "pause")
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.eventually("bob waits") {
                try await community.customer("78")["state"] as? String == "blocked"
            }
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            let token = ["form_token": try await visitor.formToken()]
            let before = try await community.api("GET", "audit-log").items.count
            for action in ["retry", "replay"] {
                let fields = token.merging(["action": action]) { $1 }
                let plan = try await visitor.post("/customers/78/confirm", fields)
                #expect(plan.status == 200 && plan.text.contains("is given."), "\(plan.text)")
                let nothing = try await visitor.post("/customers/77/confirm", fields).text
                #expect(nothing.contains("Nothing on any panel."))
            }
            let plan = try await visitor.post("/deliveries/2/confirm", token).text
            #expect(plan.contains("bob@example.test: Frost Path I: "), "\(plan)")
            #expect(try await community.api("GET", "audit-log").items.count == before, "shown, not done")
            let done = try await visitor.post("/customers/78/decide", token.merging(["action": "replay"]) { $1 })
            #expect(done.header("location") == "/customers/id%3A78")
            let actions = try await community.api("GET", "audit-log").items.compactMap { $0["what"] as? String }
            #expect(actions.contains("replay delivery 2"))
        }
    }

    @Test func `pages of ten thousand customers stay small`() async throws {
        try await withCommunity(in: Surroundings()) {
            $0.mode = .observe
        } _: { community in
            for page in 1...10 {
                let all = (0..<1000).map { number in
                    let product = number % 5 == 0 ? "nobody-sells-this" : "knight"
                    let id = "\(page)-\(number)"
                    return
                        #"{"subscription_id":"\#(id)","customer_id":"c\#(id)","customer_email":"c\#(id)@example.test","status":"active","product_id":"\#(product)"}"#
                }
                let body = """
                    {"event":"subscriptions.snapshot","generation":"g","page":\(page),"pages":10,"subscriptions":[\(all.joined(separator: ","))]}
                    """
                #expect(try await community.deliver(Data(body.utf8)).status == 202)
            }
            try await community.eventually("all are known, and many need a person") {
                let customers = try await community.api("GET", "status").object["customers"] as? [String: Int]
                return customers?["total"] == 10_000 && customers?["needs_attention"] ?? 0 > 500
            }
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            for path in [
                "/", "/customers", "/customers?tier=knight", "/customers?search=c1", "/customers/c1-1", "/attention",
                "/upcoming", "/drift", "/matrix", "/deliveries", "/deliveries/1", "/panel", "/log",
            ] {
                let page = try await visitor.get(path)
                #expect(page.status == 200, "\(path)")
                #expect(page.text.utf8.count < 150_000, "\(path): \(page.text.utf8.count)")
            }
            let further = try await visitor.get("/customers").text
            #expect(further.contains("href=\"/customers?after=id%3Ac"))
            #expect(try await visitor.get("/customers?tier=awakened").text.contains("Nobody."))
        }
    }

    @Test func `how long new payers waited is known after a restart, too`() async throws {
        try await withPlace { place in
            try await place.serve { community in
                try await community.buys("knight")
                try await community.settled()
                var visitor = ConsoleVisitor(community)
                _ = try await visitor.signIn()
                #expect(try await visitor.get("/").text.contains("The latest new payer: half had access within"))
            }
            try await place.serve { community in
                var visitor = ConsoleVisitor(community)
                _ = try await visitor.signIn()
                #expect(try await visitor.get("/").text.contains("The latest new payer: half had access within"))
            }
        }
    }

    @Test func `ranks in game and servers of their own have their columns`() async throws {
        var tiers = Catalog.small.tiers
        tiers[1].luckPerms = LuckPermsGroup("noble").map { TierRank(group: $0, servers: "frost") }
        tiers[1].dedicated = DedicatedOffer(egg: "Paper", limits: DedicatedLimits(memory: 2048, disk: 1000, cpu: 150))
        let catalog = Catalog(tiers: tiers, groups: Catalog.small.groups.values.map(\.self))
        try await withCommunity(catalog: catalog, configure: { $0.billing.paymenter.playerProperty = "player" }) {
            community in
            community.panel.join("Steve", server: try community.server("Frost Path I"))
            try await community.send(.created, "1") {
                $0.customerID = .value("77")
                $0.email = .value("ada@example.test")
                $0.product = .value("knight")
                $0.status = .value(.active)
                $0.paidThrough = .value(community.clock.now + .days(30))
                $0.properties = ["player": "Steve"]
            }
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            try await community.eventually("the rank is there") {
                try await visitor.get("/customers/77").text.contains(">noble</td>")
            }
            let page = try await visitor.get("/customers/77").text
            #expect(page.contains("><bdi>Steve</bdi></td>") && page.contains("Servers of their own"))
            #expect(page.contains("of subscription 1 (tier knight)"))
            let matrix = try await visitor.get("/matrix").text
            #expect(matrix.contains("rank noble, by frost"))
            #expect(matrix.contains("Paper: 2048 MB memory, 1000 MB disk, 150 % CPU"))
        }
    }

    @Test func `the stream says when a panel goes away`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            var (isOpen, isTold) = (false, false)
            for try await part in try await visitor.news() {
                isTold = isOpen && part.contains("event: changed")
                if isTold { break }
                guard !isOpen else { continue }
                isOpen = true
                community.panel.faults.add(.errorBefore(.exception()), .always)
                community.clock.advance(by: .seconds(301))
                try await community.eventually("the circuit opens") {
                    try await community.api("GET", "status").text.contains("\"circuit\":\"open\"")
                }
            }
            #expect(isTold)
        }
    }

    @Test func `the stream says when something changed, and ends by itself`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            async let stream = visitor.get("/live")
            try await community.pay("77", "ada@example.test")
            let answer = try await stream
            #expect(answer.header("content-type") == "text/event-stream")
            #expect(answer.text.contains("event: changed"))
        }
    }
}

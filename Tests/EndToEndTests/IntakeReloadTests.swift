import Assembly
import Billing
import Entitlements
import Foundation
import Observability
import PanelSimulator
import ServiceConfiguration
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2)))
struct IntakeReloadTests {
    @Test func `a reload takes what is good, and a bad file changes nothing`() async throws {
        let source = Mutable()
        let (requests, reload) = AsyncStream.makeStream(of: Void.self)
        var surroundings = Surroundings()
        surroundings.reread = { try source.read() }
        surroundings.reloadRequests = requests
        try await withCommunity(in: surroundings) { community in
            try await community.pay("77", "ada@example.test")
            func reloaded(_ line: String) async throws {
                let before = community.logs.all.components(separatedBy: line).count
                reload.yield()
                try await community.eventually("it is reloaded") {
                    community.logs.all.components(separatedBy: line).count > before
                }
            }
            source.set { throw StartupError("tiers.knight.rank: is no number") }
            try await reloaded("the old one stays in force")
            #expect(community.logs.all.contains("tiers.knight.rank: is no number"))
            let told = try await community.api("GET", "status").text
            #expect(told.contains("the one before it stays in force. tiers.knight.rank: is no number."))
            #expect(try await community.deliver(Community.plain).status == 202)

            let secret = "whsec_" + Data("a newer secret of thirty-two bytes".utf8).base64EncodedString()
            let token = "a-newer-token-of-the-tests"
            var changed = community.configuration
            changed.billing.paymenter.secrets = [Redacted(secret)]
            changed.admin.tokens = [.init(token: Redacted(token), name: "newer"), changed.admin.tokens[0]]
            changed.listen.port = 1
            source.set { [changed] in changed }
            try await reloaded("The configuration was read anew.")
            #expect(community.logs.all.contains(#""keys":"listen""#))
            #expect(community.logs.all.contains("billing.paymenter.secrets"))
            expectProblem(try await community.deliver(Community.plain), 401)
            let signed = StandardWebhooks.headers(
                id: "new",
                at: community.clock.now,
                body: Community.plain,
                secret: try WebhookSecret(secret)
            )
            let headers = Dictionary(uniqueKeysWithValues: signed.map { ($0.key.rawValue, $0.value) })
            let taken = try await community.request(
                "POST",
                "/webhooks/paymenter",
                headers: headers,
                body: Community.plain
            )
            #expect(taken.status == 202)
            let seen = try await community.request(
                "GET",
                "/api/v1/status",
                headers: ["Authorization": "Bearer \(token)"]
            )
            #expect(seen.status == 200)
            #expect(!seen.text.contains("is no number"))
            #expect(seen.text.contains("in the configuration at listen takes effect only after a restart."))
            // What waits for a restart is named again, however often it is reread.
            try await reloaded("take effect only after a restart")
            #expect(!community.logs.all.contains(secret))
            #expect(!community.logs.all.contains(token))
        }
    }

    @Test func `a session has its token's role, and ends with its token`() async throws {
        let source = Mutable()
        let (requests, reload) = AsyncStream.makeStream(of: Void.self)
        var surroundings = Surroundings()
        surroundings.reread = { try source.read() }
        surroundings.reloadRequests = requests
        try await withCommunity(in: surroundings) { community in
            func reloaded(_ tokens: [ServiceConfiguration.Admin.Token], _ secrets: [String]) async throws {
                let line = "The configuration was read anew."
                let before = community.logs.count(of: line)
                var changed = community.configuration
                changed.admin.tokens = tokens
                changed.billing.paymenter.secrets = secrets.map { Redacted($0) }
                source.set { [changed] in changed }
                reload.yield()
                try await community.eventually("it is reloaded") { community.logs.count(of: line) > before }
            }
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            let pause = ["form_token": try await visitor.formToken(), "action": "pause"]
            #expect(try await visitor.get("/").text.contains("<span><bdi>tester</bdi></span>"))

            let newer = "whsec_" + Data("a newer secret of thirty-two bytes".utf8).base64EncodedString()
            let looks = ServiceConfiguration.Admin.Token(
                token: Redacted(Community.token),
                role: .viewer,
                name: "looker"
            )
            try await reloaded([looks], [newer, Community.secret])
            #expect(try await visitor.get("/").text.contains("<bdi>looker</bdi> (looks only)"))
            #expect(try await visitor.post("/service", pause).status == 403)
            #expect(try await community.deliver(Community.plain).status == 202)
            #expect(try await visitor.get("/deliveries/1").text.contains("signed with secret 2"), "the older of two")

            let other = ServiceConfiguration.Admin.Token(token: Redacted("another-token-of-the-tests"), name: "other")
            try await reloaded([other], [newer])
            #expect(try await visitor.get("/").status == 303)
            try await reloaded([looks], [newer])
            #expect(try await visitor.get("/").status == 303, "what ended does not come back")
        }
    }

    @Test func `what a changed tier would take away waits for approval, what it gives is given`() async throws {
        let source = Mutable()
        let (requests, reload) = AsyncStream.makeStream(of: Void.self)
        var surroundings = Surroundings()
        surroundings.reread = { try source.read() }
        surroundings.reloadRequests = requests
        try await withCommunity(in: surroundings) { community in
            try await community.pay("77", "ada@example.test")
            let before = community.panel.access
            var changed = community.configuration
            changed.catalog = .tiers(
                [
                    Tier(
                        id: "knight",
                        rank: 3,
                        products: ["knight"],
                        access: [TierAccess(group: "frost", permissions: ["file.read", "websocket.connect"])]
                    )
                ],
                groups: ["frost": ["Frost Path*"], "creative": ["Creative*"]]
            )
            source.set { [changed] in changed }
            reload.yield()
            try await community.eventually("the new permission is there") {
                community.panel.access["Frost Path I"]?["ada@example.test"]?.contains("file.read") == true
            }
            try await community.eventually("the losses are held") {
                try await community.api("GET", "breaker").object["held_customers"] as? Int == 1
            }
            #expect(community.panel.access["Creative Plots"] == before["Creative Plots"])
            #expect(community.panel.access["Frost Path I"]?["ada@example.test"]?.contains("control.console") == true)
            let status = try await community.api("GET", "status").object
            #expect((status["attention"] as? [String] ?? []).contains { $0.contains("wait for approval") })
            let plan = try await community.api("GET", "plan").items
            #expect(plan.first?["holds_losses"] as? Bool == true)
            let changes = plan.first?["changes"] as? [[String: Any]] ?? []
            #expect(changes.contains { $0["name"] as? String == "Creative Plots" })
            #expect(
                try await community.api("POST", "breaker/approve", ["customers": []]).object["approved"] as? Int == 0
            )
            let approved = try await community.api("POST", "breaker/approve", ["customers": ["ada@example.test"]])
            #expect(approved.object["approved"] as? Int == 1)
            try await community.eventually("it is taken away") {
                community.panel.access == [
                    "Frost Path I": ["ada@example.test": ["file.read", "websocket.connect"]],
                    "Frost Path II": ["ada@example.test": ["file.read", "websocket.connect"]],
                ]
            }
        }
    }
}

/// A configuration that a test exchanges.
private final class Mutable: Sendable {
    private let source = Mutex<@Sendable () throws -> ServiceConfiguration>({ throw StartupError("nothing is set") })

    func set(_ new: @escaping @Sendable () throws -> ServiceConfiguration) {
        source.withLock { $0 = new }
    }

    func read() throws -> ServiceConfiguration {
        try source.withLock { $0 }()
    }
}

import Billing
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// What the extension asks with the secret of its deliveries, and what nobody learns by it.
@Suite(.timeLimit(.minutes(5)))
struct ExtensionQuestionTests {
    @Test func `a customer's page says what is there and where to sign in, and nothing else`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.settled()

            let answer = try await community.ask(["question": "access", "customer_id": "77"])
            #expect(answer.status == 200)
            let page = answer.object
            #expect(
                Set(page.keys) == [
                    "accounts", "customer_id", "own_servers", "ranks", "servers", "since", "state", "subscriptions",
                ]
            )
            #expect(page["state"] as? String == "ready")
            let servers = page["servers"] as? [[String: String]] ?? []
            #expect(servers.map { $0["name"] } == ["Frost Path I", "Frost Path II", "Creative Plots"])
            #expect(servers.allSatisfy { $0["state"] == "given" })
            let account = try #require((page["accounts"] as? [[String: String]])?.first)
            #expect(account["email"] == "ada@example.test")
            #expect(account["username"] == community.panel.user(email: "ada@example.test")?.username)
            #expect(account["address"] == community.configuration.panels["main"]?.url.absoluteString)
            for secret in ["bob", Community.token, "websocket", "external", "uuid"] {
                #expect(!answer.text.contains(secret), "\(secret)")
            }
        }
    }

    @Test func `while the panel is away it says that it goes on by itself, in no operator's words`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            community.panel.faults.add(.errorBefore(.page(status: 403)), .always)
            try await community.buys("knight")
            try await community.eventually("it waits") { try await community.state() == "blocked" }
            let page = try await community.ask(["question": "access", "customer_id": "77"])
            #expect(page.object["state"] as? String == "waiting")
            #expect(page.object["because"] as? String == "panel_away")
            #expect(!page.text.contains("HTML"))
        }
    }

    @Test func `what is not paid says until when it stays, what ended since when, and a ban does not say why`()
        async throws
    {
        try await withCommunity { community in
            let before = community.clock.now
            try await community.buys("knight")
            let after = community.clock.now
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.send(.paymentFailed, "1")
            try await community.send(.cancelled, "2")
            try await community.settled()
            func subscription(_ customer: String) async throws -> [String: Any] {
                let page = try await community.ask(["question": "access", "customer_id": customer]).object
                return (page["subscriptions"] as? [[String: Any]])?.first ?? [:]
            }
            let unpaid = try await subscription("77")
            #expect(unpaid["status"] as? String == "past_due")
            #expect(unpaid["gives_access"] as? Bool == true)
            let until = try #require(unpaid["until"] as? String)
            #expect(((before + .days(37)).iso8601...(after + .days(37)).iso8601).contains(until))
            #expect(try await subscription("78")["status"] as? String == "ended")

            _ = try await community.override("ban")
            try await community.settled()
            let page = try await community.ask(["question": "access", "customer_id": "77"])
            #expect(page.object["because"] as? String == "barred")
            #expect(!page.text.contains("a test"))
        }
    }

    @Test func `only who holds the secret may ask, and only what an extension asks`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let body = try JSONSerialization.data(withJSONObject: ["question": "access", "customer_id": "77"])
            expectProblem(try await community.request("POST", "/webhooks/paymenter/questions", body: body), 401)
            expectProblem(
                try await community.request(
                    "POST",
                    "/webhooks/paymenter/questions",
                    headers: ["Authorization": "Bearer \(Community.token)"],
                    body: body
                ),
                401
            )
            expectProblem(try await community.ask(["question": "access", "customer_id": "ada@example.test"]), 404)
            expectProblem(try await community.ask(["question": "access"]), 400, field: "customer_id")
            expectProblem(try await community.ask(["question": "customers"]), 400, field: "question")
            expectProblem(try await community.ask(["question": "tiers", "and": "more"]), 400, field: "and")
            #expect(try await community.api("GET", "events").items.isEmpty)
        }
    }

    @Test func `the tiers are told as a shop must know them, and what is wanted only by its id`() async throws {
        let paymenter = SimulatedPaymenter()
        try await paymenter.serve { url in
            try await withCommunity(
                configure: { $0.billing.paymenter.api = .init(url: url, token: Redacted(SimulatedPaymenter.token)) }
            ) { community in
                let tiers = try await community.ask(["question": "tiers"]).object["tiers"] as? [[String: Any]] ?? []
                #expect(tiers.map { $0["id"] as? String } == ["awakened", "knight"])
                #expect(tiers.map { $0["needs_player"] as? Bool } == [false, false])

                try await community.buys("knight", subscription: "5", paidFor: nil)
                try await community.settled()
                paymenter.services = [.init(id: 5, status: "suspended")]
                try await community.readAgain()
                let wanted = try await community.ask(["question": "wanted"]).object
                let first = try #require((wanted["subscriptions"] as? [[String: String]])?.first)
                #expect(Set(first.keys) == ["id", "since"])
                #expect(first["id"] == "5")
                #expect(wanted["full_list_since"] == nil)
            }
        }
    }
}

extension Community {
    /// Asks as the extension does: signed with the webhooks' secret.
    func ask(_ question: [String: String]) async throws -> Answer {
        let body = try JSONSerialization.data(withJSONObject: question)
        let headers = StandardWebhooks.headers(
            id: UUID().uuidString,
            at: clock.now,
            body: body,
            secret: try WebhookSecret(Self.secret)
        )
        return try await request(
            "POST",
            "/webhooks/paymenter/questions",
            headers: Dictionary(uniqueKeysWithValues: headers.map { ($0.key.rawValue, $0.value) }),
            body: body
        )
    }
}

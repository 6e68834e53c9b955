import Entitlements
import Foundation
import Observability
import PanelSimulator
import ServiceConfiguration
import Testing

/// With a secret in every place that can hold one, and everything failing that can fail: none is told to anybody.
@Suite(.timeLimit(.minutes(3)))
struct SecretTests {
    private static let channel = "/api/webhooks/1234/s3cret-of-the-channel"
    private static let alertSecret = "whsec_" + Data("the alerts' secret of thirty-two".utf8).base64EncodedString()
    private static let paymenterToken = "PAYM-s3cret-of-paymenters-own-api"
    private static let stripeSecret = "whsec_" + Data("stripe's own secret of thirty-tw".utf8).base64EncodedString()

    /// What must not be told: each secret, and what it is made of.
    private static let secrets: [String] = {
        let signing = [Community.secret, alertSecret, stripeSecret]
        let keys = signing.map { String($0.dropFirst("whsec_".count)) }
        return [
            Community.token, ServiceConfiguration.viewerToken, PanelWorld.applicationKey, PanelWorld.clientKey,
            "s3cret-of-the-channel", paymenterToken,
        ] + keys + keys.compactMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) }
    }()

    private func expectSilence(_ text: String, _ place: String) {
        for secret in Self.secrets {
            let found = text.range(of: secret).map { text[$0.lowerBound...].prefix(12) }
            #expect(found == nil, "\(place) tells a secret: \(text.prefix(2000))")
        }
    }

    private func provoke(_ community: Community) async throws {
        // A panel in debugging mode that shows what it was asked with.
        let echo =
            #"{"errors":[{"code":"X","status":"500","detail":"Bearer \#(PanelWorld.applicationKey) \#(PanelWorld.clientKey)"}]}"#
        community.panel.faults.add(
            .errorBefore(.answer(status: 500, contentType: "application/json", body: echo)),
            .next(20)
        )
        try await community.pay("77", "ada@example.test", settle: false)
        for change: (inout [String: String]) -> Void in [
            { $0["webhook-signature"] = "v1,\(Community.secret)" }, { $0["webhook-id"] = Community.secret },
            { $0["webhook-timestamp"] = Community.token }, { $0["authorization"] = "Bearer \(Community.token)" },
            { $0["webhook-signature"] = nil }, { $0["x-secret"] = PanelWorld.clientKey },
        ] { expectSilence(try await community.deliver(Community.plain, changing: change).text, "a forged delivery") }
        let forged = ["stripe-signature": "t=1,v1=\(Self.stripeSecret)"]
        let answer = try await community.request(
            "POST",
            "/webhooks/stripe",
            headers: forged,
            body: Community.plain
        )
        expectSilence(answer.text, "a forged delivery of Stripe's")
        for header in ["Bearer \(Community.token)x", "Bearer \(PanelWorld.clientKey)", "Basic \(Community.token)"] {
            _ = try await community.request("GET", "/api/v1/status", headers: ["Authorization": header])
            _ = try await community.request("GET", "/metrics", headers: ["Authorization": header])
        }
        let visitor = ConsoleVisitor(community)
        expectSilence(try await visitor.post("/sign-in", ["token": PanelWorld.clientKey]).text, "a wrong sign-in")
        _ = try await visitor.get("/?token=\(Community.token)&x=\(PanelWorld.clientKey)")
        for _ in 1...4 {
            community.clock.advance(by: .seconds(40))
            try await Task.sleep(for: .milliseconds(100))
        }
        community.panel.faults.add(.errorBefore(.unauthenticated), .next(6))
        _ = try await community.api("POST", "audit")
        community.clock.advance(by: .seconds(600))
        try await community.eventually("Paymenter's silence is told") {
            try await community.api("GET", "status").text.contains("Asking Paymenter has failed")
        }
    }

    @Test func `no answer, no page, no alert and no line of the log holds a secret`() async throws {
        let mailbox = Mailbox(failing: 2)
        try await withMailbox(mailbox) { port in
            try await withCommunity(in: Surroundings()) {
                $0.alerts = .init(
                    discord: Redacted("http://127.0.0.1:\(port)\(Self.channel)"),
                    generic: .init(url: "http://127.0.0.1:\(port)/alerts", secret: Redacted(Self.alertSecret))
                )
                $0.billing.stripeSecrets = [Redacted(Self.stripeSecret)]
                $0.billing.paymenter.api = URL(string: "http://127.0.0.1:1").map {
                    .init(url: $0, token: Redacted(Self.paymenterToken), every: .seconds(1))
                }
            } _: { community in
                try await provoke(community)
                try await expectSilentAnswers(of: community)
                community.panel.faults.add(.errorBefore(.unauthenticated), .next(1000))
                _ = try await community.api("POST", "audit")
                for cause in ["panel", "Paymenter"] {
                    for path in [Self.channel, "/alerts"] {
                        try await community.eventually("\(path) hears of the \(cause)") {
                            community.clock.advance(by: .seconds(20))
                            return mailbox.taken.contains {
                                $0.path == path && $0.body.localizedCaseInsensitiveContains(cause)
                            }
                        }
                    }
                }
                for letter in mailbox.taken { expectSilence(letter.body, "an alert") }
                expectSilence(community.logs.all, "the log")
            }
        }
    }

    private func expectSilentAnswers(of community: Community) async throws {
        for path in [
            "openapi.json", "status", "customers", "customers/77", "customers/77/explain", "customers/77/timeline",
            "subscriptions", "events", "events/1", "operations", "plan", "drift", "upcoming", "overrides", "breaker",
            "servers", "tiers", "billing/wanted", "audit-log", "dedicated", "rollbacks", "work", "nothing",
        ] { expectSilence(try await community.api("GET", path).text, path) }
        let headers = ["Authorization": "Bearer \(Community.token)"]
        for path in ["/health/ready", "/health/live", "/metrics"] {
            expectSilence(try await community.request("GET", path, headers: headers).text, path)
        }
        var visitor = ConsoleVisitor(community)
        _ = try await visitor.signIn()
        let walk = try await ConsoleWalk(visitor)
        #expect(walk.pages.count > 10)
        for (path, page) in walk.pages { expectSilence(page.text, path) }
    }
}

import Assembly
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// What `paydactyl check` says of the billing side: the two clocks, the API token, Stripe.
@Suite(.timeLimit(.minutes(5)))
struct BillingCheckTests {
    private func check(
        _ community: Community,
        _ change: (inout ServiceConfiguration) throws -> Void = { _ in }
    ) async throws -> CheckReport {
        var configuration = community.configuration
        configuration.listen.port = community.port
        try change(&configuration)
        return try await ConfigurationCheck(configuration, file: "paydactyl.yaml").run()
    }

    private func finding(_ subject: String, in report: CheckReport) -> CheckReport.Finding? {
        report.findings.first { $0.subject == subject }
    }

    /// A list without services, by which the extension reports Paymenter's days.
    private func report(_ suspend: Int, _ terminate: Int, to community: Community) async throws {
        let page = """
            {"event":"subscriptions.snapshot","generation":"\(suspend)-\(terminate)","page":1,"pages":1,"subscriptions":[],
            "occurred_at":"\(community.clock.now.iso8601)",
            "settings":{"suspend_after_days":\(suspend),"terminate_after_days":\(terminate)}}
            """
        #expect(try await community.deliver(Data(page.utf8)).status == 202)
        try await community.settled()
    }

    @Test func `Paymenter's days are held against the grace: what will happen when, and what to set`() async throws {
        try await withCommunity(configure: { $0.policy.gracePeriod = .days(7) }) { community in
            let unknown = try #require(finding("policy.grace_period", in: try await check(community)))
            #expect(unknown.verdict == .warn)
            #expect(unknown.text.contains("was not reported"), "\(unknown.text)")

            try await report(2, 14, to: community)
            let fits = try #require(finding("policy.grace_period", in: try await check(community)))
            #expect(fits.verdict == .ok)
            #expect(fits.text.contains("2") && fits.text.contains("7") && fits.text.contains("14"), "\(fits.text)")

            community.clock.advance(by: .seconds(1))
            try await report(2, 5, to: community)
            let early = try #require(finding("policy.grace_period", in: try await check(community)))
            #expect(early.verdict == .warn)
            #expect(early.text.contains("terminates"), "\(early.text)")
            #expect(early.text.contains("5 days") && early.text.contains("7 days"), "\(early.text)")
        }
    }

    @Test func `where the service does not run, its days are not known, and nothing fails`() async throws {
        try await withCommunity { community in
            try await report(2, 5, to: community)
            let elsewhere = try await check(community) { $0.listen.port = 1 }
            #expect(finding("policy.grace_period", in: elsewhere)?.verdict == .warn)
            #expect(elsewhere.holds)
        }
    }

    @Test(arguments: [
        (SimulatedPaymenter.Mood.usual, CheckReport.Finding.Verdict.ok, "answers, and shows 1 services"),
        (
            .json(401, #"{"message":"The provided API key is invalid or has been disabled."}"#), .fail,
            "Paymenter does not accept the API key (401"
        ),
        (
            .json(403, #"{"message":"You do not have permission to access this resource."}"#), .fail,
            "Paymenter refuses the API key (403"
        ),
        (.html(200), .fail, "is a web page and not Paymenter's API"),
    ])
    func `the API token is tried, and what is wrong with it is told`(
        _ mood: SimulatedPaymenter.Mood,
        verdict: CheckReport.Finding.Verdict,
        sentence: String
    ) async throws {
        let paymenter = SimulatedPaymenter()
        paymenter.services = [.init(id: 5)]
        try await paymenter.serve { url in
            try await withCommunity { community in
                paymenter.mood = mood
                let report = try await check(community) {
                    $0.billing.paymenter.api = .init(url: url, token: Redacted(SimulatedPaymenter.token))
                }
                let found = try #require(finding("billing.paymenter.api", in: report))
                #expect(found.verdict == verdict)
                #expect(found.text.contains(sentence), "\(found.text)")
                #expect(!found.text.contains(SimulatedPaymenter.token))
            }
        }
    }

    @Test func `with Stripe the token must see invoices, too`() async throws {
        let paymenter = SimulatedPaymenter()
        paymenter.services = [.init(id: 5)]
        paymenter.refusesInvoices = true
        try await paymenter.serve { url in
            try await withCommunity { community in
                func api(stripe: Bool) async throws -> CheckReport.Finding? {
                    let report = try await check(community) {
                        $0.billing.paymenter.api = .init(url: url, token: Redacted(SimulatedPaymenter.token))
                        if stripe { $0.billing.stripeSecrets = [Redacted("whsec_of_stripe")] }
                    }
                    return finding("billing.paymenter.api", in: report)
                }
                #expect(try await api(stripe: false)?.verdict == .ok)
                let refused = try #require(try await api(stripe: true))
                #expect(refused.verdict == .fail)
                #expect(
                    refused.text.contains("may view services, users, products, properties and invoices"),
                    "\(refused.text)"
                )
                paymenter.refusesInvoices = false
                #expect(try await api(stripe: true)?.verdict == .ok, "an invoice that is not there is no failure")
            }
        }
    }
}

import ChildProcess
import Entitlements
import Foundation
import GRDB
import Observability
import ServiceConfiguration
import Testing

/// What the bridge wants to hear, asked for by the extension's own classes and answered by a delivery.
@Suite(
    .timeLimit(.minutes(5)),
    .enabled("php-cli with php-sqlite3 and php-curl must be installed") { await PHPProgram.isThere() }
)
struct ExtensionAnswerTests {
    /// A community beside a Paymenter whose API is read, and whose money Stripe tells of.
    private func withPaymenter(_ body: (Community, SimulatedPaymenter) async throws -> Void) async throws {
        let paymenter = SimulatedPaymenter()
        try await paymenter.serve { url in
            try await withCommunity(
                configure: {
                    $0.billing.paymenter.api = .init(url: url, token: Redacted(SimulatedPaymenter.token))
                    $0.billing.stripeSecrets = [StripeIntakeTests.secret]
                }
            ) { community in try await body(community, paymenter) }
        }
    }

    /// Runs the extension at the community's own time of day.
    private func run(_ outbox: ExtensionOutbox, for community: Community, _ arguments: [String]) async throws
        -> ExtensionOutbox.Report
    {
        let ahead = community.clock.now.milliseconds / 1000 - Int64(Date().timeIntervalSince1970)
        let report = try await outbox.run(
            "http://127.0.0.1:\(community.port)",
            secret: Community.secret,
            arguments + ["--ahead", "\(ahead)"]
        )
        #expect(report.left == 0, "\(report.problem ?? "")")
        try await community.settled()
        return report
    }

    private func shown(_ status: String) -> SimulatedPaymenter.Service {
        .init(id: 1, status: status, product: "fire-elemental", user: 1, email: "customer1@example.test")
    }

    @Test
    func `a service that Paymenter's API shows otherwise is asked for, told anew by the extension, and so settled`()
        async throws
    {
        try await withPaymenter { community, paymenter in
            let outbox = try ExtensionOutbox()
            _ = try await run(outbox, for: community, ["--enqueue", "1"])
            #expect(try await community.standing(of: "1") == "active")
            let nothing = try await run(outbox, for: community, ["--wanted"])
            #expect(nothing.wanted?.told == 0)

            // Changed at Paymenter past every event; only its API shows it.
            paymenter.services = [shown("suspended")]
            try await community.readAgain()
            #expect(try await community.wanted().map { $0["subscription_id"] as? String } == ["1"])
            #expect(try await community.standing(of: "1") == "active", "the API overrules nobody")

            let answered = try await run(outbox, for: community, ["--silently", "suspended", "--wanted"])
            #expect(answered.wanted?.told == 1)
            #expect(try await community.standing(of: "1") == "suspended")
            try await community.readAgain()
            #expect(try await community.wanted().isEmpty)
            let again = try await run(outbox, for: community, ["--wanted"])
            #expect(again.wanted?.told == 0)
        }
    }

    @Test func `the dispute of a payment from before Stripe was listened to finds its service through the extension`()
        async throws
    {
        try await withPaymenter { community, paymenter in
            paymenter.services = [shown("active")]
            let outbox = try ExtensionOutbox()
            _ = try await run(outbox, for: community, ["--enqueue", "1"])
            func isDisputed(_ payment: String) async throws {
                let dispute =
                    #"{"id":"dp_1","amount":500,"currency":"usd","payment_intent":"\#(payment)","status":"lost"}"#
                #expect(try await community.sendStripe("charge.dispute.created", dispute).status == 202)
                try await community.eventually("it is asked") { try await community.paymentsAsked() == [payment] }
            }
            try await isDisputed("pi_old")
            #expect(try await community.standing(of: "1") == "active")
            let answered = try await run(outbox, for: community, ["--paid", "pi_old", "--wanted"])
            #expect(answered.wanted?.payments == 1)
            #expect(try await community.standing(of: "1") == "suspended")

            try await isDisputed("pi_of_another_shop")
            _ = try await run(outbox, for: community, ["--wanted"])
            let notes = try await community.api("GET", "events?state=refused").items.compactMap {
                $0["note"] as? String
            }
            #expect(
                notes == [
                    """
                    A payment of 5.00 USD is disputed at Stripe (dp_1), and nothing says for which service of Paymenter's it was. \
                    Paymenter's own database knows no such payment either. Decide by hand whose access it concerns.
                    """
                ]
            )
        }
    }

    @Test func `a list of two thousand services comes in pages, and a reading that shows the same writes nothing`()
        async throws
    {
        let services = 2000
        try await withPaymenter { community, paymenter in
            let outbox = try ExtensionOutbox()
            let report = try await run(outbox, for: community, ["--fill", "\(services)", "--list"])
            let list = try #require(report.list)
            #expect(list.problem == nil)
            #expect(list.acknowledged == list.pages)
            #expect(list.pages > 1)
            try await community.eventually("all of them are known") {
                try await community.api("GET", "status").object["subscriptions"] as? Int == services
            }
            try await community.settled()

            let paidUntil = try await community.customer("1")["subscriptions"] as? [[String: Any]]
            let day = try #require((paidUntil?.first?["paid_through"] as? String)?.prefix(10))
            paymenter.services = (1...services).map { number in
                SimulatedPaymenter.Service(
                    id: number,
                    product: "fire-elemental",
                    user: number,
                    email: "customer\(number)@example.test",
                    expiresAt: "\(day)T00:00:00.000000Z"
                )
            }
            let asked = paymenter.asked.count
            let ledger = try DatabaseQueue(path: community.configuration.ledgerPath)
            // Changes with every commit of another connection, whatever it wrote.
            func version() async throws -> Int? {
                try await ledger.read { try Int.fetchOne($0, sql: "PRAGMA data_version") }
            }
            try await community.readAgain()
            try await community.settled()
            let before = try await version()
            try await community.readAgain()
            #expect(try await version() == before)
            let readings = try await community.readings()
            #expect(readings["services"] as? Int == services)
            #expect(readings["snapshots_wanted"] as? Int == 0)
            // A hundred at a time are asked for and held.
            #expect(paymenter.asked.count == asked + 2 * services / 100)
        }
    }
}

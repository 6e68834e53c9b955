import Billing
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// Payments from before we listened to Stripe: only Paymenter's own database knows what they were for, so its extension is asked.
@Suite(.timeLimit(.minutes(5)))
struct PaymentQuestionTests {
    private func withStripe(_ body: (Place) async throws -> Void) async throws {
        let paymenter = SimulatedPaymenter()
        paymenter.services = [.init(id: 5)]
        try await paymenter.serve { url in
            try await withPlace(
                configure: {
                    $0.billing.paymenter.api = .init(url: url, token: Redacted(SimulatedPaymenter.token))
                    $0.billing.stripeSecrets = [StripeIntakeTests.secret]
                }
            ) { place in try await body(place) }
        }
    }

    private func dispute(_ payment: String, _ status: String = "needs_response") -> String {
        """
        {"id":"dp_\(payment)","amount":500,"currency":"usd","payment_intent":"\(payment)","metadata":{},"status":"\(status)"}
        """
    }

    private func buys(_ community: Community) async throws {
        try await community.buys("knight", subscription: "5", paidFor: nil)
        try await community.settled()
    }

    @Test
    func `an old payment's dispute waits for the extension's answer, which outlives a restart and settles all of it`()
        async throws
    {
        try await withStripe { place in
            try await place.serve { community in
                try await buys(community)
                try await community.sendStripe("charge.dispute.created", dispute("pi_old"))
                try await community.eventually("it is asked") { try await community.paymentsAsked() == ["pi_old"] }
                #expect(try await community.standing() == "active")
            }
            try await place.serve { community in
                try await community.eventually("it is asked") { try await community.paymentsAsked() == ["pi_old"] }
                try await community.identifies("pi_old", ["5"])
                try await community.settled()
                #expect(try await community.standing() == "suspended")
                #expect(try await community.paymentsAsked().isEmpty)
                // What was answered once is known.
                community.clock.advance(by: .seconds(2))
                try await community.sendStripe("charge.dispute.closed", dispute("pi_old", "won"))
                try await community.settled()
                #expect(try await community.standing() == "active")
                #expect(try await community.api("GET", "status").object["deliveries_refused"] as? Int == 0)
            }
        }
    }

    @Test
    func `without an answer a person hears of it after half an hour and decides after two days; a replay asks again`()
        async throws
    {
        try await withStripe { place in
            try await place.serve { community in
                try await buys(community)
                try await community.sendStripe("charge.dispute.created", dispute("pi_old"))
                try await community.eventually("it is asked") { try await community.paymentsAsked() == ["pi_old"] }
                func attention() async throws -> [String] {
                    try await community.attention().filter { $0.contains("pi_old") }
                }
                #expect(try await attention().isEmpty)
                community.clock.advance(by: .seconds(1801))
                let sentence = try #require(try await attention().first)
                #expect(sentence.contains("only Paymenter's database can say for which services"))
                #expect(sentence.contains("php artisan paydactyl:wanted"))

                community.clock.advance(by: .days(2))
                try await community.eventually("it is given up") {
                    try await community.api("GET", "events?state=refused").items.count == 1
                }
                let refused = try #require(try await community.api("GET", "events?state=refused").items.first)
                let number = try #require(refused["number"] as? Int)
                let note = try #require(refused["note"] as? String)
                #expect(note.contains("has not answered for two days"))
                #expect(note.contains("`paydactyl replay \(number)` asks again"))
                #expect(try await community.standing() == "active")
                #expect(try await community.paymentsAsked().isEmpty)

                #expect(try await community.api("POST", "events/\(number)/replay").status == 202)
                try await community.eventually("it is asked again") {
                    try await community.paymentsAsked() == ["pi_old"]
                }
                try await community.identifies("pi_old", ["5"])
                try await community.settled()
                #expect(try await community.standing() == "suspended")
            }
        }
    }

    @Test func `no more than thirty payments are asked about at once, and what keeps coming is matched beside them`()
        async throws
    {
        try await withStripe { place in
            try await place.serve { community in
                try await buys(community)
                for number in 1...31 {
                    try await community.sendStripe("charge.dispute.created", dispute("pi_\(number)"))
                }
                try await community.eventually("one is refused") {
                    try await community.api("GET", "events?state=refused").items.count == 1
                }
                #expect(try await community.paymentsAsked().count == 30)
                let refused = try await community.api("GET", "events?state=refused").items
                #expect((refused.first?["note"] as? String)?.contains("Too many payments are asked about") == true)
                try await community.identifies("pi_7", ["5"])
                try await community.eventually("the one is matched") { try await community.standing() == "suspended" }
                #expect(try await community.paymentsAsked().count == 29)
            }
        }
    }

    static let bad: [(body: String, field: String)] = [
        (#"{"event":"payment.identified"}"#, "payment_id"),
        (#"{"event":"payment.identified","payment_id":"pi_1"}"#, "subscriptions"),
        (#"{"event":"payment.identified","payment_id":"pi_1","subscriptions":"5"}"#, "subscriptions"),
        (
            #"{"event":"payment.identified","payment_id":"pi_1","subscriptions":[{"id":"5"}]}"#,
            "subscriptions[0].subscription_id"
        ),
    ]

    @Test func `an answer that is none is refused by its field, and one that nobody asked for ends nothing`()
        async throws
    {
        try await withStripe { place in
            try await place.serve { community in
                try await buys(community)
                for bad in Self.bad {
                    expectProblem(try await community.deliver(Data(bad.body.utf8)), 400, field: bad.field)
                }
                try await community.identifies("pi_unheard", ["5"])
                try await community.settled()
                #expect(try await community.standing() == "active")
            }
        }
    }
}

extension Community {
    /// Of which payments the extension is asked what they were for.
    func paymentsAsked() async throws -> [String] {
        let wanted = try await ask(["question": "wanted"]).object
        return (wanted["payments"] as? [[String: String]] ?? []).compactMap { $0["id"] }
    }

    /// Answers as the extension does; `nil` says that Paymenter knows no such payment.
    func identifies(_ payment: String, _ subscriptions: [String]?) async throws {
        let listed = subscriptions?.map { #"{"subscription_id":"\#($0)"}"# }.joined(separator: ",")
        let list = listed.map { "[\($0)]" } ?? "null"
        let body = #"{"event":"payment.identified","payment_id":"\#(payment)","subscriptions":\#(list)}"#
        let answer = try await deliver(Data(body.utf8))
        #expect(answer.status == 202, "\(answer.text)")
    }
}

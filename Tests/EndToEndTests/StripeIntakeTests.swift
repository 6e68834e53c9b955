import Billing
import Entitlements
import Foundation
import Observability
import ServiceConfiguration
import Testing

/// Money that goes back, as Stripe tells it.
@Suite(.timeLimit(.minutes(5)))
struct StripeIntakeTests {
    static let secret = Redacted("whsec_the_signing_secret_of_stripe")

    private func withStripe(
        _ body: (Community, SimulatedPaymenter) async throws -> Void
    ) async throws {
        let paymenter = SimulatedPaymenter()
        paymenter.invoices = [.init(id: 17, services: [5]), .init(id: 18, services: [99])]
        paymenter.services = [.init(id: 5)]
        try await paymenter.serve { url in
            try await withCommunity(
                configure: {
                    $0.billing.paymenter.api = .init(url: url, token: Redacted(SimulatedPaymenter.token))
                    $0.billing.stripeSecrets = [Self.secret]
                }
            ) { community in
                try await community.buys("knight", subscription: "5", paidFor: nil)
                try await community.settled()
                try await body(community, paymenter)
            }
        }
    }

    private func charge(invoice: String?, refunded: Int = 500) -> String {
        let metadata = invoice.map { #"{"invoice_id":"\#($0)"}"# } ?? "{}"
        return """
            {"id":"ch_1","amount":500,"amount_refunded":\(refunded),"currency":"usd","payment_intent":"pi_1","metadata":\(metadata)}
            """
    }

    @Test func `a refund suspends the service that the invoice was for, once`() async throws {
        try await withStripe { community, _ in
            #expect(try await community.sendStripe("charge.refunded", charge(invoice: "17"), id: "evt_1").status == 202)
            let again = try await community.sendStripe("charge.refunded", charge(invoice: "17"), id: "evt_1")
            #expect(again.status == 200 && again.statusWord == "duplicate" || again.statusWord == "duplicate")
            try await community.settled()
            #expect(try await community.standing() == "suspended")
        }
    }

    @Test func `a dispute names the payment alone, is matched through what was remembered, and ends when it is won`()
        async throws
    {
        try await withStripe { community, paymenter in
            let intent = #"{"id":"pi_1","amount":500,"currency":"usd","metadata":{"invoice_id":"17"}}"#
            try await community.sendStripe("payment_intent.succeeded", intent)
            try await community.settled()
            paymenter.invoices = []
            let dispute = #""id":"dp_1","amount":500,"currency":"usd","payment_intent":"pi_1","metadata":{}"#
            try await community.sendStripe("charge.dispute.created", "{\(dispute),\"status\":\"needs_response\"}")
            try await community.settled()
            #expect(try await community.standing() == "suspended")
            community.clock.advance(by: .seconds(2))
            try await community.sendStripe("charge.dispute.closed", "{\(dispute),\"status\":\"won\"}")
            try await community.settled()
            #expect(try await community.standing() == "active")
        }
    }

    @Test func `what nothing matches, and a part of a refund, are kept for a person and change nothing`() async throws {
        try await withStripe { community, _ in
            // The one who could know, says that it does not.
            func saysThatItKnowsNothing() async throws {
                try await community.eventually("it is asked") { try await community.paymentsAsked() == ["pi_1"] }
                try await community.identifies("pi_1", nil)
                try await community.settled()
            }
            try await community.sendStripe("charge.refunded", charge(invoice: nil))
            try await saysThatItKnowsNothing()
            try await community.sendStripe("charge.refunded", charge(invoice: "404"))
            try await saysThatItKnowsNothing()
            try await community.sendStripe("charge.refunded", charge(invoice: "17", refunded: 200))
            try await community.settled()
            #expect(try await community.standing() == "active")
            let items = try await community.api("GET", "events?state=refused").object["items"] as? [[String: Any]] ?? []
            let notes = items.compactMap { $0["note"] as? String }
            #expect(notes.count == 3)
            #expect(notes.contains { $0.contains("2.00 USD of 5.00 USD were refunded (ch_1, invoice 17)") })
            let puzzle = "A payment of 5.00 USD was refunded at Stripe (ch_1), and nothing says"
            #expect(notes.filter { $0.contains(puzzle) && $0.contains("knows no such payment either.") }.count == 2)
            let attention = try await community.api("GET", "status").object["attention"] as? [String] ?? []
            #expect(attention.contains { $0.hasPrefix("3 deliveries were correctly signed but unusable") })
        }
    }

    @Test
    func `money that went back for an upgrade or for credit is told to a person, and its failure is nobody's news`()
        async throws
    {
        try await withStripe { community, paymenter in
            paymenter.invoices.append(.init(id: 19, services: []))
            try await community.sendStripe("charge.failed", charge(invoice: "19"))
            try await community.settled()
            #expect(try await community.api("GET", "status").object["deliveries_refused"] as? Int == 0)
            try await community.sendStripe("charge.refunded", charge(invoice: "19"))
            try await community.settled()
            let notes = try await community.api("GET", "events?state=refused").items.compactMap {
                $0["note"] as? String
            }
            #expect(
                notes == [
                    """
                    A payment of 5.00 USD was refunded at Stripe (ch_1), and it paid for no period of a service: for an upgrade, or for \
                    credit. Decide by hand whether access stays.
                    """
                ]
            )
            #expect(try await community.standing() == "active")
        }
    }

    @Test func `a service that nobody told us of is nobody's business`() async throws {
        try await withStripe { community, _ in
            try await community.sendStripe("charge.refunded", charge(invoice: "18"))
            try await community.sendStripe("customer.created", #"{"id":"cus_1"}"#)
            try await community.settled()
            let status = try await community.api("GET", "status").object
            #expect(status["subscriptions"] as? Int == 1)
            #expect(status["deliveries_refused"] as? Int == 0)
        }
    }

    @Test func `while Paymenter cannot be asked a refund waits, and is applied when it can`() async throws {
        try await withStripe { community, paymenter in
            paymenter.mood = .html(503)
            #expect(try await community.sendStripe("charge.refunded", charge(invoice: "17")).status == 202)
            try await community.eventually("it was tried") {
                community.logs.all.contains("Events of Stripe's could not be matched")
            }
            #expect(try await community.api("GET", "status").object["deliveries_waiting"] as? Int == 1)
            try await community.send(.renewed, "5")
            paymenter.mood = .usual
            community.clock.advance(by: .seconds(61))
            try await community.settled()
            #expect(try await community.api("GET", "events?state=waiting").object["items"] as? [String] == [])
        }
    }

    @Test func `what Stripe has not signed is refused`() async throws {
        try await withStripe { community, _ in
            let stranger = Redacted("whsec_not_the_signing_secret_of_it")
            let forged = try await community.sendStripe("charge.refunded", charge(invoice: "17"), signedWith: stranger)
            #expect(forged.status == 401)
            let unsigned = try await community.request("POST", "/webhooks/stripe", body: Data("{}".utf8))
            #expect(unsigned.status == 401)
            // Our own scheme's signature is none of Stripe's.
            #expect(try await community.deliver(Data("{}".utf8)).status == 400)
        }
    }
}

extension Community {
    /// Posts an event as Stripe does.
    @discardableResult
    func sendStripe(
        _ type: String,
        _ object: String,
        id: String = UUID().uuidString,
        signedWith secret: Redacted<String> = StripeIntakeTests.secret
    ) async throws -> Answer {
        let seconds = clock.now.milliseconds / 1000
        let body = Data(
            #"{"id":"\#(id)","type":"\#(type)","created":\#(seconds),"data":{"object":\#(object)}}"#.utf8
        )
        let header = StripeWebhooks.sign(body: body, at: clock.now, secret: secret)
        return try await request("POST", "/webhooks/stripe", headers: ["Stripe-Signature": header], body: body)
    }
}

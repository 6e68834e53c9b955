import Billing
import Entitlements
import Foundation
import Observability
import Testing

/// Stripe's signatures and events.
struct StripeTests {
    private static let secret = Redacted("whsec_test_secret_of_twenty_four")
    private static let body = Data(#"{"id":"evt_1","object":"event","type":"charge.refunded"}"#.utf8)
    private static let now = Timestamp(seconds: 1_790_000_000)
    /// Made with Python's hmac from the scheme's description.
    private static let code = "5f5f476dbc88cb3c536a2b7bc3e9dccdfda7376aebb6a16dec325a9fb811dde1"

    private func verify(
        _ header: String?,
        body: Data = body,
        secrets: [Redacted<String>] = [secret],
        now: Timestamp = now
    ) throws -> VerifiedDelivery {
        try StripeWebhooks.verify(header: header, body: body, secrets: secrets, now: now)
    }

    @Test func `a signature made elsewhere is found correct, and ours is the same`() throws {
        let delivery = try verify("t=1790000000,v1=\(Self.code),v0=00ff")
        #expect(delivery == VerifiedDelivery(id: "evt_1", stampedAt: Self.now, secretIndex: 0))
        #expect(
            StripeWebhooks.sign(body: Self.body, at: Self.now, secret: Self.secret) == "t=1790000000,v1=\(Self.code)"
        )
    }

    @Test func `any of several secrets and of several signatures may match`() throws {
        let other = Redacted("whsec_another_secret_that_is_long")
        let header = "t=1790000000,v1=\(String(repeating: "0", count: 64)), v1=\(Self.code)"
        #expect(try verify(header, secrets: [other, Self.secret]).secretIndex == 1)
    }

    @Test(arguments: [
        nil, "", "v1=\(code)", "t=now,v1=\(code)", "t=-5,v1=\(code)", "t=1790000000,t=1790000001,v1=\(code)",
        "t=1790000000",
        "t=1790000000,v1=xyz", "t=1790000000,v1=\(code.dropLast())", "t=1790000001,v1=\(code)",
        "t=1790000000,v0=\(code)",
        "t=1790000000" + String(repeating: ",v1=\(code)", count: 17),
    ])
    func `any other header is refused`(_ header: String?) {
        #expect(throws: WebhookVerificationError.self) { try verify(header) }
    }

    @Test func `another body or another secret is refused`() {
        let header = "t=1790000000,v1=\(Self.code)"
        #expect(throws: WebhookVerificationError.wrongSignature) {
            try verify(header, body: Self.body + Data(" ".utf8))
        }
        #expect(throws: WebhookVerificationError.wrongSignature) {
            try verify(header, secrets: [Redacted("whsec_another_secret_that_is_long")])
        }
    }

    @Test(arguments: [-301, 301])
    func `what was signed more than five minutes away is refused, with the difference`(_ seconds: Int64) {
        let error = #expect(throws: WebhookVerificationError.self) {
            try verify("t=1790000000,v1=\(Self.code)", now: Self.now + .seconds(seconds))
        }
        #expect(error?.signedOutsideTolerance?.id == "evt_1")
    }

    @Test func `a body without an id is named by its digest, so that it can be kept`() throws {
        let body = Data("no JSON".utf8)
        let header = StripeWebhooks.sign(body: body, at: Self.now, secret: Self.secret)
        let id = try verify(header, body: body).id
        #expect(id.hasPrefix("unnamed-") && id.utf8.count == 72)
        #expect(throws: DeliveryRefusal.self) { try StripeEvent(body) }
    }

    private static let payment = StripePayment(
        name: "ch_1",
        intent: "pi_1",
        invoice: "17",
        amount: 500,
        currency: "usd"
    )

    private static func event(_ type: String, _ object: String) -> Data {
        Data(#"{"id":"evt_1","type":"\#(type)","created":1790000000,"data":{"object":\#(object)}}"#.utf8)
    }

    private static let charge =
        #""id":"ch_1","amount":500,"currency":"usd","payment_intent":"pi_1","metadata":{"invoice_id":"17"}"#

    @Test(arguments: [
        (
            "charge.refunded", "{\(charge),\"amount_refunded\":500}",
            StripeEvent.Subject.refunded(payment, returned: 500)
        ),
        ("charge.refunded", "{\(charge),\"amount_refunded\":200}", .refunded(payment, returned: 200)),
        ("charge.failed", "{\(charge)}", .failed(payment)),
        ("charge.dispute.created", "{\(charge),\"status\":\"needs_response\"}", .disputed(payment, .open)),
        ("charge.dispute.created", "{\(charge),\"status\":\"warning_needs_response\"}", .other),
        ("charge.dispute.closed", "{\(charge),\"status\":\"won\"}", .disputed(payment, .won)),
        ("charge.dispute.closed", "{\(charge),\"status\":\"lost\"}", .disputed(payment, .lost)),
        ("charge.dispute.closed", "{\(charge),\"status\":\"warning_closed\"}", .other),
        (
            "payment_intent.succeeded",
            #"{"id":"pi_1","amount":500,"currency":"usd","metadata":{"invoice_id":"17"}}"#,
            .paid(StripePayment(name: "pi_1", intent: "pi_1", invoice: "17", amount: 500, currency: "usd"))
        ),
        (
            "payment_intent.payment_failed", #"{"id":"pi_1","amount":500,"currency":"usd","metadata":{}}"#,
            .failed(StripePayment(name: "pi_1", intent: "pi_1", invoice: nil, amount: 500, currency: "usd"))
        ),
        (
            "invoice.payment_failed",
            #"{"id":"in_1","parent":{"type":"subscription_details","subscription_details":{"metadata":{"service_id":"5"}}}}"#,
            .invoiceFailed(service: "5")
        ),
        (
            "invoice.payment_failed", #"{"id":"in_1","subscription_details":{"metadata":{"service_id":"5"}}}"#,
            .invoiceFailed(service: "5")
        ),
        ("invoice.payment_failed", #"{"id":"in_1","parent":null}"#, .invoiceFailed(service: nil)),
        ("customer.created", #"{"id":"cus_1"}"#, .other),
    ])
    func `an event says what happened to which payment`(_ type: String, _ object: String, subject: StripeEvent.Subject)
        throws
    {
        let event = try StripeEvent(Self.event(type, object))
        #expect(event.subject == subject)
        #expect(event.createdAt == Self.now)
        #expect(event.concernsUs == (subject != .other))
    }

    @Test(arguments: ["[]", "{}", #"{"id":"evt_1"}"#, #"{"id":7,"type":"x","created":1,"data":{"object":{}}}"#])
    func `what is no event is refused`(_ body: String) {
        #expect(throws: DeliveryRefusal.self) { try StripeEvent(Data(body.utf8)) }
    }

    @Test(arguments: [("usd", 1205, "12.05 USD"), ("jpy", 500, "500 JPY"), ("eur", 7, "0.07 EUR")])
    func `amounts are written as people write them`(_ currency: String, _ amount: Int, _ text: String) {
        let payment = StripePayment(name: "ch_1", intent: nil, invoice: nil, amount: amount, currency: currency)
        #expect(payment.written(amount) == text)
    }
}

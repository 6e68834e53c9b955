import Billing
import Crypto
import Entitlements
import Foundation
import Testing

struct StandardWebhooksTests {
    /// The example that the specification's own libraries are tested with.
    private let secretText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private let timestamp = "1614265330"
    private let body = Data(#"{"test": 2432232314}"#.utf8)
    private let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    private let now = Timestamp(seconds: 1_614_265_330)
    private let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

    private func verify(
        id: String? = "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: String? = "1614265330",
        signatures: String?,
        body: Data? = nil,
        secrets: [String]? = nil,
        now: Timestamp? = nil
    ) throws -> VerifiedDelivery {
        try StandardWebhooks.verify(
            id: id,
            timestamp: timestamp,
            signatures: signatures,
            body: body ?? self.body,
            secrets: (secrets ?? [secretText]).map { try WebhookSecret($0) },
            now: now ?? self.now
        )
    }

    @Test func `the published example verifies`() throws {
        let delivery = try verify(signatures: signature)
        #expect(delivery == VerifiedDelivery(id: id, stampedAt: now, secretIndex: 0))
    }

    @Test func `signing gives the published signature`() throws {
        let secret = try WebhookSecret(secretText)
        #expect(StandardWebhooks.sign(id: id, timestamp: timestamp, body: body, secret: secret) == signature)
        let headers = StandardWebhooks.headers(id: id, at: now, body: body, secret: secret)
        #expect(headers == [.id: id, .timestamp: timestamp, .signature: signature])
    }

    @Test func `one right signature among others is enough and unknown versions are passed over`() throws {
        let others =
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg== v2,xx"
        let wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
        #expect(try verify(signatures: "\(others) \(wrong)  \(signature)").secretIndex == 0)
    }

    @Test func `each of several secrets is accepted and the one that matched is told`() throws {
        #expect(try verify(signatures: signature, secrets: [other, secretText]).secretIndex == 1)
    }

    @Test func `the body is signed byte by byte`() throws {
        for changed in [#"{"test":2432232314}"#, #"{"test": 2432232314} "#, #"{"test": 2432232315}"#, ""] {
            #expect(throws: WebhookVerificationError.wrongSignature) {
                try verify(signatures: signature, body: Data(changed.utf8))
            }
        }
    }

    @Test func `a large body verifies and so does a slice of one`() throws {
        let secret = try WebhookSecret(secretText)
        let large = Data(repeating: 0x7B, count: 256 * 1024)
        let slice = large.dropFirst(17)
        for body in [large, slice] {
            let signature = StandardWebhooks.sign(id: id, timestamp: timestamp, body: body, secret: secret)
            #expect(try verify(signatures: signature, body: body).id == id)
        }
    }

    @Test(arguments: WebhookHeader.allCases)
    func `a missing header is named`(_ header: WebhookHeader) {
        #expect(throws: WebhookVerificationError.missingHeader(header)) {
            try verify(
                id: header == .id ? nil : id,
                timestamp: header == .timestamp ? nil : timestamp,
                signatures: header == .signature ? nil : signature
            )
        }
    }

    @Test(arguments: ["", "a b", "a\n", "é", "a\u{7F}", String(repeating: "x", count: 257)])
    func `an id that no sender would choose is refused`(_ id: String) {
        #expect(throws: WebhookVerificationError.malformedID) { try verify(id: id, signatures: signature) }
    }

    @Test func `an id of 256 characters is accepted`() throws {
        let id = String(repeating: "x", count: 256)
        let signature = StandardWebhooks.sign(
            id: id,
            timestamp: timestamp,
            body: body,
            secret: try WebhookSecret(secretText)
        )
        #expect(try verify(id: id, signatures: signature).id == id)
    }

    @Test(
        arguments: [
            "", " ", "abc", "1614265330.0", "-1614265330", "+1614265330", " 1614265330", "1614265330 ", "1e9", "0x60",
            "2021-02-25T15:02:10Z", "١٦١٤", "9999999999999999999",
        ]
    )
    func `a timestamp that is no plain integer is refused`(_ timestamp: String) {
        #expect(throws: WebhookVerificationError.malformedTimestamp) {
            try verify(timestamp: timestamp, signatures: signature)
        }
    }

    @Test(arguments: ["", "v1", "v1,", "v1,!!!", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "g0hM9SsE+OTPJTGt"])
    func `without a v1 signature nothing is believed`(_ signatures: String) {
        #expect(throws: (any Error).self) { try verify(signatures: signatures) }
    }

    @Test func `a part of the right signature is a wrong one`() throws {
        let code = try #require(Data(base64Encoded: String(signature.dropFirst(3))))
        for part in [code.prefix(16), code.prefix(31), code + [0]] {
            #expect(throws: WebhookVerificationError.wrongSignature) {
                try verify(signatures: "v1," + Data(part).base64EncodedString())
            }
        }
    }

    @Test func `more than sixteen signatures are refused`() throws {
        let wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
        let fifteen = Array(repeating: wrong, count: 15)
        #expect(try verify(signatures: (fifteen + [signature]).joined(separator: " ")).secretIndex == 0)
        #expect(throws: WebhookVerificationError.tooManySignatures) {
            try verify(signatures: (fifteen + [wrong, signature]).joined(separator: " "))
        }
    }

    @Test func `without secrets nothing is believed`() {
        #expect(throws: WebhookVerificationError.wrongSignature) { try verify(signatures: signature, secrets: []) }
    }

    @Test func `five minutes to either side are tolerated`() throws {
        for difference in [-300, 300] {
            _ = try verify(signatures: signature, now: now + .seconds(difference))
        }
    }

    @Test func `what is correctly signed but too old or too new is told apart from what is wrongly signed`() throws {
        let delivery = VerifiedDelivery(id: id, stampedAt: now, secretIndex: 0)
        let old = WebhookVerificationError.tooOld(by: .seconds(301), delivery)
        let new = WebhookVerificationError.tooNew(by: .milliseconds(300_001), delivery)
        #expect(throws: old) { try verify(signatures: signature, now: now + .seconds(301)) }
        #expect(throws: new) { try verify(signatures: signature, now: now - .milliseconds(300_001)) }
        #expect(throws: WebhookVerificationError.wrongSignature) {
            try verify(signatures: signature, secrets: [other], now: now + .seconds(301))
        }
        #expect(old.signedOutsideTolerance == delivery)
        #expect(WebhookVerificationError.wrongSignature.signedOutsideTolerance == nil)
        #expect(old.description == "the delivery is correctly signed, but its timestamp is 301 s behind our clock")
    }

    @Test func `the end of time does not overflow`() throws {
        let timestamp = "999999999999999"
        let signature = StandardWebhooks.sign(
            id: id,
            timestamp: timestamp,
            body: body,
            secret: try WebhookSecret(secretText)
        )
        let error = #expect(throws: WebhookVerificationError.self) {
            try verify(timestamp: timestamp, signatures: signature)
        }
        #expect(error?.signedOutsideTolerance != nil)
    }
}

struct WebhookSecretTests {
    private let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    @Test func `a secret cannot be printed`() throws {
        let secret = try WebhookSecret(text)
        var dumped = ""
        dump(["a": secret], to: &dumped)
        for shown in ["\(secret)", String(reflecting: secret), "\([secret])", "\(Optional(secret) as Any)", dumped] {
            #expect(!shown.contains("MfKQ"))
            #expect(shown.contains("whsec_<redacted>"))
        }
    }

    @Test func `a secret needs its prefix, standard base64 and 24 bytes`() {
        #expect(throws: WebhookSecretError.missingPrefix) { try WebhookSecret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") }
        #expect(throws: WebhookSecretError.missingPrefix) { try WebhookSecret("") }
        #expect(throws: WebhookSecretError.notBase64) { try WebhookSecret("whsec_…") }
        #expect(throws: WebhookSecretError.notBase64) { try WebhookSecret(text + "\n") }
        #expect(throws: WebhookSecretError.tooShort(bytes: 0)) { try WebhookSecret("whsec_") }
        #expect(throws: WebhookSecretError.tooShort(bytes: 23)) { try WebhookSecret(bytes: Data(count: 23)) }
        #expect(throws: Never.self) { try WebhookSecret(bytes: Data(count: 24)) }
        #expect(throws: Never.self) { try WebhookSecret(bytes: Data(count: 64)) }
    }

    @Test func `an error does not repeat the secret`() {
        let error = #expect(throws: WebhookSecretError.self) { try WebhookSecret("whsec_c2hvcnQ=") }
        #expect(error.map { !"\($0)".contains("c2hvcnQ") } ?? false)
    }
}

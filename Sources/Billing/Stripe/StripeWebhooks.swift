import Crypto
package import Entitlements
package import Foundation
package import Observability

/// Verifying after Stripe's own scheme: `Stripe-Signature: t=<seconds>,v1=<hex>`, HMAC-SHA256 of `<t>.<body>` with the endpoint's secret.
package enum StripeWebhooks {
    package static let headerName = "stripe-signature"

    /// Checks the signature over the raw bytes, then the age; with several secrets each is accepted.
    ///
    /// The delivery's id is the event's own, which Stripe keeps over its retries; of a body without one it is the body's digest, so that
    /// it can be kept for a person.
    package static func verify(
        header: String?,
        body: Data,
        secrets: [Redacted<String>],
        now: Timestamp,
        tolerance: Duration = StandardWebhooks.tolerance
    ) throws(WebhookVerificationError) -> VerifiedDelivery {
        guard let header, let stated = Signed(header) else { throw .unreadableHeader(headerName) }
        guard stated.codes.count <= StandardWebhooks.maximumSignatures else { throw .tooManySignatures }
        guard !stated.codes.isEmpty else { throw .noUsableSignature }
        let index = secrets.firstIndex { secret in
            let code = authenticationCode(timestamp: stated.timestamp, body: body, secret: secret)
            // Comparing a code with bytes takes the same time whatever they are; so swift-crypto promises.
            return stated.codes.contains { code == $0 }
        }
        guard let index else { throw .wrongSignature }
        let delivery = VerifiedDelivery(id: id(of: body), stampedAt: stated.moment, secretIndex: index)
        if now - stated.moment > tolerance { throw .tooOld(by: now - stated.moment, delivery) }
        if stated.moment - now > tolerance { throw .tooNew(by: stated.moment - now, delivery) }
        return delivery
    }

    /// The value of the header, for tests and simulations.
    package static func sign(body: Data, at moment: Timestamp, secret: Redacted<String>) -> String {
        let timestamp = String(moment.milliseconds / 1000)
        let code = authenticationCode(timestamp: timestamp, body: body, secret: secret)
        return "t=\(timestamp),v1=" + code.hexadecimal
    }

    /// The secret's text is the key as it stands, `whsec_` included; unlike that of Standard Webhooks it is no base64.
    private static func authenticationCode(
        timestamp: String,
        body: Data,
        secret: Redacted<String>
    ) -> HMAC<SHA256>.MAC {
        var code = HMAC<SHA256>(key: SymmetricKey(data: Data(secret.reveal().utf8)))
        code.update(data: Data("\(timestamp).".utf8))
        code.update(data: body)
        return code.finalize()
    }

    private struct Named: Decodable {
        var id: String
    }

    private static func id(of body: Data) -> String {
        do {
            let id = try JSONDecoder().decode(Named.self, from: body).id
            let isPlain = id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            if isPlain, (1...StandardWebhooks.maximumIDBytes).contains(id.utf8.count) { return id }
        } catch {
            // A body without an id is named below and refused by its reader.
        }
        return "unnamed-" + SHA256.hash(data: body).hexadecimal
    }

    /// What the header holds; schemes other than `v1` are passed over.
    private struct Signed {
        var timestamp: String
        var moment: Timestamp
        var codes: [Data] = []

        init?(_ header: String) {
            guard header.utf8.count <= 4096 else { return nil }
            var timestamps: [Substring] = []
            for part in header.split(separator: ",") {
                let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
                guard pair.count == 2 else { continue }
                if pair[0] == "t" { timestamps.append(pair[1]) }
                if pair[0] == "v1", let code = Data(hexadecimal: pair[1]) { codes.append(code) }
            }
            guard timestamps.count == 1, let text = timestamps.first, (1...12).contains(text.utf8.count),
                text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int64(text)
            else { return nil }
            timestamp = String(text)
            moment = Timestamp(seconds: seconds)
        }
    }
}

extension Data {
    /// Reads an even number of hexadecimal digits.
    fileprivate init?(hexadecimal text: Substring) {
        let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
        let values = digits.compactMap(\.self)
        self.init(stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] * 16 + values[$0 + 1]) })
    }
}

import Crypto
package import Entitlements
package import Foundation

/// Signing and verifying after Standard Webhooks 1.0, symmetric keys (`v1`).
package enum StandardWebhooks {
    package static let tolerance: Duration = .seconds(300)
    /// More signatures than a rotation ever needs are refused, so that a header cannot buy much work.
    package static let maximumSignatures = 16
    package static let maximumIDBytes = 256

    /// Checks the signature over the raw bytes, then the age.
    ///
    /// Unknown signature versions are passed over. With several secrets each is accepted. The age is judged only of what is correctly
    /// signed. An id may hold a full stop: shifting the border between id, timestamp and body would need a body that begins with digits,
    /// and ours are JSON objects.
    package static func verify(
        id: String?,
        timestamp: String?,
        signatures: String?,
        body: some DataProtocol,
        secrets: [WebhookSecret],
        now: Timestamp,
        tolerance: Duration = tolerance
    ) throws(WebhookVerificationError) -> VerifiedDelivery {
        guard let id else { throw .missingHeader(.id) }
        guard let timestamp else { throw .missingHeader(.timestamp) }
        guard let signatures else { throw .missingHeader(.signature) }
        guard isVisibleASCII(id) else { throw .malformedID }
        guard let stampedAt = moment(ofTimestamp: timestamp) else { throw .malformedTimestamp }
        let candidates = try candidates(in: signatures)
        let index = secrets.firstIndex { secret in
            let code = secret.authenticationCode(id: id, timestamp: timestamp, body: body)
            // Comparing a code with bytes takes the same time whatever they are; so swift-crypto promises.
            return candidates.contains { code == $0 }
        }
        guard let index else { throw .wrongSignature }
        let delivery = VerifiedDelivery(id: id, stampedAt: stampedAt, secretIndex: index)
        if now - stampedAt > tolerance { throw .tooOld(by: now - stampedAt, delivery) }
        if stampedAt - now > tolerance { throw .tooNew(by: stampedAt - now, delivery) }
        return delivery
    }

    /// The value of the `webhook-signature` header.
    package static func sign(id: String, timestamp: String, body: Data, secret: WebhookSecret) -> String {
        "v1," + Data(secret.authenticationCode(id: id, timestamp: timestamp, body: body)).base64EncodedString()
    }

    /// All three headers for a delivery that is sent at `moment`.
    package static func headers(
        id: String,
        at moment: Timestamp,
        body: Data,
        secret: WebhookSecret
    ) -> [WebhookHeader: String] {
        let timestamp = String(moment.milliseconds / 1000)
        return [
            .id: id, .timestamp: timestamp,
            .signature: sign(id: id, timestamp: timestamp, body: body, secret: secret),
        ]
    }

    private static func isVisibleASCII(_ id: String) -> Bool {
        (1...maximumIDBytes).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func moment(ofTimestamp text: String) -> Timestamp? {
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text).map(Timestamp.init(seconds:))
    }

    private static func candidates(in signatures: String) throws(WebhookVerificationError) -> [Data] {
        let parts = signatures.utf8.split(separator: UInt8(ascii: " "), maxSplits: maximumSignatures)
        guard parts.count <= maximumSignatures else { throw .tooManySignatures }
        let version = Array("v1,".utf8)
        let candidates = parts.compactMap { part -> Data? in
            guard part.starts(with: version) else { return nil }
            return Data(base64Encoded: String(Substring(part.dropFirst(version.count))))
        }
        guard !candidates.isEmpty else { throw .noUsableSignature }
        return candidates
    }
}

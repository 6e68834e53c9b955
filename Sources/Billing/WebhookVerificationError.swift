package import Entitlements

/// Why a delivery was not believed; only the last two were signed by somebody who knows the secret.
package enum WebhookVerificationError: Error, Hashable, Sendable {
    case missingHeader(WebhookHeader)
    /// A header that is missing, or is not of the form that its scheme has.
    case unreadableHeader(String)
    /// Not 1 to 256 visible ASCII bytes.
    case malformedID
    /// Not a plain whole number of seconds.
    case malformedTimestamp
    /// No `v1` signature among those sent.
    case noUsableSignature
    case tooManySignatures
    case wrongSignature
    /// Correctly signed, but stamped `by` this much too long ago: a replay, a queue that stood still, or a wrong clock.
    case tooOld(by: Duration, VerifiedDelivery)
    /// Correctly signed, but stamped `by` this much in the future: one of the two clocks is wrong.
    case tooNew(by: Duration, VerifiedDelivery)

    /// The delivery that was correctly signed but outside the tolerance; it deserves an alert, since all deliveries will be refused so.
    package var signedOutsideTolerance: VerifiedDelivery? {
        switch self {
        case .tooOld(_, let delivery), .tooNew(_, let delivery): delivery
        case .missingHeader, .unreadableHeader, .malformedID, .malformedTimestamp, .noUsableSignature,
            .tooManySignatures, .wrongSignature:
            nil
        }
    }
}

extension WebhookVerificationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missingHeader(let header): "the header \(header.rawValue) is missing"
        case .unreadableHeader(let name): "the header \(name) is missing, or not of the form t=…,v1=…"
        case .malformedID: "webhook-id must have 1 to 256 visible ASCII characters"
        case .malformedTimestamp: "webhook-timestamp must be a whole number of seconds since 1970"
        case .noUsableSignature: "webhook-signature holds no v1 signature"
        case .tooManySignatures: "webhook-signature holds more than \(StandardWebhooks.maximumSignatures) signatures"
        case .wrongSignature: "no signature matches a configured secret"
        case .tooOld(let difference, _):
            "the delivery is correctly signed, but its timestamp is \(Self.seconds(difference)) s behind our clock"
        case .tooNew(let difference, _):
            "the delivery is correctly signed, but its timestamp is \(Self.seconds(difference)) s ahead of our clock"
        }
    }

    private static func seconds(_ difference: Duration) -> Int64 {
        difference.milliseconds / 1000
    }
}

/// The three headers of Standard Webhooks.
package enum WebhookHeader: String, CaseIterable, Hashable, Sendable {
    case id = "webhook-id"
    case timestamp = "webhook-timestamp"
    case signature = "webhook-signature"
}

/// What a correct signature vouches for.
package struct VerifiedDelivery: Hashable, Sendable {
    package var id: String
    /// When the sender made this attempt.
    package var stampedAt: Timestamp
    /// Which of the configured secrets matched, so that a rotation can be watched.
    package var secretIndex: Int

    package init(id: String, stampedAt: Timestamp, secretIndex: Int) {
        self.id = id
        self.stampedAt = stampedAt
        self.secretIndex = secretIndex
    }
}

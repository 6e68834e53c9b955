import Crypto
package import Foundation

/// A shared secret of the Standard Webhooks scheme, as `whsec_<base64>`; it cannot be printed.
package struct WebhookSecret: Sendable {
    /// What the specification asks of a secret; longer ones than 64 bytes are accepted.
    package static let minimumBytes = 24

    /// HMAC with the key already mixed in, copied for each delivery.
    private let prepared: HMAC<SHA256>

    /// Reads the form in which secrets are exchanged; the error says what is wrong with it and never what it was.
    package init(_ text: String) throws(WebhookSecretError) {
        let prefix = "whsec_"
        guard text.hasPrefix(prefix) else { throw .missingPrefix }
        guard let bytes = Data(base64Encoded: String(text.dropFirst(prefix.count))) else { throw .notBase64 }
        try self.init(bytes: bytes)
    }

    /// Takes the bytes themselves.
    package init(bytes: some ContiguousBytes) throws(WebhookSecretError) {
        let key = SymmetricKey(data: bytes)
        guard key.bitCount >= Self.minimumBytes * 8 else { throw .tooShort(bytes: key.bitCount / 8) }
        prepared = HMAC(key: key)
    }

    /// The code of `{id}.{timestamp}.{body}`.
    func authenticationCode(id: String, timestamp: String, body: some DataProtocol) -> HMAC<SHA256>.MAC {
        var code = prepared
        var message = Array("\(id).\(timestamp).".utf8)
        message.append(contentsOf: body)
        code.update(data: message)
        return code.finalize()
    }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "whsec_<redacted>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text is no webhook secret.
package enum WebhookSecretError: Error, Hashable, Sendable, CustomStringConvertible {
    case missingPrefix
    case notBase64
    case tooShort(bytes: Int)

    package var description: String {
        switch self {
        case .missingPrefix: "a webhook secret begins with whsec_"
        case .notBase64: "what follows whsec_ must be standard base64, with its padding"
        case .tooShort(let bytes):
            "a webhook secret has at least \(WebhookSecret.minimumBytes) bytes before base64, this one has \(bytes)"
        }
    }
}

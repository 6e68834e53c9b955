import Foundation

/// Secrets of a service that runs for a demonstration or a rehearsal only, made anew for each.
struct PassingSecrets: Sendable {
    let token: String
    let webhook: String

    init() {
        token = "once-" + Self.bytes(20).map { String($0, radix: 16) }.joined()
        webhook = "whsec_" + Data(Self.bytes(32)).base64EncodedString()
    }

    private static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max) }
    }
}

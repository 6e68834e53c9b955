import Crypto
import Entitlements
import Foundation

/// What the ids of all that one change makes are derived from.
struct ChangeSeed: Hashable, Sendable {
    var text: String

    /// One that no other change has.
    init() {
        text = UUID().uuidString.lowercased()
    }

    init(text: String) {
        self.text = text
    }

    /// The id of what a change makes, the same from the same seed (RFC 9562, version 8).
    func overrideID(for what: String) -> OverrideID {
        var bytes = Array(SHA256.hash(data: Data("\(text)\n\(what)".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let ends = [4, 6, 8, 10, 16]
        return OverrideID(zip([0] + ends, ends).map { bytes[$0..<$1].hexadecimal }.joined(separator: "-"))
    }
}

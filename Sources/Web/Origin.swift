import HTTPTypes
package import ServiceConfiguration

/// Whose word about the client is believed.
package struct TransportRules: Hashable, Sendable {
    package var trustedProxies: [CIDR]
    /// Whether we end TLS ourselves.
    package var endsTLS: Bool

    package init(trustedProxies: [CIDR], endsTLS: Bool) {
        self.trustedProxies = trustedProxies
        self.endsTLS = endsTLS
    }
}

/// Where a request came from, as well as can be known.
struct Origin: Hashable, Sendable {
    /// The client's address; `unknown` where a proxy did not say.
    var client: String
    /// Whether it came over TLS, or never left this machine.
    var isSecure: Bool
    /// Whether it came from this machine without any proxy.
    var isLocal: Bool

    private static let forwardingHeaders = [
        "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip",
    ]
    .compactMap { HTTPField.Name($0) }
    private static let forwardedFor = forwardingHeaders[1]
    private static let forwardedProto = forwardingHeaders[2]

    /// A trusted proxy's word counts, and the client is then the rightmost forwarded address that is no trusted proxy; others' words
    /// about themselves count for nothing.
    init(peer: String?, headers: HTTPFields, rules: TransportRules) {
        let peer = peer ?? "unknown"
        let isForwarded = Self.forwardingHeaders.contains { headers.contains($0) }
        let isTrusted: (String) -> Bool = { address in rules.trustedProxies.contains { $0.contains(address) } }
        if isForwarded, isTrusted(peer) {
            let addresses = headers[values: Self.forwardedFor].flatMap { $0.split(separator: ",") }.map(Self.address)
            client = addresses.last { !isTrusted($0) } ?? addresses.first ?? "unknown"
            let schemes = headers[values: Self.forwardedProto].flatMap { $0.split(separator: ",") }
            isSecure = schemes.last.map { $0.trimmed.lowercased() == "https" } ?? false
            isLocal = false
            return
        }
        client = peer
        isLocal = !isForwarded && Self.isLoopback(peer)
        isSecure = rules.endsTLS || isLocal
    }

    /// The address of one entry of X-Forwarded-For, without port and brackets.
    private static func address(_ entry: Substring) -> String {
        let entry = entry.trimmed
        if entry.hasPrefix("["), let end = entry.firstIndex(of: "]") {
            return String(entry[entry.index(after: entry.startIndex)..<end])
        }
        let colons = entry.filter { $0 == ":" }.count
        return colons == 1 ? String(entry.prefix { $0 != ":" }) : entry
    }

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

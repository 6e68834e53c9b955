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

    /// By any of these, or any that begins with `x-forwarded-`, a proxy shows itself.
    private static let forwardingHeaders: Set<String> = [
        "forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-original-forwarded-for",
        "cf-connecting-ip", "true-client-ip",
    ]

    /// A trusted proxy's word counts, and the client is then the rightmost forwarded address that is no trusted proxy; others' words
    /// about themselves count for nothing.
    init(peer: String?, headers: HTTPFields, rules: TransportRules) {
        let peer = peer ?? "unknown"
        let isForwarded = headers.contains { field in
            Self.forwardingHeaders.contains(field.name.canonicalName)
                || field.name.canonicalName.hasPrefix("x-forwarded-")
        }
        let isTrusted: (String) -> Bool = { address in rules.trustedProxies.contains { $0.contains(address) } }
        if isForwarded, isTrusted(peer) {
            let addresses = Self.entries(of: "x-forwarded-for", in: headers).map(Self.address)
            client = addresses.last { !isTrusted($0) } ?? addresses.first ?? "unknown"
            let schemes = Self.entries(of: "x-forwarded-proto", in: headers)
            isSecure = schemes.last.map { $0.trimmed.lowercased() == "https" } ?? false
            isLocal = false
            return
        }
        client = peer
        isLocal = !isForwarded && Self.isLoopback(peer)
        isSecure = rules.endsTLS || isLocal
    }

    /// The entries of a list that may be spread over several headers; empty ones stay, since they stand for somebody unknown.
    private static func entries(of name: String, in headers: HTTPFields) -> [Substring] {
        headers.filter { $0.name.canonicalName == name }
            .flatMap { $0.value.split(separator: ",", omittingEmptySubsequences: false) }
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

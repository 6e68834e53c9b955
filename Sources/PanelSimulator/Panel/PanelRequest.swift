import Foundation

/// A request as it reaches the panel.
package struct PanelRequest: Sendable {
    /// The method, in upper case.
    package var method: String
    /// The path with its query, still encoded.
    package var target: String
    /// The header fields.
    package var headers: [(name: String, value: String)]
    /// The body.
    package var body: [UInt8]

    /// Describes a request.
    package init(
        _ method: String,
        _ target: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// A request with a key and a JSON body, as a well-behaved client sends it.
    package static func json(
        _ method: String,
        _ target: String,
        key: String,
        body: PanelJSON? = nil
    ) -> PanelRequest {
        var headers = [(name: "Accept", value: "application/json"), (name: "Authorization", value: "Bearer \(key)")]
        if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        return PanelRequest(method, target, headers: headers, body: body?.bytes() ?? [])
    }

    /// The value of the first header field of that name.
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The path without its query, still encoded.
    package var path: String {
        String(target.prefix { $0 != "?" })
    }

    /// The decoded parts of the path.
    var segments: [String] {
        path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    }

    /// The query's items, decoded, in their order.
    var query: [(name: String, value: String)] {
        guard let mark = target.firstIndex(of: "?") else { return [] }
        return Self.items(of: target[target.index(after: mark)...])
    }

    /// The last value of a query item; an empty one is nil, as `ConvertEmptyStringsToNull` makes it.
    func query(_ name: String) -> String? {
        guard let value = query.last(where: { $0.name == name })?.value, !value.isEmpty else { return nil }
        return value
    }

    /// The names after `include=`.
    var includes: Set<String> {
        Set((query("include") ?? "").split(separator: ",").map(String.init))
    }

    /// Whether errors are answered as JSON: the first type the caller accepts must be a JSON type.
    var expectsJSON: Bool {
        let first = (header("Accept") ?? "").prefix { $0 != "," }.lowercased()
        return first.contains("/json") || first.contains("+json")
    }

    /// The token after `Bearer`.
    var token: String? {
        guard let value = header("Authorization"), value.hasPrefix("Bearer ") else { return nil }
        return String(value.dropFirst("Bearer ".count))
    }

    /// Reads `a=b&c=d`.
    static func items(of text: some StringProtocol) -> [(name: String, value: String)] {
        text.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: decode(parts[0]), value: parts.count > 1 ? decode(parts[1]) : "")
        }
    }

    private static func decode(_ text: some StringProtocol) -> String {
        let spaced = text.replacingOccurrences(of: "+", with: " ")
        return spaced.removingPercentEncoding ?? spaced
    }
}

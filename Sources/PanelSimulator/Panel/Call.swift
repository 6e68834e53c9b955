/// A request that was let in: routed, with its caller known and its input read.
struct Call: Sendable {
    var exchange: Int
    var request: PanelRequest
    var route: Route
    var parameters: [String]
    var user: PanelUser
    var key: PanelKey
    /// The body's fields, trimmed, with empty texts made null.
    var input: PanelJSON
    /// Seconds since 1970.
    var now: Int

    /// Whether the key may read that kind of resource (an account's key may read all).
    func mayRead(_ resource: PanelKey.Resource) -> Bool {
        switch key.kind {
        case .client: true
        case .application(let rights): (rights[resource] ?? .none) != .none
        }
    }

    /// Whether the key may use the route's resource as the method asks.
    var isAllowedByKey: Bool {
        guard case .application(let rights) = key.kind, let resource = route.resource else { return true }
        let right = rights[resource] ?? .none
        return route.method == "GET" ? right != .none : right == .write
    }
}

extension PanelRequest {
    /// The body's fields as the panel's middleware leaves them.
    func input() throws(PanelFailure) -> PanelJSON {
        guard !body.isEmpty else { return .object([]) }
        if (header("Content-Type") ?? "").lowercased().contains("form-urlencoded") {
            let items = Self.items(of: String(decoding: body, as: UTF8.self))
            return Self.tidied(.object(items.map { PanelJSON.Member($0.name, .string($0.value)) }))
        }
        do {
            let value = try PanelJSON(parsing: body)
            return value.members == nil ? .object([]) : Self.tidied(value)
        } catch {
            throw .malformed
        }
    }

    private static func tidied(_ value: PanelJSON, key: String = "") -> PanelJSON {
        switch value {
        case .string(let text):
            let kept = key.hasSuffix("password") ? text : text.trimmed
            return kept.isEmpty ? .null : .string(kept)
        case .array(let elements): return .array(elements.map { tidied($0) })
        case .object(let members):
            return .object(members.map { PanelJSON.Member($0.key, tidied($0.value, key: $0.key)) })
        case .null, .bool, .int, .double: return value
        }
    }
}

extension String {
    /// The text without white space at its ends.
    var trimmed: String {
        let spaces: Set<Character> = [" ", "\t", "\n", "\r", "\r\n", "\0", "\u{0B}"]
        return String(drop(while: spaces.contains).reversed().drop(while: spaces.contains).reversed())
    }
}

/// The address of a panel, with the path under which it lives if it does not live at the root.
public struct PanelURL: Hashable, Sendable, CustomStringConvertible {
    /// Scheme, host, port and path prefix, without a slash at the end.
    public let text: String

    /// Reads an address such as `https://panel.example.com` or `https://example.com/panel/`.
    ///
    /// Trailing slashes and a trailing `/api` are dropped. Throws when it is no http(s) address, or carries credentials, a query or a
    /// fragment.
    public init(_ address: String) throws(InvalidPanelURL) {
        guard let separator = address.firstRange(of: "://") else { throw .noScheme }
        let scheme = asciiFolded(String(address[..<separator.lowerBound]))
        guard scheme == "https" || scheme == "http" else { throw .schemeNotHTTP(scheme) }
        var rest = address[separator.upperBound...]
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .illegalCharacter }
        guard !rest.contains("?"), !rest.contains("#"), !rest.contains("\\") else { throw .queryOrFragment }
        while rest.last == "/" { rest.removeLast() }
        if rest.hasSuffix("/api") { rest.removeLast(4) }
        while rest.last == "/" { rest.removeLast() }
        let host = rest.prefix { $0 != "/" }
        guard !host.isEmpty, host.first != ":" else { throw .noHost }
        guard !host.contains("@") else { throw .credentials }
        text = "\(scheme)://\(rest)"
    }

    public var description: String { text }
}

/// Why an address cannot be that of a panel.
public enum InvalidPanelURL: Error, Hashable, Sendable, CustomStringConvertible {
    case noScheme
    case schemeNotHTTP(String)
    case noHost
    case credentials
    case queryOrFragment
    case illegalCharacter

    public var description: String {
        switch self {
        case .noScheme: "the address of a panel begins with https:// or http://"
        case .schemeNotHTTP(let scheme): "a panel is reached by https or http, not by \(scheme)"
        case .noHost: "the address names no host"
        case .credentials: "the address of a panel holds no user name or password"
        case .queryOrFragment: "the address of a panel holds no query, fragment or backslash"
        case .illegalCharacter: "the address holds a space or another character that an address cannot have"
        }
    }
}

import Foundation

extension Values {
    /// Marks of the sample's placeholders, and of those that the documentation shows.
    private static let placeholders = ["change-me", "changeme", "a-long-random-token", "…", "..."]

    static func refusePlaceholder(_ text: String) throws(Invalid) {
        let lowered = text.lowercased()
        guard !placeholders.contains(where: lowered.contains) else {
            throw Invalid("still holds the sample's placeholder; put your own in its place")
        }
    }

    /// What goes into a header: visible ASCII, so that no line end can follow it in.
    private static func refuseInvisible(_ text: String, _ what: String) throws(Invalid) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Invalid("\(what) is made of visible ASCII characters, without spaces")
        }
    }

    static func webhookSecret(_ text: String) throws(Invalid) {
        try refusePlaceholder(text)
        guard text.hasPrefix("whsec_") else {
            throw Invalid("a webhook secret begins with whsec_, and base64 follows")
        }
        guard let bytes = Data(base64Encoded: String(text.dropFirst(6))) else {
            throw Invalid("what follows whsec_ must be standard base64, with its padding")
        }
        guard bytes.count >= 24 else {
            throw Invalid("a webhook secret has at least 24 bytes before base64; try: openssl rand -base64 32")
        }
    }

    static func adminToken(_ text: String) throws(Invalid) {
        try refusePlaceholder(text)
        guard text.utf8.count >= 20 else {
            throw Invalid("a token has at least 20 characters; try: openssl rand -hex 32")
        }
        guard text.utf8.count <= 512 else { throw Invalid("a token has at most 512 characters") }
        try refuseInvisible(text, "a token")
    }

    /// A panel key, which must not be the other kind's.
    static func panelKey(notBeginningWith wrongPrefix: String, of kind: String) -> (String) throws(Invalid) -> Void {
        { (text) throws(Invalid) in
            try refusePlaceholder(text)
            guard !text.isEmpty, text.utf8.count <= 512 else { throw Invalid("is empty or longer than 512 characters") }
            try refuseInvisible(text, "a panel's key")
            guard !text.hasPrefix(wrongPrefix) else { throw Invalid("begins with \(wrongPrefix), so it is \(kind)") }
        }
    }

    /// A panel's address without a slash at its end.
    ///
    /// Keys go there with each call, so only this machine may be spoken to without TLS.
    static func panelURL(_ text: String) throws(Invalid) -> URL {
        try refusePlaceholder(text)
        let form = "write one such as https://panel.example.org"
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let parts = URLComponents(string: text),
            let scheme = parts.scheme?.lowercased(), let host = parts.host, isHost(host)
        else { throw Invalid("\(Shown.value(text)) is no address; \(form)") }
        guard parts.user == nil, parts.password == nil else {
            throw Invalid("an address holds no user name or password; \(form)")
        }
        guard parts.query == nil, parts.fragment == nil, parts.port.map((1...65_535).contains) ?? true else {
            throw Invalid("\(Shown.value(text)) has a port or parts that an address of a panel cannot have; \(form)")
        }
        guard scheme == "https" || scheme == "http" else {
            throw Invalid("\(Shown.value(text)) is no web address; \(form)")
        }
        guard scheme == "https" || isLoopback(host) else {
            throw Invalid(
                "\(Shown.value(text)) would carry the panel's keys in the clear; use https:// (http:// is for this machine)"
            )
        }
        var base = text
        while base.hasSuffix("/") { base.removeLast() }
        guard let url = URL(string: base) else { throw Invalid("\(Shown.value(text)) is no address; \(form)") }
        return url
    }

    /// An address that alerts go to or link to; it may hold a secret itself, so that no message shows it.
    static func alertURL(_ text: String) throws(Invalid) -> String {
        try refusePlaceholder(text)
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let parts = URLComponents(string: text),
            let host = parts.host, isHost(host), parts.user == nil, parts.password == nil, parts.fragment == nil,
            let scheme = parts.scheme?.lowercased(), scheme == "https" || (scheme == "http" && isLoopback(host))
        else { throw Invalid("is no address; write one that begins with https:// (http:// is for this machine)") }
        return text
    }

    static func isLoopback(_ host: String) -> Bool {
        let bare = withoutBrackets(host)
        if bare.lowercased() == "localhost" { return true }
        return ["127.0.0.0/8", "::1/128"].contains { CIDR($0)?.contains(bare) ?? false }
    }

    private static func isHost(_ host: String) -> Bool {
        let bare = withoutBrackets(host)
        guard bare == host else { return CIDR.bytes(of: bare)?.count == 16 }
        return CIDR.bytes(of: bare) != nil
            || !bare.isEmpty && bare.utf8.allSatisfy { isDigitOrLetter($0) || ".-_".utf8.contains($0) }
    }

    private static func withoutBrackets(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }
}

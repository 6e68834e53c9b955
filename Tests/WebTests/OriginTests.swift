import HTTPTypes
import ServiceConfiguration
import Testing

@testable import Web

struct OriginTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var peer: String?
        var headers: [(String, String)] = []
        var trusted: [String] = ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]
        var endsTLS = false
        var client: String
        var isSecure: Bool
        var isLocal = false

        init(
            _ description: String,
            peer: String?,
            _ headers: [(String, String)] = [],
            trusted: [String]? = nil,
            endsTLS: Bool = false,
            client: String,
            secure: Bool,
            local: Bool = false
        ) {
            testDescription = description
            self.peer = peer
            self.headers = headers
            if let trusted { self.trusted = trusted }
            self.endsTLS = endsTLS
            self.client = client
            isSecure = secure
            isLocal = local
        }
    }

    static let direct: [Case] = [
        Case("loopback", peer: "127.0.0.1", client: "127.0.0.1", secure: true, local: true),
        Case("another address of loopback", peer: "127.8.9.1", client: "127.8.9.1", secure: true, local: true),
        Case("loopback over IPv6", peer: "::1", client: "::1", secure: true, local: true),
        Case("loopback mapped", peer: "::ffff:127.0.0.1", client: "::ffff:127.0.0.1", secure: true, local: true),
        Case("a stranger without TLS", peer: "203.0.113.7", client: "203.0.113.7", secure: false),
        Case("a stranger over our TLS", peer: "203.0.113.7", endsTLS: true, client: "203.0.113.7", secure: true),
        Case("no address at all", peer: nil, client: "unknown", secure: false),
    ]

    static let spoofed: [Case] = [
        Case(
            "a stranger who says loopback and https",
            peer: "203.0.113.7",
            [("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Proto", "https")],
            client: "203.0.113.7",
            secure: false
        ),
        Case(
            "a stranger over our TLS who says somebody else",
            peer: "203.0.113.7",
            [("X-Forwarded-For", "198.51.100.1")],
            endsTLS: true,
            client: "203.0.113.7",
            secure: true
        ),
        Case(
            "an address put before what the proxy adds",
            peer: "127.0.0.1",
            [("X-Forwarded-For", "198.51.100.1, 203.0.113.7"), ("X-Forwarded-Proto", "https")],
            client: "203.0.113.7",
            secure: true
        ),
        Case(
            "an address in a header before the proxy's",
            peer: "127.0.0.1",
            [
                ("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "203.0.113.7"),
                ("X-Forwarded-Proto", "https"),
            ],
            client: "203.0.113.7",
            secure: true
        ),
        Case(
            "a scheme put before the proxy's",
            peer: "127.0.0.1",
            [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https, http")],
            client: "203.0.113.7",
            secure: false
        ),
        Case(
            "an empty last entry stands for nobody known",
            peer: "127.0.0.1",
            [("X-Forwarded-For", "203.0.113.7,"), ("X-Forwarded-Proto", "https")],
            client: "",
            secure: true
        ),
        Case(
            "rubbish is nobody's address",
            peer: "127.0.0.1",
            [("X-Forwarded-For", "203.0.113.7, 10.0.0.999"), ("X-Forwarded-Proto", "https")],
            client: "10.0.0.999",
            secure: true
        ),
    ]

    static let proxied: [Case] = [
        Case(
            "a chain of trusted proxies",
            peer: "127.0.0.1",
            [("X-Forwarded-For", "203.0.113.7, 10.1.2.3, 10.0.0.1"), ("X-Forwarded-Proto", "https")],
            client: "203.0.113.7",
            secure: true
        ),
        Case(
            "nothing but trusted proxies",
            peer: "127.0.0.1",
            [("X-Forwarded-For", "10.1.2.3, 10.0.0.1"), ("X-Forwarded-Proto", "https")],
            client: "10.1.2.3",
            secure: true
        ),
        Case(
            "a port",
            peer: "127.0.0.1",
            [("X-Forwarded-For", "203.0.113.7:52011"), ("X-Forwarded-Proto", "HTTPS")],
            client: "203.0.113.7",
            secure: true
        ),
        Case(
            "IPv6",
            peer: "fd00::1",
            [("X-Forwarded-For", "2001:db8::7"), ("X-Forwarded-Proto", "https")],
            client: "2001:db8::7",
            secure: true
        ),
        Case(
            "IPv6 with brackets and a port",
            peer: "127.0.0.1",
            [("X-Forwarded-For", "[2001:db8::7]:443"), ("X-Forwarded-Proto", "https")],
            client: "2001:db8::7",
            secure: true
        ),
        Case(
            "a proxy mapped into IPv6",
            peer: "::ffff:10.0.0.1",
            [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https")],
            client: "203.0.113.7",
            secure: true
        ),
        Case(
            "a proxy that says http",
            peer: "127.0.0.1",
            [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "http")],
            endsTLS: true,
            client: "203.0.113.7",
            secure: false
        ),
        Case(
            "a proxy that says no scheme",
            peer: "127.0.0.1",
            [("X-Forwarded-For", "203.0.113.7")],
            client: "203.0.113.7",
            secure: false
        ),
        Case(
            "a proxy that says no address",
            peer: "127.0.0.1",
            [("X-Forwarded-Proto", "https")],
            client: "unknown",
            secure: true
        ),
    ]

    /// Each of these shows that somebody stands before loopback who is not believed.
    static let marks = [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Real-IP",
        "Via", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP",
    ]

    @Test(arguments: direct + spoofed + proxied)
    func `the client and its transport are known as far as somebody trusted says so`(_ one: Case) throws {
        let origin = Origin(
            peer: one.peer,
            headers: try fields(one.headers),
            rules: TransportRules(trustedProxies: one.trusted.compactMap { CIDR($0) }, endsTLS: one.endsTLS)
        )
        #expect(origin.client == one.client)
        #expect(origin.isSecure == one.isSecure)
        #expect(origin.isLocal == one.isLocal)
    }

    @Test(arguments: marks)
    func `loopback with a forwarding header is neither local nor secure`(_ header: String) throws {
        let origin = Origin(
            peer: "127.0.0.1",
            headers: try fields([(header, "https")]),
            rules: TransportRules(trustedProxies: [], endsTLS: false)
        )
        #expect(!origin.isLocal)
        #expect(!origin.isSecure)
    }

    private func fields(_ headers: [(String, String)]) throws -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in headers {
            fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
        }
        return fields
    }
}

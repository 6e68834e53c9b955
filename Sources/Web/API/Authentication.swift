import HTTPTypes
import Hummingbird
package import Observability
import Provisioning

/// A bearer token and what its holder may do.
package struct AdminToken: Sendable {
    package var token: Redacted<String>
    package var name: String
    /// Whether it may change things; otherwise it only reads.
    package var mayChange: Bool

    package init(token: Redacted<String>, name: String, mayChange: Bool) {
        self.token = token
        self.name = name
        self.mayChange = mayChange
    }
}

/// Lets nobody pass without a token of the configuration, and nobody change anything with a viewer's.
struct Authentication: RouterMiddleware {
    var rules: Current<WebRules>

    @concurrent
    func handle(
        _ request: Request,
        context: WebContext,
        next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let rules = rules.value
        let origin = Origin(peer: context.remoteAddress?.ipAddress, headers: request.headers, rules: rules.transport)
        guard origin.isSecure else {
            throw Problem(
                .forbidden,
                "Admin requests must come over TLS, through a trusted proxy that says https, or from this machine."
            )
        }
        guard let person = Self.person(for: request.headers, tokens: rules.tokens) else {
            throw Problem(
                .unauthorized,
                "A token of admin.tokens is needed: Authorization: Bearer …",
                headers: [.wwwAuthenticate: "Bearer"]
            )
        }
        guard person.mayChange || request.method == .get || request.method == .head else {
            throw Problem(.forbidden, "The token \"\(person.name)\" may only look (role: viewer).")
        }
        var context = context
        context.person = person
        return try await next(request, context)
    }

    static func person(for headers: HTTPFields, tokens: [AdminToken]) -> Person? {
        guard let value = headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        return person(offering: String(value.dropFirst("bearer ".count)), tokens: tokens)
    }

    /// Compares with every token, so that the time says nothing of which one was near.
    static func person(offering offered: String, tokens: [AdminToken]) -> Person? {
        let offered = Redacted(offered)
        var found: Person?
        for token in tokens where token.token == offered {
            found = Person(name: token.name, mayChange: token.mayChange)
        }
        return found
    }
}

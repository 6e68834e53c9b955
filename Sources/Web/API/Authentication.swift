import Entitlements
import HTTPTypes
import Hummingbird
import Logging
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
    var throttle: TokenThrottle
    var now: @Sendable () -> Timestamp

    @concurrent
    func handle(
        _ request: Request,
        context: WebContext,
        next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        guard origin(of: request, context).isSecure else {
            throw Problem(
                .forbidden,
                "Admin requests must come over TLS, through a trusted proxy that says https, or from this machine."
            )
        }
        guard let person = try person(asking: request, context) else {
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

    /// Whose token a request carries; `nil` if nobody's, and throws where it is wrong and its address has to wait.
    func person(asking request: Request, _ context: WebContext) throws(Problem) -> Person? {
        guard let value = request.headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        let token = String(value.dropFirst("bearer ".count))
        let client = origin(of: request, context).client
        let now = now()
        // A right token always passes: whoever guesses from the same address, such as a program with an old one, locks nobody out.
        if let person = Self.person(offering: token, tokens: rules.value.tokens) { return person }
        if let wait = throttle.wait(for: client, now: now) { throw .tooManyGuesses(waiting: wait) }
        throttle.noteGuess(token, by: client, now: now)
        context.logger.warning("Somebody asked with a wrong token.", metadata: ["client": "\(client)"])
        return nil
    }

    func origin(of request: Request, _ context: WebContext) -> Origin {
        Origin(peer: context.remoteAddress?.ipAddress, headers: request.headers, rules: rules.value.transport)
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

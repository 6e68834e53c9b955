import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import Provisioning

/// Lets only those into the console who have signed in, and sends the others to the door.
struct ConsoleGate: RouterMiddleware {
    static let cookie = "paydactyl_session"

    var rules: Current<WebRules>
    var sessions: Sessions
    var now: @Sendable () -> Timestamp

    @concurrent
    func handle(
        _ request: Request,
        context: WebContext,
        next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let rules = rules.value
        try Self.demandSecure(request, context, rules)
        guard let id = request.cookies[Self.cookie]?.value,
            let session = sessions.session(id, tokens: rules.tokens, now: now())
        else {
            return ConsoleAnswer.redirect(to: Self.signInPath(from: request))
        }
        var context = context
        context.session = session
        context.person = session.person
        return try await next(request, context)
    }

    static func demandSecure(_ request: Request, _ context: WebContext, _ rules: WebRules) throws(Problem) {
        let origin = Origin(peer: context.remoteAddress?.ipAddress, headers: request.headers, rules: rules.transport)
        guard origin.isSecure else {
            throw Problem(
                .forbidden,
                "The console is shown over TLS, through a trusted proxy that says https, or on this machine."
            )
        }
    }

    /// After signing in, somebody comes to the page that they asked for.
    private static func signInPath(from request: Request) -> String {
        guard request.method == .get, request.uri.path != "/", request.uri.path != "/live" else { return "/sign-in" }
        let wanted = request.uri.description.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "/sign-in?next=\(wanted)"
    }
}

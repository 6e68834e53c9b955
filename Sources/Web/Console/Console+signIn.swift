import Entitlements
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Provisioning

extension Console {
    func addSignIn(to group: RouterGroup<WebContext>) {
        group.get("sign-in") { request, context in
            try ConsoleGate.demandSecure(request, context, rules.value)
            let next = request.uri.queryParameters.get("next") ?? "/"
            return ConsoleAnswer.page(templates.render(SignInPage(next: Self.ownPath(next), failure: nil)))
        }
        group.post("sign-in") { request, context in try await signIn(request, context) }
        group.post("sign-out") { request, context in
            let form = try await Form(request)
            if let id = request.cookies[ConsoleGate.cookie]?.value,
                let session = sessions.session(id, tokens: rules.value.tokens, now: api.clock.now())
            {
                guard form.isOf(session) else { throw Self.strangeForm }
                sessions.close(id)
            }
            return ConsoleAnswer.redirect(to: "/sign-in", cookie: cookie("", for: request, context, lasting: .zero))
        }
    }

    static let strangeForm = Problem(
        .forbidden,
        "This form is not from a page of this session. Go back, load the page again, and repeat it."
    )

    private func signIn(_ request: Request, _ context: WebContext) async throws -> Response {
        let rules = rules.value
        try ConsoleGate.demandSecure(request, context, rules)
        let form = try await Form(request)
        let now = api.clock.now()
        let client = Origin(peer: context.remoteAddress?.ipAddress, headers: request.headers, rules: rules.transport)
            .client
        let next = Self.ownPath(form["next"] ?? "/")
        if let wait = throttle.wait(for: client, now: now) { throw Problem.tooManyGuesses(waiting: wait) }
        let token = form["token"] ?? ""
        guard let person = Authentication.person(offering: token, tokens: rules.tokens) else {
            throttle.noteGuess(token, by: client, now: now)
            context.logger.warning("Somebody tried to sign in with a wrong token.", metadata: ["client": "\(client)"])
            let page = SignInPage(next: next, failure: "This is no token of the configuration.")
            return ConsoleAnswer.page(templates.render(page), status: .unauthorized)
        }
        let session = sessions.open(for: person, token: token, now: now)
        return ConsoleAnswer.redirect(
            to: next,
            cookie: cookie(session.id, for: request, context, lasting: Sessions.longest)
        )
    }

    /// Secure wherever the request came over TLS; on this machine itself a browser would not send such a one back.
    private func cookie(_ value: String, for request: Request, _ context: WebContext, lasting: Duration) -> Cookie {
        let origin = Origin(
            peer: context.remoteAddress?.ipAddress,
            headers: request.headers,
            rules: rules.value.transport
        )
        return Cookie(
            name: ConsoleGate.cookie,
            value: value,
            maxAge: Int(lasting.components.seconds),
            path: "/",
            secure: !origin.isLocal,
            httpOnly: true,
            sameSite: .strict
        )
    }

    /// A path of ours, or the overview: nobody is led to another site by a link to our door.
    static func ownPath(_ path: String) -> String {
        let isOwn =
            path.hasPrefix("/") && !path.hasPrefix("//")
            && path.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }
        return isOwn ? path : "/"
    }
}

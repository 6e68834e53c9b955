import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Provisioning

/// Shows whatever a page throws as a page.
struct ConsoleProblems: RouterMiddleware {
    var console: Console

    @concurrent
    func handle(
        _ request: Request,
        context: WebContext,
        next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return await console.page(of: problem, request, context)
        }
    }
}

extension Console {
    /// What programs ask for, whatever they say that they accept.
    private static let forPrograms = ["/api/", "/webhooks/", "/health/", "/metrics", "/assets/"]

    /// A problem at any address as a page, for somebody who reads it in a browser; `nil` for a program.
    func page(of problem: Problem, forReader request: Request, _ context: WebContext) async -> Response? {
        guard request.headers[.accept]?.contains("text/html") ?? false,
            !Self.forPrograms.contains(where: { request.uri.path.hasPrefix($0) })
        else { return nil }
        return await page(of: problem, request, context)
    }

    /// A problem as a page, with the way back, and for who is signed in with what stands around every page.
    func page(of problem: Problem, _ request: Request, _ context: WebContext) async -> Response {
        let page = ProblemPage(
            title: problem.status.reasonPhrase,
            heading: problem.status.reasonPhrase,
            frame: await frame(around: request, context),
            detail: problem.detail,
            back: problem.back ?? Self.wayBack(from: request)
        )
        var answer = ConsoleAnswer.page(templates.render(page), status: problem.status)
        for name in [HTTPField.Name.retryAfter, .allow] { answer.headers[name] = problem.headers[name] }
        return answer
    }

    private func frame(around request: Request, _ context: WebContext) async -> PageFrame? {
        do {
            try ConsoleGate.demandSecure(request, context, rules.value)
            var context = context
            context.session = request.cookies[ConsoleGate.cookie].flatMap {
                sessions.session($0.value, tokens: rules.value.tokens, now: api.clock.now())
            }
            guard context.session != nil else { return nil }
            return try await frame(context, at: Self.place(of: request.uri.path))
        } catch let problem as Problem {
            context.logger.debug("A problem is shown without its frame.", metadata: ["reason": "\(problem.detail)"])
        } catch {
            context.logger.error("A problem is shown without its frame.", metadata: ["error": "\(error)"])
        }
        return nil
    }

    /// The page in the navigation to which an address belongs.
    static func place(of path: String) -> String {
        switch path.split(separator: "/").first {
        case "held", "dedicated": "/attention"
        case "service", nil: "/"
        case .some(let first): "/\(first)"
        }
    }

    /// The page from which somebody came to an address: that of what a form was about, or the list that something is missing from.
    static func wayBack(from request: Request) -> String {
        let parts = request.uri.path.split(separator: "/").map(String.init)
        let place = place(of: request.uri.path)
        guard request.method == .post, parts.count > 2, let first = parts.first,
            ["customers", "deliveries", "drift"].contains(first)
        else { return places.contains { $0.1 == place } ? place : "/" }
        return "/\(first)/\(parts[1])"
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Provisioning

/// An error as RFC 9457 tells it to a program, in words for the person behind the program.
struct Problem: Error, HTTPResponseError, Sendable {
    var status: HTTPResponse.Status
    var detail: String
    /// The field of the request that is wrong, where one is.
    var field: String?
    var headers: HTTPFields = [:]
    /// The page of the console from which it came, with what was typed there.
    var back: String?

    init(_ status: HTTPResponse.Status, _ detail: String, field: String? = nil, headers: HTTPFields = [:]) {
        self.status = status
        self.detail = detail
        self.field = field
        self.headers = headers
    }

    private struct Body: Encodable {
        var type = "about:blank"
        var title: String
        var status: Int
        var detail: String
        var field: String?
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        if status == .contentTooLarge || status == .requestTimeout { headers[.connection] = "close" }
        let body = Body(title: status.reasonPhrase, status: status.code, detail: detail, field: field)
        return Response(status: status, headers: headers, body: .init(byteBuffer: try JSONBody.encode(body)))
    }
}

/// Turns whatever a route throws into a problem, so that no answer is of another shape.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    /// Filled once all routes are known.
    var allowed: Current<AllowedMethods>
    /// For people before a browser; `nil` where a program asks.
    var page: @Sendable (Problem, Request, Context) async -> Response?

    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return try await answer(problem, request, context)
        } catch let error as HTTPError {
            return try await answer(problem(for: error, request), request, context)
        } catch is ClientGone {
            context.logger.debug("A client went away in the middle of its request.")
            let problem = Problem(
                .badRequest,
                "The request ended before its body.",
                headers: [.connection: "close"]
            )
            return try await answer(problem, request, context)
        } catch {
            context.logger.error("A request failed.", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            let problem = Problem(
                .internalServerError,
                "Something failed here that should not; the log says what."
            )
            return try await answer(problem, request, context)
        }
    }

    /// The answer to HEAD is the head alone: a body would be taken for the beginning of the next answer.
    private func answer(_ problem: Problem, _ request: Request, _ context: Context) async throws -> Response {
        let response =
            try await page(problem, request, context) ?? problem.response(from: request, context: context)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func problem(for error: HTTPError, _ request: Request) -> Problem {
        guard error.status == .notFound else {
            return Problem(error.status, error.body ?? error.status.reasonPhrase)
        }
        let methods = allowed.value.methods(at: request.uri.path)
        guard !methods.isEmpty, !methods.contains(request.method.rawValue) else {
            return Problem(.notFound, "There is nothing at this address.")
        }
        let list = methods.joined(separator: ", ")
        return Problem(.methodNotAllowed, "This address takes \(list).", headers: [.allow: list])
    }
}

/// The connection ended, or stopped making sense, before a body was complete.
struct ClientGone: Error {}

import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// An error as RFC 9457 tells it to a program, in words for the person behind the program.
struct Problem: Error, HTTPResponseError, Sendable {
    var status: HTTPResponse.Status
    var detail: String
    /// The field of the request that is wrong, where one is.
    var field: String?
    var headers: HTTPFields = [:]

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
        if status == .contentTooLarge || status == .requestTimeout { headers[.connection] = "close" }
        let body = Body(title: status.reasonPhrase, status: status.code, detail: detail, field: field)
        return Response(status: status, headers: headers, body: .init(byteBuffer: try JSONBody.encode(body)))
    }
}

/// Turns whatever a route throws into a problem, so that no answer is of another shape.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return try problem.response(from: request, context: context)
        } catch let error as HTTPError {
            let detail =
                error.status == .notFound
                ? "There is nothing at this address." : (error.body ?? error.status.reasonPhrase)
            return try Problem(error.status, detail).response(from: request, context: context)
        } catch {
            context.logger.error("A request failed.", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            return try Problem(.internalServerError, "Something failed here that should not; the log says what.")
                .response(from: request, context: context)
        }
    }
}

import HTTPTypes
import Hummingbird

/// Reads what a form asks for as browsers write it (WHATWG URL, `application/x-www-form-urlencoded`): a space is a plus sign, and a field
/// that was left empty asks for nothing.
struct FormQuery: RouterMiddleware {
    @concurrent
    func handle(
        _ request: Request,
        context: WebContext,
        next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        guard let query = request.uri.query else { return try await next(request, context) }
        let fields = query.split(separator: "&").filter { !$0.hasSuffix("=") }.map { $0.replacing("+", with: "%20") }
        var head = request.head
        head.path = request.uri.path + (fields.isEmpty ? "" : "?\(fields.joined(separator: "&"))")
        return try await next(Request(head: head, body: request.body), context)
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Looks for the key of each change that is asked for at the API.
struct IdempotencyKeys: RouterMiddleware {
    var changes: KeyedChanges

    @concurrent
    func handle(
        _ request: Request,
        context: WebContext,
        next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        guard request.method != .get, request.method != .head, let key = try KeyedChanges.key(of: request.headers)
        else {
            return try await next(request, context)
        }
        let body = try await JSONBody.collect(request, atMost: WebhookIntake.maximumBytes)
        let asked = [request.method.rawValue, request.uri.description, Self.canonical(body)]
        do {
            return try await changes.answer(to: key, of: context.person, asking: asked) { seed in
                var context = context
                context.seed = seed
                return try await next(Request(head: request.head, body: RequestBody(buffer: body)), context)
            }
        } catch is KeyedChanges.StillUnderWay {
            throw Problem(
                .conflict,
                "This change is under way under the same Idempotency-Key. Ask again in a moment.",
                field: "Idempotency-Key",
                headers: [.retryAfter: "1"]
            )
        }
    }

    /// The same text for the same JSON, in whatever order a program writes its keys; what is none stands for itself.
    private static func canonical(_ body: ByteBuffer) -> String {
        do {
            let object = try JSONSerialization.jsonObject(with: Data(body.readableBytesView))
            let data = try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
            return String(decoding: data, as: UTF8.self)
        } catch {
            return String(buffer: body)
        }
    }
}

import Crypto
import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
package import Ledger
import NIOCore
import Observability
package import Provisioning
import Synchronization

/// Makes a change once for each key of its author, however often it is asked for: `Idempotency-Key`.
///
/// The request is in the ledger before the change, and its answer after it. One that was refused frees its key; one that was cut off, or
/// failed here, is made again from the same seed, so that what it makes has the same ids.
package struct KeyedChanges: Sendable {
    let ledger: any Ledger
    let clock: ServiceClock
    private let underWay = UnderWay()

    package init(ledger: any Ledger, clock: ServiceClock) {
        self.ledger = ledger
        self.clock = clock
    }

    static let header = named("idempotency-key")
    static let replayed = named("idempotent-replayed")
    private static let longestKey = 255

    /// What the same request asks for under the same key at this moment.
    struct StillUnderWay: Error {}

    /// The key that a request carries; `nil` if it carries none.
    static func key(of headers: HTTPFields) throws -> String? {
        guard let key = headers[header] else { return nil }
        guard (1...longestKey).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem(
                .badRequest,
                "An Idempotency-Key is 1 to \(longestKey) visible ASCII characters, such as a random UUID.",
                field: "Idempotency-Key"
            )
        }
        return key
    }

    /// The answer to a change: the kept one where it was made already, and otherwise what `change` answers.
    func answer(
        to key: String,
        of person: Person?,
        asking parts: [String],
        _ change: (ChangeSeed) async throws -> Response
    ) async throws -> Response {
        let new = ChangeSeed()
        var request = KeyedRequest(
            author: person?.name ?? "unknown",
            key: key,
            fingerprint: Self.fingerprint(of: parts),
            seed: new.text
        )
        guard underWay.enter(request) else { throw StillUnderWay() }
        defer { underWay.leave(request) }
        switch try await ledger.begin(request, now: clock.now()) {
        case .answered(let kept): return Self.response(kept)
        case .another:
            throw Problem(
                .unprocessableContent,
                "This Idempotency-Key was used for another request. Use a new one for each change.",
                field: "Idempotency-Key"
            )
        case .new: return try await make(change, from: new, request)
        case .cutOff(let seed):
            request.seed = seed
            do {
                return try await make(change, from: ChangeSeed(text: seed), request)
            } catch var problem as Problem where problem.isRefusal {
                problem.detail += " An earlier attempt at this was cut off; what it did until then is in the audit log."
                throw problem
            }
        }
    }

    private func make(
        _ change: (ChangeSeed) async throws -> Response,
        from seed: ChangeSeed,
        _ request: KeyedRequest
    ) async throws -> Response {
        do {
            var response = try await change(seed)
            let body = try await Self.collected(response.body)
            CrashPoint.requestCarriedOut.reached()
            response.body = .init(byteBuffer: body)
            try await ledger.keep(
                KeptAnswer(
                    status: response.status.code,
                    contentType: response.headers[.contentType],
                    location: response.headers[.location],
                    body: Array(body.readableBytesView)
                ),
                to: request
            )
            return response
        } catch let problem as Problem where problem.isRefusal {
            try await ledger.forget(request)
            throw problem
        }
    }

    private static func fingerprint(of parts: [String]) -> String {
        var hash = SHA256()
        for part in parts {
            hash.update(data: Data("\(part.utf8.count):".utf8))
            hash.update(data: Data(part.utf8))
        }
        return hash.finalize().map { String($0, radix: 16) }.joined(separator: " ")
    }

    private static func response(_ kept: KeptAnswer) -> Response {
        var headers: HTTPFields = [.cacheControl: "no-store", replayed: "true"]
        headers[.contentType] = kept.contentType
        headers[.location] = kept.location
        return Response(
            status: .init(code: kept.status),
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: kept.body))
        )
    }

    private static func collected(_ body: ResponseBody) async throws -> ByteBuffer {
        let collector = Collector()
        try await body.write(collector)
        return collector.buffer.withLock { $0 }
    }

    private final class Collector: ResponseBodyWriter {
        let buffer = Mutex(ByteBuffer())

        func write(_ part: ByteBuffer) async throws {
            buffer.withLock { _ = $0.writeImmutableBuffer(part) }
        }

        func finish(_ trailers: HTTPFields?) async throws {}
    }

    /// Which requests are being carried out now; the ledger is this process's alone.
    private final class UnderWay: Sendable {
        private struct Key: Hashable {
            var author: String
            var key: String
        }

        private let keys = Mutex<Set<Key>>([])

        func enter(_ request: KeyedRequest) -> Bool {
            keys.withLock { $0.insert(Key(author: request.author, key: request.key)).inserted }
        }

        func leave(_ request: KeyedRequest) {
            keys.withLock { _ = $0.remove(Key(author: request.author, key: request.key)) }
        }
    }

    private static func named(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no header name") }
        return name
    }
}

/// What the ids of all that one change makes are derived from.
struct ChangeSeed: Hashable, Sendable {
    var text: String

    /// One that no other change has.
    init() {
        text = UUID().uuidString.lowercased()
    }

    init(text: String) {
        self.text = text
    }

    /// The id of what a change makes, the same from the same seed (RFC 9562, version 8).
    func overrideID(for what: String) -> OverrideID {
        var bytes = Array(SHA256.hash(data: Data("\(text)\n\(what)".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        let ends = [4, 6, 8, 10, 16]
        return OverrideID(zip([0] + ends, ends).map { digits[$0..<$1].joined() }.joined(separator: "-"))
    }
}

extension Problem {
    /// Whether it says that nothing was done, and why.
    fileprivate var isRefusal: Bool { (400..<500).contains(status.code) }
}

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

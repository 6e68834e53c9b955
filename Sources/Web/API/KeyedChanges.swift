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
            author: person.author,
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
        return hash.finalize().hexadecimal
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

extension Problem {
    /// Whether it says that nothing was done, and why.
    fileprivate var isRefusal: Bool { (400..<500).contains(status.code) }
}

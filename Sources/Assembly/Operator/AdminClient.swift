import AsyncHTTPClient
package import Foundation
import NIOCore
import NIOHTTP1
package import Observability

/// The running service, as the command line reaches it: through its API, with a token.
package struct AdminClient: Sendable {
    /// Where the service is and who asks.
    package struct Address: Sendable {
        package var url: String
        package var token: Redacted<String>

        /// Throws where the token would travel in the clear, or where the address is none.
        package init(url: String, token: Redacted<String>) throws {
            let base = try ServiceAddress.checked(url)
            guard !token.reveal().isEmpty, token.reveal().utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw CommandFailure(.usage, "The token is empty, or holds characters that no token has.")
            }
            self.url = base
            self.token = token
        }
    }

    private let http: HTTPClient
    private let address: Address

    private static let longestAnswer = 64 << 20
    private static let patience = TimeAmount.seconds(60)

    /// Connects while the body runs.
    package static func with<Value: Sendable>(
        _ address: Address,
        _ body: (AdminClient) async throws -> Value
    ) async throws -> Value {
        try await withHTTPClient { try await body(AdminClient(http: $0, address: address)) }
    }

    /// The answer to a question, as JSON.
    package func get(_ path: [String], _ query: [(name: String, value: String?)] = []) async throws -> Data {
        try await call("GET", path, query: query)
    }

    /// The answer to a question, read.
    package func get<Value: Decodable>(
        _ type: Value.Type,
        _ path: [String],
        _ query: [(name: String, value: String?)] = []
    ) async throws -> Value {
        try Self.read(type, from: try await get(path, query))
    }

    /// Reads an answer; throws where it is none of this service's version.
    package static func read<Value: Decodable>(_ type: Value.Type, from answer: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: answer)
        } catch {
            throw CommandFailure(
                .didNotHold,
                "The service answered something that this version of the command does not understand (\(error))."
            )
        }
    }

    /// Asks for a change.
    package func post(_ path: [String], _ body: [String: JSONFragment] = [:]) async throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try await call("POST", path, body: body.isEmpty ? nil : try encoder.encode(body))
    }

    /// Asks for an end.
    package func delete(_ path: [String], _ query: [(name: String, value: String?)] = []) async throws {
        _ = try await call("DELETE", path, query: query)
    }

    private func call(
        _ method: String,
        _ path: [String],
        query: [(name: String, value: String?)] = [],
        body: Data? = nil
    ) async throws -> Data {
        guard !path.contains("") else { throw CommandFailure(.usage, "What is named to look at is empty.") }
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(percentEncoded($0))" } }
        let target = "/api/v1/" + path.map(percentEncoded).joined(separator: "/")
        var request = HTTPClientRequest(
            url: address.url + target + (pairs.isEmpty ? "" : "?") + pairs.joined(separator: "&")
        )
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer \(address.token.reveal())")
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "paydactyl/\(paydactylVersion)")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        guard method != "GET" else { return try accepted(try await answer(to: request)) }
        // Whether a change was made before the connection broke is not known; under one key it is made once.
        request.headers.add(name: "Idempotency-Key", value: UUID().uuidString.lowercased())
        for pause in Self.pauses {
            do {
                let answer = try await answer(to: request)
                if !answer.isUnderWay { return try accepted(answer) }
            } catch let failure as CommandFailure where failure.mayHaveArrived {}
            try await Task.sleep(for: pause)
        }
        return try accepted(try await answer(to: request))
    }

    /// How long to wait before a change whose answer was lost is asked for again.
    private static let pauses: [Duration] = [.milliseconds(300), .seconds(1), .seconds(3)]

    private func answer(to request: HTTPClientRequest) async throws -> ServiceAnswer {
        try await http.answer(to: request, from: address.url, patience: Self.patience, limit: Self.longestAnswer)
    }

    private func accepted(_ answer: ServiceAnswer) throws -> Data {
        if answer.status == 204 { return Data() }
        let isOurs = answer.isJSON && ((200..<300).contains(answer.status) || answer.problem != nil)
        guard isOurs else {
            throw CommandFailure(
                .unreachable,
                "What answers at \(address.url) is not Paydactyl (status \(answer.status)); is the address right?"
            )
        }
        if (200..<300).contains(answer.status) { return answer.body }
        let detail = answer.problem ?? "The service answered with status \(answer.status)."
        switch answer.status {
        case 401, 403, 429: throw CommandFailure(.unreachable, "Not allowed: \(detail)")
        case 400, 413, 422: throw CommandFailure(.usage, detail)
        default: throw CommandFailure(.didNotHold, detail)
        }
    }
}

/// A value of a request's body.
package enum JSONFragment: Encodable, Sendable, Hashable {
    case string(String)
    case integer(Int64)
    case boolean(Bool)
    case null
    case strings([String])
    case object([String: JSONFragment])

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let text): try container.encode(text)
        case .integer(let number): try container.encode(number)
        case .boolean(let truth): try container.encode(truth)
        case .null: try container.encodeNil()
        case .strings(let texts): try container.encode(texts)
        case .object(let members): try container.encode(members)
        }
    }
}

/// One segment of a path, or one value of a query, in which nothing means anything but itself.
func percentEncoded(_ text: String) -> String {
    text.utf8.map { byte in
        let isPlain =
            byte.isASCIILetterOrDigit || "-_~".utf8.contains(byte) || (byte == UInt8(ascii: ".") && text.count > 2)
        let digits = String(byte, radix: 16, uppercase: true)
        return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
    }.joined()
}

extension JSONFragment: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        self = .string(value)
    }
}

extension UInt8 {
    fileprivate var isASCIILetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

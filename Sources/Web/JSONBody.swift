import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// JSON as answers carry it: keys in snake case, sorted, so that equal things read the same.
enum JSONBody {
    static let maximumBytes = 65_536

    static func encode(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(value))
    }

    static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: try encode(value))
        )
    }

    static func collect(_ request: Request, atMost limit: Int = maximumBytes) async throws -> ByteBuffer {
        var body = ByteBuffer()
        do {
            for try await var part in request.body {
                body.writeBuffer(&part)
                guard body.readableBytes <= limit else {
                    throw Problem(.contentTooLarge, "The body of this request is at most \(limit / 1024) KiB.")
                }
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw ClientGone()
        }
        return body
    }

    /// Reads an object that holds no other keys than `known`: a mistyped key would be a decision that is not the person's.
    static func decode<Value: Decodable>(_ type: Value.Type, from body: ByteBuffer, known: Set<String>) throws -> Value
    {
        let data = Data(body.readableBytesView)
        do {
            let keys = try JSONDecoder().decode(Keys.self, from: data).names
            if let stranger = keys.subtracting(known).min() {
                throw Problem(
                    .badRequest,
                    "The field \"\(stranger)\" is not known; there are \(known.sorted().joined(separator: ", ")).",
                    field: stranger
                )
            }
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw problem(for: error)
        }
    }

    private struct Keys: Decodable {
        var names: Set<String>

        private struct Name: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            names = Set(try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue))
        }
    }

    private static func problem(for error: DecodingError) -> Problem {
        let path: [any CodingKey]
        switch error {
        case .keyNotFound(let key, let context): path = context.codingPath + [key]
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            path = context.codingPath
        @unknown default: path = []
        }
        guard let field = path.first?.stringValue else {
            return Problem(.badRequest, "The body is no JSON object of the expected shape.", field: "body")
        }
        if case .keyNotFound = error {
            return Problem(.badRequest, "The field \"\(field)\" is required.", field: field)
        }
        return Problem(.badRequest, "The field \"\(field)\" has the wrong type.", field: field)
    }
}

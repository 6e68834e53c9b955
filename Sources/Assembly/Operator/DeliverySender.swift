import AsyncHTTPClient
package import Billing
import Entitlements
package import Foundation
import NIOCore
import NIOHTTP1
import Provisioning

/// Signs deliveries and posts them, as a billing system does.
package struct DeliverySender: Sendable {
    private let http: HTTPClient
    private let url: String
    private let secret: WebhookSecret

    /// What became of a delivery.
    package struct Answer: Sendable {
        package var status: Int
        package var body: Data

        /// Whether it is in the ledger now.
        package var isKept: Bool { (200..<300).contains(status) }

        /// The service's word for it: accepted, ignored, duplicate, or what is wrong with it.
        package var word: String {
            let answer = ServiceAnswer(status: status, contentType: "", body: body)
            do {
                return try JSONDecoder().decode([String: String].self, from: body)["status"] ?? answer.problem ?? "?"
            } catch {
                return answer.problem ?? "not an answer of Paydactyl"
            }
        }
    }

    /// Connects to a service while the body runs.
    package static func with<Value: Sendable>(
        url: String,
        secret: WebhookSecret,
        _ body: (DeliverySender) async throws -> Value
    ) async throws -> Value {
        let base = try ServiceAddress.checked(url)
        return try await withHTTPClient { try await body(DeliverySender(http: $0, url: base, secret: secret)) }
    }

    /// Signs a body and posts it.
    package func send(_ body: Data, id: String, at moment: Date = Date()) async throws -> Answer {
        var request = HTTPClientRequest(url: url + "/webhooks/paymenter")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        let now = Timestamp(milliseconds: Int64(moment.timeIntervalSince1970 * 1000))
        for (header, value) in StandardWebhooks.headers(id: id, at: now, body: body, secret: secret) {
            request.headers.add(name: header.rawValue, value: value)
        }
        request.body = .bytes(ByteBuffer(bytes: body))
        let answer = try await http.answer(to: request, from: url, patience: .seconds(30), limit: 1 << 20)
        return Answer(status: answer.status, body: answer.body)
    }
}

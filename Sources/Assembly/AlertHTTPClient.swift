import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Observability
import Web

/// Sends alerts over the network: no redirect is followed, little is read, and ten seconds are enough.
final class AlertHTTPClient: Sendable {
    private static let deadline = TimeAmount.seconds(10)

    private let client: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(5))
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends the connections; must be called before it is let go.
    func shutdown() async throws {
        try await client.shutdown()
    }

    func send(_ post: AlertPost) async throws -> AlertAnswer {
        var request = HTTPClientRequest(url: post.url.reveal())
        request.method = .POST
        for (name, value) in post.headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: post.body))
        let response = try await client.execute(request, timeout: Self.deadline)
        let retryAfter = response.headers.first(name: "retry-after").flatMap { Double($0) }.map { seconds in
            Duration.milliseconds(Int64(min(max(seconds, 0), 3600) * 1000))
        }
        return AlertAnswer(status: Int(response.status.code), retryAfter: retryAfter)
    }
}

import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// The transport over the network, on a pool of connections that may serve several panels.
///
/// It follows no redirect, reads no more of an answer than its request allows, and keeps each request's time limit from the first look-up to
/// the last byte. ``shutdown()`` must be called before it is let go.
public final class PanelHTTPClient: Sendable {
    /// More than there are ever callers at once: whose turn it is, the rate budget decides by priority, and no queue of the pool's.
    public static let connections = 64

    private let client: HTTPClient

    public init() {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(10))
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.connections
        // Otherwise a refused connection is tried again until the time limit, and nobody learns that it was refused.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.decompression = .disabled
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends the connections; requests that are under way fail.
    public func shutdown() async throws {
        try await client.shutdown()
    }

    public var transport: PanelTransport {
        PanelTransport { [client] request in try await Self.send(request, by: client) }
    }

    private static func send(_ request: PanelRequest, by client: HTTPClient) async throws -> PanelResponse {
        try await withThrowingTaskGroup(of: PanelResponse.self) { group in
            group.addTask { try await exchange(request, by: client) }
            group.addTask {
                try await Task.sleep(for: request.timeout)
                throw TransportFailure.noAnswer("no whole answer within \(request.timeout)")
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() else { throw CancellationError() }
            return response
        }
    }

    private static func exchange(_ request: PanelRequest, by client: HTTPClient) async throws -> PanelResponse {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        outgoing.headers.add(name: "Authorization", value: "Bearer \(request.key.revealed())")
        if let body = request.body { outgoing.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            // This deadline ends with the answer's head, so the caller keeps one of its own for the whole.
            let response = try await client.execute(outgoing, deadline: .now() + .init(request.timeout * 2))
            let body = try await response.body.collect(upTo: request.maximumBodySize)
            return PanelResponse(
                status: Int(response.status.code),
                headers: response.headers.map { PanelHeader($0.name, $0.value) },
                body: Array(body.readableBytesView)
            )
        } catch {
            guard ConnectionTrouble(error) == .certificateNotTrusted else { throw failure(of: error) }
            throw TransportFailure.unreachable("\(await CertificateLook.trouble(at: request.url))")
        }
    }

    private static func failure(of error: any Error) -> any Error {
        if let trouble = ConnectionTrouble(error) { return TransportFailure.unreachable("\(trouble)") }
        switch error {
        case is CancellationError: return error
        case is NIOTooManyBytesError: return TransportFailure.bodyTooLarge
        case let error as HTTPClientError: return failure(of: error)
        default: return TransportFailure.noAnswer("\(error)")
        }
    }

    private static func failure(of error: HTTPClientError) -> any Error {
        switch error {
        case .cancelled: CancellationError()
        case .getConnectionFromPoolTimeout, .invalidURL, .emptyHost, .missingSocketPath, .alreadyShutdown:
            TransportFailure.unreachable("no connection: \(error.shortDescription)")
        default: TransportFailure.noAnswer("\(error.shortDescription)")
        }
    }
}

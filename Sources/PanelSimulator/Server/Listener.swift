import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// One time of listening on a port, from opening it to closing it with all its connections.
final class Listener: Sendable {
    /// Thrown to end a connection without an answer.
    private struct ConnectionClosed: Error {}

    /// Fulfilled when the port is open.
    let opened = Promise<Int>()
    private let ended = Promise<Void>()
    private let stopping = AsyncStream.makeStream(of: Void.self)
    private let connections = Mutex<[ObjectIdentifier: any Channel]>([:])
    private let panel: SimulatedPanel
    private let host: String
    private let port: Int
    private let logger: Logger

    init(panel: SimulatedPanel, host: String, port: Int, logger: Logger) {
        self.panel = panel
        self.host = host
        self.port = port
        self.logger = logger
    }

    /// Listens until it is stopped.
    func run(onOpen: @escaping @Sendable (Int) -> Void) async throws {
        defer {
            opened.fail(CancellationError())
            ended.succeed(())
        }
        let server = try HTTPServerBuilder.http1().buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            responder: { request, writer, channel in
                self.remember(channel)
                let response = try await self.response(to: request, on: channel)
                try await writer.write(response: response.head, body: response.body)
            },
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? self.port
                onOpen(port)
                self.opened.succeed(port)
            }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask { for await _ in self.stopping.stream {} }
            defer { group.cancelAll() }
            try await group.next()
            closeConnections()
        }
    }

    /// Closes the port and all connections, and waits until that is done.
    func stop() async {
        stopping.continuation.finish()
        do {
            try await ended.value
        } catch {
            logger.error("the listener ended badly", metadata: ["error": "\(error)"])
        }
    }

    private func remember(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let isNew = connections.withLock { $0.updateValue(channel, forKey: id) == nil }
        guard isNew else { return }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.connections.withLock { $0[id] = nil }
        }
    }

    private func closeConnections() {
        for channel in connections.withLock({ Array($0.values) }) { channel.close(mode: .all, promise: nil) }
    }

    /// The panel's answer; closes the connection and throws where there is none.
    private func response(to request: Request, on channel: any Channel) async throws -> Response {
        var body: [UInt8] = []
        for try await buffer in request.body { body.append(contentsOf: buffer.readableBytesView) }
        var headers = request.headers.map { (name: $0.name.canonicalName, value: $0.value) }
        if let authority = request.head.authority { headers.append((name: "host", value: authority)) }
        let answer = await panel.answer(
            PanelRequest(request.method.rawValue, request.uri.string, headers: headers, body: body)
        )
        guard let response = answer.response else {
            channel.close(mode: .all, promise: nil)
            throw ConnectionClosed()
        }
        var fields = HTTPFields()
        for header in response.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        if response.status != 204 { fields[.contentLength] = String(response.body.count) }
        return Response(
            status: .init(code: response.status),
            headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: response.body))
        )
    }
}

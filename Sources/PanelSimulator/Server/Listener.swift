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
    private let connections = Mutex(Connections())
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
        let http1 = HTTP1Channel(
            responder: { request, writer, channel in
                let response = try await self.response(to: request, on: channel)
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: HTTP1Channel.Configuration(additionalChannelHandlers: [Remembered(by: self)])
        )
        let server = Server(
            childChannelSetup: http1,
            configuration: ServerConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? self.port
                onOpen(port)
                self.opened.succeed(port)
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
        // Never cancelled: that traps where a connection has come that the server has not looked at yet (apple/swift-nio#3481).
        let serving = Task {
            defer { stopping.continuation.finish() }
            try await server.run()
        }
        for await _ in stopping.stream {}
        closeConnections()
        try await server.shutdownGracefully()
        do {
            try await serving.value
        } catch is Server<HTTP1Channel>.Error {
            // It was stopped before it listened.
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

    fileprivate func remember(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let isClosing = connections.withLock { connections in
            connections.open[id] = channel
            return connections.areClosing
        }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.connections.withLock { $0.open[id] = nil }
        }
        if isClosing { channel.close(mode: .all, promise: nil) }
    }

    private func closeConnections() {
        let open = connections.withLock { connections in
            connections.areClosing = true
            return Array(connections.open.values)
        }
        for channel in open { channel.close(mode: .all, promise: nil) }
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

/// The connections that are open now.
private struct Connections {
    var open: [ObjectIdentifier: any Channel] = [:]
    /// Whether each that still comes is closed at once.
    var areClosing = false
}

/// Makes a connection known to its listener before anything is read of it.
private final class Remembered: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let listener: Listener

    init(by listener: Listener) {
        self.listener = listener
    }

    func handlerAdded(context: ChannelHandlerContext) {
        listener.remember(context.channel)
    }
}

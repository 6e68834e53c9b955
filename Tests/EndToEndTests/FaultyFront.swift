import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Stands before the service and does to requests what networks and proxies do, one after the other; then it passes all.
final class FaultyFront: Sendable {
    enum Deed: Sendable {
        case passes
        case refuses(Int)
        /// The service gets it and nobody hears its answer.
        case loses
        /// The service gets it twice.
        case repeats
        case delays(Duration)
        /// Hung up before the service hears anything.
        case drops
        /// Somebody else answers.
        case showsPage(Int)
    }

    private let port: Int
    private let plan: Mutex<[Deed]>

    init(port: Int, plan: [Deed]) {
        self.port = port
        self.plan = Mutex(plan)
    }

    var isThroughPlan: Bool { plan.withLock(\.isEmpty) }

    func serve(_ body: (String) async throws -> Void) async throws {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Passing(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body("http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    /// The status and body to answer with; `nil` to hang up.
    func handle(_ head: HTTPRequestHead, _ body: ByteBuffer) async throws -> (Int, ByteBuffer)? {
        switch plan.withLock({ $0.isEmpty ? .passes : $0.removeFirst() }) {
        case .passes: return try await pass(head, body)
        case .refuses(let status): return (status, ByteBuffer(string: "{}"))
        case .loses:
            _ = try await pass(head, body)
            return nil
        case .repeats:
            _ = try await pass(head, body)
            return try await pass(head, body)
        case .delays(let pause):
            try await Task.sleep(for: pause)
            return try await pass(head, body)
        case .drops: return nil
        case .showsPage(let status): return (status, ByteBuffer(string: "<html><h1>Checking your browser</h1></html>"))
        }
    }

    private func pass(_ head: HTTPRequestHead, _ body: ByteBuffer) async throws -> (Int, ByteBuffer) {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(head.uri)")
        request.method = head.method
        for (name, value) in head.headers where !["host", "content-length", "connection"].contains(name.lowercased()) {
            request.headers.add(name: name, value: value)
        }
        request.body = .bytes(body)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        return (Int(response.status.code), try await response.body.collect(upTo: 1 << 20))
    }
}

/// One connection through the front.
private final class Passing: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let front: FaultyFront
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(_ front: FaultyFront) {
        self.front = front
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, ByteBuffer())
        case .body(var part): body.writeBuffer(&part)
        case .end:
            guard let head else { return }
            let (front, body, channel) = (front, body, context.channel)
            // Of the connection's own making: NIO's handlers are not asynchronous.
            Task {
                guard let (status, answer) = try await front.handle(head, body) else {
                    try await channel.close()
                    return
                }
                var headers = HTTPHeaders([("Content-Type", "application/json")])
                headers.add(name: "Content-Length", value: "\(answer.readableBytes)")
                let response = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
                channel.write(HTTPServerResponsePart.head(response), promise: nil)
                channel.write(HTTPServerResponsePart.body(.byteBuffer(answer)), promise: nil)
                try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
            }
        }
    }
}

import NIOCore
import NIOPosix
import Synchronization

/// A server that reads one request a connection and then does as its script says, byte by byte.
struct WireServer: Sendable {
    /// What it does once a request has come.
    enum Script: Sendable {
        case answer(String)
        case answerAndClose(String)
        case close
        case silence
        /// Closes at the first byte, whatever it is.
        case closeAtOnce
    }

    let channel: any Channel
    private let heads: Heads

    private final class Heads: Sendable {
        let all = Mutex<[String]>([])
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    /// The requests that came, as they came.
    var requests: [String] { heads.all.withLock { $0 } }

    static func start(_ script: Script) async throws -> WireServer {
        let heads = Heads()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(script: script, heads: heads))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return WireServer(channel: channel, heads: heads)
    }

    func stop() async throws {
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let script: Script
        private let heads: Heads
        private var text = ""

        init(script: Script, heads: Heads) {
            self.script = script
            self.heads = heads
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .closeAtOnce = script { return context.close(promise: nil) }
            text += String(buffer: unwrapInboundIn(data))
            guard isWhole else { return }
            heads.all.withLock { $0.append(text) }
            text = ""
            switch script {
            case .answer(let answer): write(answer, context)
            case .answerAndClose(let answer):
                write(answer, context)
                context.close(promise: nil)
            case .close: context.close(promise: nil)
            case .silence, .closeAtOnce: break
            }
        }

        /// Whether head and body have come, which may be in pieces.
        private var isWhole: Bool {
            guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
            let length = text[..<end.lowerBound].lowercased().split(separator: "\r\n")
                .first { $0.hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst("content-length:".count).filter { !$0.isWhitespace }) }
            return text[end.upperBound...].utf8.count >= length ?? 0
        }

        private func write(_ answer: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        }
    }
}

import Entitlements
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import PanelSimulator
import ServiceConfiguration
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2)))
struct CertificateTests {
    /// Expired, of another host or vouched for by nobody: to the client they are one failure of the handshake.
    @Test func `a panel whose certificate is not to be trusted hears nothing, and its customers wait`() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "paydactyl-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (certificate, key) = (directory.appending(path: "c.pem").path, directory.appending(path: "k.pem").path)
        try await makeCertificate(certificate, key: key)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))
            )
        )
        let ear = Ear()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(Listening(ear))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let url = try #require(URL(string: "https://127.0.0.1:\(channel.localAddress?.port ?? 0)"))
        try await withCommunity(configure: { $0.panels["main"]?.url = url }) { community in
            try await community.buys("knight")
            try await community.eventually("it is told") {
                let status = try await community.api("GET", "status").object
                return "\(status["attention"] ?? "")".contains("no secure connection")
            }
            try await community.eventually("its customer waits") { try await community.state() == "blocked" }
            #expect(ear.bytes == 0, "neither a key nor a customer")
        }
        try await channel.close()
    }

    /// Counts what comes through the encryption.
    private final class Ear: Sendable {
        private let heard = Mutex(0)

        var bytes: Int { heard.withLock { $0 } }

        func hear(_ count: Int) { heard.withLock { $0 += count } }
    }

    private final class Listening: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let ear: Ear

        init(_ ear: Ear) {
            self.ear = ear
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            ear.hear(unwrapInboundIn(data).readableBytes)
        }
    }
}

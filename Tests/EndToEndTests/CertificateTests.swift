import ChildProcess
import Entitlements
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import PanelSimulator
import PterodactylAPI
import ServiceConfiguration
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2)))
struct CertificateTests {
    /// Expired, of another host or vouched for by nobody: to the client they are one failure of the handshake.
    @Test func `a panel whose certificate is not to be trusted hears nothing, and its customers wait`() async throws {
        let folder = try CertificateFolder()
        try await makeCertificate(folder.certificate, key: folder.key)
        let ear = Ear()
        let channel = try await folder.serve(ear)
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

    @Test func `why a certificate is not accepted is said in words, with what to do`() async throws {
        let folder = try CertificateFolder()
        try await makeCertificate(folder.certificate, key: folder.key)
        #expect(try await words(of: folder).contains("nobody whom this machine trusts vouches for its certificate"))
        try await folder.makeCertificateThatRanOut()
        let expired = try await words(of: folder)
        #expect(expired.contains("its certificate ran out on 2020-02-01; renew it"), "\(expired)")
    }

    /// What asking a panel with this certificate is told.
    private func words(of folder: CertificateFolder) async throws -> String {
        let ear = Ear()
        let channel = try await folder.serve(ear)
        let words = try await words(at: "https://127.0.0.1:\(channel.localAddress?.port ?? 0)")
        try await channel.close()
        #expect(ear.bytes == 0, "the look sends nothing either")
        return words
    }

    private func words(at url: String) async throws -> String {
        let http = PanelHTTPClient()
        let panel = PterodactylPanel(
            url: try PanelURL(url),
            applicationKey: PanelKey("ptla_a"),
            clientKey: PanelKey("ptlc_c"),
            transport: http.transport
        )
        var words = ""
        do { words = "\(try await panel.ownAccount())" } catch { words = "\(error)" }
        try await http.shutdown()
        return words
    }

    @Test func `a panel that is not there is told in words, with what to do`() async throws {
        #expect(try await words(at: "http://127.0.0.1:1").contains("the connection is refused: nothing listens"))
        #expect(try await words(at: "https://panel.invalid").contains("its name is not known (DNS)"))
        let plain = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Plain()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let words = try await words(at: "https://127.0.0.1:\(plain.localAddress?.port ?? 0)")
        #expect(words.contains("speaks no TLS"), "\(words)")
        try await plain.close()
        #expect(ConnectionTrouble(NIOSSLExtraError.failedToValidateHostname) == .certificateOfAnotherHost)
        #expect(ConnectionTrouble(IOError(errnoCode: EHOSTUNREACH, reason: "")) == .noRoute)
        #expect(ConnectionTrouble(IOError(errnoCode: ECONNRESET, reason: "")) == nil, "it was there and broke")
    }

    /// A web server without TLS.
    private final class Plain: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let answer = ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            context.writeAndFlush(NIOAny(answer), promise: nil)
        }
    }

    /// A certificate and its key, gone with the test.
    private final class CertificateFolder: Sendable {
        private let url = FileManager.default.temporaryDirectory.appending(path: "paydactyl-tls-\(UUID().uuidString)")

        init() throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: url) }

        var certificate: String { url.appending(path: "c.pem").path }
        var key: String { url.appending(path: "k.pem").path }

        /// One that nobody can mistake for valid.
        func makeCertificateThatRanOut() async throws {
            let script = """
                printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\nnew_certs_dir=.\\nserial=serial\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > ca.cnf
                : > index.txt
                openssl req -new -newkey rsa:2048 -nodes -keyout k.pem -subj /CN=localhost -out r.pem &&
                openssl ca -batch -selfsign -config ca.cnf -in r.pem -keyfile k.pem -create_serial -notext -out c.pem \
                    -startdate 20200101000000Z -enddate 20200201000000Z
                """
            let shell = try ChildProcess("/bin/sh", ["-c", script], in: url.path, errors: .discarded)
            try #require(await shell.exit() == .exited(0))
        }

        /// Serves TLS with it.
        func serve(_ ear: Ear) async throws -> any Channel {
            let context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                    privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))
                )
            )
            return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                        try channel.pipeline.syncOperations.addHandler(Listening(ear))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
        }
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

import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Looks at a certificate that was not accepted, to tell why; the handshake ends with that, so nothing is sent.
enum CertificateLook {
    private static let patience: TimeAmount = .seconds(5)

    /// What is wrong with the certificate at an address, where that can be told: TLS itself says no more than that it is not accepted.
    static func trouble(at url: String) async -> ConnectionTrouble {
        do {
            guard let end = try await end(at: url), end < Date() else { return .certificateNotTrusted }
            return .certificateRanOut(String(end.formatted(.iso8601).prefix(10)))
        } catch {
            return .certificateNotTrusted
        }
    }

    private static func end(at url: String) async throws -> Date? {
        guard let url = URL(string: url), let host = url.host()?.filter({ $0 != "[" && $0 != "]" }) else { return nil }
        let seen = Seen()
        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(patience)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context,
                        serverHostname: isAddress(host) ? nil : host
                    ) { chain, verdict in
                        seen.note(chain.first)
                        verdict.succeed(NIOSSLVerificationResult.failed)
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: host, port: url.port ?? 443).get()
        let limit = channel.eventLoop.scheduleTask(in: patience) { channel.close(mode: .all, promise: nil) }
        try await channel.closeFuture.get()
        limit.cancel()
        return seen.end
    }

    /// Numbers go into no server name indication.
    private static func isAddress(_ host: String) -> Bool {
        do {
            _ = try SocketAddress(ipAddress: host, port: 0)
            return true
        } catch {
            return false
        }
    }

    private final class Seen: Sendable {
        private let state = Mutex<Date?>(nil)

        var end: Date? { state.withLock { $0 } }

        func note(_ certificate: NIOSSLCertificate?) {
            guard let certificate else { return }
            state.withLock { $0 = Date(timeIntervalSince1970: Double(certificate.notValidAfter)) }
        }
    }
}

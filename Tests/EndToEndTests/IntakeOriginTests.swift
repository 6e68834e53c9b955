import AsyncHTTPClient
import Billing
import ChildProcess
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceConfiguration
import Testing

@Suite(.timeLimit(.minutes(2)))
struct IntakeOriginTests {
    @Test func `behind no trusted proxy a forwarding header closes the door`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            for header in ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via", "CF-Connecting-IP"]
            {
                let delivery = try await community.deliver(Community.plain) { $0[header] = "https" }
                expectProblem(delivery, 403)
                let admin = try await community.request(
                    "GET",
                    "/api/v1/status",
                    headers: ["Authorization": "Bearer \(Community.token)", header: "https"]
                )
                expectProblem(admin, 403)
                let metrics = try await community.request("GET", "/metrics", headers: [header: "127.0.0.1"])
                expectProblem(metrics, 401)
                let ready = try await community.request("GET", "/health/ready", headers: [header: "127.0.0.1"])
                #expect(ready.status == 200)
                #expect(ready.object.count == 1)
            }
            #expect(try await community.api("GET", "events").items.isEmpty)
        }
    }

    @Test func `a trusted proxy speaks for the client, and only the billing host may deliver`() async throws {
        try await withCommunity(in: Surroundings()) { configuration in
            configuration.trustedProxies = ["127.0.0.1/32", "10.0.0.0/8"].compactMap { CIDR($0) }
            configuration.billing.paymenter.allowFrom = ["203.0.113.7/32", "2001:db8::/32"].compactMap { CIDR($0) }
        } _: { community in
            func status(_ chain: String?, _ scheme: String? = "https") async throws -> Int {
                try await community.deliver(Community.plain, id: "one") {
                    $0["X-Forwarded-For"] = chain
                    $0["X-Forwarded-Proto"] = scheme
                }.status
            }
            #expect(try await status("203.0.113.7") == 202)
            #expect(try await status("203.0.113.7:4711") == 200)
            #expect(try await status("198.51.100.9, 203.0.113.7, 10.0.0.3") == 200)
            #expect(try await status("[2001:db8::1]:99") == 200)
            #expect(try await status("203.0.113.7, 198.51.100.9") == 403)
            #expect(try await status("203.0.113.7", "http") == 403)
            #expect(try await status("203.0.113.7", "https, http") == 403)
            #expect(try await status("203.0.113.7", nil) == 403)
            #expect(try await status(nil) == 403)
            // Straight from this machine, which is not the billing host.
            expectProblem(try await community.deliver(Community.plain), 403)
        }
    }

    @Test func `TLS that ends here makes a request secure, from version 1_2`() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "paydactyl-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let certificate = directory.appending(path: "certificate.pem").path
        let key = directory.appending(path: "key.pem").path
        try await makeCertificate(certificate, key: key)
        var surroundings = Surroundings()
        surroundings.times = IntakeConnectionTests.short
        try await withCommunity(in: surroundings) { configuration in
            configuration.listen.tls = .init(certificate: certificate, privateKey: key)
        } _: { community in
            let newest = try await status(
                over: nil,
                community,
                trusting: certificate,
                extra: ["X-Forwarded-For": "1.2.3.4"]
            )
            #expect(newest == 202)
            #expect(try await status(over: .tlsv12, community, trusting: certificate) == 202)
            await #expect(throws: (any Error).self) {
                try await status(over: .tlsv11, community, trusting: certificate)
            }
            // Who never begins the handshake is cut off like anybody else.
            #expect(try await community.exchange([]).isEmpty)
            // Nothing is taken in clear.
            await #expect(throws: (any Error).self) { try await community.deliver(Community.plain) }
        }
    }

    private func status(
        over version: TLSVersion?,
        _ community: Community,
        trusting certificate: String,
        extra: [String: String] = [:]
    ) async throws -> Int {
        var configuration = HTTPClient.Configuration()
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(certificate)
        tls.maximumTLSVersion = version
        configuration.tlsConfiguration = tls
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            var request = HTTPClientRequest(url: "https://127.0.0.1:\(community.port)/webhooks/paymenter")
            request.method = .POST
            let signed = StandardWebhooks.headers(
                id: UUID().uuidString,
                at: community.clock.now,
                body: Community.plain,
                secret: try WebhookSecret(Community.secret)
            )
            for (name, value) in signed { request.headers.add(name: name.rawValue, value: value) }
            for (name, value) in extra { request.headers.add(name: name, value: value) }
            request.body = .bytes(ByteBuffer(bytes: Community.plain))
            let response = try await client.execute(request, timeout: .seconds(5))
            try await client.shutdown()
            return Int(response.status.code)
        } catch {
            try await client.shutdown()
            throw error
        }
    }
}

/// Makes a certificate that nobody but itself vouches for, for this machine alone.
func makeCertificate(_ certificate: String, key: String) async throws {
    let arguments = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate,
    ]
    let openssl = try ChildProcess("/usr/bin/env", arguments, errors: .discarded)
    try #require(await openssl.exit() == .exited(0))
}

import Assembly
import Billing
import Entitlements
import Foundation
import GRDB
import Logging
import NIOCore
import NIOPosix
import Observability
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Synchronization
import Testing
import Web

/// What surrounds a service beside its configuration, where a test wants it otherwise.
struct Surroundings: Sendable {
    var reread: (@Sendable () throws -> ServiceConfiguration)?
    var reloadRequests: AsyncStream<Void>?
    var freeSpace: (@Sendable () -> Int64?)?
    var times = ConnectionTimes.usual
    var clock = AdjustableClock()
    /// Most of these tests look at the web side alone, and a panel that is not there keeps them fast.
    var hasPanel = true
}

/// Runs a test in a community whose service has other surroundings.
func withCommunity(
    in surroundings: Surroundings,
    configure: (inout ServiceConfiguration) -> Void = { _ in },
    _ body: (Community) async throws -> Void
) async throws {
    let panel = SimulatedPanel(.servers(usualServers))
    try await withPanelSimulator(panel) { url, _, panelServer in
        let directory = FileManager.default.temporaryDirectory.appending(path: "paydactyl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        var configuration = try ServiceConfiguration.ofTests(panel: url, directory: directory)
        configure(&configuration)
        let logs = LogLines()
        let logger = Logger(label: "test") { label in
            JSONLogHandler(label: label, level: .debug, sink: LogSink { logs.append($0) })
        }
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let service = PaydactylService(
            configuration: configuration,
            reread: surroundings.reread,
            reloadRequests: surroundings.reloadRequests,
            freeSpace: surroundings.freeSpace,
            connectionTimes: surroundings.times,
            clock: surroundings.clock.clock,
            logger: logger
        ) { running.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { running.finish() }
                try await service.run()
            }
            guard let port = await ports.first(where: { _ in true }) else {
                try await group.waitForAll()
                throw Community.Unmet()
            }
            let community = Community(
                panel: panel,
                panelServer: panelServer,
                clock: surroundings.clock,
                port: port,
                configuration: configuration,
                logs: logs
            )
            try await body(community)
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }
}

extension ServiceConfiguration {
    static let viewerToken = "a-token-that-may-only-look"

    static func ofTests(panel: String, directory: URL) throws -> ServiceConfiguration {
        var policy = Policy()
        policy.settle = .milliseconds(200)
        policy.retry = RetrySchedule(steps: [.milliseconds(100), .milliseconds(300)])
        return ServiceConfiguration(
            instance: "test",
            listen: .init(host: "127.0.0.1", port: 0),
            store: .sqlite(path: directory.appending(path: "ledger.sqlite").path),
            admin: .init(tokens: [
                .init(token: Redacted(Community.token), name: "tester"),
                .init(token: Redacted(viewerToken), role: .viewer, name: "onlooker"),
            ]),
            billing: .init(paymenter: .init(secrets: [Redacted(Community.secret)])),
            panels: [
                "main": ServiceConfiguration.Panel(
                    url: try #require(URL(string: panel)),
                    applicationKey: Redacted(PanelWorld.applicationKey),
                    clientKey: Redacted(PanelWorld.clientKey)
                )
            ],
            policy: policy,
            catalog: .small
        )
    }

    var ledgerPath: String {
        switch store {
        case .sqlite(let path): path
        }
    }
}

extension Community {
    static let plain = Data(#"{"event":"subscription.created","subscription_id":"1","customer_id":"77"}"#.utf8)

    /// A signed request as bytes on the wire.
    func wire(
        _ body: Data,
        id: String = UUID().uuidString,
        extra: [String] = [],
        framing: [String]? = nil,
        sending payload: Data? = nil
    ) throws -> Data {
        let signed = StandardWebhooks.headers(
            id: id,
            at: clock.now,
            body: body,
            secret: try WebhookSecret(Self.secret)
        )
        var lines = ["POST /webhooks/paymenter HTTP/1.1", "Host: localhost"]
        lines += signed.map { "\($0.key.rawValue): \($0.value)" }.sorted()
        lines += framing ?? ["Content-Length: \(body.count)"]
        lines += extra
        return Data((lines + ["", ""]).joined(separator: "\r\n").utf8) + (payload ?? body)
    }

    /// Sends bytes as they are, part after part, and returns all that came back until the other side closed.
    func exchange(_ parts: [Data], pause: Duration = .zero, within limit: Duration = .seconds(20)) async throws
        -> String
    {
        let connection = try await RawConnection.open(port: port)
        return try await connection.exchange(parts, pause: pause, within: limit)
    }
}

/// A connection on which a test sends what no client would.
struct RawConnection {
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    static func open(port: Int) async throws -> RawConnection {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return RawConnection(channel: channel)
    }

    struct StillOpen: Error {}

    func exchange(_ parts: [Data], pause: Duration, within limit: Duration) async throws -> String {
        try await channel.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask {
                    var received = ByteBuffer()
                    do {
                        for try await var part in inbound { received.writeBuffer(&part) }
                    } catch {
                        // A reset after the answer is a close, too.
                    }
                    return String(buffer: received)
                }
                group.addTask {
                    for part in parts {
                        do { try await outbound.write(ByteBuffer(bytes: part)) } catch { return nil }
                        if pause > .zero { try await Task.sleep(for: pause) }
                    }
                    return nil
                }
                group.addTask {
                    try await Task.sleep(for: limit)
                    throw StillOpen()
                }
                defer { group.cancelAll() }
                while let result = try await group.next() {
                    if let result { return result }
                }
                return ""
            }
        }
    }
}

extension Answer {
    var problem: (status: Int?, field: String?, detail: String) {
        (object["status"] as? Int, object["field"] as? String, object["detail"] as? String ?? "")
    }

    var items: [[String: Any]] { object["items"] as? [[String: Any]] ?? [] }
}

/// That an answer is a problem as RFC 9457 has it.
func expectProblem(
    _ answer: Answer,
    _ status: Int,
    field: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
    #expect(answer.header("content-type") == "application/problem+json", sourceLocation: sourceLocation)
    #expect(answer.header("cache-control") == "no-store", sourceLocation: sourceLocation)
    #expect(answer.problem.status == status, sourceLocation: sourceLocation)
    #expect(answer.object["title"] is String, sourceLocation: sourceLocation)
    #expect(answer.object["type"] as? String == "about:blank", sourceLocation: sourceLocation)
    #expect(answer.problem.field == field, "\(answer.text)", sourceLocation: sourceLocation)
    #expect(!answer.problem.detail.isEmpty, sourceLocation: sourceLocation)
}

import AsyncHTTPClient
import ChildProcess
import Entitlements
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// The extension's outbox, in PHP, delivering to the real service over HTTP.
@Suite(
    .timeLimit(.minutes(5)),
    .enabled("php-cli with php-sqlite3 and php-curl must be installed") { await PHPProgram.isThere() }
)
struct ExtensionDeliveryTests {
    private func expectTold(_ told: [String: ExtensionOutbox.Told], by community: Community, events: Int) async throws {
        try await community.settled()
        let items = try await community.api("GET", "events?limit=500").object["items"] as? [[String: Any]] ?? []
        #expect(items.count == events)
        #expect(items.allSatisfy { $0["state"] as? String == "applied" })
        for (subject, last) in told {
            guard subject.hasPrefix("service:") else { continue }
            let id = String(subject.dropFirst("service:".count))
            let views = try await community.customer(id)["subscriptions"] as? [[String: Any]] ?? []
            let standing = views.first?["status"] as? String
            #expect(standing == (last.status ?? "none"), "\(subject)")
        }
    }

    @Test func `what happened while the bridge was down arrives once when it is there, in the order of its revisions`()
        async throws
    {
        let outbox = try ExtensionOutbox()
        let down = try await outbox.run(
            "http://127.0.0.1:9",
            secret: Community.secret,
            "--enqueue",
            "12",
            "--services",
            "3",
            "--seconds",
            "1"
        )
        #expect(down.left == 12)
        try await withCommunity { community in
            let up = try await outbox.run("http://127.0.0.1:\(community.port)", secret: Community.secret)
            #expect(up.left == 0, "\(up.problem ?? "")")
            #expect(up.delivered == 12)
            try await expectTold(up.told, by: community, events: 12)
        }
    }

    @Test func `503, 401, lost answers, slow answers and repetitions lose nothing and double nothing`() async throws {
        try await withCommunity { community in
            let front = FaultyFront(
                port: community.port,
                plan: [
                    .refuses(503), .passes, .loses, .refuses(401), .repeats, .slow, .refuses(500), .repeats, .loses,
                    .passes,
                ]
            )
            try await front.serve { url in
                let outbox = try ExtensionOutbox()
                let report = try await outbox.run(
                    url,
                    secret: Community.secret,
                    "--enqueue",
                    "15",
                    "--services",
                    "4",
                    "--seconds",
                    "60"
                )
                #expect(report.left == 0, "\(report.problem ?? "")")
                try await expectTold(report.told, by: community, events: 15)
            }
            #expect(front.isThroughPlan)
        }
    }

    @Test func `with another secret nothing is lost, and the service says that no secret matches`() async throws {
        try await withCommunity { community in
            let outbox = try ExtensionOutbox()
            let url = "http://127.0.0.1:\(community.port)"
            let other = "whsec_" + Data("another secret of thirty-two byt".utf8).base64EncodedString()
            let refused = try await outbox.run(url, secret: other, "--enqueue", "2", "--seconds", "3")
            #expect(refused.left == 2)
            let turnedAway = try await community.api("GET", "status").object["last_turned_away"] as? [String: Any]
            #expect(turnedAway?["detail"] as? String == "no signature matches a configured secret")
            #expect(try await outbox.run(url, secret: Community.secret).left == 0)
            try await community.settled()
        }
    }

    @Test func `a full list is taken, and changes nothing of what was told`() async throws {
        try await withCommunity { community in
            let outbox = try ExtensionOutbox()
            let report = try await outbox.run(
                "http://127.0.0.1:\(community.port)",
                secret: Community.secret,
                "--enqueue",
                "6",
                "--services",
                "3",
                "--list"
            )
            #expect(report.left == 0)
            try await expectTold(report.told, by: community, events: 7)
        }
    }
}

/// Stands before the service and does to requests what networks and proxies do, one after the other; then it passes all.
private final class FaultyFront: Sendable {
    enum Deed: Sendable {
        case passes
        case refuses(Int)
        /// The service gets it and nobody hears its answer.
        case loses
        /// The service gets it twice.
        case repeats
        case slow
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
        case .slow:
            try await Task.sleep(for: .milliseconds(300))
            return try await pass(head, body)
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

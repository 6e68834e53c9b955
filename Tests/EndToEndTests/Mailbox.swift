import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Observability
import PanelSimulator
import ServiceConfiguration
import ServiceLifecycle
import Synchronization
import Testing

/// A target of alerts that refuses the first posts to each address.
final class Mailbox: Sendable {
    struct Letter: Sendable {
        var path: String
        var headers: [String: String]
        var body: String
    }

    private struct State {
        var refused: [String: Int] = [:]
        var taken: [Letter] = []
    }

    private let failing: Int
    private let state = Mutex(State())

    init(failing: Int) {
        self.failing = failing
    }

    var taken: [Letter] { state.withLock { $0.taken } }

    func take(_ letter: Letter) -> HTTPResponse.Status {
        state.withLock { state in
            if state.refused[letter.path, default: 0] < failing {
                state.refused[letter.path, default: 0] += 1
                return .serviceUnavailable
            }
            state.taken.append(letter)
            return .noContent
        }
    }
}

func withMailbox(_ mailbox: Mailbox, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    let router = Router()
    router.post("**") { request, _ -> Response in
        let body = try await request.body.collect(upTo: 1 << 20)
        let headers = Dictionary(
            request.headers.map { ($0.name.canonicalName, $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
        return Response(
            status: mailbox.take(.init(path: request.uri.path, headers: headers, body: String(buffer: body)))
        )
    }
    let (ports, running) = AsyncStream.makeStream(of: Int.self)
    let application = Application(
        router: router,
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { channel in running.yield(channel.localAddress?.port ?? 0) }
    )
    let group = ServiceGroup(
        configuration: .init(
            services: [.init(service: application, serviceName: "mailbox")],
            logger: application.logger
        )
    )
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        guard let port = await ports.first(where: { _ in true }) else { return }
        try await body(port)
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

/// Runs a test beside a target of alerts.
func withAlerts(
    _ world: PanelWorld = .servers(usualServers),
    catalog: Catalog = .small,
    configure: @escaping @Sendable (inout ServiceConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (Place, Mailbox) async throws -> Void
) async throws {
    let secret = "whsec_" + Data("another secret of thirty-two byt".utf8).base64EncodedString()
    let mailbox = Mailbox(failing: 0)
    try await withMailbox(mailbox) { port in
        try await withPlace(
            world,
            catalog: catalog,
            configure: {
                $0.alerts = .init(generic: .init(url: "http://127.0.0.1:\(port)/generic", secret: Redacted(secret)))
                configure(&$0)
            }
        ) { place in
            try await body(place, mailbox)
        }
    }
}

extension Mailbox {
    /// What was told, by its cause.
    func toldByCause() throws -> [String: [String: String]] {
        var told: [String: [String: String]] = [:]
        for letter in taken {
            let object = try JSONSerialization.jsonObject(with: Data(letter.body.utf8)) as? [String: Any]
            let data = (object?["data"] as? [String: Any] ?? [:]).compactMapValues { $0 as? String }
            if let cause = data["cause"], told[cause] == nil { told[cause] = data }
        }
        return told
    }

    /// What was told of a cause, once the clock has gone on a little.
    func told(
        _ cause: String,
        saying words: String = "",
        to community: Community,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [String: String] {
        var found: [String: String]?
        try await community.eventually("\(cause) is told", sourceLocation: sourceLocation) {
            community.clock.advance(by: .seconds(20))
            found = try toldByCause().first {
                $0.key.hasPrefix(cause) && $0.value["sentence"]?.hasPrefix(words) == true
            }?.value
            return found != nil
        }
        return try #require(found, sourceLocation: sourceLocation)
    }
}

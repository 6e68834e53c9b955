import Assembly
import AsyncHTTPClient
import Billing
import ChildProcess
import Entitlements
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import Observability
import PanelSimulator
import ServiceConfiguration
import ServiceLifecycle
import Synchronization
import Testing

/// A whole community for one test: the real service on a real file, a simulated panel, a billing system that signs, and a clock.
struct Community {
    let panel: SimulatedPanel
    let panelServer: PanelSimulatorServer
    let clock: AdjustableClock
    let port: Int
    let configuration: ServiceConfiguration
    let logs: LogLines

    static let secret = "whsec_" + Data("a secret of thirty-two bytes, yes".utf8).base64EncodedString()
    static let token = "the-admin-token-of-the-tests"

    /// Sends a delivery, signed, and returns the answer.
    @discardableResult
    func send(
        _ kind: BillingEvent.Kind,
        _ subscription: String? = nil,
        id: String = UUID().uuidString,
        occurredAt: Timestamp? = nil,
        revision: Int64? = nil,
        _ facts: (inout EventFacts) -> Void = { _ in }
    ) async throws -> Answer {
        var stated = EventFacts()
        facts(&stated)
        let body = DeliveryBody(
            kind,
            subscription: subscription.map { SubscriptionID($0) },
            occurredAt: occurredAt ?? clock.now,
            revision: revision,
            facts: stated
        )
        return try await deliver(try body.json(), id: id)
    }

    /// Posts bytes as a delivery; `sign` may spoil what a real sender would do.
    @discardableResult
    func deliver(
        _ body: Data,
        id: String = UUID().uuidString,
        at moment: Timestamp? = nil,
        changing change: (inout [String: String]) -> Void = { _ in }
    ) async throws -> Answer {
        let signed = StandardWebhooks.headers(
            id: id,
            at: moment ?? clock.now,
            body: body,
            secret: try WebhookSecret(Self.secret)
        )
        var headers = Dictionary(uniqueKeysWithValues: signed.map { ($0.key.rawValue, $0.value) })
        change(&headers)
        return try await request("POST", "/webhooks/paymenter", headers: headers, body: body)
    }

    func request(
        _ method: String,
        _ path: String,
        headers: [String: String] = [:],
        body: Data? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let buffer = try await response.body.collect(upTo: 16 << 20)
        let answer = Answer(
            status: Int(response.status.code),
            headers: response.headers.map { ($0.name.lowercased(), $0.value) },
            text: String(buffer: buffer)
        )
        let faults = DescribedAPI.faults(of: answer, to: method, path)
        #expect(faults == [], "\(method) \(path) answered \(answer.status): \(answer.text.prefix(600))")
        return answer
    }

    /// Asks the admin API.
    func api(_ method: String = "GET", _ path: String, _ body: [String: Any]? = nil) async throws -> Answer {
        var headers = ["Authorization": "Bearer \(Self.token)"]
        var data: Data?
        if let body {
            headers["Content-Type"] = "application/json"
            data = try JSONSerialization.data(withJSONObject: body)
        }
        return try await request(method, "/api/v1/\(path)", headers: headers, body: data)
    }

    func customer(_ id: String) async throws -> [String: Any] {
        try await api("GET", "customers/\(id)").object
    }

    /// Waits until every delivery is folded and nobody is worked on any more.
    func settled(within limit: Duration = .seconds(90), sourceLocation: SourceLocation = #_sourceLocation) async throws
    {
        try await eventually("everything is settled", within: limit, sourceLocation: sourceLocation) {
            let status = try await api("GET", "status").object
            let customers = status["customers"] as? [String: Int] ?? [:]
            let lanes = status["lanes"] as? [String: Any] ?? [:]
            guard
                status["deliveries_waiting"] as? Int == 0, customers["working"] == 0, lanes["under_way"] as? Int == 0,
                lanes["is_due"] as? Bool == false
            else { return false }
            if customers["blocked"] == 0 { return true }
            return try await !awaitsFirstReading(status)
        }
    }

    /// Whether somebody waits for the servers of a panel that can be read: for a moment, and due again in another.
    private func awaitsFirstReading(_ status: [String: Any]) async throws -> Bool {
        let panels = status["panels"] as? [String: [String: Any]] ?? [:]
        guard panels.values.contains(where: { $0["circuit"] as? String == "closed" }) else { return false }
        return try await api("GET", "customers?state=blocked").text.contains("have not been read yet")
    }

    /// Waits for a condition; fails the test with what it waited for.
    func eventually(
        _ what: String,
        within limit: Duration = .seconds(90),
        sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: () async throws -> Bool
    ) async throws {
        guard try await !comesAbout(within: limit, condition) else { return }
        let customers = try await api("GET", "customers").text
        let operations = try await api("GET", "operations").text
        Issue.record(
            "It never came about that \(what).\n\(customers)\n\(operations)\n\(logs.tail)",
            sourceLocation: sourceLocation
        )
        throw Unmet()
    }

    struct Unmet: Error {}
}

/// An answer over HTTP.
struct Answer {
    var status: Int
    var headers: [(String, String)]
    var text: String

    /// The body as a JSON object; empty if it is none.
    var object: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    var statusWord: String? { object["status"] as? String }

    func header(_ name: String) -> String? {
        headers.first { $0.0 == name }?.1
    }
}

/// What the service logged.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    func append(_ bytes: [UInt8]) {
        lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
    }

    var all: String { lines.withLock { $0.joined() } }

    var tail: String { lines.withLock { $0.suffix(30).joined() } }
}

/// The catalogue that most tests use: two tiers that overlap on two servers.
extension Catalog {
    static func tiers(_ tiers: [Tier], groups: [String: [String]]) -> Catalog {
        Catalog(
            tiers: tiers,
            groups: groups.map { id, names in
                var match = ServerMatch()
                match.names = names.map { Glob($0) }
                return ServerGroup(id: ServerGroupID(id), panel: "main", match: match)
            }
        )
    }

    static let small = tiers(
        [
            Tier(
                id: "awakened",
                rank: 1,
                products: ["awakened"],
                access: [TierAccess(group: "frost", permissions: ["websocket.connect"])]
            ),
            Tier(
                id: "knight",
                rank: 3,
                products: ["knight"],
                access: [
                    TierAccess(group: "frost", permissions: ["control.console", "websocket.connect"]),
                    TierAccess(group: "creative", permissions: ["file.read", "websocket.connect"]),
                ]
            ),
        ],
        groups: ["frost": ["Frost Path*"], "creative": ["Creative*"]]
    )
}

/// The panel's servers in most tests: two of the frost path, one creative, one that belongs to nobody's tier.
let usualServers = ["Frost Path I", "Frost Path II", "Creative Plots", "Staff Only"]

/// Runs a test in a community of its own.
func withCommunity(
    _ world: PanelWorld = .servers(usualServers),
    catalog: Catalog = .small,
    store: String? = nil,
    mode: ServiceConfiguration.Mode = .enforce,
    clock: AdjustableClock = AdjustableClock(),
    policy change: (inout Policy) -> Void = { _ in },
    configure: (inout ServiceConfiguration) -> Void = { _ in },
    _ body: (Community) async throws -> Void
) async throws {
    try await withPlace(
        world,
        catalog: catalog,
        store: store,
        mode: mode,
        clock: clock,
        policy: change,
        configure: configure
    ) { place in
        try await place.serve(body)
    }
}

/// A panel, a ledger's file and a configuration, on which the service can be run more than once.
struct Place {
    let panel: SimulatedPanel
    let panelServer: PanelSimulatorServer
    let clock: AdjustableClock
    var configuration: ServiceConfiguration

    /// Runs the service for the time of the body, then shuts it down gracefully.
    func serve(
        configure: (inout ServiceConfiguration) -> Void = { _ in },
        _ body: (Community) async throws -> Void
    ) async throws {
        var configuration = configuration
        configure(&configuration)
        try await run(configuration, panel: panel, panelServer: panelServer, clock: clock, body)
    }
}

/// Runs a test in a place of its own, with the service not yet started.
func withPlace(
    _ world: PanelWorld = .servers(usualServers),
    catalog: Catalog = .small,
    store: String? = nil,
    mode: ServiceConfiguration.Mode = .enforce,
    clock: AdjustableClock = AdjustableClock(),
    policy change: (inout Policy) -> Void = { _ in },
    configure: (inout ServiceConfiguration) -> Void = { _ in },
    _ body: (Place) async throws -> Void
) async throws {
    // Panel and service live at the same time of day, unless a test sets the panel's clock wrong.
    let panel = SimulatedPanel(world, now: { Date(timeIntervalSince1970: Double(clock.now.milliseconds) / 1000) })
    try await withPanelSimulator(panel) { url, _, panelServer in
        let directory = FileManager.default.temporaryDirectory.appending(path: "paydactyl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        var policy = Policy()
        policy.settle = .milliseconds(200)
        policy.retry = RetrySchedule(steps: [.milliseconds(100), .milliseconds(300)])
        change(&policy)
        let panels: [PanelName: ServiceConfiguration.Panel] = [
            "main": ServiceConfiguration.Panel(
                url: try #require(URL(string: url)),
                applicationKey: Redacted(PanelWorld.applicationKey),
                clientKey: Redacted(PanelWorld.clientKey)
            )
        ]
        var configuration = ServiceConfiguration(
            instance: "test",
            listen: .init(host: "127.0.0.1", port: 0),
            store: .sqlite(path: store ?? directory.appending(path: "ledger.sqlite").path),
            mode: mode,
            admin: .init(tokens: [.init(token: Redacted(Community.token), name: "tester")]),
            billing: .init(paymenter: .init(secrets: [Redacted(Community.secret)])),
            panels: panels,
            policy: policy,
            catalog: catalog
        )
        configure(&configuration)
        try await body(
            Place(panel: panel, panelServer: panelServer, clock: clock, configuration: configuration)
        )
    }
}

/// Starts the service against a panel that is already there, and stops it gracefully after the body.
func run(
    _ configuration: ServiceConfiguration,
    panel: SimulatedPanel,
    panelServer: PanelSimulatorServer,
    clock: AdjustableClock,
    _ body: (Community) async throws -> Void
) async throws {
    let logs = LogLines()
    let (ports, running) = AsyncStream.makeStream(of: Int.self)
    let logger = Logger(label: "test") { label in
        JSONLogHandler(label: label, level: .debug, sink: LogSink { logs.append($0) })
    }
    let service = PaydactylService(configuration: configuration, clock: clock.clock, logger: logger) { port in
        running.yield(port)
    }
    let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: [.init(service: Running(service: service, port: running), serviceName: "service")],
            logger: logger
        )
    )
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { running.finish() }
            try await group.run()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await tasks.waitForAll()
            throw Community.Unmet()
        }
        try await body(
            Community(
                panel: panel,
                panelServer: panelServer,
                clock: clock,
                port: port,
                configuration: configuration,
                logs: logs
            )
        )
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

/// The service as one of a group, so that it is shut down as a signal would.
private struct Running: Service {
    var service: PaydactylService
    var port: AsyncStream<Int>.Continuation

    func run() async throws {
        defer { port.finish() }
        try await service.run()
    }
}

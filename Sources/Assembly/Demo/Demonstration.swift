import Billing
import Entitlements
import Foundation
import Logging
import Observability
import PanelSimulator
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The real service against a simulated panel, with ten subscribers whose stories are told as they happen; it checks itself.
package struct Demonstration: Sendable {
    private let stays: Bool
    private let pause: Duration
    private let isColoured: Bool
    private let write: @Sendable ([String]) -> Void

    package init(
        stays: Bool,
        pause: Duration,
        isColoured: Bool,
        write: @escaping @Sendable ([String]) -> Void
    ) {
        self.stays = stays
        self.pause = pause
        self.isColoured = isColoured
        self.write = write
    }

    /// Runs to its end, or until somebody ends it; says how everything came out, `nil` if the stories were not told to their end.
    package func run() async throws -> DemoSummary? {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "paydactyl-demo-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let result: Result<DemoSummary?, any Error>
        do {
            result = .success(try await run(in: folder))
        } catch {
            result = .failure(error)
        }
        try FileManager.default.removeItem(at: folder)
        return try result.get()
    }

    private func run(in folder: URL) async throws -> DemoSummary? {
        let quiet = Logger(label: "demo", factory: { _ in SwiftLogNoOpLogHandler() })
        let panel = PanelSimulatorServer(panel: Self.panel())
        let secrets = PassingSecrets()
        let service = DemoService(
            panel: panel,
            store: folder.appendingPathComponent("demo.sqlite").path,
            secrets: secrets,
            logger: quiet
        )
        let telling = Telling(panel: panel, service: service, secrets: secrets, demonstration: self)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: panel, serviceName: "panel"), .init(service: service, serviceName: "service"),
                    .init(
                        service: telling,
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        serviceName: "stories"
                    ),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet
            )
        )
        try await group.run()
        return telling.outcome.withLock { $0 }
    }

    private static func panel() -> SimulatedPanel {
        let panel = SimulatedPanel(DemoWorld.panel())
        let gil = panel.addUser(PanelUser(username: "gil", email: Subscriber.gil.email, firstName: "Gil"))
        if let server = panel.server(named: DemoStory.handMadeServer) {
            panel.addSubuser(user: gil.id, server: server.id, permissions: DemoStory.handMade.sorted())
        }
        return panel
    }

    fileprivate func tell(panel: PanelSimulatorServer, service: DemoService, secrets: PassingSecrets) async throws
        -> DemoSummary
    {
        let panelURL = try await panel.url
        let url = "http://127.0.0.1:\(try await service.port)"
        write([
            "Paydactyl \(paydactylVersion), on a SQLite file. The billing system is this program, which signs its deliveries;",
            "the panel is simulated, at \(panelURL), with \(DemoWorld.serverNames.count) servers:",
            "\(DemoWorld.serverNames.joined(separator: ", ")).",
        ])
        let address = try AdminClient.Address(url: url, token: .init(secrets.token))
        let summary = try await AdminClient.with(address) { client in
            try await DeliverySender.with(url: url, secret: .init(secrets.webhook)) { sender in
                var teller = StoryTeller(
                    panel: panel.panel,
                    client: client,
                    sender: sender,
                    pause: pause,
                    isColoured: isColoured,
                    write: write
                )
                try await teller.tell(DemoStory.steps)
                let summary = try await DemoSummary(teller)
                write(summary.lines(coloured: isColoured))
                return summary
            }
        }
        if stays { try await stay(url: url, panelURL: panelURL, secrets: secrets) }
        return summary
    }

    private func stay(url: String, panelURL: String, secrets: PassingSecrets) async throws {
        let program = CommandLine.arguments.first ?? ""
        write(["", "It goes on running until Ctrl-C. In another terminal:"])
        if program.contains("/") { write(["  alias paydactyl='\(program)'"]) }
        write([
            "  export PAYDACTYL_URL=\(url) PAYDACTYL_TOKEN=\(secrets.token)",
            "  paydactyl status", "  paydactyl customers", "  paydactyl explain \(Subscriber.cleo.customer)",
            "  paydactyl timeline \(Subscriber.cleo.email)",
            "  paydactyl grant \(Subscriber.eve.customer) knight --until 2099-12-31 --reason \"a gift\"",
            "  paydactyl send payment.failed --subscription \(Subscriber.juno.subscription) --secret \(secrets.webhook)",
            "Its pages are at \(url)/, for who signs in with that token.",
            "The panel is at \(panelURL), with the keys", "  \(PanelWorld.applicationKey)", "  \(PanelWorld.clientKey)",
        ])
        try await gracefulShutdown()
    }
}

/// Runs the service once the panel is there.
private struct DemoService: Service {
    private let panel: PanelSimulatorServer
    private let store: String
    private let secrets: PassingSecrets
    private let logger: Logger
    private let ports = AsyncStream.makeStream(of: Int.self)

    init(panel: PanelSimulatorServer, store: String, secrets: PassingSecrets, logger: Logger) {
        self.panel = panel
        self.store = store
        self.secrets = secrets
        self.logger = logger
    }

    /// The port that it listens on, once it does; for one caller.
    var port: Int {
        get async throws {
            for await port in ports.stream { return port }
            throw CancellationError()
        }
    }

    func run() async throws {
        defer { ports.continuation.finish() }
        let configuration = try DemoWorld.configuration(panel: try await panel.url, store: store, secrets: secrets)
        let service = PaydactylService(configuration: configuration, logger: logger) { [ports] port in
            ports.continuation.yield(port)
        }
        try await service.run()
    }
}

/// Tells the stories while the services run, and remembers how they came out.
private final class Telling: Service {
    let outcome = Mutex<DemoSummary?>(nil)
    private let panel: PanelSimulatorServer
    private let service: DemoService
    private let secrets: PassingSecrets
    private let demonstration: Demonstration

    init(panel: PanelSimulatorServer, service: DemoService, secrets: PassingSecrets, demonstration: Demonstration) {
        self.panel = panel
        self.service = service
        self.secrets = secrets
        self.demonstration = demonstration
    }

    func run() async throws {
        let summary = try await cancelWhenGracefulShutdown {
            try await self.demonstration.tell(panel: self.panel, service: self.service, secrets: self.secrets)
        }
        outcome.withLock { $0 = summary }
    }
}

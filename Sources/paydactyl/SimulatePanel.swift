import ArgumentParser
import Assembly
import Foundation
import Logging
import PanelSimulator
import ServiceLifecycle
import UnixSignals

struct SimulatePanel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate-panel",
        abstract: "Serve a panel that behaves like Pterodactyl, to try things with."
    )

    @Option(help: "The port; 0 takes any free one.")
    var port = 8080

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(parsing: .upToNextOption, help: "The names of its servers.")
    var servers: [String] = DemoWorld.serverNames

    func run() async throws {
        guard (0...65535).contains(port) else { throw CommandFailure(.usage, "--port is 0 to 65535.") }
        let server = PanelSimulatorServer(
            panel: SimulatedPanel(DemoWorld.panel(servers: servers)),
            host: host,
            port: port
        )
        let greeting = Greeting(server: server)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: server, serviceName: "panel"), .init(service: greeting, serviceName: "greeting"),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "simulate-panel", factory: { _ in SwiftLogNoOpLogHandler() })
            )
        )
        do {
            try await group.run()
        } catch is CancellationError {
            return
        } catch {
            throw CommandFailure(listeningAt: "\(host):\(port)", error) ?? error
        }
    }
}

/// Says where the panel is, once it is there.
private struct Greeting: Service {
    let server: PanelSimulatorServer

    func run() async throws {
        let url = try await server.url
        Screen.output.write([
            "A simulated panel with \(server.panel.servers.count) servers. Ctrl-C ends it; the next one knows nothing of it, so give that a new ledger.",
            "  url:             \(url)",
            "  application_key: \(PanelWorld.applicationKey)",
            "  client_key:      \(PanelWorld.clientKey)",
            "  servers:         \(server.panel.servers.map { shown($0.name) }.joined(separator: ", "))",
        ])
        try await gracefulShutdown()
    }
}

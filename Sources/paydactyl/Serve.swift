import ArgumentParser
import Assembly
import Foundation
import Logging
import Metrics
import Observability
import ServiceConfiguration
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the service.")

    @Option(help: "The configuration file (PAYDACTYL_CONFIG; paydactyl.yaml here).")
    var config: String?

    @Option(help: "The least severe messages that are logged: debug, info, notice, warning or error.")
    var logLevel = "info"

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError(
                "--log-level is one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))."
            )
        }
        LoggingSystem.bootstrap(
            { label, provider in JSONLogHandler(label: label, level: level, metadataProvider: provider) },
            metadataProvider: nil
        )
        let metrics = PrometheusMetrics()
        MetricsSystem.bootstrap(metrics)
        let path = ConfigurationFile.path(config)
        let configuration = try ServiceConfiguration.load(path: path)
        let logger = Logger(label: "paydactyl")
        for warning in configuration.warnings { logger.warning("\(warning)") }
        let service = PaydactylService(
            configuration: configuration,
            reread: { try ServiceConfiguration.load(path: path) },
            metrics: metrics,
            logger: logger,
            onRunning: { port in
                logger.notice(
                    "Deliveries are taken.",
                    metadata: ["host": "\(configuration.listen.host)", "port": "\(port)"]
                )
            }
        )
        do {
            try await service.run(signals: [.sigterm, .sigint])
        } catch {
            let listen = configuration.listen
            throw CommandFailure(listeningAt: "\(listen.host):\(listen.port)", error) ?? error
        }
    }
}

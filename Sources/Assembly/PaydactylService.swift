package import Billing
import Entitlements
import Foundation
import Ledger
package import Logging
import NIOCore
import NIOPosix
package import Observability
package import Provisioning
package import PterodactylAPI
import SQLiteLedger
package import ServiceConfiguration
import ServiceLifecycle
package import UnixSignals
package import Web

/// The whole program put together from a configuration: the composition root.
package struct PaydactylService: Sendable {
    let configuration: ServiceConfiguration
    /// Reads the configuration anew for SIGHUP; `nil` where there is no file.
    let reread: (@Sendable () throws -> ServiceConfiguration)?
    /// Asks for a reload; `nil` for SIGHUP.
    let reloadRequests: AsyncStream<Void>?
    /// The free bytes of the ledger's disk; `nil` to look at the disk.
    let freeSpace: (@Sendable () -> Int64?)?
    let connectionTimes: ConnectionTimes
    let clock: ServiceClock
    /// Carries the panels' requests instead of HTTP, if given: a simulation, or one that measures.
    let panelTransport: PanelTransport?
    /// Carries the questions to Paymenter instead of HTTP, if given.
    let paymenterTransport: PaymenterTransport?
    let metrics: PrometheusMetrics
    let logger: Logger
    /// Gets the port once requests are taken.
    let onRunning: @Sendable (Int) async -> Void

    package init(
        configuration: ServiceConfiguration,
        reread: (@Sendable () throws -> ServiceConfiguration)? = nil,
        reloadRequests: AsyncStream<Void>? = nil,
        freeSpace: (@Sendable () -> Int64?)? = nil,
        connectionTimes: ConnectionTimes = .usual,
        clock: ServiceClock = .system,
        panelTransport: PanelTransport? = nil,
        paymenterTransport: PaymenterTransport? = nil,
        metrics: PrometheusMetrics = PrometheusMetrics(),
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.reread = reread
        self.reloadRequests = reloadRequests
        self.freeSpace = freeSpace
        self.connectionTimes = connectionTimes
        self.clock = clock
        self.panelTransport = panelTransport
        self.paymenterTransport = paymenterTransport
        self.metrics = metrics
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Runs until it is told to stop: by `signals`, or by the graceful shutdown of the task that it runs in.
    package func run(signals: [UnixSignal] = []) async throws {
        try await demandPlaceToListen()
        let ledger = try openLedger()
        let http = PanelHTTPClient()
        let alertClient = AlertHTTPClient()
        do {
            try await serve(ledger: ledger, http: http, alertClient: alertClient, signals: signals)
        } catch {
            try await close(ledger, http, alertClient)
            throw error
        }
        try await close(ledger, http, alertClient)
    }

    /// Nothing is opened, and no ledger made, where no request could be taken, as with a second service beside a first.
    private func demandPlaceToListen() async throws {
        let listen = configuration.listen
        guard listen.port != 0 else { return }
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: listen.host, port: listen.port).get()
        try await channel.close()
    }

    private func openLedger() throws -> SQLiteLedger {
        guard case .sqlite(let path) = configuration.store else {
            throw StartupError("store: only sqlite: is supported.")
        }
        do {
            return try SQLiteLedger(path: path, exclusively: true)
        } catch let error as LedgerUnusable {
            throw StartupError("\(error)")
        }
    }

    var ledgerDirectory: String {
        switch configuration.store {
        case .sqlite(let path):
            let directory = (path as NSString).deletingLastPathComponent
            return directory.isEmpty ? "." : directory
        }
    }

    private func close(_ ledger: SQLiteLedger, _ http: PanelHTTPClient, _ alertClient: AlertHTTPClient) async throws {
        try await alertClient.shutdown()
        try await http.shutdown()
        try ledger.close()
    }

    private func serve(
        ledger: SQLiteLedger,
        http: PanelHTTPClient,
        alertClient: AlertHTTPClient,
        signals: [UnixSignal]
    ) async throws {
        try await PinnedIdentity(configuration).check(against: ledger)
        let now = clock.now()
        try await ledger.noteStart(at: now)
        try await ledger.refold(policy: FoldPolicy(configuration.policy, catalog: configuration.catalog), now: now)
        try await ledger.releaseAllLanes(now: now)
        // The configuration may be another than before; whom that does not concern costs no call to a panel.
        try await ledger.markEveryone(now: now)
        let isPaused = try await ledger.pinned("paused") == "yes"
        let standby = try await RestoredLedger.reason(in: ledger)
        var provisioning = ProvisioningRules(configuration)
        try await provisioning.recallFormerTerms(in: ledger, now: now)
        let parts = try Parts(
            self,
            ledger: ledger,
            provisioning: provisioning,
            transport: panelTransport ?? http.transport,
            paymenter: paymenterTransport ?? PaymenterTransport(http.transport),
            alertClient: alertClient,
            isPaused: isPaused,
            standby: standby
        )
        logger.notice(
            "Paydactyl starts.",
            metadata: [
                "version": "\(paydactylVersion)", "instance": "\(configuration.instance)",
                "mode": "\(configuration.mode.rawValue)",
                "paused": "\(isPaused)",
            ]
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                // Named, since a name would be made of all that a service holds otherwise.
                services: parts.services.map { .init(service: $0, serviceName: "\(type(of: $0))") },
                gracefulShutdownSignals: signals,
                logger: logger
            )
        )
        try await group.run()
    }
}

/// Why the service does not start, in words for the owner.
package struct StartupError: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }
}

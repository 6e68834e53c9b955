import Billing
package import Entitlements
import Foundation
import Ledger
package import Logging
import NIOSSL
import Observability
package import Provisioning
package import PterodactylAPI
import SQLiteLedger
package import ServiceConfiguration
import ServiceLifecycle
import Web

/// The services of a running program, in the order in which they start; they stop in the reverse one, so that intake stops first.
struct Parts {
    let services: [any Service]

    init(
        _ service: PaydactylService,
        ledger: SQLiteLedger,
        transport: PanelTransport,
        alertClient: AlertHTTPClient,
        isPaused: Bool,
        standby: String?
    ) throws {
        let configuration = service.configuration
        let arrivals = Signal()
        let lanes = Signal()
        let pressure = IntakePressure()
        let rules = CurrentRules(ProvisioningRules(configuration), isPaused: isPaused, standby: standby)
        let web = Current(try WebRules(configuration))
        let alertSettings = Current(try AlertSettings(configuration))
        let decoders = Current(["paymenter": DeliveryDecoder(configuration)])
        let panels = try Dictionary(
            uniqueKeysWithValues: configuration.panels.map { name, panel in
                (
                    name,
                    try PanelConnection(
                        name: name,
                        panel,
                        transport: transport,
                        clock: service.clock,
                        logger: service.logger
                    )
                )
            }
        )
        let context = LaneContext(
            ledger: ledger,
            rules: rules,
            panels: panels,
            clock: service.clock,
            logger: service.logger
        )
        let auditors = panels.values.sorted { $0.name < $1.name }.map {
            Auditor(panel: $0, context: context, lanes: lanes)
        }
        let (server, api) = try Self.server(
            service,
            ledger: ledger,
            web: web,
            rules: rules,
            panels: panels,
            auditors: auditors,
            accessTimes: context.metrics.accessTimes,
            arrivals: arrivals,
            pressure: pressure,
            lanes: lanes,
            ranks: context.ranks
        )
        var services: [any Service] = [
            Keeper(ledger: ledger, rules: rules, clock: service.clock, logger: service.logger)
        ]
        services += auditors
        services.append(
            AlertWatch(api: api, settings: alertSettings, logger: service.logger) { try await alertClient.send($0) }
        )
        services.append(LaneDispatcher(context: context, wake: lanes, pressure: pressure))
        services.append(RankDispatcher(context: context, pressure: pressure, lanes: lanes))
        services.append(ConsoleWatch(context: context))
        services.append(
            DeliveryFolder(
                ledger: ledger,
                decoders: decoders,
                rules: rules,
                clock: service.clock,
                arrivals: arrivals,
                pressure: pressure,
                lanes: lanes,
                logger: service.logger
            )
        )
        if let reread = service.reread {
            services.append(
                Reloader(
                    started: configuration,
                    reread: reread,
                    requests: service.reloadRequests,
                    rules: rules,
                    web: web,
                    alerts: alertSettings,
                    decoders: decoders,
                    panels: panels.values.map(\.self),
                    ledger: ledger,
                    lanes: lanes,
                    ranks: context.ranks,
                    clock: service.clock,
                    logger: service.logger
                )
            )
        }
        services.append(server)
        self.services = services
    }

    private static func server(
        _ service: PaydactylService,
        ledger: SQLiteLedger,
        web: Current<WebRules>,
        rules: CurrentRules,
        panels: [PanelName: PanelConnection],
        auditors: [Auditor],
        accessTimes: AccessTimes,
        arrivals: Signal,
        pressure: IntakePressure,
        lanes: Signal,
        ranks: Signal
    ) throws -> (any Service, AdminAPI) {
        let alerts = IntakeAlerts()
        let disk =
            service.freeSpace.map { DiskSpace(every: .zero, read: $0) } ?? DiskSpace(holding: service.ledgerDirectory)
        let intake = WebhookIntake(
            source: "paymenter",
            rules: web,
            commit: GroupCommit(ledger: ledger, pressure: pressure),
            arrivals: arrivals,
            alerts: alerts,
            disk: disk,
            clock: service.clock,
            metrics: service.metrics,
            logger: service.logger
        )
        let api = AdminAPI(
            ledger: ledger,
            rules: rules,
            panels: panels,
            audits: Dictionary(uniqueKeysWithValues: auditors.map { ($0.panel.name, $0.request) }),
            lanes: lanes,
            ranks: ranks,
            arrivals: arrivals,
            alerts: alerts,
            disk: disk,
            clock: service.clock,
            version: paydactylVersion,
            web: web
        )
        let listen = service.configuration.listen
        var quiet = service.logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        let server = try WebServer(
            intakes: [intake],
            api: api,
            console: try Console(api: api, rules: web, accessTimes: accessTimes),
            rules: web,
            metrics: service.metrics,
            readiness: Readiness(disk: disk) { try await ledger.checkWritable() },
            times: service.connectionTimes,
            logger: quiet
        ).application(
            host: listen.host,
            port: listen.port,
            tls: try listen.tls.map(tlsConfiguration),
            onRunning: service.onRunning
        )
        return (server, api)
    }

    private static func tlsConfiguration(_ tls: ServiceConfiguration.Listen.TLS) throws -> TLSConfiguration {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(tls.certificate).map {
                NIOSSLCertificateSource.certificate($0)
            }
            let key = try NIOSSLPrivateKey(file: tls.privateKey, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain,
                privateKey: .privateKey(key)
            )
            configuration.minimumTLSVersion = .tlsv12
            return configuration
        } catch {
            throw StartupError("listen.tls: the certificate or its key cannot be used: \(error)")
        }
    }
}

extension ProvisioningRules {
    package init(_ configuration: ServiceConfiguration) {
        self.init(
            instance: configuration.instance,
            mode: configuration.mode == .observe ? .observe : .enforce,
            policy: configuration.policy,
            catalog: configuration.catalog,
            naming: PlayerNaming(
                property: configuration.billing.paymenter.playerProperty,
                bedrockPrefix: configuration.billing.paymenter.bedrockPrefix
            )
        )
    }
}

extension DeliveryDecoder {
    init(_ configuration: ServiceConfiguration) {
        self.init(source: "paymenter", calendar: BillingCalendar(timeZone: configuration.billing.timeZone.timeZone))
    }
}

extension AlertSettings {
    init(_ configuration: ServiceConfiguration) throws {
        var targets: [AlertTarget] = []
        if let url = configuration.alerts.discord { targets.append(.discord(url)) }
        if let generic = configuration.alerts.generic {
            targets.append(.generic(url: generic.url, secret: try WebhookSecret(generic.secret.reveal())))
        }
        self.init(targets: targets, consoleURL: configuration.alerts.consoleURL)
    }
}

extension WebRules {
    init(_ configuration: ServiceConfiguration) throws {
        self.init(
            secrets: try configuration.billing.paymenter.secrets.map { try WebhookSecret($0.reveal()) },
            allowFrom: configuration.billing.paymenter.allowFrom,
            decoder: DeliveryDecoder(configuration),
            transport: TransportRules(
                trustedProxies: configuration.trustedProxies,
                endsTLS: configuration.listen.tls != nil
            ),
            tokens: configuration.admin.tokens.map {
                AdminToken(token: $0.token, name: $0.name, mayChange: $0.role == .operator)
            },
            playerProperty: configuration.billing.paymenter.playerProperty,
            silentAfter: configuration.billing.silentAfter
        )
    }
}

extension PanelConnection {
    package convenience init(
        name: PanelName,
        _ panel: ServiceConfiguration.Panel,
        transport: PanelTransport,
        clock: ServiceClock,
        logger: Logger
    ) throws {
        var options = PterodactylPanel.Options()
        options.budgetShare = panel.budgetShare
        // Only what is held against the panel's time; the pace of calls goes by the machine's clock.
        options.clock.sinceEpoch = { .milliseconds(clock.now().milliseconds) }
        options.userAgent = "Paydactyl/\(paydactylVersion)"
        let client = PterodactylPanel(
            url: try PanelURL(panel.url.absoluteString),
            applicationKey: PanelKey(panel.applicationKey.reveal()),
            clientKey: PanelKey(panel.clientKey.reveal()),
            transport: transport,
            options: options
        )
        self.init(name: name, client: client, logger: logger)
    }
}

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
        provisioning: ProvisioningRules,
        transport: PanelTransport,
        paymenter: PaymenterTransport,
        alertClient: AlertHTTPClient,
        isPaused: Bool,
        standby: String?
    ) throws {
        let configuration = service.configuration
        let arrivals = Signal()
        let payments =
            configuration.billing.stripeSecrets.isEmpty || configuration.billing.paymenter.api == nil
            ? nil : PaymentQuestions(changed: Signal())
        let lanes = Signal()
        let pressure = IntakePressure()
        let rules = CurrentRules(provisioning, isPaused: isPaused, standby: standby)
        let web = Current(try WebRules(configuration))
        let decoders = Current(DeliveryDecoder.all(configuration))
        let polls = BillingPolls()
        let alertSettings = Current(try AlertSettings(configuration))
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
            polls: polls,
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
            polls: configuration.billing.paymenter.api == nil ? nil : polls,
            paymenter: paymenter,
            arrivals: arrivals,
            payments: payments,
            pressure: pressure,
            lanes: lanes,
            ranks: context.ranks,
            work: context.work
        )
        var services: [any Service] = [
            Keeper(ledger: ledger, rules: rules, clock: service.clock, logger: service.logger),
            ClockWatch(
                ledger: ledger,
                clock: service.clock,
                signals: [lanes, context.ranks] + auditors.map(\.request),
                logger: service.logger
            ),
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
                polls: context.polls,
                payments: payments,
                logger: service.logger
            )
        )
        if let configured = configuration.billing.paymenter.api {
            let api = PaymenterAPI(configured, transport: paymenter)
            if let payments {
                services.append(
                    StripeMatcher(
                        api: api,
                        ledger: ledger,
                        rules: rules,
                        clock: service.clock,
                        questions: payments,
                        lanes: lanes,
                        logger: service.logger
                    )
                )
            }
            services.append(
                BillingReconciler(
                    api: api,
                    every: configured.every,
                    ledger: ledger,
                    rules: rules,
                    polls: polls,
                    clock: service.clock,
                    arrivals: arrivals,
                    logger: service.logger
                )
            )
        }
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
        polls: BillingPolls?,
        paymenter: PaymenterTransport,
        arrivals: Signal,
        payments: PaymentQuestions?,
        pressure: IntakePressure,
        lanes: Signal,
        ranks: Signal,
        work: LongWork
    ) throws -> (any Service, AdminAPI) {
        let alerts = IntakeAlerts()
        let disk =
            service.freeSpace.map { DiskSpace(every: .zero, read: $0) } ?? DiskSpace(holding: service.ledgerDirectory)
        let commit = GroupCommit(ledger: ledger, pressure: pressure)
        func intake(_ source: String, _ scheme: IntakeScheme, arrivals: Signal) -> WebhookIntake {
            WebhookIntake(
                source: source,
                scheme: scheme,
                rules: web,
                commit: commit,
                arrivals: arrivals,
                alerts: alerts,
                disk: disk,
                clock: service.clock,
                metrics: service.metrics,
                logger: service.logger
            )
        }
        var intakes = [intake(BillingSource.paymenter, .standard, arrivals: arrivals)]
        if let payments { intakes.append(intake(BillingSource.stripe, .stripe, arrivals: payments.changed)) }
        let api = AdminAPI(
            ledger: ledger,
            rules: rules,
            panels: panels,
            audits: Dictionary(uniqueKeysWithValues: auditors.map { ($0.panel.name, $0.request) }),
            lanes: lanes,
            arrivals: arrivals,
            ranks: ranks,
            alerts: alerts,
            polls: polls,
            payments: payments,
            paymenter: service.configuration.billing.paymenter.api.map { PaymenterAPI($0, transport: paymenter) },
            work: work,
            disk: disk,
            clock: service.clock,
            version: paydactylVersion,
            web: web
        )
        let listen = service.configuration.listen
        var quiet = service.logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        let server = try WebServer(
            intakes: intakes,
            api: api,
            console: Console(api: api, rules: web),
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
    init(_ configuration: ServiceConfiguration, source: String = BillingSource.paymenter) {
        self.init(source: source, calendar: BillingCalendar(timeZone: configuration.billing.timeZone.timeZone))
    }

    /// By source: all that is written in the contract's own words, whoever wrote it.
    static func all(_ configuration: ServiceConfiguration) -> [String: DeliveryDecoder] {
        let sources = [BillingSource.paymenter, BillingSource.paymenterAPI, BillingSource.imported]
        return Dictionary(uniqueKeysWithValues: sources.map { ($0, DeliveryDecoder(configuration, source: $0)) })
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
            stripeSecrets: configuration.billing.stripeSecrets,
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
            silentAfter: configuration.billing.silentAfter,
            panelAddresses: configuration.panels.mapValues(\.url.absoluteString)
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

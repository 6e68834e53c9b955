import Assembly
import Billing
import Entitlements
import Foundation
import Logging
import Observability
import Provisioning
import SQLiteLedger
import ServiceConfiguration
import Web

extension WebServer {
    /// All that is served, on a ledger alone: nothing folds, no panel is there, and only the tokens let anybody in.
    static func alone(on ledger: SQLiteLedger, tokens: [AdminToken] = []) throws -> WebServer {
        let clock = AdjustableClock().clock
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let decoder = DeliveryDecoder(source: "paymenter", calendar: BillingCalendar(timeZone: .gmt))
        let web = Current(
            WebRules(
                secrets: [],
                allowFrom: [],
                decoder: decoder,
                transport: TransportRules(trustedProxies: [], endsTLS: false),
                tokens: tokens,
                playerProperty: nil,
                silentAfter: .days(1)
            )
        )
        let alerts = IntakeAlerts()
        let disk = DiskSpace { nil }
        let metrics = PrometheusMetrics()
        let api = AdminAPI(
            ledger: ledger,
            rules: CurrentRules(
                ProvisioningRules(instance: "test", mode: .observe, policy: Policy(), catalog: .small),
                isPaused: false,
                standby: nil
            ),
            panels: [:],
            audits: [:],
            lanes: Signal(),
            arrivals: Signal(),
            ranks: Signal(),
            alerts: alerts,
            disk: disk,
            clock: clock,
            version: "0",
            web: web
        )
        func intake(_ source: String, _ scheme: IntakeScheme) -> WebhookIntake {
            WebhookIntake(
                source: source,
                scheme: scheme,
                rules: web,
                commit: GroupCommit(ledger: ledger, pressure: IntakePressure()),
                arrivals: Signal(),
                alerts: alerts,
                disk: disk,
                clock: clock,
                metrics: metrics,
                logger: logger
            )
        }
        return WebServer(
            intakes: [intake("paymenter", .standard), intake("stripe", .stripe)],
            api: api,
            console: Console(api: api, rules: web),
            rules: web,
            metrics: metrics,
            readiness: Readiness(disk: disk) {},
            logger: logger
        )
    }
}

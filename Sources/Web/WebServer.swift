import Billing
import Entitlements
import HTTPTypes
package import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
package import NIOSSL
package import Observability
package import Provisioning

/// Everything that is served over HTTP.
package struct WebServer: Sendable {
    package var intakes: [WebhookIntake]
    package var api: AdminAPI
    package var console: Console
    package var rules: Current<WebRules>
    package var metrics: PrometheusMetrics
    package var readiness: Readiness
    package var times: ConnectionTimes
    package var logger: Logger

    package init(
        intakes: [WebhookIntake],
        api: AdminAPI,
        console: Console,
        rules: Current<WebRules>,
        metrics: PrometheusMetrics,
        readiness: Readiness,
        times: ConnectionTimes = .usual,
        logger: Logger
    ) {
        self.intakes = intakes
        self.api = api
        self.console = console
        self.rules = rules
        self.metrics = metrics
        self.readiness = readiness
        self.times = times
        self.logger = logger
    }

    /// The server as a service; `onRunning` gets the port that it listens on.
    package func application(
        host: String,
        port: Int,
        tls: TLSConfiguration?,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) throws -> some ApplicationProtocol {
        let configuration = ApplicationConfiguration(
            address: .hostname(host, port: port),
            serverName: "paydactyl",
            backlog: 1024,
            availableConnectionsDelegate: MaximumAvailableConnections(2048)
        )
        let times = times
        let http1 = HTTPServerBuilder { responder in
            LoopBoundChannel(
                base: HTTP1Channel(
                    responder: responder,
                    configuration: .init(
                        additionalChannelHandlers: [
                            ConnectionDeadlines(times: times, largestBody: WebhookIntake.maximumBytes)
                        ]
                    )
                )
            )
        }
        return Application(
            router: router,
            server: try tls.map { try .tls(http1, tlsConfiguration: $0) } ?? http1,
            configuration: configuration,
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }

    /// Every method and address that is served, as `GET /api/v1/customers/{customer}`; HEAD comes with each GET.
    package var routes: Set<String> {
        let served = router.routes.filter { $0.method != .head }
        return Set(
            served.map { route in
                let path = route.path.description.split(separator: "/").map { part in
                    part.hasPrefix(":") ? "{\(part.dropFirst())}" : String(part)
                }
                return "\(route.method.rawValue) /\(path.joined(separator: "/"))"
            }
        )
    }

    private var router: Router<WebContext> {
        let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
        let allowed = Current(AllowedMethods([]))
        router.add(
            middleware: ProblemMiddleware(allowed: allowed) { [console] in await console.page(of: $0, forReader: $1, $2)
            }
        )
        for intake in intakes {
            router.post("webhooks/\(intake.source)") { request, context in
                try await intake.handle(request, context: context)
            }
        }
        if let intake = intakes.first(where: { $0.source == BillingSource.paymenter }) {
            let questions = ExtensionQuestions(intake: intake, api: api)
            router.post("webhooks/\(intake.source)/questions") { request, context in
                try await questions.answer(request, context: context)
            }
        }
        router.get("health/live") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: "{\"status\":\"live\"}"))
            )
        }
        router.get("health/ready") { request, context in try await readiness(request, context) }
        router.get("metrics") { request, context in
            guard try mayLook(request, context) else {
                throw Problem(.unauthorized, "A token or loopback is needed.", headers: [.wwwAuthenticate: "Bearer"])
            }
            return Response(
                status: .ok,
                headers: [.contentType: PrometheusMetrics.contentType, .cacheControl: "no-store"],
                body: .init(byteBuffer: ByteBuffer(string: try await exposition()))
            )
        }
        let admin = router.group("api/v1").add(middleware: authentication)
            .add(middleware: IdempotencyKeys(changes: api.changes))
        api.addRoutes(to: admin)
        console.addRoutes(to: router)
        allowed.replace(with: AllowedMethods(router.routes))
        return router
    }

    private var authentication: Authentication {
        let clock = api.clock
        return Authentication(rules: rules, throttle: console.throttle) { clock.now() }
    }

    private func mayLook(_ request: Request, _ context: WebContext) throws(Problem) -> Bool {
        if authentication.origin(of: request, context).isLocal { return true }
        return try authentication.person(asking: request, context) != nil
    }

    private struct ReadinessView: Encodable {
        var status: String
        var reasons: [String]?
        var panels: [String: String]?
    }

    /// Ready means that deliveries can be taken; a panel that is away is told but changes nothing, since deliveries are safe with us.
    private func readiness(_ request: Request, _ context: WebContext) async throws -> Response {
        let reasons = await readiness.reasons()
        let isReady = reasons.isEmpty
        let detailed: Bool
        do {
            detailed = try mayLook(request, context)
        } catch {
            // Whoever guesses tokens learns no reasons, but a proxy is still told whether to send deliveries here.
            detailed = false
        }
        let body = ReadinessView(
            status: isReady ? "ready" : "not ready",
            reasons: detailed ? reasons : nil,
            panels: detailed
                ? Dictionary(uniqueKeysWithValues: api.panels.map { ($0.rawValue, $1.circuit.reason ?? "answers") })
                : nil
        )
        return try JSONBody.response(body, status: isReady ? .ok : .serviceUnavailable)
    }

    /// The counters and what is read off the ledger at this moment.
    private func exposition() async throws -> String {
        let status = try await api.status()
        var lines = metrics.render()
        func gauge(_ name: String, _ help: String, _ values: [(String, Int)]) {
            lines += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
            for (labels, value) in values { lines += "\(name)\(labels) \(value)\n" }
        }
        gauge(
            "paydactyl_customers",
            "Customers by state.",
            [
                ("{state=\"blocked\"}", status.customers.blocked),
                ("{state=\"converged\"}", status.customers.converged),
                ("{state=\"needs_attention\"}", status.customers.needsAttention),
                ("{state=\"working\"}", status.customers.working),
            ]
        )
        gauge(
            "paydactyl_deliveries_waiting",
            "Deliveries acknowledged and not folded yet.",
            [("", status.deliveriesWaiting)]
        )
        gauge("paydactyl_oldest_waiting_seconds", "Age of the oldest of them.", [("", status.oldestWaitingSeconds)])
        gauge(
            "paydactyl_held_customers",
            "Customers whose losses wait for a person.",
            [("", status.breaker.heldCustomers)]
        )
        if let readings = api.polls?.report {
            gauge(
                "paydactyl_billing_reading_timestamp_seconds",
                "When Paymenter's API was last read to its end.",
                [("", Int((readings.succeededAt?.milliseconds ?? 0) / 1000))]
            )
            gauge(
                "paydactyl_billing_snapshots_wanted",
                "Services that Paymenter's API shows otherwise than was told.",
                [("", readings.wanted.count)]
            )
        }
        return lines
    }
}

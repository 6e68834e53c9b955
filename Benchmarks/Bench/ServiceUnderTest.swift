import Billing
import Entitlements
import Foundation

/// The real program as a process of its own, with a configuration made for the benchmark.
struct ServiceUnderTest {
    static let secret = "whsec_" + Data("thirty-two bytes for benchmarks!".utf8).base64EncodedString()
    static let token = "the-admin-token-of-the-benchmarks"

    let child: Child
    let port: Int
    let readyAfter: Duration

    /// Starts it and waits until it is ready.
    static func start(
        program: String,
        workspace: Workspace,
        port: Int = 18750,
        panel: String = "http://127.0.0.1:9",
        applicationKey: String = "ptla_unusedunusedunusedunused",
        clientKey: String = "ptlc_unusedunusedunusedunused",
        logLevel: String = "warning",
        mode: String = "enforce"
    ) throws -> ServiceUnderTest {
        let configuration = """
            instance: bench
            listen: {host: 127.0.0.1, port: \(port)}
            mode: \(mode)
            store: sqlite:\(workspace.file("ledger.sqlite").path)
            admin: {tokens: [\(token)]}
            billing: {paymenter: {secrets: [\(secret)]}}
            panels:
              main: {url: "\(panel)", application_key: \(applicationKey), client_key: \(clientKey)}
            policy: {audit_every: 1h, settle: 200ms}
            permission_sets: {basic: [websocket.connect], console: [control.console]}
            server_groups:
              every: {names: ["*"]}
            tiers:
              knight: {rank: 1, products: [knight], access: [{servers: every, permissions: console}]}
            """
        let file = workspace.file("paydactyl.yaml")
        try configuration.write(to: file, atomically: true, encoding: .utf8)
        chmod(file.path, 0o600)
        let start = ContinuousClock.now
        let child = try Child(
            program,
            ["serve", "--config", file.path, "--log-level", logLevel],
            log: workspace.file("service.log")
        )
        while ask(port, "GET", "/health/ready")?.status != 200 {
            guard child.process.isRunning, start.duration(to: .now) < .seconds(60) else {
                let log = (try? String(contentsOf: workspace.file("service.log"), encoding: .utf8)) ?? ""
                throw Failure(what: "the service did not become ready:\n\(log.suffix(2000))")
            }
            usleep(1000)
        }
        return ServiceUnderTest(child: child, port: port, readyAfter: start.duration(to: .now))
    }

    /// One request with a new connection.
    static func ask(_ port: Int, _ method: String, _ path: String, cookie: String = "") -> (status: Int, body: String)?
    {
        let request = """
            \(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAuthorization: Bearer \(token)\r\nCookie: \(cookie)\r\nContent-Length: 0\r\n\r\n
            """
        return LoadGenerator.ask(port: port, Array(request.utf8))
    }

    /// The cookie of a session at the console.
    func signIn() throws -> String {
        let form = "token=\(Self.token)"
        let request = """
            POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)
            """
        let head = LoadGenerator.head(port: port, Array(request.utf8))
        guard let cookie = head?.firstMatch(of: /paydactyl_session=[0-9a-f]+/) else {
            throw Failure(what: "nobody could sign in: \(head ?? "no answer")")
        }
        return String(cookie.output)
    }

    func status() -> [String: Any] {
        let text = Self.ask(port, "GET", "/api/v1/status")?.body ?? "{}"
        return ((try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]) ?? [:]
    }

    /// A signed delivery as the bytes of a whole request.
    static func delivery(subscription: Int, id: String, port: Int, secret: WebhookSecret) -> [UInt8] {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let body = body(subscription: subscription, at: Timestamp(milliseconds: now))
        let data = Data(body.utf8)
        let headers = StandardWebhooks.headers(id: id, at: Timestamp(milliseconds: now), body: data, secret: secret)
        var text = "POST /webhooks/paymenter HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
        for (name, value) in headers { text += "\(name.rawValue): \(value)\r\n" }
        text += "Content-Length: \(data.count)\r\n\r\n"
        return Array(text.utf8) + data
    }

    static func body(subscription: Int, at now: Timestamp) -> String {
        """
        {"event": "subscription.created", "subscription_id": "\(subscription)", "customer_id": "\(subscription)", \
        "customer_email": "user\(subscription)@example.com", "customer_name": "Ada Lovelace", "product_id": "knight", "tier": "knight", \
        "status": "active", "quantity": 1, "occurred_at": "2026-11-23T10:00:00Z", "revision": \(now.milliseconds), \
        "paid_through": "2036-12-23T10:00:00Z", "ends_at": null, "reason": null, "properties": {"minecraft_username": "Ada_Lovelace"}}
        """
    }

    struct Failure: Error, CustomStringConvertible {
        var what: String
        var description: String { what }
    }
}

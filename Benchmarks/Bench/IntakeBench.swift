import ArgumentParser
import Billing
import Crypto
import Foundation

struct IntakeBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "intake",
        abstract: "Durable intake against a route that does nothing, against the disk, and against Debian's webhook."
    )

    @Option(help: "The program to measure, built for release.")
    var program = ".build/release/paydactyl"

    @Option(help: "Seconds of each measurement.")
    var seconds = 4

    @Option(help: "Rounds; the median of the ratios counts.")
    var rounds = 3

    @Option(help: "Connections that send at once.")
    var connections = 64

    func run() async throws {
        let workspace = try Workspace()
        defer { workspace.remove() }
        let sync = measureSync(in: workspace.url)
        say(
            "fsync of this disk: p50 \(sync.p50.rounded(3)) ms, p99 \(sync.p99.rounded(3)) ms; \(connections) connections"
        )
        var ratios: [Double] = []
        var intakes: [LoadResult] = []
        for number in 1...rounds {
            let (nothing, intake) = try round(number)
            ratios.append(intake.rate / nothing.rate)
            intakes.append(intake)
        }
        let median = ratios.sorted()[rounds / 2]
        let best = intakes.map(\.rate).sorted()[rounds / 2]
        let diskBound = 0.7 * Double(connections) / (sync.p50 / 1000)
        say(
            "median ratio \(median.rounded(3)) (wanted: 0.45, or a rate of \(diskBound.rounded(0))/s from the disk, whichever is lower)"
        )
        say(
            "median rate \(best.rounded(0))/s; p99 \(intakes.map { $0.percentile(0.99) }.sorted()[rounds / 2].rounded(2)) ms (wanted: at most \((sync.p99 + 10).rounded(2)))"
        )
        try await compareWithWebhook(workspace, ours: best)
    }

    /// One service with an empty ledger: first a route that does nothing, then deliveries, with all the work that follows from them.
    private func round(_ number: Int) throws -> (LoadResult, LoadResult) {
        let workspace = try Workspace()
        defer { workspace.remove() }
        let service = try ServiceUnderTest.start(program: program, workspace: workspace)
        defer { service.child.stop() }
        let port = service.port
        let secret = try WebhookSecret(ServiceUnderTest.secret)
        let start = service.child.processorMicroseconds
        let nothing = load(port) { _, _ in Self.nothing(port) }
        let between = service.child.processorMicroseconds
        report("round \(number): a route that does nothing", nothing)
        say(
            "         \(((between - start) / Double(nothing.answers)).rounded(1)) us of the service's processor time each"
        )
        let intake = load(port, expecting: [202], atMost: 30_000) { connection, count in
            ServiceUnderTest.delivery(
                subscription: (connection * 7919 + count) % 10_000,
                id: "\(number)-\(connection)-\(count)",
                port: port,
                secret: secret
            )
        }
        let end = service.child.processorMicroseconds
        report("round \(number): durable intake", intake)
        say(
            "         \(((end - between) / Double(intake.answers)).rounded(1)) us of the service's processor time each, all that follows included"
        )
        say("         ratio \((intake.rate / nothing.rate).rounded(3))")
        return (nothing, intake)
    }

    private func load(
        _ port: Int,
        expecting statuses: Set<Int> = [200],
        atMost rate: Int = 80_000,
        _ request: @escaping @Sendable (Int, Int) -> [UInt8]
    ) -> LoadResult {
        LoadGenerator.run(
            port: port,
            connections: connections,
            duration: .seconds(seconds),
            prepared: rate * seconds / connections,
            expecting: statuses,
            request: request
        )
    }

    private func report(_ what: String, _ result: LoadResult) {
        say(
            "\(what): \(result.rate.rounded(0))/s, p50 \(result.percentile(0.5).rounded(2)) ms, p99 \(result.percentile(0.99).rounded(2)) ms, "
                + "\(result.failures) failures"
        )
    }

    private static func nothing(_ port: Int) -> [UInt8] {
        Array("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n".utf8)
    }

    /// Debian's `webhook` with the same secret and the same body; it acknowledges at once, or once its command has run.
    private func compareWithWebhook(_ workspace: Workspace, ours: Double) async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/webhook") else {
            say("webhook is not installed (apt-get install webhook): that comparison is left out")
            return
        }
        for (name, waits) in [("acknowledges", false), ("has run /bin/true", true)] {
            let hooks = """
                [{"id": "paydactyl", "execute-command": "/bin/true", "include-command-output-in-response": \(waits),
                  "trigger-rule": {"match": {"type": "payload-hmac-sha256", "secret": "\(ServiceUnderTest.secret)",
                    "parameter": {"source": "header", "name": "X-Signature"}}}}]
                """
            let file = workspace.file("hooks-\(waits).json")
            try hooks.write(to: file, atomically: true, encoding: .utf8)
            let port = waits ? 18752 : 18751
            let child = try Child(
                "/usr/bin/webhook",
                ["-hooks", file.path, "-ip", "127.0.0.1", "-port", "\(port)"],
                log: workspace.file("webhook-\(waits).log")
            )
            defer { child.stop() }
            try await Task.sleep(for: .seconds(1))
            let key = SymmetricKey(data: Data(ServiceUnderTest.secret.utf8))
            let result = load(port, atMost: 30_000) { connection, count in
                Self.webhookRequest(port, key, connection, count)
            }
            report("webhook \(name)", result)
            if !waits {
                let late = try await child.busyTime().inMilliseconds / 1000
                say(
                    "         it had still to run commands for \(late.rounded(1)) s: with these it did \((Double(result.answers) / (result.seconds + late)).rounded(0))/s"
                )
            }
            say("         ours is \((ours / result.rate).rounded(2)) times that (wanted: \(waits ? 6 : 3))")
        }
    }

    private static func webhookRequest(_ port: Int, _ key: SymmetricKey, _ connection: Int, _ count: Int) -> [UInt8] {
        let body = """
            {"event": "subscription.created", "subscription_id": "\(count)", "customer_id": "\(connection)", \
            "customer_email": "user\(count)@example.com", "customer_name": "Ada Lovelace", "product_id": "knight", "tier": "knight", \
            "status": "active", "quantity": 1, "occurred_at": "2026-11-23T10:00:00Z", "revision": \(count), \
            "paid_through": "2036-12-23T10:00:00Z", "ends_at": null, "reason": null, "properties": {"minecraft_username": "Ada_Lovelace"}}
            """
        let data = Data(body.utf8)
        let signature = HMAC<SHA256>.authenticationCode(for: data, using: key).map { String(format: "%02x", $0) }
            .joined()
        let head = """
            POST /hooks/paydactyl HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\nX-Signature: \(signature)\r\n\
            Content-Length: \(data.count)\r\n\r\n
            """
        return Array(head.utf8) + data
    }
}

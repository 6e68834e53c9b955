import ArgumentParser
import Assembly
import Billing
import CoreMetrics
import Entitlements
import Foundation
import Logging
import Metrics
import Observability
import PanelSimulator
import Provisioning
import PterodactylAPI
import ServiceConfiguration
import Synchronization

struct LatencyBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latency",
        abstract:
            "From a delivery to access that is read back, on an idle service, less the time that the panel takes to answer."
    )

    @Option(help: "New customers, one after the other.")
    var customers = 200

    func run() async throws {
        let workspace = try Workspace()
        defer { workspace.remove() }
        let finished = Finished()
        MetricsSystem.bootstrap(finished)
        var world = PanelWorld.servers((1...3).map { "Server \($0)" })
        world.applicationLimit = nil
        world.clientLimit = nil
        let panel = SimulatedPanel(world)
        try await withPanelSimulator(panel) { url, panel, _ in
            let http = PanelHTTPClient()
            let answers = Answers()
            let transport = PanelTransport { request in
                let start = ContinuousClock.now
                defer { answers.add(start.duration(to: .now)) }
                return try await http.transport.send(request)
            }
            let (ports, running) = AsyncStream.makeStream(of: Int.self)
            let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
            let service = PaydactylService(
                configuration: try configuration(url, workspace),
                panelTransport: transport,
                logger: logger
            ) { running.yield($0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                guard let port = await ports.first(where: { _ in true }) else { return }
                try await Task.sleep(for: .seconds(1))
                try await measure(port: port, panel: panel, answers: answers, finished: finished)
                group.cancelAll()
            }
            try await http.shutdown()
        }
    }

    private func configuration(_ url: String, _ workspace: Workspace) throws -> ServiceConfiguration {
        var match = ServerMatch()
        match.names = [Glob("*")]
        var panels: [PanelName: ServiceConfiguration.Panel] = [:]
        panels["main"] = ServiceConfiguration.Panel(
            url: try PanelAddress.url(url),
            applicationKey: Redacted(PanelWorld.applicationKey),
            clientKey: Redacted(PanelWorld.clientKey),
            budgetShare: 1
        )
        return ServiceConfiguration(
            instance: "bench",
            listen: .init(host: "127.0.0.1", port: 0),
            store: .sqlite(path: workspace.file("ledger.sqlite").path),
            admin: .init(tokens: [.init(token: Redacted(ServiceUnderTest.token), name: "bench")]),
            billing: .init(paymenter: .init(secrets: [Redacted(ServiceUnderTest.secret)])),
            panels: panels,
            catalog: Catalog(
                tiers: [
                    Tier(
                        id: "knight",
                        rank: 1,
                        products: ["knight"],
                        access: [TierAccess(group: "every", permissions: ["control.console"])]
                    )
                ],
                groups: [ServerGroup(id: "every", panel: "main", match: match)]
            )
        )
    }

    private func measure(port: Int, panel: SimulatedPanel, answers: Answers, finished: Finished) async throws {
        let secret = try WebhookSecret(ServiceUnderTest.secret)
        var own: [Double] = []
        var total: [Double] = []
        var calls: [Int] = []
        var warnings = 0
        for customer in 1...customers {
            // The limits that a client assumes are a minute's; new ones must not wait for the next window.
            if customer % 70 == 0 { try await Task.sleep(for: .seconds(61)) }
            answers.reset()
            let before = panel.requestCount
            let start = ContinuousClock.now
            let request = ServiceUnderTest.delivery(
                subscription: customer,
                id: "latency-\(customer)",
                port: port,
                secret: secret
            )
            let sent = LoadGenerator.ask(port: port, request)
            guard sent?.status == 202 else {
                warnings += 1
                continue
            }
            await finished.next()
            let took = start.duration(to: .now)
            own.append((took - answers.total).inMilliseconds)
            total.append(took.inMilliseconds)
            calls.append(panel.requestCount - before)
        }
        own.sort()
        total.sort()
        say("\(own.count) new customers, 3 servers each, \(warnings) not taken")
        say(
            "own time: p50 \(own[own.count / 2].rounded(2)) ms, p99 \(own[own.count * 99 / 100].rounded(2)) ms (wanted: 10 and 50)"
        )
        say(
            "with the panel's answers: p50 \(total[total.count / 2].rounded(2)) ms, p99 \(total[total.count * 99 / 100].rounded(2)) ms"
        )
        say("panel calls for a new customer: at most \(calls.max() ?? 0) (wanted: 3 + 3)")
    }
}

extension Duration {
    var inMilliseconds: Double {
        Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15
    }
}

/// How long the panel took to answer, added up.
private final class Answers: Sendable {
    private let sum = Mutex(Duration.zero)

    func add(_ duration: Duration) { sum.withLock { $0 += duration } }
    func reset() { sum.withLock { $0 = .zero } }
    var total: Duration { sum.withLock { $0 } }
}

/// Hears of each lane that brought a new customer to what they paid for, by the metric that counts it.
private final class Finished: MetricsFactory, TimerHandler, Sendable {
    private let stream = AsyncStream.makeStream(of: Void.self)

    func next() async {
        for await _ in stream.stream { return }
    }

    func recordNanoseconds(_ duration: Int64) {
        stream.continuation.yield()
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        label == "paydactyl_time_to_access_seconds" ? self : NOOPMetricsHandler.instance
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        NOOPMetricsHandler.instance
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    func destroyTimer(_ handler: any TimerHandler) {}
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
}

/// The address of the simulated panel as a URL.
private enum PanelAddress {
    static func url(_ text: String) throws -> URL {
        guard let url = URL(string: text) else { throw ServiceUnderTest.Failure(what: "\(text) is no URL") }
        return url
    }
}

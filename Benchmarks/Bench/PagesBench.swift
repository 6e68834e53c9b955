import ArgumentParser
import Billing
import Foundation
import PanelSimulator

struct PagesBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pages",
        abstract: "How long the console's pages take, and how large they are, with a community of ten thousand."
    )

    @Option(help: "The program to measure, built for release.")
    var program = ".build/release/paydactyl"

    @Option(help: "How many customers.")
    var customers = 10_000

    @Option(help: "How often each page is loaded.")
    var loads = 50

    func run() async throws {
        let workspace = try Workspace()
        defer { workspace.remove() }
        let world = PanelWorld.servers((1...6).map { "Server \($0)" })
        try await withPanelSimulator(SimulatedPanel(world)) { url, _, _ in
            // Everybody waits to be given something: the pages that say why are the longest then.
            let service = try ServiceUnderTest.start(
                program: program,
                workspace: workspace,
                panel: url,
                applicationKey: PanelWorld.applicationKey,
                clientKey: PanelWorld.clientKey,
                mode: "observe"
            )
            defer { service.child.stop() }
            try await fill(service)
            try measure(service)
        }
    }

    private func fill(_ service: ServiceUnderTest) async throws {
        let secret = try WebhookSecret(ServiceUnderTest.secret)
        for customer in 1...customers {
            let request = ServiceUnderTest.delivery(
                subscription: customer,
                id: "pages-\(customer)",
                port: service.port,
                secret: secret
            )
            guard LoadGenerator.ask(port: service.port, request)?.status == 202 else {
                throw ServiceUnderTest.Failure(what: "a delivery was not taken")
            }
        }
        while true {
            let status = service.status()
            let known = (status["customers"] as? [String: Int])?["total"] ?? 0
            let isDue = (status["lanes"] as? [String: Any])?["is_due"] as? Bool ?? true
            if known >= customers, !isDue { return }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func measure(_ service: ServiceUnderTest) throws {
        let cookie = try service.signIn()
        for path in [
            "/", "/customers", "/customers?tier=knight", "/customers?search=user99", "/customers/7", "/attention",
            "/upcoming", "/drift", "/matrix", "/deliveries", "/deliveries/1", "/panel", "/log",
        ] {
            var times: [Double] = []
            var size = 0
            for _ in 0..<loads {
                let start = ContinuousClock.now
                let answer = ServiceUnderTest.ask(service.port, "GET", path, cookie: cookie)
                times.append(start.duration(to: .now).inMilliseconds)
                guard let answer, answer.status == 200 else {
                    throw ServiceUnderTest.Failure(what: "\(path) was not shown")
                }
                size = max(size, answer.body.utf8.count)
            }
            times.sort()
            say(
                """
                \(path): p50 \(times[times.count / 2].rounded(1)) ms, p99 \(times[times.count * 99 / 100].rounded(1)) ms, \
                \(size / 1000) kB (wanted: 100 ms, 150 kB)
                """
            )
        }
    }
}

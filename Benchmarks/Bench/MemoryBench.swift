import ArgumentParser
import Billing
import Foundation
import PanelSimulator

struct MemoryBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory",
        abstract: "Memory and time to start, empty and with customers who are converged on six servers."
    )

    @Option(help: "The program to measure, built for release.")
    var program = ".build/release/paydactyl"

    @Option(help: "Customers on six servers.")
    var customers = 10_000

    func run() async throws {
        let workspace = try Workspace()
        defer { workspace.remove() }
        var world = PanelWorld.servers((1...6).map { "Server \($0)" })
        world.applicationLimit = 1_000_000
        world.clientLimit = 1_000_000
        world.logLimit = 10
        try await withPanelSimulator(SimulatedPanel(world)) { url, panel, _ in
            try await measure(workspace, url, panel)
        }
    }

    private func start(_ workspace: Workspace, _ url: String) throws -> ServiceUnderTest {
        try ServiceUnderTest.start(
            program: program,
            workspace: workspace,
            panel: url,
            applicationKey: PanelWorld.applicationKey,
            clientKey: PanelWorld.clientKey
        )
    }

    private func measure(_ workspace: Workspace, _ url: String, _ panel: SimulatedPanel) async throws {
        var service = try start(workspace, url)
        say("start to ready, empty: \(service.readyAfter.inMilliseconds.rounded(0)) ms (wanted: 300)")
        try await Task.sleep(for: .seconds(3))
        say("memory, idle: \(service.child.residentMegabytes.rounded(1)) MB (wanted: 50)")
        try fill(service)
        let begin = ContinuousClock.now
        while let counts = service.status()["customers"] as? [String: Int], counts["converged"] != customers {
            try await Task.sleep(for: .seconds(2))
            say(
                "  \(counts["converged"] ?? 0) of \(customers) converged after \(begin.duration(to: .now).components.seconds) s"
            )
        }
        say("memory after converging \(customers) customers: \(service.child.residentMegabytes.rounded(1)) MB")
        service.child.stop()
        service = try start(workspace, url)
        defer { service.child.stop() }
        say("start to ready with \(customers): \(service.readyAfter.inMilliseconds.rounded(0)) ms (wanted: 2000)")
        var last = 0.0
        var most = 0.0
        for _ in 0..<15 {
            try await Task.sleep(for: .seconds(1))
            last = service.child.residentMegabytes
            most = max(most, last)
        }
        say(
            "memory with \(customers) customers on 6 servers, through a whole audit: at most \(most.rounded(1)) MB, then \(last.rounded(1)) MB (wanted: 120)"
        )
        try await AuditBench.report(service, panel, workspace, customers: customers)
    }

    private func fill(_ service: ServiceUnderTest) throws {
        let secret = try WebhookSecret(ServiceUnderTest.secret)
        for customer in 1...customers {
            let request = ServiceUnderTest.delivery(
                subscription: customer,
                id: "fill-\(customer)",
                port: service.port,
                secret: secret
            )
            let sent = LoadGenerator.ask(port: service.port, request)
            guard sent?.status == 202 else { throw ServiceUnderTest.Failure(what: "a delivery was not taken") }
        }
    }
}

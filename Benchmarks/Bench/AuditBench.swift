import ArgumentParser
import Foundation
import PanelSimulator

struct AuditBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "What an audit costs that finds nothing; runs at the end of `memory` too."
    )

    func run() async throws {
        var memory = MemoryBench()
        memory.customers = 500
        try await memory.run()
    }

    /// Asks for one audit and says what it read and whether anything was written.
    static func report(_ service: ServiceUnderTest, _ panel: SimulatedPanel, _ workspace: Workspace, customers: Int)
        async throws
    {
        while let lanes = service.status()["lanes"] as? [String: Any],
            lanes["is_due"] as? Bool != false || lanes["under_way"] as? Int != 0
        {
            try await Task.sleep(for: .milliseconds(200))
        }
        let log = workspace.file("ledger.sqlite-wal").path
        let before = panel.requestCounts
        let walBefore = try? FileManager.default.attributesOfItem(atPath: log)[.modificationDate] as? Date
        let audits = (service.status()["panels"] as? [String: [String: Any]])?["main"]?["last_audit"] as? [String: Any]
        say("the last audit: \(audits ?? [:])")
        _ = ServiceUnderTest.ask(service.port, "POST", "/api/v1/audit")
        let walAsked = try? FileManager.default.attributesOfItem(atPath: log)[.modificationDate] as? Date
        try await Task.sleep(for: .seconds(10))
        let walAfter = try? FileManager.default.attributesOfItem(atPath: log)[.modificationDate] as? Date
        for (route, count) in panel.requestCounts.sorted(by: { $0.key < $1.key }) where count != before[route] ?? 0 {
            say("  \(route): \(count - (before[route] ?? 0)) calls")
        }
        say(
            "ledger written by asking: \(walBefore != walAsked); by the audit: \(walAsked != walAfter) (wanted: false)"
        )
    }
}

import Assembly
import Entitlements
import Foundation
import Logging
import Observability
import PanelSimulator
import ServiceConfiguration
import Testing

/// A service that runs in this process for one test, its panel, and a folder with the configuration by which the program finds it.
struct Community {
    static let token = "tok3n-0123456789-abcdefghij"
    static let viewerToken = "v1ewer-0123456789-abcdefghij"
    static let secret = "whsec_" + Data("a secret of thirty-two bytes, yes".utf8).base64EncodedString()

    let panel: SimulatedPanel
    let folder: Folder
    let port: Int

    var url: String { "http://127.0.0.1:\(port)" }

    /// Runs the program against this service.
    func run(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(arguments, in: folder)
    }

    func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Program.Outcome {
        try await Program.run(arguments, environment: environment, in: folder)
    }

    /// Has somebody buy, and waits until the panel shows it.
    func buy(_ product: String, customer: String, name: String = "Ada", email: String = "ada@example.com") async throws
    {
        let sent = try await run(
            "send",
            "subscription.created",
            "--subscription",
            "s\(customer)",
            "--customer",
            customer,
            "--email",
            email,
            "--name",
            name,
            "--product",
            product,
            "--status",
            "active",
            "--property",
            "minecraft_username=p\(customer)"
        )
        try #require(sent.status == 0, "\(sent.errors)")
        try await eventually("\(email) has access") { panel.access.values.contains { $0[email] != nil } }
        try await settled(customer)
    }

    /// Waits until the service has nothing to do for a customer.
    func settled(_ customer: String) async throws {
        try await eventually("customer \(customer) is settled") {
            let status = try await run("status", "--json").output
            let isQuiet = ["\"deliveries_waiting\":0", "\"is_due\":false", "\"under_way\":0"].allSatisfy(
                status.contains
            )
            let outcome = try await run("explain", customer, "--json")
            return isQuiet && outcome.status == 0 && !outcome.output.contains("\"state\":\"working\"")
                && !outcome.output.contains("have not been read yet")
        }
    }

    /// The sample with its placeholders replaced.
    static func configuration(panel url: String, port: Int = 8750) -> String {
        ServiceConfiguration.example
            .replacing("https://panel.change-me.example", with: url)
            .replacing("ptla_change-me", with: PanelWorld.applicationKey)
            .replacing("ptlc_change-me", with: PanelWorld.clientKey)
            .replacing("whsec_change-me", with: secret)
            .replacing(
                "- change-me-a-long-random-token",
                with: "- \(token)\n    - {token: \(viewerToken), role: viewer, name: eyes}"
            )
            .replacing("port: 8750", with: "port: \(port)")
    }

    /// Runs a service beside a panel of its own while the body runs.
    static func with(
        panel: SimulatedPanel = SimulatedPanel(DemoWorld.panel()),
        _ change: (inout ServiceConfiguration) -> Void = { _ in },
        _ body: (Community) async throws -> Void
    ) async throws {
        try await withPanelSimulator(panel) { url, panel, _ in try await serve(panel, at: url, change, body) }
    }

    /// Runs a service beside a panel that runs already.
    static func serve(
        _ panel: SimulatedPanel,
        at url: String,
        _ change: (inout ServiceConfiguration) -> Void = { _ in },
        _ body: (Community) async throws -> Void
    ) async throws {
        let folder = try Folder()
        var configuration = try ServiceConfiguration.read(Self.configuration(panel: url))
        configuration.listen.port = 0
        configuration.store = .sqlite(path: folder.url.appendingPathComponent("paydactyl.sqlite").path)
        configuration.policy.settle = .milliseconds(100)
        change(&configuration)
        let ports = AsyncStream.makeStream(of: Int.self)
        let service = PaydactylService(
            configuration: configuration,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            onRunning: { ports.continuation.yield($0) }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { ports.continuation.finish() }
                try await service.run()
            }
            defer { group.cancelAll() }
            var running = ports.stream.makeAsyncIterator()
            let port = try #require(await running.next(isolation: #isolation), "The service did not start.")
            try folder.write("paydactyl.yaml", Self.configuration(panel: url, port: port))
            try await body(Community(panel: panel, folder: folder, port: port))
        }
    }
}

import Assembly
import Entitlements
import Foundation
import Observability
import PanelSimulator
import ServiceConfiguration
import Testing

/// What keeps a rehearsal from beginning is told before anything is made.
@Suite(.timeLimit(.minutes(1)))
struct RehearsalPreparationTests {
    /// Something that is wrong with a configuration or its panel.
    struct Obstacle: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// What the sentence has to say.
        var words: [String]
        var make: @Sendable (inout ServiceConfiguration, SimulatedPanel) -> Void
    }

    static let obstacles = [
        Obstacle(testDescription: "a wrong client key", words: ["client key", "It does not work", "API Credentials"]) {
            configuration,
            _ in
            configuration.panels["main"]?.clientKey = Redacted("ptlc_wrong")
        },
        Obstacle(
            testDescription: "an application key as the client key",
            words: ["looks like an application key (ptla_)"]
        ) { configuration, _ in
            configuration.panels["main"]?.clientKey = Redacted(PanelWorld.applicationKey)
        },
        Obstacle(
            testDescription: "a wrong application key",
            words: ["application key", "It may not read users", "Application API"]
        ) { configuration, _ in
            configuration.panels["main"]?.applicationKey = Redacted("ptla_wrong")
        },
        Obstacle(testDescription: "a panel that is not there", words: ["cannot be reached", "is the panel up"]) {
            configuration,
            _ in
            if let nowhere = URL(string: "http://127.0.0.1:1") { configuration.panels["main"]?.url = nowhere }
        },
        Obstacle(testDescription: "a group that matches nothing", words: ["matches no server of panel main"]) {
            _,
            panel in
            for server in panel.servers { panel.changeServer(server.id) { $0.name = "Other" } }
        },
        Obstacle(testDescription: "servers that are suspended", words: ["None of its servers can take subusers now"]) {
            _,
            panel in
            for server in panel.servers { panel.changeServer(server.id) { $0.status = .suspended } }
        },
    ]

    @Test(arguments: obstacles)
    func `what stands in its way is said at once, with what to do, and nothing is made`(_ obstacle: Obstacle)
        async throws
    {
        let folder = try Folder()
        try await withPanelSimulator(SimulatedPanel(DemoWorld.panel())) { url, panel, _ in
            var configuration = try ServiceConfiguration.read(Community.configuration(panel: url))
            configuration.store = .sqlite(path: folder.url.appendingPathComponent("ledger.sqlite").path)
            obstacle.make(&configuration, panel)
            let users = panel.users.count
            let rehearsal = Rehearsal(configuration) { step in
                Issue.record("It began: \(step)")
            } write: { _ in
            }
            let failure = await #expect(throws: CommandFailure.self) {
                _ = try await rehearsal.run(customers: 1, group: "frost-path")
            }
            #expect(failure?.outcome == .didNotHold)
            for words in ["nothing was made"] + obstacle.words {
                #expect(failure?.description.contains(words) ?? false, "\(failure?.description ?? "")")
            }
            #expect(panel.users.count == users)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
        }
    }

    @Test func `a key that was taken away ends a clean-up at once, and what is left is said`() async throws {
        let folder = try Folder()
        try await withPanelSimulator(SimulatedPanel(DemoWorld.panel())) { url, _, _ in
            var configuration = try ServiceConfiguration.read(Community.configuration(panel: url))
            configuration.store = .sqlite(path: folder.url.appendingPathComponent("ledger.sqlite").path)
            let journal = folder.url.appendingPathComponent("ledger.sqlite.rehearsal")
            try FileManager.default.createDirectory(at: journal, withIntermediateDirectories: true)
            let left: [String: Any] = [
                "instance": "\(configuration.instance).rehearsal", "panel": "main", "panelURL": url,
                "group": "frost-path",
                "servers": [],
                "members": [
                    [
                        "customer": "r1-1", "email": "r1-1@rehearsal.example.com",
                        "externalID": "paydactyl:x.rehearsal:r1-1",
                    ]
                ],
            ]
            try JSONSerialization.data(withJSONObject: left).write(to: journal.appendingPathComponent("journal.json"))
            configuration.panels["main"]?.applicationKey = Redacted("ptla_wrong")
            let failure = await #expect(throws: CommandFailure.self) {
                _ = try await Rehearsal(configuration, patience: .seconds(3600)) { _ in }.cleanUp()
            }
            #expect(failure?.description.contains("Put a key that works into the configuration") ?? false)
        }
    }
}

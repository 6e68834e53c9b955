import Foundation
import PanelSimulator
import Testing

struct ServingTests {
    @Test func `a ledger of another instance is refused until it is renamed`() async throws {
        let folder = try Folder()
        try await withPanelSimulator(SimulatedPanel(PanelWorld.servers(["Frost Path"]))) { url, _, _ in
            let text = Community.configuration(panel: url, port: 0).replacing(
                "trusted_proxies:",
                with: "#trusted_proxies:"
            )
            // Port 0 is for tests alone, so the file names a port and the environment does not change it.
            try folder.write(
                "paydactyl.yaml",
                text.replacing("port: 0", with: "port: \(Int.random(in: 20_000...29_999))")
            )
            try await Self.serveOnce(folder)
            let renamed = ["PAYDACTYL_INSTANCE": "frostfire"]
            let refused = try await Program.run(["serve"], environment: renamed, in: folder)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("paydactyl config rename"))
            let asked = try await Program.run(["config", "rename"], environment: renamed, in: folder)
            #expect(asked.status == 2)
            let done = try await Program.run(["config", "rename", "--yes"], environment: renamed, in: folder)
            #expect(done.status == 0)
            try await Self.serveOnce(folder, environment: renamed)
        }
    }

    @Test func `a port that is taken and a host that is none are told as such`() async throws {
        try await Community.with { community in
            let simulated = try await community.run("simulate-panel", "--port", "\(community.port)")
            #expect(simulated.status == 1)
            #expect(simulated.errors.contains("another program listens there already"))
            let store = ["PAYDACTYL_STORE": "sqlite:other.sqlite"]
            let served = try await community.run(["serve"], environment: store)
            #expect(served.status == 1)
            #expect(
                served.errors
                    == "Cannot listen at 127.0.0.1:\(community.port): another program listens there already.\n"
            )
            let files = try FileManager.default.contentsOfDirectory(atPath: community.folder.url.path)
            #expect(!files.contains { $0.hasPrefix("other.sqlite") }, "a ledger was made for nothing")
            let nowhere = try await community.run(
                ["serve"],
                environment: store.merging(["PAYDACTYL_LISTEN_HOST": "nowhere.invalid"]) { $1 }
            )
            #expect(nowhere.status == 1)
            #expect(nowhere.errors.hasSuffix(": the host's name is not known.\n"))
        }
    }

    @Test func `without a ledger there is nothing to rename`() async throws {
        let folder = try Folder()
        try folder.write("paydactyl.yaml", Community.configuration(panel: "http://127.0.0.1:1"))
        let outcome = try await Program.run(["config", "rename", "--yes"], in: folder)
        #expect(outcome.status == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("paydactyl.sqlite").path))
    }

    @Test func `a simulated panel says where it is and how to get in`() async throws {
        let folder = try Folder()
        let running = try Program.start(
            ["simulate-panel", "--port", "0", "--servers", "Frost Path 1", "Lobby"],
            in: folder
        )
        let printed = try await running.prints("servers:")
        #expect(printed.contains("Frost Path 1, Lobby"))
        let url = try #require(printed.firstMatch(of: /http:\/\/127\.0\.0\.1:\d+/)).output
        try folder.write("paydactyl.yaml", Community.configuration(panel: String(url)))
        let checked = try await Program.run(["check"], in: folder)
        #expect(checked.status == 0, "\(checked.output)")
        #expect(checked.output.contains("1 server: Frost Path 1"))
        running.signal(SIGTERM)
        #expect(try await running.ended().status == 0)
    }

    private static func serveOnce(_ folder: Folder, environment: [String: String] = [:]) async throws {
        let running = try Program.start(["serve"], environment: environment, in: folder)
        let log = try await running.prints("Deliveries are taken.", toErrors: true)
        for secret in [Community.token, Community.secret, PanelWorld.clientKey] { #expect(!log.contains(secret)) }
        let status = try await Program.run(["status"], environment: environment, in: folder)
        #expect(status.status == 0)
        running.signal(SIGTERM)
        #expect(try await running.ended().status == 0)
    }
}

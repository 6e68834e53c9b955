import Assembly
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// What verbs print for programs that decide something and need more than a subscriber to have anything to decide.
@Suite(.timeLimit(.minutes(5)))
struct DecidingJSONTests {
    private static let why = ["--reason", "agreed"]

    /// Runs a verb that has to succeed, and reads what it prints.
    private func json(_ verb: [String], _ community: Community, environment: [String: String] = [:]) async throws
        -> [String: Any]
    {
        let outcome = try await community.run(verb + ["--json"], environment: environment)
        #expect(outcome.status == 0, "\(verb): \(outcome.errors)")
        #expect(outcome.errors.isEmpty, "\(verb): \(outcome.errors)")
        return try outcome.json()
    }

    private func findings(_ community: Community) async throws -> [[String: Any]] {
        let panels = try await json(["drift"], community)["panels"] as? [String: [String: Any]] ?? [:]
        return panels.values.flatMap { $0["findings"] as? [[String: Any]] ?? [] }
    }

    @Test func `drift that is accepted and repaired is told by its line`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let server = try #require(community.panel.servers.first { $0.name.hasPrefix("Frost Path") })
            let ada = try #require(community.panel.users.first { $0.email == "ada@example.com" })
            // By hand: somebody of the staff is let in, and Ada is put out.
            let staff = community.panel.addUser(PanelUser(username: "staff", email: "staff@example.com"))
            _ = community.panel.addSubuser(user: staff.id, server: server.id, permissions: ["control.stop"])
            community.panel.removeSubuser(user: ada.id, server: server.id)
            _ = try await community.run("pause")
            _ = try await community.run("audit")
            try await eventually("both are seen") { try await findings(community).count >= 2 }
            let seen = try await findings(community)
            let stranger = try #require(seen.first { $0["kind"] as? String == "stranger" }?["id"] as? String)
            let missing = try #require(seen.first { $0["kind"] as? String == "missing" }?["id"] as? String)
            let accepted = try await json(["accept-drift", stranger] + Self.why, community)
            #expect(accepted["status"] as? String == "accepted", "\(accepted)")
            let repaired = try await json(["repair-drift", missing, "--yes"] + Self.why, community)
            #expect(repaired["status"] as? String == "marked", "\(repaired)")
            #expect((repaired["customers"] as? [Any])?.count == 1)
        }
    }

    @Test func `a rollback that was applied is told as the API tells it`() async throws {
        try await Community.with { community in
            let before = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: -1))
            try await community.buy("awakened", customer: "77")
            let planned = try await json(["rollback", "--to", before, "--plan"], community)
            #expect((planned["changes"] as? [Any])?.isEmpty == false)
            let done = try await json(["rollback", "--to", before, "--yes"] + Self.why, community)
            #expect(done["waiting"] as? Int == 0, "\(done)")
            #expect(done["done"] as? Int == (planned["changes"] as? [Any])?.count)
            #expect(done["left_as_is"] is [Any])
            #expect((done["scope"] as? String)?.contains("Ranks in game") ?? false)
        }
    }

    @Test func `a ledger that was renamed, and one that is a copy and is trusted, are told`() async throws {
        let copies = try Folder()
        let copy = copies.url.appendingPathComponent("copy.sqlite").path
        try await withPanelSimulator(SimulatedPanel(DemoWorld.panel())) { url, panel, _ in
            try await Community.serve(panel, at: url) { community in
                try await community.buy("awakened", customer: "77")
                #expect(try await community.run("backup", copy).status == 0)
            }
            try await Community.serve(panel, at: url) {
                $0.store = .sqlite(path: copy)
            } _: { community in
                try await eventually("the panel was read") {
                    try await community.run("status", "--json").output.contains("\"last_audit\"")
                }
                let trusted = try await json(["enforce", "--yes"], community)
                #expect(trusted["mode"] as? String == "enforce", "\(trusted)")
            }
            let folder = try Folder()
            try folder.write("paydactyl.yaml", Community.configuration(panel: url))
            let renamed = try await Program.run(
                ["config", "rename", "--yes", "--json"],
                environment: ["PAYDACTYL_INSTANCE": "frostfire", "PAYDACTYL_STORE": "sqlite:\(copy)"],
                in: folder
            )
            #expect(renamed.status == 0 && renamed.errors.isEmpty, "\(renamed.errors)")
            #expect(try renamed.json()["instance"] as? String == "frostfire")
        }
    }
}

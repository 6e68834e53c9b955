import Foundation
import PanelSimulator
import Testing

/// A line of drift is decided from the command line, after a question where that takes access away.
struct DriftVerbTests {
    private func line(_ kind: String, _ community: Community) async throws -> String {
        _ = try await community.run("audit")
        let panels = try await community.run("drift", "--json").json()["panels"] as? [String: [String: Any]] ?? [:]
        let findings = panels["main"]?["findings"] as? [[String: Any]] ?? []
        let found = try #require(findings.first { $0["kind"] as? String == kind }, "\(findings)")
        return try #require(found["id"] as? String)
    }

    @Test(.timeLimit(.minutes(3)))
    func `what was given back by hand is repaired after a question, and a stranger accepted`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            _ = try await community.run("send", "subscription.cancelled", "--subscription", "s77")
            try await eventually("the access is over") {
                community.panel.access.values.allSatisfy { $0["ada@example.com"] == nil }
            }
            try await community.settled("77")
            let ada = try #require(community.panel.users.first { $0.email == "ada@example.com" })
            let server = try #require(community.panel.servers.first { $0.name == "Frost Path: Survival" })
            _ = community.panel.addSubuser(user: ada.id, server: server.id, permissions: ["websocket.connect"])
            let staff = community.panel.addUser(PanelUser(username: "staff", email: "staff@example.com"))
            _ = community.panel.addSubuser(user: staff.id, server: server.id, permissions: ["control.stop"])

            let returned = try await line("given_back", community)
            let asked = try await community.run("repair-drift", returned, "--reason", "she left")
            #expect(asked.status == 2 && asked.errors.contains("--yes"), "\(asked.errors)")
            #expect(community.panel.access["Frost Path: Survival"]?["ada@example.com"] != nil)
            let done = try await community.run("repair-drift", returned, "--reason", "she left", "--yes")
            #expect(done.status == 0 && done.output.contains("What was given back by hand is taken away again."))
            try await eventually("it is gone") {
                community.panel.access["Frost Path: Survival"]?["ada@example.com"] == nil
            }

            let stranger = try await line("stranger", community)
            let accepted = try await community.run("accept-drift", stranger, "--reason", "she is staff")
            #expect(accepted.status == 0 && accepted.output.contains("is shown no more"), "\(accepted.errors)")
            let left = try await community.run("drift").output
            #expect(!left.contains("staff"), "\(left)")
            let repair = try await community.run("repair-drift", stranger, "--reason", "x", "--yes")
            #expect(repair.status == 1)
            #expect(try await community.run("log").output.contains("she is staff"))
        }
    }
}

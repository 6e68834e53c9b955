import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// A community that lived by hand so far: accounts, subusers and another billing system's external ids are there already.
@Suite(.timeLimit(.minutes(5)))
struct TakeOverTests {
    private static let table = """
        subscription_id,customer_id,customer_email,product_id,paid_through
        1,77,ada@example.test,knight,never
        2,78,bob@example.test,awakened,never
        3,79,dora@example.test,awakened,never
        """

    /// Ada has a part of what she pays for, and more than that; Bob nothing; Cleo has and does not pay; Dora has exactly hers.
    private static var world: PanelWorld {
        var world = PanelWorld.servers(usualServers)
        let ada = world.addUser("ada", email: "ada@example.test")
        let cleo = world.addUser("cleo", email: "cleo@example.test")
        let dora = world.addUser("dora", email: "dora@example.test", externalID: "whmcs-42")
        world.addSubuser(user: ada, server: 1, permissions: ["control.console", "control.start", "websocket.connect"])
        world.addSubuser(user: cleo, server: 2, permissions: ["control.console", "websocket.connect"])
        world.addSubuser(user: dora, server: 1, permissions: ["websocket.connect"])
        world.addSubuser(user: dora, server: 2, permissions: ["websocket.connect"])
        return world
    }

    private func emails(_ report: Answer, _ key: String) -> [String] {
        (report.object[key] as? [[String: Any]] ?? []).compactMap { $0["email"] as? String }
    }

    /// Has the community looked at and adopted while the service only observes, then runs it for real.
    private func takenOver(_ takeOver: Bool, _ body: (Community) async throws -> Void) async throws {
        try await withPlace(Self.world) { place in
            try await place.serve(configure: { $0.mode = .observe }) { community in
                try await community.quiet()
                let before = community.panel.access
                let report = try await community.api("POST", "import", ["csv": Self.table])
                #expect(emails(report, "pays_and_lacks") == ["ada@example.test", "bob@example.test"])
                #expect(emails(report, "pays_and_has") == ["dora@example.test"])
                #expect(emails(report, "has_and_pays_not") == ["cleo@example.test"])
                let lacks = (report.object["pays_and_lacks"] as? [[String: Any]])?.map { $0["lacks"] as? [String] }
                #expect(
                    lacks == [
                        ["2 of 3 servers on panel main: Frost Path II, Creative Plots"], ["an account on panel main"],
                    ]
                )
                let adopted = try await community.api(
                    "POST",
                    "import",
                    ["csv": Self.table, "adopt": true, "take_over": takeOver]
                )
                #expect(adopted.object["adopted"] as? Int == 3)
                #expect(adopted.object["taken_over"] as? Int == (takeOver ? 3 : 0))
                try await community.settled()
                #expect(community.panel.access == before)
                #expect(community.writes.isEmpty)
            }
            try await place.serve { community in
                try await community.quiet()
                #expect(community.access(of: "ada@example.test")["Frost Path II"] == Community.knight["Frost Path II"])
                #expect(community.access(of: "bob@example.test") == Community.awakened)
                #expect(community.access(of: "dora@example.test") == Community.awakened)
                #expect(community.panel.user(email: "dora@example.test")?.externalID == "whmcs-42")
                #expect(community.panel.users.count { $0.email.hasPrefix("dora") } == 1)
                for subscription in ["1", "2", "3"] {
                    try await community.send(.terminated, subscription) { $0.status = .value(.cancelled) }
                }
                try await community.settled()
                try await body(community)
                // Whoever was a guest stays one, and no account that was there before us goes.
                #expect(
                    community.access(of: "cleo@example.test") == [
                        "Frost Path II": ["control.console", "websocket.connect"]
                    ]
                )
                #expect(community.panel.user(email: "dora@example.test") != nil)
            }
        }
    }

    @Test func `what was made ours goes when it is not paid any more, and what was beyond it stays`() async throws {
        try await takenOver(true) { community in
            try await community.eventually("what was taken over is gone") {
                community.access(of: "dora@example.test").isEmpty && community.access(of: "bob@example.test").isEmpty
            }
            #expect(
                community.access(of: "ada@example.test") == ["Frost Path I": ["control.start", "websocket.connect"]]
            )
        }
    }

    @Test func `without that, all that was there by hand stays by hand`() async throws {
        try await takenOver(false) { community in
            try await community.eventually("what was given is gone") {
                community.access(of: "bob@example.test").isEmpty
            }
            #expect(community.access(of: "dora@example.test") == Community.awakened)
            #expect(
                community.access(of: "ada@example.test") == [
                    "Frost Path I": ["control.console", "control.start", "websocket.connect"]
                ]
            )
        }
    }
}

import Assembly
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// What docs/launch.md tells an owner to do, in its order.
@Suite(.timeLimit(.minutes(3)))
struct LaunchGuideTests {
    @Test func `the test member is banned by e-mail, although the first delivery was sent by hand`() async throws {
        try await Community.with { community in
            let byHand = ["send", "customer.updated", "--customer", "test-1", "--email", "nobody@example.com"]
            #expect(try await community.run(byHand).status == 0)
            try await community.buy("awakened", customer: "77", email: "you@example.com")
            let ban = ["ban", "you@example.com", "--reason", "end of the test", "--yes"]
            let banned = try await community.run(ban)
            #expect(banned.status == 0, "\(banned.errors)")
            try await eventually("the access is gone") {
                community.panel.access.values.allSatisfy { $0["you@example.com"] == nil }
            }
        }
    }

    @Test func `who is held in observe gets nothing when it is enforced, and whoever is not does`() async throws {
        try await withPanelSimulator(SimulatedPanel(DemoWorld.panel())) { url, panel, _ in
            let folder = try Folder()
            let store = folder.url.appendingPathComponent("kept.sqlite").path
            try await Community.serve(panel, at: url) {
                $0.store = .sqlite(path: store)
                $0.mode = .observe
            } _: { community in
                for customer in ["77", "78"] {
                    let said = [
                        "send", "subscription.created", "--subscription", "s\(customer)", "--customer", customer,
                        "--email",
                        "u\(customer)@example.com", "--product", "awakened", "--status", "active", "--property",
                        "minecraft_username=p\(customer)",
                    ]
                    #expect(try await community.run(said).status == 0)
                    try await community.settled(customer)
                }
                #expect(try await community.run("hold", "78", "--reason", "not yet").status == 0)
                #expect(panel.access.values.allSatisfy { $0.isEmpty })
            }
            try await Community.serve(panel, at: url) {
                $0.store = .sqlite(path: store)
            } _: { community in
                try await eventually("who is not held has access") {
                    panel.access.values.contains { $0["u77@example.com"] != nil }
                }
                try await community.settled("78")
                #expect(panel.access.values.allSatisfy { $0["u78@example.com"] == nil })
                #expect(try await community.run("release", "78", "--reason", "launch").status == 0)
                try await eventually("then the other has, too") {
                    panel.access.values.contains { $0["u78@example.com"] != nil }
                }
            }
        }
    }
}

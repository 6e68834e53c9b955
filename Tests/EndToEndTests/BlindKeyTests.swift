import Entitlements
import Foundation
import PanelSimulator
import Testing

/// A client key whose owner lost sight of the servers hears 404 for everything: nobody takes that for an empty row.
@Suite(.timeLimit(.minutes(2)))
struct BlindKeyTests {
    private static let handMade: Set<String> = ["control.console", "control.start", "websocket.connect"]

    private static let world: PanelWorld = {
        var world = PanelWorld.servers(usualServers)
        let ada = world.addUser("ada")
        world.addSubuser(user: ada, server: 1, permissions: handMade.sorted())
        return world
    }()

    /// What the panel says of a server that a key does not see, and of a subuser who is none (recording `client-users-get-unknown`).
    private static let noSuchThing = Fault.Refusal.answer(
        status: 404,
        contentType: "application/json",
        body: #"""
            {"errors":[{"code":"NotFoundHttpException","status":"404","detail":"The requested resource could not be found on the server."}]}
            """#
    )

    private func whileBlind(_ community: Community, _ body: () async throws -> Void) async throws {
        let blind = community.panel.faults.add(
            .errorBefore(Self.noSuchThing),
            .always,
            on: .path("/api/client/servers/")
        )
        try await body()
        try await community.eventually("it is said what is wrong with the key") {
            let reasons = try await community.reasons().joined()
            return reasons.contains("does not see the server") && reasons.contains("`paydactyl check`")
        }
        #expect(try await community.state() == "blocked")
        community.panel.faults.remove(blind)
        _ = try await community.api("POST", "customers/77/retry")
    }

    @Test func `who is to lose access loses it once the key sees again`() async throws {
        try await withCommunity(Self.world) { community in
            try await community.buys("knight")
            try await community.quiet()
            let had = community.access()
            try await whileBlind(community) { try await community.send(.cancelled, "1") }
            #expect(had["Frost Path II"] == Community.knight["Frost Path II"])
            try await community.eventually("only the hand-made is left") {
                community.access() == ["Frost Path I": Self.handMade]
            }
        }
    }

    @Test func `what was there by hand before a first grant that failed is back after the last`() async throws {
        try await withCommunity(Self.world) { community in
            try await whileBlind(community) { try await community.buys("knight") }
            try await community.eventually("access is given") {
                community.access()["Frost Path I"] == Self.handMade.union(Community.knight["Frost Path I"] ?? [])
            }
            try await community.settled()
            try await community.send(.cancelled, "1")
            try await community.eventually("only the hand-made is left") {
                community.access() == ["Frost Path I": Self.handMade]
            }
        }
    }

    @Test func `what is looked at while the key sees nothing stays as it was`() async throws {
        try await withCommunity(Self.world) { community in
            try await community.buys("knight")
            try await community.quiet()
            let had = community.access()
            try await whileBlind(community) {
                // Something that differs makes the lane look.
                community.panel.setPermissions(
                    ["websocket.connect"],
                    ofUser: try community.user(),
                    onServer: try community.server("Frost Path I")
                )
                _ = try await community.api("POST", "audit")
            }
            try await community.settled()
            #expect(community.access()["Frost Path II"] == had["Frost Path II"])
            try await community.send(.cancelled, "1")
            try await community.eventually("ours is gone") { community.access()["Frost Path II"] == nil }
        }
    }

    @Test func `a row that goes while it is changed says nothing of the key`() async throws {
        try await withCommunity(policy: { $0.retry = RetrySchedule(steps: [.seconds(3600)]) }) { community in
            try await community.buys("awakened")
            try await community.quiet()
            let row = RequestMatch { $0.method == "POST" && $0.path.contains("/users/") }
            community.panel.faults.add(.errorBefore(Self.noSuchThing), .always, on: row)
            community.panel.setPermissions(
                ["websocket.connect", "control.start"],
                ofUser: try community.user(),
                onServer: try community.server("Frost Path I")
            )
            community.clock.advance(by: .seconds(1))
            try await community.send(.updated, "1") { $0.product = .value("knight") }
            try await community.eventually("a change fails") {
                try await community.reasons().joined().contains("failed and is tried again")
            }
            #expect(try await !community.reasons().joined().contains("does not see the server"))
            community.panel.faults.removeAll()
            _ = try await community.api("POST", "customers/77/retry")
            try await community.settled()
            #expect(try await community.state() == "converged")
        }
    }
}

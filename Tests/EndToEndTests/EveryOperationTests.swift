import Entitlements
import Foundation
import PanelSimulator
import SQLiteLedger
import ServiceConfiguration
import Testing

/// What no ordinary town has an occasion for succeeds here, so that each operation of the document was seen to succeed, and its answer
/// held to the document, in one of two tests; deliveries and the extension's questions have tests of their own.
@Suite(.timeLimit(.minutes(3)))
struct EveryOperationTests {
    /// Operations that succeeded, by their names in the document.
    private final class Seen {
        var routes: Set<String> = []

        /// Asks for something; what changes anything leaves an entry with its author.
        func ask(
            _ route: String,
            _ path: String,
            _ body: [String: Any]? = nil,
            in community: Community
        ) async throws {
            let before = try await Self.entries(of: community)
            let answer = try await community.api("POST", path, body)
            #expect((200..<300).contains(answer.status), "\(route): \(answer.text)")
            let after = try await Self.entries(of: community)
            #expect(after.count > before.count && after.first == "tester", "\(route) leaves no entry")
            routes.insert("POST \(route)")
        }

        private static func entries(of community: Community) async throws -> [String] {
            try await community.api("GET", "audit-log?limit=500").items.compactMap { $0["author"] as? String }
        }
    }

    @Test func `what succeeds only in a town of its own succeeds there`() async throws {
        let seen = Seen()
        try await withCommunity { community in
            try await decideDrift(seen, community)
            let unusable = #"{"event":"payment.succeeded","subscription_id":"5","paid_through":"soon"}"#
            #expect(try await community.deliver(Data(unusable.utf8)).status == 400)
            let refused = try #require(
                try await community.api("GET", "events?state=refused").items.first?["number"] as? Int
            )
            let known = ["reason": "a partial refund"]
            try await seen.ask(
                "/api/v1/events/{number}/acknowledge",
                "events/\(refused)/acknowledge",
                known,
                in: community
            )
            try await unlock(seen, community)
        }
        try await decideServers(seen)
        try await goOnWithACopy(seen)
        #expect(seen.routes == Set(OpenAPITests.refusedHere))
    }

    private func decideDrift(_ seen: Seen, _ community: Community) async throws {
        try await community.giveBackByHand()
        let frost = try community.server("Frost Path I")
        let staff = community.panel.addUser(PanelUser(username: "staff", email: "staff@example.test"))
        _ = community.panel.addSubuser(user: staff.id, server: frost, permissions: ["control.stop"])
        try await community.audit()
        let drift = try await community.api("GET", "drift").object["panels"] as? [String: [String: Any]] ?? [:]
        let findings = drift["main"]?["findings"] as? [[String: Any]] ?? []
        for (kind, decision) in [("stranger", "accept"), ("given_back", "repair")] {
            let line = try #require(findings.first { $0["kind"] as? String == kind }?["id"] as? String, "\(findings)")
            let path = "drift/\(line)/\(decision)"
            try await seen.ask("/api/v1/drift/{line}/\(decision)", path, ["reason": "agreed"], in: community)
        }
        try await community.settled()
    }

    private func unlock(_ seen: Seen, _ community: Community) async throws {
        let user = try community.user()
        let uuid = try #require(community.panel.user(user)).uuid
        community.panel.changeUser(user) { $0.uuid = "11111111-2222-4333-8444-555555555555" }
        _ = try await community.api("POST", "audit")
        try await community.eventually("it is locked") { try await community.circuit() == "locked" }
        community.panel.changeUser(user) { $0.uuid = uuid }
        try await seen.ask("/api/v1/panels/{panel}/unlock", "panels/main/unlock", in: community)
    }

    private func decideServers(_ seen: Seen) async throws {
        let route = "/api/v1/dedicated/{subscription}"
        var world = PanelWorld.withRoom
        let castle = world.addServer("Castle")
        try await withPlace(world, catalog: .dedicated()) { place in
            try await place.serve(configure: { $0.mode = .observe }) { community in
                try await community.buy("small-server")
                try await community.eventually("it waits") { try await community.state() == "blocked" }
                let plan = try await community.api("POST", "dedicated/5/import", ["server": "\(castle)"])
                #expect(plan.status == 200)
                let confirmed: [String: Any] = [
                    "server": "\(castle)", "confirm": plan.object["uuid"] ?? "", "change_owner": true,
                    "reason": "since 2020",
                ]
                try await seen.ask("\(route)/import", "dedicated/5/import", confirmed, in: community)
            }
            try await place.serve { community in
                _ = try await community.server("is the castle") { $0.id == castle }
                try await community.settled()
                let letGo: [String: Any] = [
                    "panel": "main", "number": 1, "server": castle, "reason": "it is their club's",
                ]
                try await seen.ask("\(route)/let-go", "dedicated/5/let-go", letGo, in: community)
                try await community.buy("small-server", subscription: "6", customer: "78")
                let server = try await community.server("is there", of: "6") { _ in true }
                try await community.settled()
                try await community.send(.updated, "6") {
                    $0.customerID = .value("88")
                    $0.email = .value("u88@example.test")
                }
                try await community.eventually("the new customer waits") {
                    try await community.state(of: "88") == "needs_attention"
                }
                try await seen.ask("\(route)/hand-over", "dedicated/6/hand-over", ["reason": "sold"], in: community)
                try await community.settled()
                try await community.send(.cancelled, "6")
                _ = try await community.server("is suspended", of: "6") { $0.status == .suspended }
                try await community.settled()
                community.clock.advance(by: .days(15))
                try await community.eventually("its deletion waits for a person") {
                    try await community.api("GET", "status").object["deletions_waiting"] as? Int == 1
                }
                let deletion: [String: Any] = ["panel": "main", "number": 1, "server": server.id, "reason": "agreed"]
                try await seen.ask("\(route)/confirm-deletion", "dedicated/6/confirm-deletion", deletion, in: community)
            }
        }
    }

    private func goOnWithACopy(_ seen: Seen) async throws {
        try await withPlace { place in
            guard case .sqlite(let path) = place.configuration.store else { return }
            let ledger = try SQLiteLedger(path: path)
            try await ledger.repin("1795564800000", as: "copied_at")
            try ledger.close()
            try await place.serve { community in
                try await community.eventually("the first audit ends") { community.audits > 0 }
                try await seen.ask("/api/v1/enforce", "enforce", in: community)
            }
        }
    }
}

import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// What the console says of a decision before it is made is what then happens.
@Suite(.timeLimit(.minutes(2)))
struct PreviewTests {
    private func confirm(_ action: String, _ community: Community, _ fields: [String: String] = [:]) async throws
        -> String
    {
        var visitor = ConsoleVisitor(community)
        _ = try await visitor.signIn()
        let all = ["form_token": try await visitor.formToken(), "action": action, "reason": "a test"]
        let page = try await visitor.post("/customers/77/confirm", all.merging(fields) { $1 })
        #expect(page.status == 200, "\(page.text)")
        return page.text
    }

    @Test func `a decision about somebody on hold says that nothing happens before the hold ends`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            #expect(try await !confirm("ban", community).contains("nothing of this happens"))
            _ = try await community.override("hold", until: "2099-01-01")
            for action in ["ban", "grant", "retry", "replay"] {
                let page = try await confirm(action, community, ["tier": "awakened"])
                #expect(page.contains("On hold until 2099-01-01T23:59:59Z, by tester: nothing of this happens"))
                #expect(page.contains("release the customer first"))
            }
            #expect(try await !confirm("release", community).contains("nothing of this happens"))
        }
    }

    @Test func `a ban shows that a server of their own is suspended, and its end that it runs again`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            _ = try await community.server("is there") { _ in true }
            try await community.settled()
            let page = try await confirm("ban", community)
            #expect(page.contains("Server small-server #5 of their own is suspended"), "\(page)")
            #expect(!page.contains("Nothing on any panel."))
            let plan = try await community.api("GET", "customers/77/plan").object
            #expect((plan["others"] as? [Any])?.isEmpty == true)

            let ban = try await community.override("ban")
            _ = try await community.server("is suspended") { $0.status == .suspended }
            try await community.settled()
            let back = try await confirm("end", community, ["override": ban])
            #expect(back.contains("Server small-server #5 of their own is no longer suspended."))
            let without = try await community.api("GET", "customers/77/plan?ending=\(ban)").object
            let others = without["others"] as? [[String: Any]]
            #expect(others?.map { $0["takes_away"] as? Bool } == [false])
        }
    }

    @Test func `a ban shows the rank in game that it takes, a grant the one that it gives`() async throws {
        var tiers = Catalog.small.tiers
        tiers[1].access = []
        tiers[0].luckPerms = LuckPermsGroup("squire").map { TierRank(group: $0, servers: "creative") }
        tiers[1].luckPerms = LuckPermsGroup("noble").map { TierRank(group: $0, servers: "creative") }
        let catalog = Catalog(tiers: tiers, groups: Catalog.small.groups.values.map(\.self))
        try await withCommunity(catalog: catalog, configure: { $0.billing.paymenter.playerProperty = "player" }) {
            community in
            community.panel.join("Steve", server: try community.server("Creative Plots"))
            try await community.send(.created, "1") {
                $0.customerID = .value("77")
                $0.email = .value("ada@example.test")
                $0.product = .value("knight")
                $0.status = .value(.active)
                $0.properties = ["player": "Steve"]
            }
            try await community.settled()
            let lesser = try await confirm("grant", community, ["tier": "awakened"])
            #expect(!lesser.contains("in game"), "the higher rank stays: \(lesser)")
            let page = try await confirm("ban", community)
            #expect(page.contains("What tier knight gives Steve in game on Creative Plots"), "\(page)")
            #expect(page.contains("is taken away") && !page.contains("Nothing on any panel."))
            _ = try await community.override("ban")
            try await community.settled()
            try await community.send(.cancelled, "1")
            try await community.settled()
            let released = try await confirm("release", community)
            #expect(released.contains("Nothing on any panel."), "\(released)")
            let granted = try await confirm("grant", community, ["tier": "knight"])
            #expect(granted.contains("Nothing on any panel."), "a ban wins: \(granted)")
        }
    }

    @Test func `going on after a pause shows who would lose, and does it only when that is confirmed`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.buys("knight", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.settled()
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            let resume = ["form_token": try await visitor.formToken(), "action": "resume"]
            _ = try await community.api("POST", "pause")
            #expect(try await visitor.post("/service", resume).status == 303, "nobody loses anything")
            _ = try await community.api("POST", "pause")
            try await community.send(.cancelled, "1")
            try await community.eventually("ada waits") { try await community.state() == "blocked" }
            let page = try await visitor.post("/service", resume)
            #expect(page.status == 200 && page.text.contains("1 customer would lose something."), "\(page.text)")
            #expect(page.text.contains("ada@example.test: ") && page.text.contains("is taken away."))
            #expect(try await community.api("GET", "status").object["paused"] as? Bool == true, "shown, not done")
            _ = try await visitor.post("/service", resume.merging(["attempt": "1"]) { $1 })
            try await community.eventually("it is taken") { community.access().isEmpty }
            #expect(community.access(of: "bob@example.test") == Community.knight)
        }
    }

    @Test func `all is well only if nothing needs a person`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            #expect(try await visitor.get("/").text.contains("Everybody has what they paid for"))
            let body = #"{"event":"payment.succeeded","subscription_id":"5","paid_through":"soon"}"#
            #expect(try await community.deliver(Data(body.utf8)).status == 400)
            let page = try await visitor.get("/").text
            #expect(page.contains("Something needs a person") && !page.contains("Everybody has what they paid for"))
        }
    }
}

import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// What was said, decided and done can be read, page by page, and said again without harm.
@Suite(.timeLimit(.minutes(2)))
struct HistoryTests {
    private func timeline(_ community: Community, _ query: String = "") async throws -> [String: Any] {
        try await community.api("GET", "customers/77/timeline\(query)").object
    }

    private func whats(_ page: [String: Any]) -> [String] {
        (page["items"] as? [[String: Any]] ?? []).map { $0["what"] as? String ?? "" }
    }

    @Test func `a timeline tells what was said, who decided what and why, and what was done`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("awakened")
            try await community.settled()
            community.clock.advance(by: .seconds(5))
            let grant = try await community.override("grant", tier: "knight", until: "2099-01-01")
            try await community.eventually("it is given") { community.access() == Community.knight }
            try await community.settled()
            community.clock.advance(by: .seconds(5))
            let ended = try await community.api("DELETE", "overrides/\(grant)?reason=enough")
            #expect(ended.status == 204)
            try await community.eventually("it is gone") { community.access() == Community.awakened }
            try await community.settled()

            let page = try await timeline(community)
            let whole = whats(page)
            #expect(whole.first == "subscription.created")
            let given = try #require(whole.firstIndex(of: "grant of tier knight"))
            let end = try #require(whole.firstIndex(of: "end grant of tier knight"))
            #expect(whole[..<given].contains("create_account"))
            #expect(whole[given..<end].contains("add_subuser"))
            #expect(whole[end...].contains("remove_subuser"))
            let items = page["items"] as? [[String: Any]] ?? []
            #expect(items[end]["author"] as? String == "tester")
            #expect(items[end]["detail"] as? String == "enough")

            // Page by page it is the same, with nothing twice and nothing left out.
            var paged: [String] = []
            var query = "?limit=3"
            while true {
                let page = try await timeline(community, query)
                paged = whats(page) + paged
                guard let next = page["next"] as? String else { break }
                query = "?limit=3&before=\(next)"
            }
            #expect(paged == whole)
            #expect(try await community.api("GET", "customers/77/timeline?before=x").status == 400)

            let log = try await community.api("GET", "audit-log").object["items"] as? [[String: Any]] ?? []
            #expect(log.map { $0["what"] as? String } == ["end grant of tier knight", "grant of tier knight"])
            #expect(log.map { $0["reason"] as? String } == ["enough", "a test"])
            let all = try await community.api("GET", "overrides?all=true&customer=77").object["items"]
            #expect((all as? [[String: Any]])?.first?["ended_at"] != nil)
            let now = try await community.api("GET", "overrides?customer=77").object["items"]
            #expect((now as? [Any])?.isEmpty == true)
        }
    }

    @Test func `a timeline has each payment and each answer of the panel, in the order in which they came`()
        async throws
    {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("awakened")
            try await community.settled()
            for kind in [BillingEvent.Kind.paymentFailed, .paymentSucceeded] {
                community.clock.advance(by: .seconds(5))
                try await community.send(kind, "1")
                try await community.settled()
            }
            community.clock.advance(by: .seconds(5))
            let creative = try community.server("Creative Plots")
            community.panel.setSuspended(true, server: creative)
            try await community.send(.updated, "1") { $0.product = .value("knight") }
            try await community.eventually("it waits") { try await community.state() == "blocked" }
            community.panel.setSuspended(false, server: creative)
            try await community.eventually("it is given in the end") { community.access() == Community.knight }
            try await community.settled()

            let items = try await timeline(community)["items"] as? [[String: Any]] ?? []
            let told = items.map { "\($0["what"] ?? "") \(($0["outcome"] as? String ?? "").prefix { $0 != ":" })" }
            #expect(
                Array(told.prefix(7)) == [
                    "subscription.created ", "create_account done", "add_subuser done", "add_subuser done",
                    "payment.failed ", "payment.succeeded ", "subscription.updated ",
                ]
            )
            let changes = told.dropFirst(7)
            #expect(changes.filter { $0 == "update_subuser done" }.count == 2)
            let refused = try #require(changes.firstIndex(of: "add_subuser blocked"), "\(told)")
            let given = try #require(changes.lastIndex(of: "add_subuser done"), "\(told)")
            #expect(refused < given)
            #expect((items[refused]["outcome"] as? String ?? "").contains("it is suspended"))
            #expect((items[given]["outcome"] as? String ?? "").contains("stored: file.read, websocket.connect"))
            #expect(items.allSatisfy { $0["operation"] == nil || !(($0["outcome"] as? String) ?? "").isEmpty })
        }
    }

    @Test func `an explanation names the giver of each permission and all that comes by time alone`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("awakened")
            try await community.settled()
            _ = try await community.override("grant", tier: "knight", until: "2099-01-01")
            try await community.eventually("both give") { community.access() == Community.knight }
            try await community.settled()
            let explained = try await community.api("GET", "customers/77/explain").text
            #expect(explained.contains("websocket.connect by subscription 1 (tier awakened)"))
            #expect(explained.contains("control.console, websocket.connect by a grant (tier knight)"))
            #expect(explained.contains("what is paid for subscription 1 ends, and its grace begins"))
            #expect(explained.contains("At 2099-01-01T23:59:59Z a grant ends"))
            try await community.send(.cancelled, "1")
            try await community.settled()
            let ban = try await community.override("ban")
            try await community.eventually("nothing is left") { community.access().isEmpty }
            try await community.settled()
            let after = try await community.api("GET", "customers/77/explain").text
            #expect(after.contains("which we made, is deleted if it holds nothing else"))
            try await community.endOverride(ban)
        }
    }

    @Test func `folding a delivery again changes nothing, however often`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("knight")
            try await community.settled()
            community.panel.forgetEffects()
            for _ in 0..<3 {
                let answer = try await community.api("POST", "events/1/replay")
                #expect(answer.status == 202)
                #expect(answer.object["customers"] as? [String] == ["id:77"])
            }
            try await community.settled()
            #expect(community.writes.isEmpty)
            #expect(community.access() == Community.knight)
            #expect(try await community.state() == "converged")
            let events = try await community.api("GET", "customers/77/timeline").text
            #expect(events.components(separatedBy: "subscription.created").count == 2, "it is there once")
        }
    }

    @Test func `folding a delivery again goes by the terms of the tier that it is about`() async throws {
        var catalog = Catalog.small
        let tiers = catalog.tiers.map { tier in
            var tier = tier
            if tier.id == "awakened" { tier.latePayment = .attention }
            if tier.id == "knight" { tier.cancel = .periodEnd }
            return tier
        }
        catalog = Catalog(tiers: tiers, groups: catalog.groups.values.map(\.self))
        try await withCommunity(catalog: catalog) { community in
            try await community.quiet()
            try await community.buys("awakened")
            try await community.buys("knight", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.settled()
            community.clock.advance(by: .seconds(1))
            try await community.send(.cancelled, "1")
            try await community.send(.cancelled, "2")
            community.clock.advance(by: .seconds(1))
            try await community.send(.paymentSucceeded, "1")
            try await community.eventually("who paid too late has nothing") { community.access().isEmpty }
            try await community.settled()
            #expect(community.access(of: "bob@example.test") == Community.knight)
            let before = try await community.api("GET", "subscriptions").text
            community.panel.forgetEffects()

            for event in 1...5 { #expect(try await community.api("POST", "events/\(event)/replay").status == 202) }
            try await community.settled()
            #expect(try await community.api("GET", "subscriptions").text == before)
            #expect(community.writes.isEmpty)
            #expect(community.access().isEmpty)
            #expect(community.access(of: "bob@example.test") == Community.knight)
        }
    }

    @Test func `a delivery that was refused is read anew`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            let body = Data(#"{"event": "subscription.created", "subscription_id": 7}"#.utf8)
            let refused = Data(#"{"event": "subscription.created", "subscription_id": ["7"]}"#.utf8)
            #expect(try await community.deliver(refused, id: "a").status == 400)
            #expect(try await community.api("POST", "events/1/replay").status == 202)
            try await community.eventually("it is refused again") {
                let page = try await community.api("GET", "events?state=refused").object["items"] as? [[String: Any]]
                return page?.count == 1
            }
            #expect(try await community.deliver(body, id: "a").status == 202, "an id that was refused is not taken")
            try await community.settled()
            #expect(try await community.api("POST", "events/1/replay").status == 409, "now it is")
            #expect(try await community.api("POST", "events/99/replay").status == 404)
        }
    }

    @Test func `drift names each kind of difference, and touches nothing`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("knight")
            try await community.buys("knight", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.settled()
            try await community.send(.cancelled, "2")
            try await community.eventually("bob's is over") { community.access(of: "bob@example.test").isEmpty }
            try await community.settled()
            _ = try await community.override("hold")
            try await community.settled()

            let (ada, bob) = (try community.user(), try community.user("bob@example.test"))
            let creative = try community.server("Creative Plots")
            let frost = try community.server("Frost Path I")
            community.panel.removeSubuser(user: ada, server: creative)
            community.panel.setPermissions(
                ["control.console", "file.create", "websocket.connect"],
                ofUser: ada,
                onServer: frost
            )
            _ = community.panel.addSubuser(
                user: bob,
                server: creative,
                permissions: ["file.read", "websocket.connect"]
            )
            let staff = community.panel.addUser(PanelUser(username: "staff", email: "staff@example.test"))
            let ghost = community.panel.addUser(
                PanelUser(externalID: "paydactyl:test:999", username: "ghost", email: "ghost@example.test")
            )
            for user in [staff, ghost] {
                _ = community.panel.addSubuser(user: user.id, server: frost, permissions: ["control.stop"])
            }
            community.panel.forgetEffects()
            try await community.audit()
            let drift = try await community.api("GET", "drift").object
            let main = (drift["panels"] as? [String: [String: Any]])?["main"] ?? [:]
            let findings = main["findings"] as? [[String: Any]] ?? []
            let told = findings.map { finding in
                let who = finding["customer"] as? String ?? finding["username"] as? String ?? ""
                let permissions = (finding["permissions"] as? [String] ?? []).joined(separator: " ")
                return "\(finding["kind"] ?? "") \(who) \(finding["name"] ?? "") \(permissions)"
            }
            #expect(
                told == [
                    "missing id:77 Creative Plots file.read websocket.connect",
                    "unpaid ghost Frost Path I control.stop",
                    "given_back id:78 Creative Plots file.read", "hand_made id:77 Frost Path I file.create",
                    "stranger staff Frost Path I control.stop",
                ]
            )
            #expect(main["audited_at"] != nil && main["cut"] as? Bool == false)
            #expect(community.writes.isEmpty, "it is shown, not touched")
        }
    }

    @Test func `a plan tells line by line what would be done, also where nothing may be`() async throws {
        try await withCommunity(mode: .observe) { community in
            try await community.buys("knight")
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.quiet()
            var told: [String] = []
            var path = "plan?limit=1"
            while true {
                let page = try await community.api("GET", path).object
                for plan in page["items"] as? [[String: Any]] ?? [] {
                    for change in plan["changes"] as? [[String: Any]] ?? [] {
                        let add = (change["add"] as? [String] ?? []).joined(separator: " ")
                        told.append("\(plan["customer"] ?? "") \(change["name"] ?? "") +\(add)")
                    }
                }
                guard let next = page["next"] as? String else { break }
                path = "plan?limit=1&after=\(next)"
            }
            #expect(
                told == [
                    "id:77 Frost Path I +control.console websocket.connect",
                    "id:77 Frost Path II +control.console websocket.connect",
                    "id:77 Creative Plots +file.read websocket.connect", "id:78 Frost Path I +websocket.connect",
                    "id:78 Frost Path II +websocket.connect",
                ]
            )
            #expect(community.writes.isEmpty)
        }
    }
}

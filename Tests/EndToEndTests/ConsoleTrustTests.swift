import Entitlements
import Foundation
import PanelSimulator
import SQLiteLedger
import ServiceConfiguration
import Testing

/// What needs a person can be put right on the page that says so.
@Suite(.timeLimit(.minutes(2)))
struct ConsoleTrustTests {
    private func signedIn(to community: Community) async throws -> ConsoleVisitor {
        var visitor = ConsoleVisitor(community)
        _ = try await visitor.signIn()
        return visitor
    }

    private func newestAction(_ community: Community) async throws -> String {
        let action = try #require(try await community.api("GET", "audit-log").items.first)
        return "\(action["author"] ?? "") \(action["what"] ?? "")"
    }

    @Test func `a delivery that cannot be used is acknowledged, and needs nobody any more`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            for number in 1...2 {
                let body = #"{"event":"payment.succeeded","subscription_id":"\#(number)","paid_through":"soon"}"#
                #expect(try await community.deliver(Data(body.utf8)).status == 400)
            }
            let visitor = try await signedIn(to: community)
            let token = ["form_token": try await visitor.formToken()]
            let page = try await visitor.get("/attention").text
            #expect(page.contains("2 deliveries were correctly signed but unusable"))
            #expect(page.contains("Delivery 1</a>") && page.contains("action=\"/deliveries/1/acknowledge\""))
            let path = "/deliveries/1/acknowledge"
            #expect(try await visitor.post(path, token).status == 400, "a reason is asked for")
            let done = try await visitor.post(path, token.merging(["reason": "a test of the sender"]) { $1 })
            #expect(done.header("location") == "/deliveries/1")
            let delivery = try await visitor.get("/deliveries/1").text
            #expect(delivery.contains("is acknowledged; it needs nobody any more"))
            #expect(delivery.contains(" by tester") && !delivery.contains(path) && delivery.contains("refused"))
            #expect(try await newestAction(community) == "tester acknowledge delivery 1")
            #expect(try await visitor.get("/deliveries?state=refused").text.contains("refused, acknowledged by tester"))
            #expect(try await !visitor.get("/attention").text.contains("Delivery 1</a>"))
            #expect(try await community.api("GET", "status").object["deliveries_refused"] as? Int == 1)

            let again = ["reason": "once more"]
            #expect(try await community.api("POST", "events/1/acknowledge", again).status == 409)
            #expect(try await community.api("POST", "events/9/acknowledge", again).status == 404)
            #expect(try await community.api("POST", "events/2/acknowledge", again).status == 200)
            #expect(try await community.api("GET", "events/2").object["acknowledged_by"] as? String == "tester")
            #expect(try await visitor.get("/").text.contains("Everybody has what they paid for"))
        }
    }

    @Test func `the overview says why customers have not what they should, each reason once`() async throws {
        let catalog = Catalog.dedicated { $0.limits.memory = 9_999_999 }
        try await withCommunity(.withRoom, catalog: catalog) { community in
            try await community.buy("small-server")
            let visitor = try await signedIn(to: community)
            try await community.eventually("it is blocked") {
                try await visitor.get("/").text.contains("1 customer, blocked</a>: <bdi>No node anywhere has room")
            }
            let reasons = try await community.api("GET", "reasons").items
            #expect(reasons.map { $0["customers"] as? Int } == [1])
        }
    }

    @Test func `a server whose deletion waits is deleted from the page, after its plan`() async throws {
        try await withCommunity(.withRoom, catalog: .dedicated()) { community in
            try await community.buy("small-server")
            let server = try await community.server("is there") { _ in true }
            try await community.settled()
            try await community.send(.cancelled, "5")
            _ = try await community.server("is suspended") { $0.status == .suspended }
            try await community.settled()
            community.clock.advance(by: .days(15))
            try await community.eventually("its deletion waits for a person") {
                try await community.api("GET", "status").object["deletions_waiting"] as? Int == 1
            }
            let visitor = try await signedIn(to: community)
            let token = ["form_token": try await visitor.formToken()]
            #expect(try await visitor.get("/attention").text.contains("Servers that may be deleted"))
            let fields = token.merging(["slot": "1.main.5", "server": "\(server.id)", "reason": "agreed"]) { $1 }
            let another = fields.merging(["server": "\(server.id + 1)"]) { $1 }
            #expect(try await visitor.post("/dedicated/confirm", another).status == 409)
            #expect(try await visitor.post("/dedicated/delete", another).status == 409)
            let plan = try await visitor.post("/dedicated/confirm", fields)
            #expect(plan.status == 200 && plan.text.contains("is deleted with everything on it"), "\(plan.text)")
            #expect(community.bought() != nil, "shown, not done")
            #expect(try await visitor.post("/dedicated/delete", fields).header("location") == "/attention")
            try await community.eventually("it is gone") { community.bought() == nil }
            #expect(try await newestAction(community).hasPrefix("tester confirm the deletion of server"))
        }
    }

    @Test func `a locked panel is unlocked from its page, after what that means`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            let user = try community.user()
            let uuid = try #require(community.panel.user(user)).uuid
            let visitor = try await signedIn(to: community)
            let token = ["form_token": try await visitor.formToken()]
            #expect(try await !visitor.get("/panel").text.contains("/panel/main/confirm"))
            community.panel.changeUser(user) { $0.uuid = "11111111-2222-4333-8444-555555555555" }
            _ = try await community.api("POST", "audit")
            try await community.eventually("the page offers it") {
                try await visitor.get("/panel").text.contains("/panel/main/confirm")
            }
            let plan = try await visitor.post("/panel/main/confirm", token)
            #expect(plan.status == 200 && plan.text.contains("with the same accounts and servers?"))
            community.panel.changeUser(user) { $0.uuid = uuid }
            #expect(try await visitor.post("/panel/main/unlock", token).header("location") == "/panel")
            #expect(try await newestAction(community) == "tester unlock panel main")
            try await community.audit()
            #expect(try await visitor.get("/panel").text.contains("answers"))
        }
    }

    @Test func `a restored ledger is gone on with from the overview, after its plan`() async throws {
        try await withPlace { place in
            guard case .sqlite(let path) = place.configuration.store else { return }
            try await place.serve { community in
                try await community.buys("knight")
                try await community.quiet()
            }
            let ledger = try SQLiteLedger(path: path)
            try await ledger.repin("1795564800000", as: LedgerCopy.mark)
            try ledger.close()
            try await place.serve { community in try await goOn(community) }
        }
    }

    private func goOn(_ community: Community) async throws {
        try await community.quiet()
        try await community.send(.terminated, "1")
        try await community.eventually("it waits") { try await community.state() == "blocked" }
        let visitor = try await signedIn(to: community)
        let enforce = ["form_token": try await visitor.formToken(), "action": "enforce"]
        let offered = try await visitor.get("/").text
        #expect(offered.contains("value=\"enforce\""))
        let plan = try await visitor.post("/service", enforce)
        #expect(plan.status == 200 && plan.text.contains("ada@example.test: "), "\(plan.text)")
        #expect(plan.text.contains("is taken away."))
        #expect(community.writes.isEmpty, "shown, not done")
        _ = try await visitor.post("/service", enforce.merging(["attempt": "1"]) { $1 })
        #expect(try await newestAction(community) == "tester enforce")
        try await community.eventually("it is done") { community.access().isEmpty }
        let after = try await visitor.get("/").text
        #expect(!after.contains("value=\"enforce\""))
    }
}

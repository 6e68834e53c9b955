import Entitlements
import Foundation
import PanelSimulator
import Testing

/// What the buttons of the pages do, each looked at before it is confirmed.
@Suite(.timeLimit(.minutes(2)))
struct ConsoleButtonTests {
    @Test func `who is banned on their page loses everything, and has it again once released`() async throws {
        try await withCommunity { community in
            try await community.pay("77", "ada@example.test")
            let paid = community.access()
            #expect(!paid.isEmpty)
            let visitor = try await signedIn(community)
            let plan = try await visitor.press("/customers/77", ["action": "ban", "reason": "griefing"])
            #expect(!plan.contains("Nothing on any panel."), "\(plan)")
            try await community.eventually("the ban is carried out") { community.access().isEmpty }
            #expect(try await visitor.get("/customers/77").text.contains("griefing"))
            _ = try await visitor.press("/customers/77", ["action": "release"])
            try await community.eventually("the access is back") { community.access() == paid }
        }
    }

    @Test(arguments: [("/customers/77", "approve"), ("/customers/77", "discard"), ("/held", "discard")])
    func `what is held happens or is kept, as somebody says on the page`(_ page: String, _ action: String) async throws
    {
        try await withCommunity(policy: {
            $0.breaker.maxCustomers = 0
            $0.breaker.maxShare = 0
        }) { community in
            try await community.pay("77", "ada@example.test")
            let paid = community.access()
            try await community.send(.cancelled, "1")
            try await community.eventually("the loss is held") { try await community.breaker() == "holding 1" }
            let visitor = try await signedIn(community)
            let plan = try await visitor.press(page, ["action": action])
            #expect(plan.contains("ada@example.test") || plan.contains("Ada Lovelace"), "\(plan)")
            try await community.eventually("nothing is held") { try await community.breaker() != "holding 1" }
            if action == "approve" {
                try await community.eventually("it is taken") { community.access().isEmpty }
            } else {
                try await community.audit()
                try await community.settled()
                #expect(community.access() == paid)
            }
        }
    }

    @Test func `a pause and a reading of the panels are a button each`() async throws {
        try await withCommunity { community in
            try await community.pay("77", "ada@example.test")
            let visitor = try await signedIn(community)
            let token = try await visitor.formToken()
            for (action, notice) in [("audit", "The panels are read now."), ("pause", "All changes are paused.")] {
                let answer = try await visitor.post("/service", ["form_token": token, "action": action])
                #expect(answer.status == 303 && answer.header("location") == "/", "\(action): \(answer.text)")
                #expect(try await visitor.get("/").text.contains(notice), "\(action)")
            }
            #expect(try await community.api("GET", "status").object["paused"] as? Bool == true)
            let actions = try await community.api("GET", "audit-log").items.compactMap { $0["what"] as? String }
            #expect(
                actions.contains { $0.contains("pause") } && actions.contains { $0.contains("audit") },
                "\(actions)"
            )
        }
    }

    @Test func `what differs on the panel is accepted on its page`() async throws {
        try await withCommunity { community in
            try await community.pay("77", "ada@example.test")
            let staff = community.panel.addUser(PanelUser(username: "staff", email: "staff@example.test"))
            let frost = try community.server("Frost Path I")
            _ = community.panel.addSubuser(user: staff.id, server: frost, permissions: ["control.stop"])
            try await community.audit()
            let drift = try await community.api("GET", "drift").text
            let line = String(try #require(drift.firstMatch(of: /"id":"([0-9a-f]+)"/), "\(drift)").output.1)
            let visitor = try await signedIn(community)
            let page = try await visitor.get("/drift/\(line)").text
            #expect(page.contains("value=\"accept\""), "\(page)")
            let token = try await visitor.formToken()
            let fields = ["form_token": token, "action": "accept", "reason": "our staff"]
            #expect(try await visitor.post("/drift/\(line)/decide", fields).header("location") == "/drift")
            #expect(try await visitor.get("/drift").text.contains("It is accepted."))
        }
    }

    @Test func `a replay of what was never applied says that nobody knows yet what it does`() async throws {
        try await withCommunity { community in
            try await community.pay("77", "ada@example.test")
            let body = #"{"event":"payment.succeeded","subscription_id":"1","paid_through":"soon"}"#
            try await community.deliver(Data(body.utf8))
            let number = try #require(
                try await community.api("GET", "events?state=refused").items.first?["number"] as? Int
            )
            let visitor = try await signedIn(community)
            let fields = ["form_token": try await visitor.formToken()]
            let plan = try await visitor.post("/deliveries/\(number)/confirm", fields).text
            #expect(
                plan.contains("It was not applied when it came.") && plan.contains("cannot be told before"),
                "\(plan)"
            )
            #expect(!plan.contains("Nothing on any panel."))
        }
    }

    private func signedIn(_ community: Community) async throws -> ConsoleVisitor {
        var visitor = ConsoleVisitor(community)
        _ = try await visitor.signIn()
        return visitor
    }
}

extension ConsoleVisitor {
    /// Presses a page's button, confirms what is shown then, and returns what was shown.
    fileprivate func press(_ page: String, _ fields: [String: String]) async throws -> String {
        #expect(try await get("/").text.contains("data-live"))
        let token = try await formToken()
        let shown = try await post("\(page)/confirm", fields.merging(["form_token": token]) { $1 })
        #expect(shown.status == 200, "\(shown.text)")
        #expect(!shown.text.contains("data-live"), "what answers a form cannot be loaded anew")
        let form = try #require(shown.text.firstMatch(of: /<form class="card" method="post" action="([^"]+)">/))
        var hidden: [String: String] = [:]
        for field in shown.text.matches(of: /<input type="hidden" name="(\w+)" value="([^"]*)">/) {
            hidden[String(field.output.1)] = String(field.output.2)
        }
        let done = try await post(String(form.output.1), hidden)
        #expect(done.status == 303, "\(done.text)")
        return shown.text
    }
}

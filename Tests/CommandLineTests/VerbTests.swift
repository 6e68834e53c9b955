import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

struct VerbTests {
    @Test func `a delivery that is sent becomes access, and is explained`() async throws {
        try await Community.with { community in
            try await community.buy("fire-elemental", customer: "77")
            let list = try await community.run("customers")
            #expect(list.status == 0)
            #expect(list.output.contains("77        Ada   ada@example.com  converged"))
            let found = try await community.run("customers", "--search", "nobody", "--state", "converged")
            #expect(found.output == "There are no such customers.\n")
            let explained = try await community.run("explain", "ada@example.com")
            #expect(explained.status == 0)
            #expect(explained.output.hasPrefix("Ada, ada@example.com (77): converged, tier elemental\n"))
            #expect(explained.output.contains("Subscription s77 (\"fire-elemental\", tier elemental) is active."))
            let timeline = try await community.run("timeline", "77")
            #expect(timeline.output.contains("subscription.created"))
            #expect(timeline.output.contains("give websocket.connect on Fire Path: Nether"))
            let status = try await community.run("status")
            #expect(status.output.contains("Customers: 1; converged 1, working 0, blocked 0, needing attention 0"))
            let plan = try await community.run("plan")
            #expect(plan.output.hasPrefix("Nothing waits"))
        }
    }

    @Test func `a list goes on where the page before ended`() async throws {
        try await Community.with { community in
            for customer in ["77", "78"] {
                try await community.buy("awakened", customer: customer, email: "\(customer)@example.com")
            }
            let first = try await community.run("customers", "--limit", "1")
            #expect(first.output.contains("77@example.com"))
            #expect(first.output.hasSuffix("There are more: --after id:77\n"))
            let second = try await community.run("customers", "--limit", "50", "--after", "id:77")
            #expect(second.output.contains("78@example.com"))
            #expect(!second.output.contains("77@example.com"))

            for customer in ["77", "78"] {
                let held = try await community.run("hold", customer, "--reason", "why \(customer)")
                #expect(held.status == 0, "\(held.errors)")
            }
            for (verb, mark) in [("overrides", "--before"), ("upcoming", "--after")] {
                let page = try await community.run(verb, "--limit", "1")
                let next = try #require(page.output.firstMatch(of: /There are more: --\w+ (\S+)/), "\(page.output)")
                    .output.1
                let further = try await community.run(verb, "--limit", "1", mark, String(next))
                #expect(further.status == 0 && further.output != page.output, "\(further.output)\(further.errors)")
                #expect(
                    further.output.contains("why 78") != page.output.contains("why 78"),
                    "\(page.output)\(further.output)"
                )
            }
        }
    }

    @Test func `what needs attention stands in the plan with its reason`() async throws {
        try await Community.with { community in
            let sent = try await community.run(
                "send",
                "subscription.created",
                "--subscription",
                "1",
                "--customer",
                "77",
                "--product",
                "no-such-thing",
                "--email",
                "ada@example.com",
                "--status",
                "active"
            )
            #expect(sent.output.hasPrefix("202 accepted: subscription.created as msg_"))
            try await eventually("the product is missed") {
                try await community.run("plan").output.contains("no-such-thing")
            }
            let plan = try await community.run("plan", "--json").json()
            let items = try #require(plan["items"] as? [[String: Any]])
            #expect(items.map { $0["state"] as? String } == ["needs_attention"])
        }
    }

    @Test func `grant, ban, hold and release do what they say`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let before = community.panel.access.count
            let granted = try await community.run(
                "grant",
                "77",
                "sovereign",
                "--until",
                "2099-12-31",
                "--reason",
                "thanks"
            )
            #expect(granted.status == 0)
            #expect(
                granted.output == "A grant of tier sovereign is in force for customer 77 until 2099-12-31T23:59:59Z.\n"
            )
            try await eventually("more is open") { community.panel.access.count > before }
            let refused = try await community.run("ban", "77", "--reason", "griefing")
            #expect(refused.status == 2)
            #expect(refused.errors.contains("--yes"))
            #expect(!community.panel.access.isEmpty)
            let banned = try await community.run("ban", "77", "--reason", "griefing", "--yes")
            #expect(banned.status == 0)
            try await eventually("everything is gone") { community.panel.access.isEmpty }
            let held = try await community.run("hold", "ada@example.com", "--reason", "looking into it")
            #expect(held.output.hasPrefix("A hold is in force for customer 77 until "))
            let released = try await community.run("release", "77", "--reason", "all clear")
            #expect(released.status == 0)
            #expect(released.output.contains("ban"))
            #expect(released.output.contains("hold"))
            try await eventually("it is back") { community.panel.access.count > before }
            let again = try await community.run("release", "77", "--reason", "all clear")
            #expect(again.status == 1)
            #expect(again.errors == "No ban or hold of Ada, ada@example.com (77) is in force.\n")
        }
    }

    @Test func `a grant for whom billing deleted says that it gives nothing, and so does what explains them`()
        async throws
    {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            #expect(try await community.run("send", "customer.deleted", "--customer", "77").status == 0)
            try await eventually("access is gone") { community.panel.access.isEmpty }
            let granted = try await community.run("grant", "77", "knight", "--until", "2099-12-31", "--reason", "x")
            #expect(granted.status == 0)
            #expect(granted.output.contains("It gives nothing: the billing system deleted this customer"))
            let explained = try await community.run("explain", "77").output
            #expect(explained.contains("deleted this customer: they have no access, granted or not."), "\(explained)")
        }
    }

    @Test func `what a release or going on would take away is asked first`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            _ = try await community.run("hold", "77", "--reason", "a check")
            let ban = try await community.run("ban", "77", "--reason", "x", "--yes")
            #expect(ban.status == 0)
            #expect(ban.output.contains("77. Nothing changes yet: they are on hold until 2"), "\(ban.output)")
            func only(_ kind: String) async throws -> Program.Outcome {
                try await community.run("release", "77", "--only", kind, "--reason", "part of it")
            }
            let hold = try await only("hold")
            #expect(hold.status == 2 && hold.errors.contains("take websocket.connect"), "with it the ban strikes")
            #expect(try await only("ban").output == "Ended for Ada, ada@example.com (77): ban.\n")
            #expect(try await only("ban").errors == "No ban of Ada, ada@example.com (77) is in force.\n")
            #expect(try await community.run("overrides", "77").output.contains("hold"), "it stands")
            #expect(!community.panel.access.isEmpty)
            #expect(try await community.run("ban", "77", "--reason", "x", "--yes").status == 0)
            #expect(try await community.run("release", "77", "--reason", "nothing is lost").status == 0)
            _ = try await community.run("hold", "77", "--reason", "a check")
            _ = try await community.run("send", "subscription.cancelled", "--subscription", "s77")
            try await eventually("the loss waits") {
                try await community.run("plan").output.contains("take websocket.connect")
            }
            let refused = try await community.run("release", "77", "--reason", "over")
            #expect(refused.status == 2)
            #expect(refused.errors.contains("take websocket.connect") && refused.errors.contains("--yes"))
            #expect(try await community.run("overrides").output.contains("hold"), "nothing was ended")
            #expect(!community.panel.access.isEmpty)

            #expect(try await community.run("pause").status == 0)
            #expect(try await community.run("release", "77", "--reason", "over", "--yes").status == 0)
            let resumed = try await community.run("resume")
            #expect(resumed.status == 2 && resumed.errors.contains("--yes"), "\(resumed.errors)")
            #expect(try await community.run("status").output.contains("paused"))
            #expect(try await community.run("resume", "--yes").output == "Resumed.\n")
            try await eventually("it is gone") { community.panel.access.isEmpty }
        }
    }

    @Test func `a loss that is held waits for approval, and can be discarded`() async throws {
        let nobody: (inout ServiceConfiguration) -> Void = { configuration in
            configuration.policy.breaker.maxCustomers = 0
            configuration.policy.breaker.maxShare = 0
        }
        try await Community.with(nobody) { community in
            for customer in ["77", "78"] {
                try await community.buy("awakened", customer: customer, email: "\(customer)@example.com")
                let sent = try await community.run("send", "subscription.cancelled", "--subscription", "s\(customer)")
                #expect(sent.status == 0)
            }
            try await eventually("both are held") {
                try await community.run("status").output.contains("2 customers have losses that wait for approval")
            }
            let asked = try await community.run("approve", "77")
            #expect(asked.status == 2)
            let discarded = try await community.run("discard", "78")
            #expect(discarded.output == "Now on hold, keeping what they have: 1 customer.\n")
            let approved = try await community.run("approve", "77", "--yes")
            #expect(approved.output == "The losses of 1 customer go ahead.\n")
            try await eventually("one has lost access") {
                community.panel.access.values.allSatisfy { Set($0.keys) == ["78@example.com"] }
            }
            #expect(!community.panel.access.isEmpty)
            try await community.settled("77")
            let nothing = try await community.run("approve", "--yes")
            #expect(nothing.output == "Nothing was held.\n")
        }
    }

    @Test func `pause stops changes and resume goes on`() async throws {
        try await Community.with { community in
            #expect(try await community.run("pause").status == 0)
            #expect(try await community.run("status").output.contains("PAUSED"))
            #expect(try await community.run("resume").output == "Resumed.\n")
            let resumed = try await community.run("status")
            #expect(!resumed.output.contains("PAUSED"))
            #expect(try await community.run("audit").status == 0)
        }
    }

    @Test func `what is not there exits 1, and what is wrong exits 2`() async throws {
        try await Community.with { community in
            let nobody = try await community.run("explain", "nobody@example.com")
            #expect(nobody.status == 1)
            #expect(nobody.errors == "No customer has the id or e-mail \"nobody@example.com\".\n")
            #expect(try await community.run("timeline", "..").status == 1)
            #expect(try await community.run("retry", "nobody").status == 1)
            try await community.buy("awakened", customer: "77")
            #expect(try await community.run("retry", "77").status == 0)
            let tier = try await community.run("grant", "77", "nonsense", "--until", "2099-01-01", "--reason", "x")
            #expect(tier.status == 2)
            #expect(tier.errors.contains("awakened, elemental, knight, master, legend, sovereign"))
            #expect(try await community.run("customers", "--state", "nonsense").status == 2)
            #expect(try await community.run("customers", "--limit", "0").status == 2)
        }
    }

    @Test func `a token that is wrong or may only look exits 3`() async throws {
        try await Community.with { community in
            let wrong = try await community.run(
                "status",
                "--url",
                community.url,
                "--token",
                "wr0ng-0123456789-abcdefghij"
            )
            #expect(wrong.status == 3)
            #expect(!wrong.errors.contains("wr0ng"))
            let eyes = ["PAYDACTYL_URL": community.url, "PAYDACTYL_TOKEN": Community.viewerToken]
            #expect(try await community.run(["status"], environment: eyes).status == 0)
            let pause = try await community.run(["pause"], environment: eyes)
            #expect(pause.status == 3)
            #expect(pause.errors.contains("may only look"))
        }
    }

    @Test func `a delivery that is refused is told, with its own exit code`() async throws {
        try await Community.with { community in
            let incomplete = try await community.run("send", "payment.failed")
            #expect(incomplete.status == 1)
            #expect(incomplete.errors.contains("subscription_id"))
            let other = "whsec_" + Data("quite another secret of 32 bytes".utf8).base64EncodedString()
            let forged = try await community.run("send", "payment.failed", "--subscription", "1", "--secret", other)
            #expect(forged.status == 3)
            let unknown = try await community.run("send", "tea.served", "--subscription", "1", "--id", "one")
            #expect(unknown.output == "202 ignored: tea.served as one\n")
            let again = try await community.run(
                "send",
                "tea.served",
                "--subscription",
                "1",
                "--id",
                "one",
                "--occurred-at",
                "null"
            )
            #expect(again.status == 0)
        }
    }

    @Test func `every answer is JSON on request`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let verbs = [
                ["status"], ["customers"], ["explain", "77"], ["timeline", "77"], ["plan"],
                ["grant", "77", "knight", "--until", "2099-01-01", "--reason", "x"], ["hold", "77", "--reason", "x"],
                ["ban", "77", "--reason", "x", "--yes"], ["release", "77", "--reason", "x"], ["retry", "77"],
                ["approve", "--yes"], ["discard"], ["pause"], ["resume"], ["audit"], ["check"],
                ["send", "payment.succeeded", "--subscription", "s77"],
            ]
            for verb in verbs {
                let outcome = try await community.run(verb + ["--json"])
                #expect(outcome.status == 0, "\(verb): \(outcome.errors)")
                #expect(try !outcome.json().isEmpty, "\(verb)")
                #expect(outcome.errors.isEmpty)
            }
        }
    }
}

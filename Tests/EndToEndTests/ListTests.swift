import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import Testing

/// Lists of the API go on where the page before ended, and every change has its entry in the audit log.
@Suite(.timeLimit(.minutes(2)))
struct ListTests {
    /// All items of a list, one a page.
    private func walk(_ path: String, in community: Community) async throws -> [String] {
        var items: [String] = []
        var place = ""
        while true {
            let page = try await community.api("GET", "\(path)limit=1\(place)")
            #expect(page.status == 200, "\(path): \(page.text)")
            #expect(page.items.count <= 1, "\(path)")
            items += try page.items.map {
                String(decoding: try JSONSerialization.data(withJSONObject: $0, options: .sortedKeys), as: UTF8.self)
            }
            guard let next = page.object["next"] as? String, items.count < 50 else { return items }
            let mark =
                path.hasPrefix("events") || path.hasPrefix("operations") || path.hasPrefix("overrides")
                    || path.hasPrefix("audit-log") || path.hasPrefix("rollbacks") ? "before" : "after"
            place = "&\(mark)=\(next.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }
    }

    @Test func `every list that grows has pages that hold each entry once`() async throws {
        try await withCommunity { community in
            for customer in ["77", "78", "79"] {
                try await community.buys(
                    "knight",
                    subscription: customer,
                    customer: customer,
                    email: "u\(customer)@example.test"
                )
                try await community.settled()
                let hold: [String: Any] = [
                    "customer": customer, "kind": "hold", "reason": "a check", "until": "2099-01-01",
                ]
                #expect(try await community.api("POST", "overrides", hold).status == 201)
            }
            for subscription in ["nobodys-1", "nobodys-2"] {
                try await community.send(.updated, subscription) { $0.product = .value("knight") }
            }
            try await community.settled()
            for (path, least) in [
                ("customers?", 3), ("subscriptions?", 5), ("events?", 5), ("operations?", 6), ("overrides?", 3),
                ("overrides?all=true&", 3), ("upcoming?", 3), ("servers?", 4), ("audit-log?", 3),
            ] {
                let whole = try await community.api("GET", "\(path)limit=500").items
                let all = try whole.map {
                    String(
                        decoding: try JSONSerialization.data(withJSONObject: $0, options: .sortedKeys),
                        as: UTF8.self
                    )
                }
                let walked = try await walk(path, in: community)
                #expect(walked == all, "\(path)")
                #expect(all.count >= least, "\(path)")
            }
            for (list, mark) in [
                ("overrides", "before"), ("upcoming", "after"), ("dedicated", "after"), ("servers", "after"),
                ("breaker", "after"), ("rollbacks", "before"),
            ] {
                expectProblem(try await community.api("GET", "\(list)?\(mark)=nonsense"), 400, field: mark)
            }
        }
    }

    @Test func `lists are narrowed to what is asked for`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.buys("knight", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.settled()
            let hold: [String: Any] = ["customer": "77", "kind": "hold", "reason": "a check", "until": "2099-01-01"]
            #expect(try await community.api("POST", "overrides", hold).status == 201)
            _ = try await community.api("POST", "customers/78/retry")
            func count(_ path: String) async throws -> Int {
                let answer = try await community.api("GET", path)
                #expect(answer.status == 200, "\(path): \(answer.text)")
                return answer.items.count
            }
            for (path, expected) in [
                ("audit-log?customer=77", 1), ("audit-log?customer=bob@example.test", 1),
                ("audit-log?author=tester", 2),
                ("audit-log?author=nobody", 0), ("servers?group=frost", 2), ("servers?panel=main", 4),
                ("upcoming", 2),
                ("upcoming?until=\(community.clock.now.iso8601.prefix(10))", 0), ("upcoming?until=2099-12-31", 2),
                ("customers?search=bob", 1), ("customers?banned=true", 0), ("operations?customer=78", 4),
                ("overrides?customer=78", 0), ("overrides?kind=hold", 1), ("overrides?kind=grant&all=true", 0),
                ("events?state=applied", 2), ("subscriptions?search=bob", 1),
            ] { #expect(try await count(path) == expected, "\(path)") }
            expectProblem(try await community.api("GET", "audit-log?customer=nobody"), 404, field: "customer")
            expectProblem(try await community.api("GET", "upcoming?until=soon"), 400, field: "until")
            expectProblem(try await community.api("GET", "overrides?kind=gift"), 400, field: "kind")
            expectProblem(try await community.api("GET", "overrides?all=maybe"), 400, field: "all")
            expectProblem(try await community.api("GET", "customers?banned=1"), 400, field: "banned")
            expectProblem(try await community.api("GET", "servers?panel=other"), 400, field: "panel")
            let group = try await community.api("GET", "servers?group=frots")
            expectProblem(group, 400, field: "group")
            #expect(group.text.contains("group is one of creative, frost."), "\(group.text)")
            expectProblem(try await community.api("GET", "customers/77/plan?ending=x"), 404, field: "ending")
            let held = try #require(try await community.api("GET", "overrides").items.first?["id"] as? String)
            #expect(try await community.api("GET", "customers/77/plan?ending=\(held)").status == 200)
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            // As a browser sends a form in which one field was filled, with the two words of a name.
            let found = try await visitor.get("/customers?search=Ada+Lovelace&state=&tier=").text
            #expect(found.contains("ada@example.test") && found.contains("value=\"Ada Lovelace\""), "\(found)")
            #expect(try await visitor.get("/customers?search=Ada+Nobody&state=&tier=").text.contains("Nobody."))
            #expect(try await visitor.get("/deliveries?state=").status == 200)
            let page = try await visitor.get("/log?author=tester&customer=77").text
            #expect(page.contains("a check") && !page.contains("id%3A78"), "\(page)")
            #expect(page.contains("name=\"author\" value=\"tester\""))
            #expect(try await visitor.get("/log?author=nobody").text.contains("The log has nothing of the kind."))
            for address in ["/deliveries?state=zzz", "/deliveries?before=abc", "/log?before=abc"] {
                #expect(try await visitor.get(address).status == 400, "\(address)")
            }
        }
    }

    @Test func `every change has an entry with its author`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            let changes: [(String, String, [String: Any]?)] = [
                ("POST", "overrides", ["customer": "77", "kind": "hold", "reason": "x"]),
                ("POST", "customers/77/postpone", ["until": "2099-01-01", "reason": "x"]),
                ("POST", "customers/77/retry", nil), ("POST", "operations/1/retry", nil),
                ("POST", "events/1/replay", nil),
                ("POST", "servers/Creative%20Plots/regrant", nil), ("POST", "pause", nil), ("POST", "resume", nil),
                ("POST", "audit", nil),
                (
                    "POST", "import",
                    [
                        "csv":
                            "subscription_id,customer_email,product_id,paid_through\n5,e@example.test,knight,never\n",
                        "adopt": true,
                    ]
                ),
            ]
            for (method, path, body) in changes {
                let before = try await community.api("GET", "audit-log?limit=500").items.count
                let answer = try await community.api(method, path, body)
                #expect((200..<300).contains(answer.status), "\(path): \(answer.text)")
                let entries = try await community.api("GET", "audit-log?limit=500").items
                #expect(entries.count > before, "\(path) leaves no entry")
                #expect(entries.first?["author"] as? String == "tester", "\(path)")
            }
            let log = try await community.api("GET", "audit-log?limit=500").items.map { $0["what"] as? String }
            #expect(log.contains("send all ranks of Creative Plots again"), "\(log)")
            let id = try #require(try await community.api("GET", "overrides").items.first?["id"] as? String)
            let before = try await community.api("GET", "audit-log?limit=500").items.count
            #expect(try await community.api("DELETE", "overrides/\(id)?reason=over").status == 204)
            #expect(try await community.api("GET", "audit-log?limit=500").items.count == before + 1)
        }
    }
}

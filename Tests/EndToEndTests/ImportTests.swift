import Entitlements
import Foundation
import Observability
import PanelSimulator
import ServiceConfiguration
import Testing

/// An existing community taken over.
@Suite(.timeLimit(.minutes(5)))
struct ImportTests {
    private static let table = """
        subscription_id,customer_id,customer_email,product_id,paid_through
        5,77,ada@example.test,knight,never
        6,78,bob@example.test,awakened,never
        7,79,cleo@example.test,web-hosting,never
        """

    private func emails(_ answer: Answer, _ key: String) -> [String] {
        (answer.object[key] as? [[String: Any]] ?? []).compactMap { $0["email"] as? String }
    }

    @Test func `a table is compared first and changes nothing; adopted, it gives what was paid for`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            let looked = try await community.api("POST", "import", ["csv": Self.table])
            #expect(looked.status == 200)
            #expect(emails(looked, "pays_and_lacks") == ["ada@example.test", "bob@example.test"])
            #expect(looked.object["unsold"] as? [String: Int] == ["web-hosting": 1])
            #expect(try await community.api("GET", "events").object["items"] as? [String] == [])

            let adopted = try await community.api("POST", "import", ["csv": Self.table, "adopt": true])
            #expect(adopted.object["adopted"] as? Int == 2)
            let action = try #require(try await community.api("GET", "audit-log").items.first)
            #expect(action["author"] as? String == "tester")
            #expect(action["what"] as? String == "import of 2 subscriptions")
            try await community.settled()
            #expect(try await community.customer("77")["tier"] as? String == "knight")
            #expect(try await community.state(of: "78") == "converged")
            let again = try await community.api("POST", "import", ["csv": Self.table, "adopt": true])
            #expect(emails(again, "pays_and_has") == ["ada@example.test", "bob@example.test"])
            #expect(again.object["has_and_pays_not"] as? [String] == [])
        }
    }

    @Test func `all of Paymenter is taken over, but what its sender told already`() async throws {
        let paymenter = SimulatedPaymenter()
        try await paymenter.serve { url in
            try await withCommunity(
                configure: {
                    $0.billing.paymenter.api = .init(url: url, token: Redacted(SimulatedPaymenter.token))
                }
            ) { community in
                try await community.buys("knight", subscription: "5", paidFor: nil)
                try await community.quiet()
                paymenter.services = [
                    .init(id: 5), .init(id: 6, user: 78, email: "bob@example.test"),
                    .init(id: 7, status: "inactive", user: 79, email: "cleo@example.test"),
                ]
                let report = try await community.api("POST", "import", [:])
                #expect(report.object["known"] as? Int == 1)
                #expect(emails(report, "pays_and_lacks") == ["bob@example.test"])
            }
        }
    }

    @Test func `a table with mistakes names each line and changes nothing`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            let answer = try await community.api(
                "POST",
                "import",
                ["csv": Self.table + "\n8,80,nobody,knight,soon", "adopt": true]
            )
            #expect(answer.status == 422)
            let detail = answer.object["detail"] as? String ?? ""
            #expect(detail.contains("line 5: customer_email: is no e-mail address"))
            #expect(detail.contains("line 5: paid_through: is no date"))
            #expect(try await community.api("GET", "events").object["items"] as? [String] == [])
            #expect(try await community.api("POST", "import", [:]).status == 422)
            #expect(try await community.api("POST", "import", ["csv": Self.table, "take_over": true]).status == 400)
        }
    }
}

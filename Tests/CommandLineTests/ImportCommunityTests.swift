import Foundation
import PanelSimulator
import Testing

/// `paydactyl import community`, as an owner uses it.
struct ImportCommunityTests {
    private static let table = """
        subscription_id,customer_id,customer_email,product_id,paid_through,property:minecraft_username
        1,77,ada@example.com,awakened,never,Ada
        2,78,bob@example.com,web-hosting,never,
        """

    @Test func `it shows, asks, and lets in what was shown`() async throws {
        try await Community.with { community in
            try community.folder.write("payers.csv", Self.table)
            let look = ["import", "community", "--csv", "payers.csv"]
            try await eventually("the panel was read") { try await community.run(look).status == 0 }
            let looked = try await community.run(look)
            #expect(looked.output.hasPrefix("2 active services: 0 known already, 0 pay and have, 1 pay and lack;"))
            #expect(looked.output.contains("Of products in no tier, not taken over: web-hosting (1)"))
            #expect(looked.output.contains("an account on panel main"))
            #expect(try await community.run(look + ["--json"]).json()["adopted"] as? Int == 0)
            #expect(try await community.run("customers").output == "There are no such customers.\n")

            let unasked = try await community.run(look + ["--adopt"])
            #expect(unasked.status == 2)
            #expect(unasked.errors.contains("--yes"))
            #expect(try await community.run("customers").output == "There are no such customers.\n")

            let done = try await community.run(look + ["--adopt", "--take-over", "--yes"])
            #expect(done.status == 0, "\(done.errors)")
            #expect(done.output.contains("1 subscription taken over; hand-made permissions made ours on 0 servers."))
            try await eventually("Ada has access") {
                community.panel.access.values.contains { $0["ada@example.com"] != nil }
            }
            #expect(try await community.run("log").output.contains("import of 1 subscription "))
        }
    }

    @Test func `what cannot be read is named, and nothing happens`() async throws {
        try await Community.with { community in
            let cases: [(table: String, words: [String])] = [
                ("", ["the table is empty"]),
                ("email,product\na@example.com,awakened", ["the column subscription_id is missing", "\"email\""]),
                (
                    Self.table + "\n1,79,nobody,awakened,soon,",
                    ["line 4: customer_email: is no e-mail address", "line 4: paid_through: is no date"]
                ),
                (Self.table + "\n1,79,cleo@example.com,awakened,never,", ["stands on line 2 already"]),
                (Self.table + "\n3,\"79", ["line 4"]),
                (Self.table + "\n3,79", ["has 2 fields where the first line has 6"]),
                (String(repeating: "x", count: 200_001), ["larger than 200 kB"]),
            ]
            for (table, words) in cases {
                try community.folder.write("payers.csv", table)
                let outcome = try await community.run(
                    "import",
                    "community",
                    "--csv",
                    "payers.csv",
                    "--adopt",
                    "--yes"
                )
                #expect(outcome.status == 2, "\(outcome.errors)")
                for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
                #expect(outcome.output.isEmpty)
            }
            let missing = try await community.run("import", "community", "--csv", "nowhere.csv")
            #expect(missing.status == 2)
            #expect(missing.errors.contains("nowhere.csv cannot be read"))
            let half = try await community.run("import", "community", "--take-over")
            #expect(half.status == 2)
            #expect(half.errors.contains("--take-over goes with --adopt"))
            let nothing = try await community.run("import", "community")
            #expect(nothing.status == 2)
            #expect(nothing.errors.contains("configure billing.paymenter.api, or give a table"))
            try community.folder.write("payers.csv", Self.table)
            let eyes = ["import", "community", "--csv", "payers.csv", "--token", Community.viewerToken]
            #expect(try await community.run(eyes).status == 3)
            #expect(try await community.run("customers").output == "There are no such customers.\n")
        }
    }
}

import Crypto
import Entitlements
import Foundation
import PanelSimulator
import Testing

/// Accounts of which nobody can say whose they are: nothing is given to anybody before a person has settled it.
@Suite(.timeLimit(.minutes(2)))
struct AccountTroubleTests {
    @Test(arguments: ["josé@example.test", "JOSÉ@example.test", "jose@éxample.test"])
    func `an e-mail that only the panel's database takes for equal is nobody's until a person settles it`(
        _ theirs: String
    ) async throws {
        var world = PanelWorld.servers(usualServers)
        let other = world.addUser("jose_of_old", email: theirs)
        try await withCommunity(world) { community in
            try await community.quiet()
            try await community.buys("awakened", email: "jose@example.test")
            try await community.settled()
            #expect(try await community.state() == "needs_attention")
            let reasons = try await community.reasons().joined()
            #expect(reasons.contains("differ only by case or accents") && reasons.contains("another e-mail"))
            #expect(community.panel.subusers.isEmpty && community.panel.user(other)?.externalID == nil)

            community.panel.changeUser(other) { $0.email = "old@example.test" }
            try await community.eventually("it heals by itself") {
                community.access(of: "jose@example.test") == Community.awakened
            }
            try await community.settled()
            #expect(try await community.state() == "converged")
            #expect(community.panel.users(externalID: "paydactyl:test:77").count == 1)
        }
    }

    @Test func `of two customers with one e-mail who pay at once the second is told who has the account`() async throws
    {
        try await withCommunity { community in
            try await community.quiet()
            for number in ["1", "2"] {
                try await community.buys("awakened", subscription: number, customer: number, email: "one@example.test")
            }
            try await community.eventually("one is told of the other") {
                let rows = try await community.api("GET", "customers").items
                let reasons = rows.flatMap { $0["reasons"] as? [String] ?? [] }
                return reasons.contains { $0.contains("is already linked to customer id:") }
            }
            #expect(community.panel.users.count { $0.email == "one@example.test" } == 1)
        }
    }

    @Test func `a user name that is taken but for its accents is passed over`() async throws {
        let digits = SHA256.hash(data: Data("paydactyl:test:77".utf8)).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
        let first = "adalovelace_\(digits.prefix(6))"
        var world = PanelWorld.servers(usualServers)
        world.addUser(first.replacingOccurrences(of: "adal", with: "ádàl"), email: "somebody@example.test")
        try await withCommunity(world) { community in
            try await community.buys("awakened")
            try await community.settled()
            #expect(community.access() == Community.awakened)
            #expect(
                try #require(community.panel.user(email: "ada@example.test")).username.hasSuffix(
                    "_\(digits.prefix(12))"
                )
            )
        }
    }

    @Test func `two panel users with one external id are left to a person, who clears it at one`() async throws {
        var world = PanelWorld.servers(usualServers)
        let first = world.addUser("ada_one", email: "one@example.test")
        let second = world.addUser("ada_two", email: "two@example.test")
        try await withCommunity(world) { community in
            // Only now, as an account of ours that the ledger does not know when it begins is a sign of an older ledger.
            try await community.quiet()
            for user in [first, second] { community.panel.changeUser(user) { $0.externalID = "paydactyl:test:77" } }
            try await community.buys("awakened", email: "two@example.test")
            try await community.settled()
            #expect(try await community.state() == "needs_attention")
            let reasons = try await community.reasons().joined()
            #expect(reasons.contains("ada_one, ada_two") && reasons.contains("Clear it on the panel at all but one"))
            #expect(community.panel.subusers.isEmpty && community.writes.isEmpty)

            community.panel.changeUser(first) { $0.externalID = nil }
            try await community.eventually("it heals by itself") {
                community.access(of: "two@example.test") == Community.awakened
            }
            try await community.settled()
            #expect(community.panel.subusers.allSatisfy { $0.userID == second })
            #expect(community.panel.users.count == 3)
        }
    }

    @Test func `an account that the panel itself made for an unknown e-mail is the customer's once, and named so`()
        async throws
    {
        var world = PanelWorld.servers(usualServers)
        // As the panel makes one when somebody adds an unknown address by hand.
        let ghost = world.addUser("ada1x9", email: "ada@example.test", firstName: "Server", lastName: "Subuser")
        try await withCommunity(world) { community in
            try await community.quiet()
            community.panel.addSubuser(
                user: ghost,
                server: try community.server("Staff Only"),
                permissions: ["file.read"]
            )
            try await community.buys("awakened")
            try await community.settled()
            #expect(community.panel.users.count == 2, "no second account of one address")
            #expect(community.panel.user(ghost)?.externalID == "paydactyl:test:77")
            #expect(community.panel.user(ghost)?.lastName == "Subuser", "it is not ours to rename")
            try await community.send(.cancelled, "1")
            try await community.eventually("what we gave is gone") {
                Set(community.access().keys) == ["Staff Only"]
            }
            community.clock.advance(by: .days(31))
            try await community.audit()
            #expect(community.panel.user(ghost) != nil, "nor to delete")
        }
    }
}

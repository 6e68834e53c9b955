import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// Ranks in game, from the payment to what LuckPerms then holds.
@Suite(.timeLimit(.minutes(2)))
struct RankTests {
    @Test func `who buys has the rank, who renews has it longer, who changes has the other, who leaves has none`()
        async throws
    {
        try await withRanks { community in
            let end = community.clock.now + .days(30)
            try await community.buys("awakened", player: "Steve", until: end)
            try await community.eventually("the rank is there") {
                try community.ranks("Steve") == ["awakened": (end + .days(7)).unixSeconds]
            }
            try await community.settled()
            #expect(try await community.state() == "converged")
            let explained = try await community.api("GET", "customers/77/explain").text
            #expect(explained.contains("In game on Frost Path I: Steve has rank awakened until"))

            let later = community.clock.now + .days(60)
            try await community.send(.paymentSucceeded, "1") { $0.paidThrough = .value(later) }
            try await community.eventually("it lasts longer") {
                try community.ranks("Steve") == ["awakened": (later + .days(7)).unixSeconds]
            }
            try await community.send(.updated, "1") { $0.product = .value("knight") }
            try await community.eventually("it is another") {
                try community.ranks("Steve") == ["knight": (later + .days(7)).unixSeconds]
                    && community.commands("Creative Plots")
                        == ["plot grant Steve \((later + .days(7)).unixSeconds)"]
            }
            try await community.send(.cancelled, "1")
            try await community.eventually("it is gone") {
                try community.ranks("Steve").isEmpty && community.commands("Creative Plots").last == "plot end Steve"
            }
            try await community.settled()
            #expect(try await community.state() == "converged")
            let all = try community.commands(RankTown.frost)
            #expect(all.allSatisfy { $0.contains(" parent addtemp ") || $0.contains(" parent removetemp ") })
            #expect(try await community.operations().contains("send_command done"))
        }
    }

    @Test func `a group that people gave for ever stays`() async throws {
        try await withRanks { community in
            let server = try community.server(RankTown.frost)
            community.panel.giveGroup("knight", to: "Steve", server: server)
            try await community.buys("knight", player: "Steve")
            try await community.eventually("the rank is there") { try community.ranks("Steve").count == 1 }
            try await community.send(.cancelled, "1")
            try await community.eventually("it is gone") { try community.ranks("Steve").isEmpty }
            #expect(community.panel.groupsByHand(of: "Steve", server: server) == ["knight"])
        }
    }

    @Test func `a name that is missing, then wrong, then right, then another (edge case 38)`() async throws {
        try await withRanks { community in
            try await community.buys("awakened")
            try await community.eventually("access is given all the same") { community.access() == Community.awakened }
            try await community.settled()
            #expect(try await community.state() == "blocked")
            #expect(try await community.reasons().joined().contains("the property player of subscription 1 is missing"))
            try await community.names("Steve; op Mallory")
            try await community.eventually("it is told") {
                try await community.reasons().joined().contains("is no player's name")
            }
            #expect(community.panel.consoleCommands.isEmpty)
            try await community.names("Steve")
            try await community.eventually("it heals") { try community.ranks("Steve").keys.sorted() == ["awakened"] }
            try await community.names(".Bedrock_Bob")
            try await community.eventually("the rank moves") {
                try community.ranks("Steve").isEmpty && community.ranks(".Bedrock_Bob").keys.sorted() == ["awakened"]
            }
            try await community.settled()
            #expect(try await community.state() == "converged")
        }
    }

    @Test func `two customers who name one player are one player (edge case 38)`() async throws {
        try await withRanks { community in
            try await community.buys("awakened", player: "steve")
            try await community.buys(
                "knight",
                subscription: "2",
                customer: "88",
                email: "bob@example.test",
                player: "Steve"
            )
            try await community.eventually("the higher wins") {
                try community.ranks("Steve").keys.sorted() == ["knight"]
            }
            try await community.send(.cancelled, "2")
            try await community.eventually("the other is left") {
                try community.ranks("Steve").keys.sorted() == ["awakened"]
            }
            let ban = try await community.override("ban", "88")
            try await community.eventually("a ban covers the player whoever pays") {
                try community.ranks("Steve").isEmpty
            }
            try await community.settled()
            #expect(community.access() == Community.awakened, "but the other customer's access stays")
            #expect(try await community.reasons().joined().contains("is banned"))
            try await community.names("Somebody_Else", in: "2")
            try await community.settled()
            #expect(try community.ranks("Steve").isEmpty, "another name is no way out of a ban")
            try await community.endOverride(ban)
            try await community.eventually("its end gives back") {
                try community.ranks("Steve").keys.sorted() == ["awakened"]
            }
        }
    }

    @Test func `whoever is banned keeps no other player out by naming them, before the ban unpaid or after it at all`()
        async throws
    {
        try await withRanks { community in
            try await community.buys("awakened", player: "Steve")
            for name in ["Steve", "Alex"] {
                try await community.send(.created, name) {
                    $0.customerID = .value("88")
                    $0.email = .value("mallory@example.test")
                    $0.product = .value("knight")
                    $0.status = .value(name == "Steve" ? .pending : .active)
                    $0.paidThrough = name == "Steve" ? .unstated : .value(community.clock.now + .days(30))
                    $0.properties = ["player": name]
                }
            }
            try await community.eventually("both have a rank") {
                try !community.ranks("Steve").isEmpty && !community.ranks("Alex").isEmpty
            }
            _ = try await community.override("ban", "88")
            try await community.eventually("the ban is carried out") { try community.ranks("Alex").isEmpty }
            community.clock.advance(by: .seconds(1))
            try await community.buys(
                "knight",
                subscription: "later",
                customer: "88",
                email: "mallory@example.test",
                player: "steve"
            )
            try await community.settled()
            #expect(try community.ranks("Steve").keys.sorted() == ["awakened"])
            #expect(try await community.state() == "converged")
        }
    }

    @Test func `servers of one storage are told once, by their speaker`() async throws {
        try await withRanks(shared: true) { community in
            try await community.buys("knight", player: "Steve")
            try await community.eventually("the rank is there") {
                try community.ranks("Steve").keys.sorted() == ["knight"]
            }
            try await community.settled()
            #expect(try community.commands("Frost Path I").isEmpty)
            #expect(try community.commands("Frost Path II").count == 1)
        }
    }

    @Test func `a held loss and a hold keep the rank, and it does not run out`() async throws {
        try await withRanks { community in
            let end = community.clock.now + .days(30)
            try await community.buys("awakened", player: "Steve", until: end)
            try await community.settled()
            _ = try await community.override("hold", until: (community.clock.now + .days(90)).iso8601)
            community.clock.advance(by: .days(36))
            try await community.eventually("it is put off") {
                let rank = try community.ranks("Steve")["awakened"]
                return rank.map { $0 > (end + .days(7)).unixSeconds } ?? false
            }
        }
    }

    @Test func `a ban of a customer on hold leaves the rank, too, until the hold ends`() async throws {
        try await withRanks { community in
            try await community.buys("awakened", player: "Steve", until: community.clock.now + .days(30))
            try await community.settled()
            let before = try community.ranks("Steve")
            let hold = try await community.override("hold")
            _ = try await community.override("ban")
            try await community.settled()
            #expect(try community.ranks("Steve") == before)
            try await community.endOverride(hold)
            try await community.eventually("the ban is carried out") { try community.ranks("Steve").isEmpty }
        }
    }

    @Test func `while a panel is away a customer with several ranks reads its sentence once`() async throws {
        try await withRanks { community in
            try await community.quiet()
            let end = community.clock.now + .days(30)
            try await community.buys("awakened", player: "Steve", until: end)
            try await community.eventually("the ranks are there") {
                try !community.ranks("Steve").isEmpty && !community.ranks("Steve", on: "Frost Path II").isEmpty
            }
            try await community.settled()
            community.panel.faults.add(.errorBefore(.badGateway), .always)
            try await community.send(.renewed, "1") { $0.paidThrough = .value(end + .days(30)) }
            try await community.eventually("both ranks wait for the panel") {
                let ranks = try await community.customer("77")["ranks"] as? [[String: Any]] ?? []
                return ranks.count == 2 && ranks.allSatisfy { $0["state"] as? String == "blocked" }
            }
            try await community.eventually("and the customer says so") { try await community.state() == "blocked" }
            let reasons = try await community.reasons().joined(separator: "\n")
            #expect(reasons.components(separatedBy: "cannot be worked with").count == 2, "\(reasons)")
        }
    }

    @Test func `a customer's page says once that the player's name is none`() async throws {
        try await withRanks { community in
            try await community.buys("awakened", player: "no name")
            try await community.settled()
            #expect(try await community.state() == "blocked")
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            let page = try await visitor.get("/customers/77").text
            #expect(page.components(separatedBy: "is no player").count == 2)
        }
    }

    @Test func `a rollback brings back the rows of a server whose console was told something first`() async throws {
        try await withRanks { community in
            try await community.quiet()
            try await community.buys("awakened", player: "Steve")
            try await community.settled()
            community.clock.advance(by: .seconds(10))
            let moment = community.clock.now.iso8601
            community.clock.advance(by: .seconds(10))
            // The rank is sent anew before anything else happens to that server.
            _ = try await community.api("POST", "servers/Frost%20Path%20I/regrant")
            try await community.eventually("it is sent again") { try community.commands(RankTown.frost).count == 2 }
            try await community.settled()
            community.clock.advance(by: .seconds(10))
            try await community.send(.updated, "1") { $0.product = .value("knight") }
            try await community.eventually("more is there") { community.access() == Community.knight }
            try await community.settled()
            community.clock.advance(by: .seconds(10))

            let plan = try await community.api("POST", "rollback/plan", ["to": moment])
            let left = plan.object["left"] as? [[String: Any]] ?? []
            let told = left.compactMap { $0["why"] as? String }.filter { $0.contains("parent addtemp awakened") }
            #expect(told.count == 1 && told[0].hasPrefix("What a console was told stays as it is"), "\(left)")
            let decision = [
                "to": moment, "fingerprint": plan.object["fingerprint"] as? String ?? "", "reason": "a mistake",
            ]
            #expect(try await community.api("POST", "rollback/apply", decision).status == 202)
            try await community.eventually("all rows are back") { community.access() == Community.awakened }
        }
    }

    @Test func `a refund has a command of its own`() async throws {
        try await withRanks { community in
            try await community.buys("knight", player: "Steve")
            try await community.settled()
            try await community.send(.paymentRefunded, "1")
            try await community.eventually("it is told") {
                try community.commands("Creative Plots").last == "plot refund Steve"
            }
        }
    }

    @Test func `a server that comes to match gets the ranks at the next audit`() async throws {
        try await withRanks { community in
            try await community.buys("awakened", player: "Steve")
            try await community.settled()
            let server = try community.server("Staff Only")
            community.panel.rename(server: server, to: "Frost Path III")
            try await community.audit()
            try await community.eventually("the rank is there") {
                community.panel.ranks(of: "Steve", server: server).keys.sorted() == ["awakened"]
            }
        }
    }
}

import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// Ranks in game, from the payment to what LuckPerms then holds.
@Suite(.timeLimit(.minutes(2)))
struct RankTests {
    private static let frost = "Frost Path I"

    /// Knights and squires have ranks on the frost path, and knights a command on the creative servers.
    private static func catalog(shared: Bool = false) throws -> Catalog {
        var tiers = Catalog.small.tiers
        tiers[0].luckPerms = LuckPermsGroup("awakened").map { TierRank(group: $0, servers: "frost") }
        tiers[1].luckPerms = LuckPermsGroup("knight").map { TierRank(group: $0, servers: "frost") }
        tiers[1].commands = TierCommands(
            servers: "creative",
            grant: [try CommandTemplate("plot grant {player} {expires_unix}")],
            end: [try CommandTemplate("plot end {player}")],
            refund: [try CommandTemplate("plot refund {player}")]
        )
        let target = RankTarget(name: "network", servers: "frost", speaker: "Frost Path II")
        return Catalog(
            tiers: tiers,
            groups: Catalog.small.groups.values.map(\.self),
            rankTargets: shared ? [target] : []
        )
    }

    private func withRanks(
        shared: Bool = false,
        policy: (inout Policy) -> Void = { _ in },
        _ body: (Community) async throws -> Void
    ) async throws {
        try await withCommunity(
            catalog: try Self.catalog(shared: shared),
            policy: policy,
            configure: {
                $0.billing.paymenter.playerProperty = "player"
                $0.billing.paymenter.bedrockPrefix = "."
            }
        ) { community in
            for name in usualServers {
                for player in ["Steve", "Alex", ".Bedrock_Bob"] {
                    community.panel.join(player, server: try community.server(name))
                }
            }
            if shared {
                community.panel.shareLuckPerms(servers: [
                    try community.server("Frost Path I"), try community.server("Frost Path II"),
                ])
            }
            try await body(community)
        }
    }

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
            let all = try community.commands(Self.frost)
            #expect(all.allSatisfy { $0.contains(" parent addtemp ") || $0.contains(" parent removetemp ") })
            #expect(try await community.operations().contains("send_command done"))
        }
    }

    @Test func `a group that people gave for ever stays`() async throws {
        try await withRanks { community in
            let server = try community.server(Self.frost)
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
            #expect(try await community.reasons().joined().contains("banned customer"))
            try await community.names("Somebody_Else", in: "2")
            try await community.settled()
            #expect(try community.ranks("Steve").isEmpty, "another name is no way out of a ban")
            try await community.endOverride(ban)
            try await community.eventually("its end gives back") {
                try community.ranks("Steve").keys.sorted() == ["awakened"]
            }
        }
    }

    @Test func `an offline server keeps its queue without being asked again and again (edge cases 20 and 26)`()
        async throws
    {
        try await withRanks { community in
            let server = try community.server(Self.frost)
            community.panel.setOnline(false, server: server)
            try await community.quiet()
            try await community.buys("awakened", player: "Steve")
            try await community.eventually("it is told") {
                try await community.reasons().joined().contains("Frost Path I takes no commands")
            }
            #expect(community.access() == Community.awakened)
            try await community.buys("knight", subscription: "2", player: "Steve")
            try await community.settled()
            let asked = community.panel.requests.filter { $0.path.contains("/resources") }.count
            #expect(asked <= 6, "three servers, at most once or twice each")
            community.panel.setOnline(true, server: server)
            community.clock.advance(by: .seconds(61))
            try await community.eventually("it is sent once the server runs") {
                try community.ranks("Steve").keys.sorted() == ["knight"]
            }
            #expect(try !community.commands(Self.frost).contains { $0.contains("awakened") }, "only the latest is sent")
        }
    }

    @Test(arguments: ["starting", "stopping", "suspended"])
    func `what is sent into a server that starts, stops or is suspended waits until it runs`(_ condition: String)
        async throws
    {
        try await withRanks { community in
            let server = try community.server(Self.frost)
            community.panel.changeServer(server) { server in
                if let process = PanelSimulator.PanelServer.Process(rawValue: condition) {
                    server.process = process
                } else {
                    server.status = .suspended
                }
            }
            try await community.quiet()
            try await community.buys("awakened", player: "Steve")
            try await community.eventually("it is told") {
                let reasons = try await community.reasons().joined(separator: "\n")
                return reasons.contains("Frost Path I takes no commands") && reasons.contains("it is \(condition)")
            }
            try await community.settled()
            let identifier = try #require(community.panel.server(server)).identifier
            #expect(!community.panel.requests.contains { $0.path.hasSuffix("/\(identifier)/command") })
            community.panel.changeServer(server) {
                $0.process = .running
                $0.status = nil
            }
            community.clock.advance(by: .seconds(61))
            try await community.eventually("it is sent once the server runs") {
                try community.ranks("Steve").keys.sorted() == ["awakened"]
            }
            try await community.eventually("and access is there") { community.access() == Community.awakened }
        }
    }

    @Test func `ranks that are being sent again say how far that is`() async throws {
        try await withRanks { community in
            try await community.buys("awakened", player: "Steve")
            try await community.settled()
            community.panel.setOnline(false, server: try community.server(Self.frost))
            #expect(try await community.api("POST", "servers/Frost%20Path%20I/regrant").status == 202)
            let work = try await community.api("GET", "work").items
            #expect(work.map { $0["what"] as? String } == ["Ranks are sent again to Frost Path I"])
            #expect(work.first?["done"] as? Int == 0 && work.first?["total"] as? Int == 1)
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            #expect(try await visitor.get("/").text.contains("Ranks are sent again to Frost Path I: 0 of 1."))
            let entry = try await community.api("GET", "audit-log").items.first
            #expect(entry?["author"] as? String == "tester")
        }
    }

    @Test func `who had not joined has the rank within a day, or when the server started anew (edge case 23)`()
        async throws
    {
        try await withRanks { community in
            try await community.buys("awakened", player: "Newcomer")
            try await community.eventually("it was sent") {
                try community.commands(Self.frost).contains { $0.contains("Newcomer") }
            }
            try await community.settled()
            #expect(try community.ranks("Newcomer").isEmpty)
            community.panel.join("Newcomer", server: try community.server(Self.frost))
            community.clock.advance(by: .days(1) + .seconds(1))
            try await community.eventually("it is there") {
                try community.ranks("Newcomer").keys.sorted() == ["awakened"]
            }
        }
    }

    @Test func `a wiped server is given all again, and the count is told (edge case 25)`() async throws {
        try await withRanks { community in
            try await community.buys("knight", player: "Steve")
            try await community.buys(
                "awakened",
                subscription: "2",
                customer: "88",
                email: "bob@example.test",
                player: "Alex"
            )
            try await community.settled()
            let server = try community.server(Self.frost)
            let before = try (community.ranks("Steve"), community.ranks("Alex"))
            #expect(before.0.count == 1 && before.1.count == 1)
            community.panel.wipeLuckPerms(server: server)
            for player in ["Steve", "Alex"] { community.panel.join(player, server: server) }
            let answer = try await community.api("POST", "servers/Frost%20Path%20I/regrant")
            #expect(answer.status == 202 && answer.object["ranks"] as? Int == 2, "\(answer.text)")
            try await community.eventually("all is there again") {
                try (community.ranks("Steve"), community.ranks("Alex")) == before
            }
            try await community.eventually("and counted") {
                try await community.api("GET", "servers/\(server)/regrant").object["remaining"] as? Int == 0
            }
            #expect(try await community.api("POST", "servers/nowhere/regrant").status == 404)
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
            try await community.eventually("it is sent again") { try community.commands(Self.frost).count == 2 }
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

extension Community {
    fileprivate func buys(
        _ product: String,
        subscription: String = "1",
        customer: String = "77",
        email: String = "ada@example.test",
        player: String,
        until end: Timestamp? = nil
    ) async throws {
        let answer = try await send(.created, subscription) {
            $0.customerID = .value(customer)
            $0.email = .value(email)
            $0.product = .value(ProductID(product))
            $0.status = .value(.active)
            $0.paidThrough = .value(end ?? clock.now + .days(30))
            $0.properties = ["player": player]
        }
        #expect(answer.status == 202)
    }

    /// The customer's subscription names another player.
    fileprivate func names(_ player: String, in subscription: String = "1") async throws {
        try await send(.updated, subscription) { $0.properties = ["player": player] }
    }

    fileprivate func ranks(_ player: String, on server: String = "Frost Path I") throws -> [String: Int64] {
        panel.ranks(of: player, server: try self.server(server)).mapValues { Int64($0) }
    }

    fileprivate func commands(_ server: String) throws -> [String] {
        panel.commands(onServer: try self.server(server))
    }
}

import Entitlements
import Foundation
import PanelSimulator
import Testing

/// Ranks in game where a console takes nothing, forgets, or does not know the player yet.
@Suite(.timeLimit(.minutes(2)))
struct RankConsoleTests {
    @Test func `an offline server keeps its queue without being asked again and again (edge cases 20 and 26)`()
        async throws
    {
        try await withRanks { community in
            let server = try community.server(RankTown.frost)
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
            #expect(
                try !community.commands(RankTown.frost).contains { $0.contains("awakened") },
                "only the latest is sent"
            )
        }
    }

    @Test(arguments: ["starting", "stopping", "suspended"])
    func `what is sent into a server that starts, stops or is suspended waits until it runs`(_ condition: String)
        async throws
    {
        try await withRanks { community in
            let server = try community.server(RankTown.frost)
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
            community.panel.setOnline(false, server: try community.server(RankTown.frost))
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
                try community.commands(RankTown.frost).contains { $0.contains("Newcomer") }
            }
            try await community.settled()
            #expect(try community.ranks("Newcomer").isEmpty)
            community.panel.join("Newcomer", server: try community.server(RankTown.frost))
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
            let server = try community.server(RankTown.frost)
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
}

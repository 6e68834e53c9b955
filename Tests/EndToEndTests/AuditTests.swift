import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// The pass over a whole panel.
@Suite(.timeLimit(.minutes(2)))
struct AuditTests {
    @Test func `an audit that finds nothing reads pages and writes nothing`() async throws {
        try await withCommunity { community in
            for number in 1...3 {
                try await community.buys(
                    "knight",
                    subscription: "\(number)",
                    customer: "\(number)",
                    email: "c\(number)@example.test"
                )
            }
            try await community.quiet()
            try await community.audit()
            community.panel.forgetEffects()
            let before = try ledgerBytes(community)
            let audits = community.audits
            community.clock.advance(by: .seconds(301))
            try await community.eventually("an audit ends") { community.audits == audits + 1 }
            try await community.settled()
            #expect(community.panel.requests.count <= 2)
            #expect(community.writes.isEmpty)
            #expect(try ledgerBytes(community) == before)
        }
    }

    private func ledgerBytes(_ community: Community) throws -> [Data] {
        let path =
            switch community.configuration.store {
            case .sqlite(path: let path): path
            }
        return try [path, "\(path)-wal"].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    }

    @Test func `an account that slips between two pages of a listing costs a reading and nothing else`() async throws {
        var world = PanelWorld.servers(usualServers)
        for number in 1...499 { world.addUser("stranger\(number)") }
        try await withCommunity(world) { community in
            try await community.quiet()
            try await community.buys("knight")
            try await community.settled()
            #expect(try community.user() == 501, "the first of the second page")
            try await community.audit()
            community.panel.forgetEffects()
            // While the second page is on its way somebody of the first goes, and all who follow move up by one.
            let users = RequestMatch.route("GET /api/application/users")
            community.panel.faults.add(.latency(.seconds(2)), .after(1, next: 1), on: users)
            let before = community.audits
            _ = try await community.api("POST", "audit")
            try await community.eventually("the first page was read") {
                community.calls("GET /api/application/users") == 1
            }
            community.panel.deleteUser(2)
            try await community.eventually("the audit ends") { community.audits > before }
            try await community.settled()
            #expect(community.calls("GET /api/application/users") >= 2)
            #expect(
                community.calls("GET /api/application/users/{user}") >= 1,
                "who is missing from a list is looked for"
            )
            #expect(community.writes.isEmpty)
            #expect(community.access() == Community.knight)
            #expect(try await community.state() == "converged")
        }
    }

    @Test func `a new server that matches is given to everyone entitled`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.quiet()
            community.panel.addServer(PanelServer(name: "Frost Path III"))
            community.panel.addServer(PanelServer(externalID: "paydactyl:test:9", name: "Frost Path IV"))
            try await community.audit()
            #expect(community.access()["Frost Path III"] == ["control.console", "websocket.connect"])
            #expect(community.access(of: "bob@example.test")["Frost Path III"] == ["websocket.connect"])
            #expect(community.access()["Frost Path IV"] == nil, "somebody's own server is shared with nobody")
        }
    }

    @Test func `a server that vanished is understood after two confirmations`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            community.panel.deleteServer(try community.server("Creative Plots"))
            let audits = community.audits
            _ = try await community.api("POST", "audit")
            try await community.eventually("one audit ends") { community.audits == audits + 1 }
            try await community.settled()
            #expect(try await known(community).contains("Creative Plots"), "once is not enough")
            try await community.audit()
            #expect(try await !known(community).contains("Creative Plots"))
            #expect(try await community.state() == "converged")
            #expect(community.access().count == 2)
            community.panel.forgetEffects()
            try await community.audit()
            #expect(community.panel.requests.count <= 4, "and it is not asked for again")
        }
    }

    private func known(_ community: Community) async throws -> [String] {
        let items = try await community.api("GET", "servers").object["items"] as? [[String: Any]] ?? []
        return items.compactMap { $0["name"] as? String }
    }

    @Test(arguments: ["500", "too long"])
    func `pages become smaller where the panel cannot bear them, and stay so`(kind: String) async throws {
        let names = (1...30).map { "Frost Path \($0)" }
        try await withCommunity(.servers(names)) { community in
            try await community.quiet()
            let big = RequestMatch { request in
                guard request.path.hasSuffix("/application/servers") else { return false }
                return ["25", "12"].contains { request.target.contains("per_page=\($0)") }
            }
            let long = String(repeating: "x", count: 9 << 20)
            let fault: Fault =
                kind == "500"
                ? .errorBefore(.exception())
                : .errorBefore(.answer(status: 200, contentType: "application/json", body: long))
            let rule = community.panel.faults.add(fault, .always, on: big)
            try await community.audit()
            #expect(try await known(community).count == 30)
            let met = try #require(community.panel.faults.count(of: rule))
            #expect(met >= 2)
            try await community.audit()
            #expect(community.panel.faults.count(of: rule) == met, "the size that was borne is remembered")
            try await community.buys("awakened")
            try await community.settled()
            #expect(community.access().count == 30)
        }
    }

    @Test func `an audit whose budget others used up opens no circuit`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            community.panel.faults.add(.errorBefore(.tooManyRequests(retryAfter: 1)), .next(1))
            _ = try await community.api("POST", "audit")
            try await community.eventually("it is put off") { community.logs.count(of: "An audit was put off.") == 1 }
            try await community.buys("knight")
            try await community.settled()
            #expect(try await community.state() == "converged")
            #expect(community.logs.count(of: "nothing is sent until it answers") == 0)
        }
    }
}

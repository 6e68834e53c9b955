import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// What differs on a panel is accepted or repaired, line by line, by a person who saw just that.
@Suite(.timeLimit(.minutes(2)))
struct DriftDecisionTests {
    private let why = ["reason": "she is staff"]

    private func findings(_ community: Community) async throws -> [[String: Any]] {
        try await community.audit()
        return try await listed(community)
    }

    private func listed(_ community: Community) async throws -> [[String: Any]] {
        let drift = try await community.api("GET", "drift").object
        let panels = drift["panels"] as? [String: [String: Any]] ?? [:]
        return panels["main"]?["findings"] as? [[String: Any]] ?? []
    }

    private func id(_ kind: String, in findings: [[String: Any]]) throws -> String {
        try #require(findings.first { $0["kind"] as? String == kind }?["id"] as? String, "\(findings)")
    }

    private func givenBack(_ community: Community) async throws -> [[String: Any]] {
        try await community.quiet()
        try await community.giveBackByHand()
        return try await findings(community)
    }

    @Test func `what was given back by hand stays once it is accepted, and is no drift any more`() async throws {
        try await withCommunity { community in
            let line = try id("given_back", in: try await givenBack(community))
            let answer = try await community.api("POST", "drift/\(line)/accept", why)
            #expect(answer.status == 202 && answer.object["status"] as? String == "accepted")
            #expect(try await listed(community).isEmpty, "at once")
            expectProblem(try await community.api("POST", "drift/\(line)/accept", why), 404)
            try await community.settled()
            #expect(try await findings(community).isEmpty, "and after the next reading")
            #expect(try await community.state() == "converged")
            try await community.buys("knight", subscription: "2")
            try await community.settled()
            try await community.send(.cancelled, "2")
            try await community.eventually("what was accepted is left") {
                community.access() == ["Creative Plots": ["file.read", "websocket.connect"]]
            }
            let actions = try await community.api("GET", "audit-log").items
            let what = actions.compactMap { $0["what"] as? String }
            #expect(what.contains { $0.hasPrefix("accept what was given by hand: file.read") }, "\(what)")
        }
    }

    @Test func `what was given back by hand goes again once somebody repairs it`() async throws {
        try await withCommunity { community in
            let line = try id("given_back", in: try await givenBack(community))
            #expect(!community.access().isEmpty)
            #expect(try await community.api("POST", "drift/\(line)/repair", why).status == 202)
            try await community.eventually("it is gone") { community.access().isEmpty }
            try await community.settled()
            #expect(try await findings(community).isEmpty)
            #expect(try await community.state() == "converged")
        }
    }

    @Test func `what is to be repaired waits while the service only observes`() async throws {
        try await withPlace { place in
            try await place.serve { community in _ = try await givenBack(community) }
            try await place.serve(configure: { $0.mode = .observe }) { community in
                let line = try id("given_back", in: try await findings(community))
                try await community.audit()
                community.panel.forgetEffects()
                #expect(try await community.api("POST", "drift/\(line)/repair", why).status == 202)
                // The row is read anew, and nothing would be left of it.
                try await community.eventually("it is said") {
                    try await community.reasons().contains { $0.contains("take all access on Creative Plots") }
                }
                #expect(community.writes.isEmpty)
            }
        }
    }

    @Test func `who is on hold is not repaired`() async throws {
        try await withCommunity { community in
            let line = try id("given_back", in: try await givenBack(community))
            _ = try await community.override("hold")
            try await community.settled()
            community.panel.forgetEffects()
            #expect(try await community.api("POST", "drift/\(line)/repair", why).status == 202)
            try await community.settled()
            #expect(community.writes.isEmpty, "a hold leaves the customer alone")
        }
    }

    @Test func `strangers and what was given by hand are accepted as they are, one permission more is told again`()
        async throws
    {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("knight")
            try await community.settled()
            let frost = try community.server("Frost Path I")
            let staff = community.panel.addUser(PanelUser(username: "staff", email: "staff@example.test"))
            _ = community.panel.addSubuser(user: staff.id, server: frost, permissions: ["control.stop"])
            let ghost = community.panel.addUser(
                PanelUser(externalID: "paydactyl:test:999", username: "ghost", email: "ghost@example.test")
            )
            _ = community.panel.addSubuser(user: ghost.id, server: frost, permissions: ["control.stop"])
            let before = try await findings(community)
            let stranger = try id("stranger", in: before)
            expectProblem(try await community.api("POST", "drift/\(stranger)/repair", why), 409)
            expectProblem(try await community.api("POST", "drift/\(try id("unpaid", in: before))/repair", why), 409)
            expectProblem(
                try await community.api("POST", "drift/\(stranger)/accept", ["reason": " "]),
                400,
                field: "reason"
            )
            #expect(try await community.api("POST", "drift/\(stranger)/accept", why).status == 202)
            #expect(try await findings(community).compactMap { $0["kind"] as? String } == ["unpaid"])
            community.panel.setPermissions(["control.stop", "file.read"], ofUser: staff.id, onServer: frost)
            #expect(try await findings(community).contains { $0["kind"] as? String == "stranger" })
        }
    }

    @Test func `what is missing is given at once, and cannot be accepted`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("knight")
            try await community.settled()
            _ = try await community.override("hold")
            try await community.settled()
            community.panel.removeSubuser(user: try community.user(), server: try community.server("Creative Plots"))
            let line = try id("missing", in: try await findings(community))
            expectProblem(try await community.api("POST", "drift/\(line)/accept", why), 409)
            #expect(try await community.api("POST", "drift/\(line)/repair", why).status == 202)
            try await community.settled()
            #expect(community.access()["Creative Plots"] == nil, "not while it is on hold")
        }
    }

    @Test func `the page of a line says what each decision does, and does it for that line`() async throws {
        try await withCommunity { community in
            let line = try id("given_back", in: try await givenBack(community))
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            #expect(try await visitor.get("/drift").text.contains("href=\"/drift/\(line)\""))
            let page = try await visitor.get("/drift/\(line)").text
            #expect(page.contains("What was given back by hand is taken away again."))
            let token = try await visitor.formToken(on: "/drift/\(line)")
            let form = ["form_token": token, "action": "repair", "reason": "left the team"]
            let done = try await visitor.post("/drift/\(line)/decide", form)
            #expect(done.status == 303 && done.header("location") == "/drift")
            try await community.eventually("it is gone") { community.access().isEmpty }
            #expect(try await visitor.get("/drift/000000000000").status == 404)
        }
    }
}

extension Community {
    /// Ada's access is over, and somebody gave some of it back by hand.
    func giveBackByHand() async throws {
        try await buys("knight")
        try await settled()
        try await send(.cancelled, "1")
        try await eventually("it is over") { access().isEmpty }
        try await settled()
        _ = panel.addSubuser(
            user: try user(),
            server: try server("Creative Plots"),
            permissions: ["file.read", "websocket.connect"]
        )
    }
}

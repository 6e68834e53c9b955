import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// The way back from a mistake: exactly the rows of that time, nothing that people did since.
@Suite(.timeLimit(.minutes(2)))
struct RollbackTests {
    private static let names = ["Ada", "Bob", "Cleo"]

    private static func email(_ name: String) -> String { "\(name.lowercased())@example.test" }

    /// The catalogue after somebody mistakenly made every knight's access little.
    private static let mistaken = Catalog.tiers(
        [
            Catalog.small.tiers[0],
            Tier(
                id: "knight",
                rank: 3,
                products: ["knight"],
                access: [TierAccess(group: "frost", permissions: ["websocket.connect"])]
            ),
        ],
        groups: ["frost": ["Frost Path*"], "creative": ["Creative*"]]
    )

    private func buyAll(_ community: Community) async throws {
        for (number, name) in Self.names.enumerated() {
            try await community.buys(
                "knight",
                subscription: "\(number)",
                customer: "\(number)",
                email: Self.email(name)
            )
        }
        try await community.quiet()
    }

    /// Makes the mistake and approves it; returns the moment before it.
    private func mistake(_ community: Community) async throws -> String {
        try await community.quiet()
        community.clock.advance(by: .seconds(10))
        let before = community.clock.now.iso8601
        community.clock.advance(by: .seconds(10))
        #expect(try await community.api("POST", "breaker/approve").object["approved"] as? Int == 3)
        try await community.eventually("the mistake is made") {
            Self.names.allSatisfy { community.access(of: Self.email($0)) == Community.awakened }
        }
        try await community.settled()
        community.clock.advance(by: .seconds(10))
        return before
    }

    private func plan(_ community: Community, to moment: String) async throws -> [String: Any] {
        let answer = try await community.api("POST", "rollback/plan", ["to": moment])
        #expect(answer.status == 200, "\(answer.text)")
        return answer.object
    }

    private func apply(_ community: Community, to moment: String) async throws -> Answer {
        let planned = try await plan(community, to: moment)
        return try await community.api(
            "POST",
            "rollback/apply",
            ["to": moment, "fingerprint": planned["fingerprint"] as? String ?? "", "reason": "a wrong tier"]
        )
    }

    private func isOver(_ community: Community) async throws -> Bool {
        let rollbacks = try await community.api("GET", "rollbacks").object["items"] as? [[String: Any]]
        return rollbacks?.first?["waiting"] as? Int == 0
    }

    @Test func `a mass mistake is undone row by row, with hand-made changes in between left alone`() async throws {
        try await withPlace { place in
            try await place.serve { try await buyAll($0) }
            try await place.serve(configure: { $0.catalog = Self.mistaken }) { community in
                let before = try await mistake(community)
                let bob = try community.user(Self.email("Bob"))
                let byHand = ["websocket.connect", "schedule.read"]
                community.panel.setPermissions(
                    byHand,
                    ofUser: bob,
                    onServer: try community.server("Frost Path I")
                )
                community.panel.forgetEffects()
                let planned = try await plan(community, to: before)
                #expect(planned["customers"] as? Int == 3)
                #expect((planned["changes"] as? [Any])?.count == 9)
                #expect(community.writes.isEmpty, "a plan changes nothing")

                let begun = try await apply(community, to: before)
                #expect(begun.status == 202, "\(begun.text)")
                try await community.eventually("it is through") { try await isOver(community) }
                #expect(community.access(of: Self.email("Ada")) == Community.knight)
                #expect(community.access(of: Self.email("Cleo")) == Community.knight)
                var bobs = Community.knight
                bobs["Frost Path I"] = Set(byHand)
                #expect(community.access(of: Self.email("Bob")) == bobs)
                let number = begun.object["number"] as? Int ?? 0
                let left = try await community.api("GET", "rollbacks/\(number)").text
                #expect(left.contains("Somebody changed it since"))

                // On hold: the mistake in the configuration is still there and does nothing.
                try await community.audit()
                #expect(community.access(of: Self.email("Ada")) == Community.knight)
                #expect(try await community.reasons(of: "0").joined().contains("Rolled back to"))
                let details = try await community.api("GET", "operations?customer=0").text
                #expect(details.contains("as it was (rollback \(number))"))
            }
            // The cause is mended and the holds are ended: all is as it was, and stays.
            try await place.serve { community in
                for override in try await community.api("GET", "overrides").object["items"] as? [[String: Any]] ?? [] {
                    try await community.endOverride(override["id"] as? String ?? "")
                }
                try await community.quiet()
                #expect(try await community.state(of: "0") == "converged")
                #expect(community.access(of: Self.email("Ada")) == Community.knight)
                try await community.send(.cancelled, "0")
                try await community.eventually("what was brought back ends like any access") {
                    community.access(of: Self.email("Ada")).isEmpty
                }
            }
        }
    }

    @Test func `a step back for an account whose id is another's by now is left, and locks nothing again`() async throws
    {
        try await withPlace { place in
            try await place.serve { try await buyAll($0) }
            try await place.serve(configure: { $0.catalog = Self.mistaken }) { community in
                let before = try await mistake(community)
                community.panel.changeUser(try community.user(Self.email("Cleo"))) {
                    $0.uuid = "11111111-2222-4333-8444-555555555555"
                }
                let begun = try await apply(community, to: before)
                #expect(begun.status == 202, "\(begun.text)")
                try await community.eventually("it is locked") { try await community.circuit() == "locked" }
                #expect(try await community.api("POST", "panels/main/unlock").status == 200)
                try await community.eventually("it is through") { try await isOver(community) }
                try await community.audit()
                #expect(try await community.circuit() == "closed")
                #expect(community.access(of: Self.email("Ada")) == Community.knight)
                let left = try await community.api("GET", "rollbacks/\(begun.object["number"] as? Int ?? 0)").text
                #expect(left.contains("The customer's account is another than it was then."))
            }
        }
    }

    @Test(arguments: [Fault.errorAfter(.exception()), .closedAfter, .errorBefore(.exception())])
    func `what fails or is stopped in the middle is gone on with, and nothing is done twice`(fault: Fault) async throws
    {
        try await withPlace { place in
            try await place.serve { try await buyAll($0) }
            var moment = ""
            try await place.serve(configure: { $0.catalog = Self.mistaken }) { community in
                moment = try await mistake(community)
                community.panel.faults.add(fault, .next(4), on: .writes)
                #expect(try await apply(community, to: moment).status == 202)
            }
            place.panel.forgetEffects()
            try await place.serve(configure: { $0.catalog = Self.mistaken }) { community in
                try await community.eventually("it is through") { try await isOver(community) }
                for name in Self.names { #expect(community.access(of: Self.email(name)) == Community.knight) }
                let rows = community.panel.subusers.map { "\($0.userID) \($0.serverID)" }
                #expect(Set(rows).count == rows.count, "no row is doubled")
                let progress = try await community.api("GET", "rollbacks").object["items"] as? [[String: Any]]
                #expect(progress?.first?["done"] as? Int == 9)
                #expect(progress?.count == 1)
            }
        }
    }

    @Test func `a rollback under way is shown as work, is stopped, and has its author in the audit log`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            let before = community.clock.now.iso8601
            community.clock.advance(by: .seconds(10))
            try await community.buys("knight")
            try await community.settled()
            community.clock.advance(by: .seconds(10))
            community.panel.faults.add(.errorBefore(.exception()), .always)
            let begun = try await apply(community, to: before)
            #expect(begun.status == 202, "\(begun.text)")
            let number = try #require(begun.object["number"] as? Int)
            let work = try await community.api("GET", "work").items.compactMap { $0["what"] as? String }
            #expect(work.contains("Rollback \(number) goes back: rows"), "\(work)")
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            let page = try await visitor.get("/").text
            #expect(page.contains("Rollback \(number) goes back: rows: ") && page.contains("<progress max="))
            #expect(try await community.api("POST", "rollbacks/\(number)/stop").status == 200)
            let actions = try await community.api("GET", "audit-log").items
            for what in ["roll back", "stop rollback \(number)"] {
                let entry = actions.first { ($0["what"] as? String)?.hasPrefix(what) ?? false }
                #expect(entry?["author"] as? String == "tester", "\(what)")
            }
            #expect(try await !community.api("GET", "work").text.contains("goes back"))
        }
    }

    @Test func `access that was given since goes, its account stays`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            let before = community.clock.now.iso8601
            community.clock.advance(by: .seconds(10))
            try await community.buys("knight")
            try await community.settled()
            community.clock.advance(by: .seconds(10))
            let planned = try await plan(community, to: before)
            #expect("\(planned["left"] ?? "")".contains("An account that was made since stays"))
            #expect(try await apply(community, to: before).status == 202)
            try await community.eventually("it is gone") { community.access().isEmpty }
            try await community.settled()
            #expect(community.panel.user(email: "ada@example.test") != nil)
            #expect(try await community.state() == "blocked", "on hold, with what waits")
        }
    }

    @Test func `a plan that is out of date, an old decision and nonsense change nothing`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            let before = community.clock.now.iso8601
            community.clock.advance(by: .seconds(10))
            try await community.buys("awakened")
            try await community.settled()
            community.clock.advance(by: .seconds(10))
            let planned = try await plan(community, to: before)
            let body = [
                "to": before, "fingerprint": planned["fingerprint"] as? String ?? "", "reason": "because",
            ]
            try await community.send(.updated, "1") { $0.product = .value("knight") }
            try await community.eventually("more is there") { community.access() == Community.knight }
            try await community.settled()
            #expect(try await community.api("POST", "rollback/apply", body).status == 409)
            #expect(community.access() == Community.knight)
            let bad: [[String: Any]] = [
                ["to": "yesterday"], ["to": "2999-01-01"], [:], ["to": before, "from": before],
            ]
            for body in bad { #expect(try await community.api("POST", "rollback/plan", body).status == 400) }
            #expect(try await community.api("GET", "rollbacks/7").status == 404)

            // Twice the same decision is one rollback.
            let again = try await plan(community, to: before)
            let decision = [
                "to": before, "fingerprint": again["fingerprint"] as? String ?? "", "reason": "because",
            ]
            let first = try await community.api("POST", "rollback/apply", decision)
            let second = try await community.api("POST", "rollback/apply", decision)
            #expect(first.status == 202 && second.status == 200)
            #expect(first.object["number"] as? Int == second.object["number"] as? Int)
        }
    }
}

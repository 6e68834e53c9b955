import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import SQLiteLedger
import ServiceConfiguration
import Testing

/// What goes wrong around the service, and what it must not do then.
@Suite(.timeLimit(.minutes(2)))
struct DisasterTests {
    private func list(_ community: Community, _ generation: String, active: [String]) async throws {
        let body: [String: Any] = [
            "event": "subscriptions.snapshot", "generation": generation, "page": 1, "pages": 1,
            "occurred_at": community.clock.now.iso8601,
            "subscriptions": active.map { ["subscription_id": $0, "status": "active"] },
        ]
        #expect(try await community.deliver(try JSONSerialization.data(withJSONObject: body)).status == 202)
        try await community.settled()
    }

    private func sell(_ community: Community, _ customers: ClosedRange<Int>) async throws {
        try await community.sell(customers)
        try await community.quiet()
    }

    @Test func `lists that are empty take nothing from anybody`() async throws {
        try await withCommunity { community in
            try await sell(community, 1...8)
            for hour in 1...2 {
                community.clock.advance(by: .seconds(3600))
                try await list(community, "g\(hour)", active: [])
            }
            try await community.eventually("all of it is held") { try await community.breaker() == "holding 8" }
            #expect(community.writes.isEmpty)
            #expect(try await community.reasons(of: "1").joined().contains("it follows from silence or from a list"))
            community.clock.advance(by: .seconds(3600))
            try await list(community, "g3", active: (1...8).map { "\($0)" })
            #expect(try await community.breaker() == "closed 0", "a whole list ends it")
            #expect(try await community.state(of: "1") == "converged")
        }
    }

    @Test func `one subscription that two lists miss is ended`() async throws {
        try await withCommunity { community in
            try await sell(community, 1...8)
            for hour in 1...2 {
                community.clock.advance(by: .seconds(3600))
                try await list(community, "g\(hour)", active: (1...7).map { "\($0)" })
            }
            try await community.eventually("it is out") { community.access(of: "c8@example.test").isEmpty }
            #expect(community.panel.subusers.count == 2 * 7)
        }
    }

    // MARK: The ledger

    private func attention(_ community: Community) async throws -> String {
        (try await community.api("GET", "status").object["attention"] as? [String] ?? []).joined(separator: "\n")
    }

    @Test func `a ledger that is older than the panel observes until a person says so`() async throws {
        try await withPlace { place in
            guard case .sqlite(let path) = place.configuration.store else { return }
            try await place.serve { community in
                try await sell(community, 1...3)
            }
            try FileManager.default.copyItem(atPath: path, toPath: path + ".old")
            try await place.serve { community in
                try await sell(community, 4...4)
            }
            for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.removeItem(atPath: path + suffix)
            }
            try FileManager.default.copyItem(atPath: path + ".old", toPath: path)
            try await place.serve { community in
                try await community.quiet()
                let status = try await community.api("GET", "status").object
                #expect(status["mode"] as? String == "observe")
                let words = try await attention(community)
                #expect(words.contains("Panel main has an account of ours that this ledger does not know"))
                #expect(words.contains("full list"))
                try await community.send(.cancelled, "1")
                try await community.buys("knight", subscription: "9", customer: "9")
                try await community.eventually("the difference is shown") {
                    try await community.reasons(of: "9").joined().contains("The service only observes")
                }
                community.clock.advance(by: .seconds(600))
                try await community.audit()
                #expect(community.writes.isEmpty)
            }
            try await place.serve { community in
                try await community.quiet()
                #expect(
                    try await community.api("GET", "status").object["mode"] as? String == "observe",
                    "over a restart too"
                )
                #expect(try await community.api("POST", "enforce").status == 200)
                try await community.eventually("the work is done") {
                    community.access() == Community.knight && community.access(of: "c1@example.test").isEmpty
                }
                try await community.audit()
                #expect(try await community.api("GET", "status").object["mode"] as? String == "enforce")
                #expect(try await community.api("POST", "enforce").status == 409)
                #expect(!community.access(of: "c4@example.test").isEmpty, "whom it does not know it leaves alone")
            }
            try await place.serve { community in
                try await community.quiet()
                #expect(
                    try await community.api("GET", "status").object["mode"] as? String == "enforce",
                    "what a person has seen is not asked again"
                )
            }
        }
    }

    @Test func `a copy that a backup made observes until a person says so`() async throws {
        try await withPlace { place in
            guard case .sqlite(let path) = place.configuration.store else { return }
            try await place.serve { community in try await sell(community, 1...1) }
            let ledger = try SQLiteLedger(path: path)
            try await ledger.repin("1795564800000", as: "copied_at")
            try ledger.close()
            try await place.serve { community in
                try await community.quiet()
                #expect(try await attention(community).contains("a copy that was made at 2026-11-25T00:00:00Z"))
                try await community.send(.terminated, "1")
                try await community.settled()
                #expect(community.writes.isEmpty)
                #expect(try await community.api("POST", "enforce").status == 200)
                try await community.eventually("then it is done") { community.panel.subusers.isEmpty }
            }
            try await place.serve { community in
                try await community.quiet()
                #expect(try await community.api("GET", "status").object["mode"] as? String == "enforce")
            }
        }
    }

    @Test func `an account whose making was not written down is no sign of an older ledger`() async throws {
        try await withCommunity { community in
            community.panel.faults.add(.closedAfter, .next(1), on: .route("POST /api/application/users"))
            try await community.buys("knight")
            try await community.quiet()
            try await community.audit()
            #expect(try await community.api("GET", "status").object["mode"] as? String == "enforce")
            #expect(community.access() == Community.knight)
        }
    }

    // MARK: The panel

    @Test func `a person unlocks a panel that is itself again, without a restart`() async throws {
        try await withCommunity { community in
            try await sell(community, 1...1)
            let user = try community.user("c1@example.test")
            let uuid = try #require(community.panel.user(user)).uuid
            community.panel.changeUser(user) { $0.uuid = "11111111-2222-4333-8444-555555555555" }
            _ = try await community.api("POST", "audit")
            try await community.eventually("it is locked") { try await community.circuit() == "locked" }
            #expect(try await community.api("POST", "panels/other/unlock").status == 404)
            #expect(try await community.api("POST", "panels/main/unlock").status == 200)
            try await community.eventually("it is the other panel still") { try await community.circuit() == "locked" }
            community.panel.changeUser(user) { $0.uuid = uuid }
            #expect(try await community.api("POST", "panels/main/unlock").status == 200)
            try await community.audit()
            #expect(try await community.circuit() == "closed")
            #expect(try await community.api("POST", "panels/main/unlock").status == 409)
            try await community.buys("knight")
            try await community.settled()
            #expect(community.access() == Community.knight)
        }
    }

    @Test(arguments: [Fault.errorBefore(.exception()), .closedBefore])
    func `a panel that breaks at everything, or answers nothing, opens its circuit before the next audit`(
        _ fault: Fault
    )
        async throws
    {
        try await withCommunity(policy: { $0.auditEvery = .days(1) }) { community in
            try await sell(community, 1...1)
            let rule = community.panel.faults.add(fault, .always)
            try await community.buys("knight")
            try await community.eventually("the circuit opens") { try await community.circuit() == "open" }
            try await community.eventually("and counts against no customer") {
                try await community.state() == "blocked"
            }
            community.panel.faults.remove(rule)
            try await community.eventually("it goes on by itself") { community.access() == Community.knight }
        }
    }

    @Test func `a panel that breaks at one customer alone goes on with the others`() async throws {
        try await withCommunity(policy: { $0.auditEvery = .days(1) }) { community in
            try await community.quiet()
            community.panel.faults.add(.errorBefore(.exception()), .next(12), on: .route("POST /api/application/users"))
            try await community.buys("knight")
            try await community.eventually("it has failed often") {
                community.panel.requests.filter { $0.method == "POST" }.count > 6
            }
            #expect(try await community.circuit() == "closed")
            try await community.eventually("it comes about") { community.access() == Community.knight }
        }
    }

    // MARK: The configuration

    @Test func `a group whose pattern has a typo takes nothing and is shown`() async throws {
        let typo = Catalog.tiers(Catalog.small.tiers, groups: ["frost": ["Frots Path*"], "creative": ["Creative*"]])
        try await withPlace { place in
            try await place.serve { community in
                try await community.buys("knight")
                try await community.quiet()
            }
            try await place.serve(configure: { $0.catalog = typo }) { community in
                try await community.quiet()
                #expect(
                    try await attention(community).contains(
                        "The server group \"frost\" matches no server of panel main"
                    )
                )
                #expect(try await community.breaker() == "holding 1")
                community.clock.advance(by: .days(2))
                try await community.audit()
                #expect(community.access() == Community.knight)
                #expect(community.writes.isEmpty)
            }
        }
    }

    @Test func `a product that the configuration forgot keeps what it gave and asks for a person`() async throws {
        let without = Catalog.tiers(
            Catalog.small.tiers.filter { $0.id != "knight" },
            groups: ["frost": ["Frost Path*"], "creative": ["Creative*"]]
        )
        try await withPlace { place in
            try await place.serve { community in
                try await community.buys("knight")
                try await community.quiet()
            }
            try await place.serve(configure: { $0.catalog = without }) { community in
                try await community.quiet()
                community.clock.advance(by: .seconds(600))
                try await community.audit()
                #expect(try await community.state() == "needs_attention")
                #expect(try await community.reasons().joined().contains("its product \"knight\" belongs to no tier"))
                // Nothing says that what stays is to go.
                #expect(
                    !(try await community.api("GET", "customers/77/explain").text.contains("beyond what is paid for"))
                )
                #expect(!(try await community.api("GET", "plan").text.contains("Creative Plots")))
                #expect(community.access() == Community.knight)
                #expect(community.writes.isEmpty)
            }
        }
    }

    @Test func `what we took back and somebody gave again is noticed by the audit, until it is gone`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            try await community.send(.terminated, "1")
            try await community.eventually("all is gone") { community.access().isEmpty }
            try await community.settled()
            let user = try community.user()
            let server = try community.server("Creative Plots")
            community.panel.addSubuser(user: user, server: server, permissions: ["websocket.connect", "file.read"])
            community.panel.forgetEffects()
            try await community.audit()
            #expect(try await community.state() == "needs_attention")
            #expect(
                try await community.reasons().joined().contains(
                    "Somebody gave file.read on Creative Plots back by hand"
                )
            )
            #expect(community.writes.isEmpty, "a person gave it, a person takes it")
            try await community.audit()
            #expect(try await community.state() == "needs_attention")
            community.panel.removeSubuser(user: user, server: server)
            community.clock.advance(by: .seconds(3600))
            try await community.eventually("it is noticed by itself") { try await community.state() == "converged" }
        }
    }
}

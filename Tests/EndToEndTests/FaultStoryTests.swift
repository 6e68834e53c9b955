import Entitlements
import Foundation
import PanelSimulator
import Testing

/// One kind of trouble with a panel.
struct Trouble: CustomTestStringConvertible {
    var testDescription: String
    var fault: Fault
    /// Whether it is the panel itself that is wrong, which counts against no customer.
    var isPanelWide = false

    static let all = [
        Trouble(testDescription: "slow", fault: .latency(.milliseconds(60))),
        Trouble(testDescription: "slow answers", fault: .lateAnswer(.milliseconds(60))),
        Trouble(testDescription: "errors before the effect", fault: .errorBefore(.exception())),
        Trouble(testDescription: "errors after the effect", fault: .errorAfter(.exception())),
        Trouble(testDescription: "closed before the effect", fault: .closedBefore),
        Trouble(testDescription: "closed after the effect", fault: .closedAfter),
        Trouble(testDescription: "bad gateway", fault: .errorBefore(.badGateway), isPanelWide: true),
        Trouble(testDescription: "bad gateway after the effect", fault: .errorAfter(.badGateway), isPanelWide: true),
        Trouble(testDescription: "a firewall's page", fault: .errorBefore(.page(status: 403)), isPanelWide: true),
        Trouble(testDescription: "a page that says 200", fault: .errorBefore(.page(status: 200)), isPanelWide: true),
        Trouble(testDescription: "too many requests", fault: .errorBefore(.tooManyRequests(retryAfter: 1))),
        Trouble(testDescription: "401", fault: .errorBefore(.unauthenticated), isPanelWide: true),
        Trouble(testDescription: "maintenance", fault: .errorBefore(.maintenance), isPanelWide: true),
        Trouble(
            testDescription: "JSON of something else",
            fault: .errorAfter(.answer(status: 200, contentType: "application/json", body: "{\"ok\": true}"))
        ),
    ]
}

/// Faults during a story: it comes out right when they end, nothing is doubled, and what happened can be read.
@Suite(.timeLimit(.minutes(2)))
struct FaultStoryTests {
    @Test(arguments: Trouble.all)
    func `a story comes out right through trouble with writes`(trouble: Trouble) async throws {
        try await withCommunity { community in
            try await community.quiet()
            let faults = community.panel.faults
            faults.add(trouble.fault, .next(1), on: .route("POST /api/application/users"))
            faults.add(trouble.fault, .next(1), on: .route("POST /api/client/servers/{server}/users"))
            try await community.buys("knight")
            try await community.eventually("access is there") { community.access() == Community.knight }
            try await community.settled()
            try await expectWhole(community)

            faults.add(trouble.fault, .after(2, next: 1), on: .method("POST"))
            try await community.send(.updated, "1") { $0.product = .value("awakened") }
            try await community.eventually("the lesser tier holds") { community.access() == Community.awakened }
            try await community.settled()

            faults.add(trouble.fault, .next(2), on: .method("DELETE"))
            try await community.send(.cancelled, "1")
            try await community.eventually("access is gone") { community.access().isEmpty }
            try await community.settled()
            try await expectWhole(community)
            let operations = try await community.operations()
            #expect(!operations.contains { $0.hasSuffix("trying") || $0.hasSuffix("unknown") }, "\(operations)")
            let isHarmless = trouble.testDescription.hasPrefix("slow")
            let history = try await community.api("GET", "operations?limit=500").text
            #expect(
                isHarmless || operations.contains { !$0.hasSuffix("done") } || history.contains("The answer was lost"),
                "the history says what happened"
            )
        }
    }

    @Test(arguments: Trouble.all)
    func `a story comes out right through trouble with everything`(trouble: Trouble) async throws {
        try await withCommunity { community in
            try await community.quiet()
            let rule = community.panel.faults.add(trouble.fault, .next(5))
            try await community.buys("knight")
            try await community.eventually("the trouble is over") { community.panel.faults.count(of: rule) == 5 }
            try await community.eventually("access is there") { community.access() == Community.knight }
            try await community.settled()
            try await expectWhole(community)
        }
    }

    private func expectWhole(_ community: Community) async throws {
        try await community.eventually("the customer has converged") { try await community.state() == "converged" }
        #expect(community.panel.users.count == 2)
        let rows = community.panel.subusers.map { "\($0.userID) \($0.serverID)" }
        #expect(Set(rows).count == rows.count, "no row is doubled")
        #expect(community.panel.mails.count { $0.subject.contains("Account") } <= 1)
        let status = try await community.api("GET", "status").object
        let panels = status["panels"] as? [String: [String: Any]]
        #expect(panels?["main"]?["circuit"] as? String == "closed")
    }

    @Test(arguments: ["refused", "401", "HTML", "client key gone", "client key of nobody"])
    func `a panel's own failure counts against nobody and ends by itself`(kind: String) async throws {
        try await withCommunity { community in
            try await community.quiet()
            let panel = community.panel
            switch kind {
            case "refused": await community.panelServer.stopListening()
            case "401": panel.faults.add(.errorBefore(.unauthenticated), .always)
            case "HTML": panel.faults.add(.errorBefore(.page(status: 502)), .always)
            case "client key gone": panel.removeKey(PanelWorld.clientKey)
            default:
                let nobody = panel.addUser(PanelUser(username: "nobody", email: "nobody@example.test"))
                panel.addKey(.client(PanelWorld.clientKey, userID: nobody.id))
            }
            let customers = ["1", "2", "3"]
            for number in customers {
                try await community.buys("knight", subscription: number, customer: number, email: "c\(number)@a.test")
            }
            if kind != "client key of nobody" {
                try await community.eventually("all are blocked") {
                    for number in customers where try await community.state(of: number) != "blocked" { return false }
                    return true
                }
                community.clock.advance(by: .seconds(3600))
                try await community.settled()
                for number in customers {
                    #expect(try await community.state(of: number) == "blocked", "an hour later no one is to blame")
                    let reasons = try await community.reasons(of: number)
                    #expect(reasons.count == 1 && reasons[0].contains("Panel main cannot be worked with"), "\(reasons)")
                }
            }
            switch kind {
            case "refused": await community.panelServer.startListening()
            case "401", "HTML": panel.faults.removeAll()
            default: panel.addKey(.client(PanelWorld.clientKey))
            }
            try await community.eventually("everyone has theirs") { panel.subusers.count == 9 }
            try await community.settled()
            for number in customers { #expect(try await community.state(of: number) == "converged") }
            #expect(community.logs.count(of: "nothing is sent until it answers") <= 25)
        }
    }

    @Test func `a panel that answers probes and nothing else is probed ever more slowly`() async throws {
        let slow: @Sendable (inout Policy) -> Void = { $0.retry = RetrySchedule(steps: [.milliseconds(50), .days(1)]) }
        try await withCommunity(policy: slow) { community in
            try await community.quiet()
            let audits = community.audits
            community.panel.faults.add(.errorBefore(.page(status: 403)), .always, on: .writes)
            try await community.buys("knight")
            try await community.eventually("it opened twice") {
                community.logs.count(of: "nothing is sent until it answers") == 2
            }
            try await community.settled()
            #expect(community.audits <= audits + 2)
            #expect(community.writes.count <= 3)
        }
    }

    @Test(arguments: ["an account", "a server"])
    func `another panel under the same address is not written to`(stranger: String) async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            let ada = try community.user()
            if stranger == "an account" {
                community.panel.deleteUser(ada)
                community.panel.addUser(PanelUser(id: ada, username: "eve", email: "eve@example.test"))
            } else {
                let server = try community.server("Frost Path I")
                community.panel.deleteServer(server)
                community.panel.addServer(PanelServer(id: server, name: "Frost Path I"))
            }
            _ = try await community.api("POST", "audit")
            try await community.eventually("it is locked") {
                let panels = try await community.api("GET", "status").object["panels"] as? [String: [String: Any]]
                return panels?["main"]?["circuit"] as? String == "locked"
            }
            community.panel.forgetEffects()
            try await community.buys("knight", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.send(.cancelled, "1")
            try await community.settled()
            community.clock.advance(by: .seconds(600))
            try await community.settled()
            #expect(community.writes.isEmpty)
            #expect(try await community.state(of: "78") == "blocked")
            #expect(try await community.reasons(of: "78").joined().contains("its uuid differs"))
        }
    }

    @Test func `what time alone takes away waits while the clocks disagree`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.settled()
            try await community.send(.paymentFailed, "1")
            try await community.settled()
            community.panel.faults.clockSkew = .seconds(-600)
            community.clock.advance(by: .days(38))
            try await community.eventually("the doubt is shown") {
                try await community.reasons().joined().contains("differ by 10 minutes")
            }
            #expect(try await community.state() == "blocked")
            #expect(community.access() == Community.knight)
            try await community.send(.terminated, "2")
            try await community.eventually("what was told needs no clock") {
                community.access(of: "bob@example.test").isEmpty
            }
            #expect(community.access() == Community.knight)
            community.panel.faults.clockSkew = nil
            try await community.eventually("the clocks agree again") { community.access().isEmpty }
        }
    }

    /// What closes a server to every change of its subusers, in the panel's words to us.
    enum Closure: String, CaseIterable {
        case suspended = "it is suspended"
        case installing = "it is being installed"
        case restoring = "a backup is being restored"
        case moving = "it is being moved to another node"
        case maintenance = "its node is under maintenance"

        func set(_ isClosed: Bool, _ names: [String], in community: Community) throws {
            if self == .maintenance { return community.panel.setMaintenance(isClosed) }
            for name in names {
                community.panel.changeServer(try community.server(name)) { server in
                    switch self {
                    case .suspended: server.status = isClosed ? .suspended : nil
                    case .installing: server.status = isClosed ? .installing : nil
                    case .restoring: server.status = isClosed ? .restoringBackup : nil
                    case .moving: server.isTransferring = isClosed
                    case .maintenance: break
                    }
                }
            }
        }
    }

    @Test(arguments: Closure.allCases)
    func `a server that is closed for now keeps no other waiting, and has its change, newcomer and loss afterwards`(
        _ closure: Closure
    ) async throws {
        try await withCommunity { community in
            try await community.buys("awakened")
            try await community.quiet()
            let closed = ["Frost Path I", "Creative Plots"]
            try closure.set(true, closed, in: community)
            try await community.send(.updated, "1") { $0.product = .value("knight") }
            if closure != .maintenance {
                try await community.eventually("the other has its change") {
                    community.access()["Frost Path II"] == Community.knight["Frost Path II"]
                }
            }
            try await community.eventually("it is told") {
                try await community.reasons().joined().contains(closure.rawValue)
            }
            try await community.settled()
            #expect(try await community.state() == "blocked")
            #expect(community.access()["Frost Path I"] == ["websocket.connect"])
            #expect(community.access()["Creative Plots"] == nil)
            try closure.set(false, closed, in: community)
            try await community.eventually("now all have") { community.access() == Community.knight }
            try await community.settled()

            try closure.set(true, closed, in: community)
            try await community.send(.cancelled, "1")
            try await community.eventually("it is blocked") { try await community.state() == "blocked" }
            try await community.settled()
            #expect(Set(community.access().keys).isSuperset(of: closed))
            try closure.set(false, closed, in: community)
            try await community.eventually("what was refused at first is not forgotten") { community.access().isEmpty }
            try await community.settled()
            #expect(try await community.state() == "converged")
        }
    }

    @Test func `an account whose creation's answer was lost is not left behind`() async throws {
        try await withCommunity(policy: { $0.retry = RetrySchedule(steps: [.seconds(3600)]) }) { community in
            try await community.quiet()
            community.panel.faults.add(.closedAfter, .next(1), on: .route("POST /api/application/users"))
            try await community.buys("knight")
            try await community.eventually("the answer was lost") {
                try await community.operations() == ["create_account unknown"]
            }
            try await community.send(.cancelled, "1")
            try await community.eventually("it is known whose it is") {
                try await community.operations() == ["create_account done"]
            }
            try await community.settled()
            #expect(community.panel.users.count == 2)
            community.clock.advance(by: .days(30) + .seconds(5))
            try await community.eventually("and deleted in time") { community.panel.users.count == 1 }
        }
    }
}

import Assembly
import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing
import UnixSignals

struct RehearsalTests {
    static let steps = [
        "order", "firstPayment", "upgrade", "failedPayment", "suspension", "recovery", "cancellation",
    ]

    private struct Interrupted: Error {}

    @Test(.timeLimit(.minutes(5)))
    func `a rehearsal plays the whole life, measures it, and leaves the panel as it was`() async throws {
        try await Self.with { panel, configuration in
            let before = Self.state(of: panel)
            let report = try await Self.rehearsal(configuration).run(customers: 3, group: "frost-path")
            #expect(report.holds, "\(report.lines(coloured: false).joined(separator: "\n"))")
            #expect(report.steps.map(\.name) == Self.steps)
            #expect(report.timeToAccess?.payments == 6)
            #expect(report.accountsDeleted == 3)
            #expect(Self.state(of: panel) == before)
            #expect(try Self.leftFiles(configuration).isEmpty)
            let json = try JSONSerialization.jsonObject(with: report.json()) as? [String: Any]
            #expect(json?["holds"] as? Bool == true)
            let mails = panel.mails.map { "\($0)" }
            #expect(mails.allSatisfy { $0.contains("@rehearsal.example.com") })
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a panel that fails now and then is rehearsed to the end, and nothing is left`() async throws {
        try await Self.with { panel, configuration in
            let before = Self.state(of: panel)
            Self.fail(panel)
            let report = try await Self.rehearsal(configuration).run(customers: 3, group: "frost-path")
            #expect(report.left.isEmpty)
            #expect(report.holds, "\(report.lines(coloured: false).joined(separator: "\n"))")
            #expect(Self.state(of: panel) == before)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: steps)
    func `interrupted before any step on a panel that fails now and then, it leaves nothing behind`(_ step: String)
        async throws
    {
        try await Self.with { panel, configuration in
            let before = Self.state(of: panel)
            Self.fail(panel)
            let rehearsal = Self.rehearsal(configuration) { if $0 == step { throw Interrupted() } }
            let report = try await rehearsal.run(customers: 2, group: "frost-path")
            #expect(!report.holds)
            #expect(report.left.isEmpty, "\(report.left)")
            #expect(Self.state(of: panel) == before)
            #expect(try Self.leftFiles(configuration).isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: steps)
    func `interrupted before any step, it leaves nothing behind`(_ step: String) async throws {
        try await Self.with { panel, configuration in
            let before = Self.state(of: panel)
            let rehearsal = Self.rehearsal(configuration) { if $0 == step { throw Interrupted() } }
            let report = try await rehearsal.run(customers: 2, group: "frost-path")
            #expect(!report.holds)
            #expect(report.ended != nil)
            #expect(report.left.isEmpty)
            #expect(report.accountsDeleted == (step == "order" || step == "firstPayment" ? 0 : 2))
            #expect(Self.state(of: panel) == before)
            #expect(try Self.leftFiles(configuration).isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an account that took over a rehearsal's external id is left alone, and told`() async throws {
        try await Self.with { panel, configuration in
            let rehearsal = Self.rehearsal(configuration) { step in
                guard step == "cancellation", let made = panel.users.first(where: { $0.email.contains("rehearsal.") })
                else { return }
                panel.changeUser(made.id) { $0.email = "somebody@example.com" }
            }
            let report = try await rehearsal.run(customers: 1, group: "frost-path")
            #expect(!report.holds)
            #expect(report.left.contains { $0.contains("somebody@example.com") && $0.contains("left alone") })
            #expect(panel.users.contains { $0.email == "somebody@example.com" })
            await #expect(throws: CommandFailure.self) { try await Self.rehearsal(configuration).cleanUp() }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `beside a busy service with drift it is nobody's drift, and touches nobody else's access`() async throws {
        try await Community.with { community in
            for customer in ["77", "78"] {
                try await community.buy("awakened", customer: customer, email: "u\(customer)@example.com")
            }
            let server = try #require(community.panel.servers.first { $0.name.hasPrefix("Frost Path") })
            let staff = community.panel.addUser(PanelUser(username: "staff", email: "staff@example.com"))
            _ = community.panel.addSubuser(user: staff.id, server: server.id, permissions: ["control.stop"])
            _ = try await community.run("audit")
            let before = Beside(try await community.drift(), try await community.attention(), community.panel.access)

            var configuration = try ServiceConfiguration.load(
                path: community.folder.url.appendingPathComponent("paydactyl.yaml").path
            )
            configuration.store = .sqlite(path: community.folder.url.appendingPathComponent("paydactyl.sqlite").path)
            let rehearsal = Self.rehearsal(configuration) { step in
                // The service looks at the whole panel while they have access, and one customer more buys at another step.
                guard ["upgrade", "recovery", "suspension"].contains(step) else { return }
                _ = try await community.run("audit")
                let now = Beside(try await community.drift(), try await community.attention(), [:])
                #expect(now.drift == before.drift, "before \(step)")
                #expect(now.attention == before.attention, "before \(step)")
                if step == "suspension" {
                    try await community.buy("awakened", customer: "79", email: "u79@example.com")
                }
            }
            let report = try await rehearsal.run(customers: 2, group: "frost-path")
            #expect(report.holds, "\(report.lines(coloured: false).joined(separator: "\n"))")
            _ = try await community.run("audit")
            #expect(try await community.drift() == before.drift)
            var access = community.panel.access
            for server in access.keys { access[server]?["u79@example.com"] = nil }
            #expect(access == before.access)
            let customers = try await community.run("customers", "--json").output
            #expect(!customers.contains("rehearsal.example.com"))
        }
    }

    /// What a service beside a rehearsal shows.
    private struct Beside {
        var drift: String
        var attention: [String]
        var access: [String: [String: Set<String>]]

        init(_ drift: String, _ attention: [String], _ access: [String: [String: Set<String>]]) {
            self.drift = drift
            self.attention = attention
            self.access = access
        }
    }

    @Test func `a group that is missing, unknown or empty is said, and nothing is made`() async throws {
        try await Self.with { panel, configuration in
            let before = Self.state(of: panel)
            for group in [nil, "nonsense"] {
                let failure = await #expect(throws: CommandFailure.self) {
                    _ = try await Self.rehearsal(configuration).run(customers: 1, group: group)
                }
                #expect(failure?.outcome == .usage)
                #expect(failure?.description.contains("frost-path") ?? false)
            }
            #expect(Self.state(of: panel) == before)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what fails because a signal is ending it is told as the interruption that it is`() async throws {
        try await Self.with { _, configuration in
            let (told, tell) = AsyncStream.makeStream(of: Void.self)
            let rehearsal = Rehearsal(configuration, grace: .seconds(5), patience: .seconds(60)) { step in
                guard step == "upgrade" else { return }
                kill(getpid(), SIGUSR2)
                for await _ in told { break }
                throw CommandFailure(.unreachable, "The service cannot be reached: Connection reset by peer.")
            } write: { lines in
                if lines.contains(where: { $0.hasPrefix("Interrupted.") }) { tell.yield() }
            }
            let report = try await rehearsal.run(customers: 1, group: "frost-path", signals: [.sigusr2])
            #expect(report.ended == "It was interrupted.")
            #expect(report.left.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [SIGINT, SIGTERM])
    func `a signal ends the program early, with nothing left on the panel`(_ signal: Int32) async throws {
        try await Self.withProgram { panel, folder in
            let before = Self.state(of: panel)
            let running = try Program.start(["rehearse", "--customers", "2", "--group", "frost-path"], in: folder)
            _ = try await running.prints("upgrades", toErrors: true)
            running.signal(signal)
            let outcome = try await running.ended()
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("that may take a\nminute or two"), "\(outcome.errors)")
            #expect(outcome.output.contains("It ended before its end: It was interrupted."), "\(outcome.output)")
            #expect(outcome.output.contains("nothing of it is left on the panel"))
            #expect(Self.state(of: panel) == before)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["upgrades", "fails to pay", "pays after all"])
    func `after kill -9 the clean-up finds what was left, by the journal`(_ step: String) async throws {
        try await Self.withProgram { panel, folder in
            let before = Self.state(of: panel)
            let running = try Program.start(["rehearse", "--customers", "2", "--group", "frost-path"], in: folder)
            _ = try await running.prints(step, toErrors: true)
            running.signal(SIGKILL)
            _ = try await running.ended()
            #expect(Self.state(of: panel) != before)
            let outcome = try await Program.run(["rehearse", "--clean-up"], in: folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("2 accounts deleted"))
            #expect(Self.state(of: panel) == before)
            let again = try await Program.run(["rehearse", "--clean-up"], in: folder)
            #expect(again.output == "No rehearsal left anything.\n")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `after kill -9 between an account and its lost answer, the clean-up finds it`() async throws {
        try await Self.withProgram { panel, folder in
            let before = Self.state(of: panel)
            let creation = RequestMatch.route("POST /api/application/users")
            // After the question whether the key may write, the first is made and its answer lost; no other is, and none is found before the
            // kill.
            panel.faults.add(.closedAfter, .after(1, next: 1), on: creation)
            panel.faults.add(.errorBefore(.exception()), .after(2, next: .max), on: creation)
            let running = try Program.start(["rehearse", "--customers", "2", "--group", "frost-path"], in: folder)
            try await eventually("an account is made") { Self.state(of: panel) != before }
            running.signal(SIGKILL)
            _ = try await running.ended()
            panel.faults.removeAll()
            #expect(Self.state(of: panel) != before)
            let outcome = try await Program.run(["rehearse", "--clean-up"], in: folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(Self.state(of: panel) == before)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [["--clean-up"], ["--customers", "1", "--group", "frost-path"]])
    func `a clean-up whose panel cannot be reached says why while it waits, and goes on once it can`(_ words: [String])
        async throws
    {
        try await Self.withProgram { panel, folder in
            let before = Self.state(of: panel)
            let killed = try Program.start(["rehearse", "--customers", "1", "--group", "frost-path"], in: folder)
            _ = try await killed.prints("upgrades", toErrors: true)
            killed.signal(SIGKILL)
            _ = try await killed.ended()
            panel.faults.add(.errorBefore(.badGateway), .always)
            let running = try Program.start(["rehearse"] + words, in: folder)
            let said = try await running.prints("It is asked again for up to 2 minutes", toErrors: true)
            #expect(
                said.contains(/the panel could not be asked: .+ \(GET \/api\/application\/users\/external\//),
                "\(said)"
            )
            panel.faults.removeAll()
            let outcome = try await running.ended()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(Self.state(of: panel) == before)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a report for programs is JSON`() async throws {
        try await Self.withProgram { _, folder in
            let words = ["rehearse", "--customers", "1", "--group", "frost-path", "--json"]
            let outcome = try await Program.run(words, in: folder)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(try outcome.json()["holds"] as? Bool == true)
            let nothing = try await Program.run(["rehearse", "--clean-up", "--json"], in: folder)
            #expect(try nothing.json()["result"] as? String == "No rehearsal left anything.")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `after kill -9 the next rehearsal cleans up first, and then holds`() async throws {
        try await Self.withProgram { panel, folder in
            let before = Self.state(of: panel)
            let words = ["rehearse", "--customers", "2", "--group", "frost-path"]
            let running = try Program.start(words, in: folder)
            _ = try await running.prints("upgrades", toErrors: true)
            running.signal(SIGKILL)
            _ = try await running.ended()
            let next = try await Program.run(words, in: folder)
            #expect(next.status == 0, "\(next.output)\(next.errors)")
            #expect(next.errors.contains("An earlier rehearsal was cleaned up: 2 accounts deleted."))
            #expect(Self.state(of: panel) == before)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
            #expect(!left.contains { $0.hasSuffix(".rehearsal") })
        }
    }

    // MARK: -

    /// Who and what is on a panel, but for what a panel notes of itself.
    private static func state(of panel: SimulatedPanel) -> [String] {
        panel.users.map { "\($0.id) \($0.email)" }
            + panel.subusers.map { "\($0.userID) \($0.serverID) \($0.permissions)" }
    }

    /// Has it fail now and then, also after it did what it was asked for.
    private static func fail(_ panel: SimulatedPanel) {
        panel.faults.add(.errorBefore(.exception()), .chance(0.05))
        panel.faults.add(.closedAfter, .chance(0.05), on: .writes)
        panel.faults.add(.errorAfter(.badGateway), .chance(0.05), on: .writes)
    }

    private static func leftFiles(_ configuration: ServiceConfiguration) throws -> [String] {
        switch configuration.store {
        case .sqlite(let path):
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".rehearsal") }
        }
    }

    private static func rehearsal(
        _ configuration: ServiceConfiguration,
        onStep: @escaping @Sendable (String) async throws -> Void = { _ in }
    ) -> Rehearsal {
        Rehearsal(configuration, grace: .seconds(5), patience: .seconds(60), onStep: onStep) { _ in }
    }

    private static func with(_ body: (SimulatedPanel, ServiceConfiguration) async throws -> Void) async throws {
        let folder = try Folder()
        try await withPanelSimulator(handMade()) { url, panel, _ in
            var configuration = try ServiceConfiguration.read(Community.configuration(panel: url))
            configuration.store = .sqlite(path: folder.url.appendingPathComponent("ledger.sqlite").path)
            try await body(panel, configuration)
        }
    }

    private static func withProgram(_ body: (SimulatedPanel, Folder) async throws -> Void) async throws {
        let folder = try Folder()
        try await withPanelSimulator(handMade()) { url, panel, _ in
            try folder.write("paydactyl.yaml", Community.configuration(panel: url))
            try await body(panel, folder)
        }
    }

    /// A panel on which somebody was let in by hand.
    private static func handMade() -> SimulatedPanel {
        var world = DemoWorld.panel()
        let gil = world.addUser("gil", email: "gil@example.org")
        world.addSubuser(user: gil, server: 1, permissions: ["websocket.connect", "file.read"])
        return SimulatedPanel(world)
    }
}

extension Community {
    /// What differs on the panel, line by line.
    fileprivate func drift() async throws -> String {
        let panels = try await run("drift", "--json").json()["panels"] as? [String: [String: Any]] ?? [:]
        let findings = panels.values.flatMap { $0["findings"] as? [[String: Any]] ?? [] }
        return findings.map { "\($0["kind"] ?? "") \($0["user"] ?? "") \($0["server"] ?? "")" }.sorted()
            .joined(separator: "\n")
    }

    fileprivate func attention() async throws -> [String] {
        try await run("status", "--json").json()["attention"] as? [String] ?? []
    }
}

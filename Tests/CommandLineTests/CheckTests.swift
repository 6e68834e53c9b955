import Assembly
import Entitlements
import Foundation
import Observability
import PanelSimulator
import ServiceConfiguration
import Testing

struct CheckTests {
    private typealias Finding = CheckReport.Finding

    @Test func `a configuration in order fails nothing, and says what to mind`() async throws {
        let report = try await Self.check()
        #expect(report.holds)
        #expect(report.texts(.fail).isEmpty)
        #expect(report.finds(.ok, "application key", "may read and write users"))
        #expect(report.finds(.ok, "client key", "a root admin"))
        #expect(report.finds(.ok, "permissions", "knows all 5"))
        #expect(report.finds(.ok, "group everything", "6 servers"))
        #expect(report.finds(.ok, "group everything", "* takes in what comes later"))
        #expect(report.finds(.ok, "clock", "agree"))
        #expect(report.finds(.ok, "limits", "240 application and 720 client"))
        #expect(
            report.findings.filter { $0.verdict == .warn }.map(\.subject).sorted() == [
                "alerts", "backup", "billing.paymenter.allow_from", "consoles", "https", "panel main: version",
                "policy.grace_period", "rehearsal",
                "version \(paydactylVersion)",
            ]
        )
        #expect(report.finds(.warn, "consoles", "players' addresses: Frost Path: Survival"))
        #expect(report.finds(.warn, "version", "for trial"))
    }

    @Test func `a check changes nothing on the panel`() async throws {
        let panel = SimulatedPanel(DemoWorld.panel())
        let before = (panel.users, panel.servers, panel.subusers)
        _ = try await Self.check(panel)
        #expect((panel.users, panel.servers, panel.subusers) == before)
        #expect(panel.mails.isEmpty)
        #expect(panel.wingsCalls.isEmpty)
    }

    @Test func `wrong keys are each told apart`() async throws {
        let report = try await Self.check { $0.panels["main"]?.applicationKey = Redacted("ptla_wrong0123456789") }
        #expect(report.finds(.fail, "application key", "may not read users"))
        #expect(report.finds(.ok, "client key", "root admin"))
        let other = try await Self.check { $0.panels["main"]?.clientKey = Redacted("ptlc_wrong0123456789") }
        #expect(other.finds(.fail, "client key", "does not work"))
        #expect(other.finds(.ok, "application key", "read and write"))
        #expect(!report.holds && !other.holds)
        #expect(!"\(report.lines(coloured: false))\(other.lines(coloured: false))".contains("wrong0123456789"))
    }

    @Test func `an application key in the client key's place is named as such`() async throws {
        let report = try await Self.check { $0.panels["main"]?.clientKey = Redacted(PanelWorld.applicationKey) }
        #expect(report.finds(.fail, "client key", "does not work"))
        #expect(report.findings.contains { $0.remedy?.contains("looks like an application key") ?? false })
    }

    @Test func `an application key that may only read is found out without a change`() async throws {
        var world = DemoWorld.panel()
        let rights: [PanelKey.Resource: PanelKey.Right] = [.users: .read, .servers: .read, .nodes: .read, .eggs: .read]
        world.keys.append(.application("ptla_readonly", rights: rights))
        let report = try await Self.check(SimulatedPanel(world)) {
            $0.panels["main"]?.applicationKey = Redacted("ptla_readonly")
        }
        #expect(report.finds(.fail, "application key", "but not write"))
    }

    @Test func `an application key without servers is found out`() async throws {
        var world = DemoWorld.panel()
        world.keys.append(.application("ptla_users", rights: [.users: .write]))
        let report = try await Self.check(SimulatedPanel(world)) {
            $0.panels["main"]?.applicationKey = Redacted("ptla_users")
        }
        #expect(report.finds(.fail, "application key", "may not read servers"))
    }

    @Test func `a client key of no admin is held against every server`() async throws {
        var world = DemoWorld.panel()
        let helper = world.addUser("helper")
        world.keys.append(.client("ptlc_helper", userID: helper))
        world.addSubuser(user: helper, server: 1, permissions: ["websocket.connect", "user.create"])
        let all = ["user.create", "user.read", "user.update", "user.delete"]
        world.addSubuser(user: helper, server: 2, permissions: ["websocket.connect", "control.console"] + all)
        let report = try await Self.check(SimulatedPanel(world)) {
            $0.panels["main"]?.clientKey = Redacted("ptlc_helper")
        }
        #expect(report.finds(.warn, "client key", "no root admin"))
        #expect(
            report.finds(
                .fail,
                "server Frost Path: Survival",
                "lacks control.console, user.delete, user.read, user.update"
            )
        )
        #expect(report.finds(.ok, "server Frost Path: Skyblock", "may let people"))
        #expect(report.finds(.fail, "server Lobby", "does not see it"))
    }

    @Test func `a panel that is down or no panel at all is told, and nothing more is asked`() async throws {
        let down = try await Self.check { $0.panels["main"]?.url = try #require(URL(string: "http://127.0.0.1:1")) }
        #expect(down.finds(.fail, "panel main", "cannot be reached"))
        #expect(down.texts(.fail).count == 1)
        let panel = SimulatedPanel(DemoWorld.panel())
        panel.faults.add(.errorBefore(.page(status: 200)), .always)
        let page = try await Self.check(panel)
        #expect(page.finds(.fail, "panel main", "did not answer as a panel does"))
        #expect(page.texts(.fail).count == 1)
    }

    @Test func `a permission that this panel does not know is named with its tier`() async throws {
        let report = try await Self.check { configuration in
            var tiers = configuration.catalog.tiers
            tiers[0].access[0].permissions.insert(Permission("mods.install"))
            configuration.catalog = Catalog(tiers: tiers, groups: Array(configuration.catalog.groups.values))
        }
        #expect(report.finds(.fail, "permissions", "does not know mods.install, which tier awakened gives"))
    }

    @Test func `a group without servers is told with the tiers that get nothing by it`() async throws {
        let report = try await Self.check(SimulatedPanel(DemoWorld.panel(servers: ["Frost Path: One"])))
        #expect(report.holds)
        #expect(report.finds(.warn, "group fire-path", "matches no server, so tier elemental, knight, master, legend"))
        #expect(report.finds(.ok, "group frost-path", "1 server: Frost Path: One"))
    }

    @Test func `a server of somebody else is left out, and named`() async throws {
        var world = DemoWorld.panel()
        let eve = world.addUser("eve", email: "eve@example.com")
        world.addServer("Frost Path: \u{1B}[31mFree", owner: eve)
        let report = try await Self.check(SimulatedPanel(world))
        #expect(report.finds(.warn, "group frost-path", "owner eve@example.com is no root admin"))
        #expect(report.finds(.ok, "group frost-path", "2 servers"))
        #expect(!report.lines(coloured: false).contains { $0.contains("\u{1B}") })
    }

    @Test func `a customer's own server is left out of what * takes in`() async throws {
        var world = DemoWorld.panel()
        world.addServer("Ada's own", externalID: "paydactyl:firefrost:77")
        let report = try await Self.check(SimulatedPanel(world))
        #expect(report.finds(.ok, "group everything", "6 servers"))
    }

    @Test func `a suspended server is told, since nobody's access can change there`() async throws {
        let panel = SimulatedPanel(DemoWorld.panel())
        panel.setSuspended(true, server: 1)
        let report = try await Self.check(panel)
        #expect(report.finds(.warn, "server Frost Path: Survival", "It is suspended"))
    }

    @Test func `a store that is no database fails, and one that is not there yet or is a ledger does not`() async throws
    {
        let folder = try Folder()
        let path = folder.url.appendingPathComponent("ledger.sqlite").path
        func check() async throws -> CheckReport { try await Self.check { $0.store = .sqlite(path: path) } }
        #expect(try await check().finds(.ok, "store", "can be written"))
        for (text, verdict) in [
            ("", CheckReport.Finding.Verdict.ok), ("SQLite format 3\0 and more", .fail), ("groceries: milk\n", .fail),
        ] {
            try folder.write("ledger.sqlite", text)
            #expect(try await check().finds(verdict, "store", verdict == .ok ? "can be written" : "is no ledger"))
        }
    }

    @Test func `clocks that differ by more than five minutes fail`() async throws {
        let panel = SimulatedPanel(DemoWorld.panel())
        panel.faults.clockSkew = .seconds(-400)
        #expect(try await Self.check(panel).finds(.fail, "clock", "s behind this machine"))
        panel.faults.clockSkew = .seconds(60)
        #expect(try await Self.check(panel).finds(.warn, "clock", "s ahead of this machine"))
    }

    @Test func `the program exits 1 where anything would fail, and prints JSON on request`() async throws {
        let folder = try Folder()
        try folder.write("paydactyl.yaml", Community.configuration(panel: "http://127.0.0.1:1"))
        let table = try await Program.run(["check"], in: folder)
        #expect(table.status == 1)
        #expect(table.output.contains("FAIL  panel main"))
        let json = try await Program.run(["check", "--json"], in: folder)
        #expect(json.status == 1)
        #expect(try json.json()["holds"] as? Bool == false)
        #expect(json.errors.isEmpty)
    }

    private static func check(
        _ panel: SimulatedPanel = SimulatedPanel(DemoWorld.panel()),
        changing change: (inout ServiceConfiguration) throws -> Void = { _ in }
    ) async throws -> CheckReport {
        try await withPanelSimulator(panel) { url, _, _ in
            var configuration = try ServiceConfiguration.read(Community.configuration(panel: url))
            try change(&configuration)
            return try await ConfigurationCheck(configuration, file: "paydactyl.yaml").run()
        }
    }
}

extension CheckReport {
    func texts(_ verdict: Finding.Verdict) -> [String] {
        findings.filter { $0.verdict == verdict }.map(\.text)
    }

    func finds(_ verdict: Finding.Verdict, _ subject: String, _ text: String) -> Bool {
        findings.contains { $0.verdict == verdict && $0.subject.contains(subject) && $0.text.contains(text) }
    }
}

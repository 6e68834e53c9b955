import ChildProcess
import Foundation
import PanelSimulator
import Testing

/// What the program does only where somebody sits at a terminal.
@Suite(.timeLimit(.minutes(5)))
struct TerminalTests {
    private static let escape = "\u{1B}["

    /// Runs the program at a terminal; `sit` is whoever sits at it.
    private func run(
        _ arguments: [String],
        environment: [String: String] = ["TERM": "xterm"],
        in community: Community,
        _ sit: (PseudoTerminal) async throws -> Void = { _ in }
    ) async throws -> (status: ChildProcess.Exit, screen: String) {
        let terminal = try PseudoTerminal()
        let inherited = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("PAYDACTYL_") && $0.key != "NO_COLOR"
        }
        let process = try ChildProcess(
            try Program.executable().path,
            arguments,
            environment: inherited.merging(environment) { $1 },
            in: community.folder.url.path,
            input: .terminal(terminal),
            output: .terminal(terminal),
            errors: .terminal(terminal)
        )
        try await sit(terminal)
        let status = await process.exit()
        try await eventually("what it wrote last is read") { terminal.isAtEnd }
        return (status, terminal.text)
    }

    private func sees(_ text: String, _ terminal: PseudoTerminal) async throws {
        try await eventually("the terminal shows \(text)") { terminal.text.contains(text) }
    }

    @Test func `colours are for terminals, unless somebody wants none`() async throws {
        try await Community.with { community in
            let coloured = try await run(["status"], in: community)
            #expect(coloured.status == .exited(0))
            #expect(coloured.screen.contains(Self.escape))
            #expect(coloured.screen.contains("Customers: 0"))
            for environment in [["NO_COLOR": "1", "TERM": "xterm"], ["TERM": "dumb"]] {
                let plain = try await run(["status"], environment: environment, in: community)
                #expect(plain.status == .exited(0))
                #expect(!plain.screen.contains(Self.escape), "\(environment)")
                #expect(plain.screen.contains("Customers: 0"))
            }
            let json = try await run(["status", "--json"], in: community)
            #expect(!json.screen.contains(Self.escape))
        }
    }

    @Test(arguments: ["n", "", "whatever"])
    func `whoever is asked and does not say yes has changed nothing`(_ answer: String) async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let before = community.panel.access
            let asked = try await run(["ban", "77", "--reason", "a test"], in: community) { terminal in
                try await sees("[y/N]", terminal)
                try terminal.type(answer)
            }
            #expect(asked.status == .exited(1))
            #expect(asked.screen.contains("Nothing was changed."))
            #expect(community.panel.access == before)
            #expect(try await community.run("overrides").output.contains("No grant, ban or hold"))
        }
    }

    @Test func `whoever says yes has it done`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let asked = try await run(["ban", "77", "--reason", "a test"], in: community) { terminal in
                try await sees("[y/N]", terminal)
                try terminal.type("y")
            }
            #expect(asked.status == .exited(0), "\(asked.screen)")
            #expect(asked.screen.contains("A ban is in force for customer 77."))
            try await eventually("the access is gone") {
                community.panel.access.values.allSatisfy { $0["ada@example.com"] == nil }
            }
        }
    }

    @Test func `long work shows a bar at a terminal, and takes it away at its end`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            try await eventually("the rank was sent") {
                try await community.run("status", "--json").output.contains("\"converged\":1")
            }
            // One request does not come to two, so it waits until the gate is opened.
            let gate = community.panel.faults.overlap(2, on: .route("POST /api/client/servers/{server}/command"))
            let regrant = try await run(["regrant", "Frost Path: Survival"], in: community) { terminal in
                try await sees("[                        ] 0 of 1  ranks sent again", terminal)
                gate.open()
            }
            #expect(regrant.status == .exited(0), "\(regrant.screen)")
            #expect(regrant.screen.contains("1 rank of 1 sent again to Frost Path: Survival."))
            #expect(regrant.screen.contains("\r\(Self.escape)K1 rank of 1 sent"), "the bar is gone")
        }
    }

    /// What is begun, what holds it up until its bar was seen, how that bar begins and ends, and what is said once the bar is gone.
    struct LongVerb: Sendable, CustomStringConvertible {
        var words: [String]
        var gate: RequestMatch
        var bar: String
        var says: String

        var description: String { words[0] }

        static let all = [
            LongVerb(
                words: ["audit"],
                gate: .path("/application/servers"),
                bar: "Panel main is read: users",
                says: "Panel main was read"
            ),
            LongVerb(
                words: ["import", "community", "--csv", "payers.csv"],
                gate: .path("/application/servers"),
                bar: "Panel main is read: users",
                says: "eve@example.com"
            ),
            LongVerb(
                words: ["rollback", "--to", before, "--reason", "a mistake", "--yes"],
                gate: .method("DELETE"),
                bar: "rows gone back",
                says: "0 waiting."
            ),
        ]

        static let before = "a moment before"
    }

    @Test(arguments: LongVerb.all)
    func `an audit, an import and a rollback show how far they are`(_ verb: LongVerb) async throws {
        try await Community.with { community in
            let before = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: -1))
            try await community.buy("awakened", customer: "77")
            let table =
                "subscription_id,customer_email,product_id,paid_through\n5,eve@example.com,awakened,2099-01-01\n"
            try community.folder.write("payers.csv", table)
            let gate = community.panel.faults.overlap(2, on: verb.gate)
            let words = verb.words.map { $0 == LongVerb.before ? before : $0 }
            let outcome = try await run(words, in: community) { terminal in
                try await sees(verb.bar, terminal)
                gate.open()
            }
            #expect(outcome.status == .exited(0), "\(outcome.screen)")
            let bar = /\[#* *\] \d+ of \d+ {2}/
            #expect(outcome.screen.contains(bar), "\(outcome.screen)")
            let end = try #require(outcome.screen.range(of: verb.says, options: .backwards), "\(outcome.screen)")
            #expect(!outcome.screen[end.lowerBound...].contains(bar), "gone at the end: \(outcome.screen)")
        }
    }
}

import ArgumentParser
import Foundation
import PanelSimulator
import Testing

@testable import paydactyl

/// Every verb of the command line, against a running service: what it answers, and how it exits.
///
/// A verb without a line in the table fails the first test.
struct EveryVerbTests {
    struct Line: Sendable, CustomStringConvertible {
        var verb: String
        /// What it is run with; `nil` where it does not end by itself, or a test of its own runs it.
        var arguments: [String]?
        var status: Int32
        /// What it says, on its output where it succeeds and among its errors where it does not.
        var says: String

        init(_ verb: String, _ arguments: [String]?, exits status: Int32 = 0, _ says: String = "") {
            self.verb = verb
            self.arguments = arguments
            self.status = status
            self.says = says
        }

        var words: [String] { verb.split(separator: " ").map(String.init) }
        var description: String { verb }
    }

    private static let why = ["--reason", "a test"]

    /// In this order, on one service.
    static let table = [
        Line("status", [], "Customers: 1; converged 1, working 0, blocked 0, needing attention 0"),
        Line("customers", ["--state", "converged"], "ada@example.com"),
        Line("explain", ["77"], "is active"),
        Line("timeline", ["77"], "subscription.created"),
        Line("plan", [], "Nothing waits: everybody has what they should have."),
        Line("drift", [], "Panel main, as read at"),
        Line("upcoming", ["--until", "2099-01-01"], "Nothing changes by time alone."),
        Line("events", ["--state", "applied"], "subscription.created"),
        Line(
            "grant",
            ["77", "knight", "--until", "2099-01-01"] + why,
            "A grant of tier knight is in force for customer 77"
        ),
        Line("hold", ["77"] + why, "A hold is in force for customer 77 until"),
        Line("postpone", ["77", "--until", "2099-06-01"] + why, "Tier knight is granted until 2099-06-01T23:59:59Z"),
        Line("ban", ["77", "--yes"] + why, "A ban is in force for customer 77."),
        Line("customers", ["--banned"], "banned"),
        Line("overrides", ["77", "--all"], "a test"),
        Line("release", ["77"] + why, "Ended for Ada, ada@example.com (77): "),
        Line("log", ["--customer", "77"], "end ban"),
        Line("log", ["--author", "nobody"], "The log has nothing of the kind."),
        Line("approve", ["--yes"], "Nothing was held."), Line("discard", [], "Nothing was held."),
        Line(
            "confirm-deletion",
            ["s77", "--yes"] + why,
            exits: 1,
            "No server of subscription s77 waits to be deleted."
        ),
        Line("hand-over", ["s77", "--yes"] + why, exits: 1, "Subscription s77 has no server to hand over."),
        Line("let-go", ["s77", "--yes"] + why, exits: 1, "Subscription s77 has no server to let go of now."),
        Line("let-go", ["s77", "--make-another"] + why, exits: 1, "Nobody let go of a server of subscription s77"),
        Line("import community", nil),
        Line("accept-drift", ["000000000000"] + why, exits: 1, "No panel shows 000000000000 any more."),
        Line("repair-drift", ["000000000000", "--yes"] + why, exits: 1, "No panel shows 000000000000 any more."),
        Line("import server", ["s77", "999", "--yes"] + why, exits: 1, "gives no server number 1 now"),
        Line("retry", ["77"], "The customer is worked on again."),
        Line("replay", ["1"], "Delivery 1 is folded again; concerned: 1 customer."),
        Line("acknowledge", ["1"] + why, exits: 1, "Delivery 1 is applied and needs nobody."),
        Line("regrant", ["Frost Path: Survival", "--no-wait"], "1 rank will be sent again to Frost Path: Survival."),
        Line("pause", [], "Paused: nothing changes on the panels until `paydactyl resume`."),
        Line("resume", [], "Resumed."),
        Line("audit", [], "Panel main was read"),
        Line("rollback", ["--to", "2099-01-01", "--plan"], exits: 2, "to lies in the future"),
        Line("rollbacks", [], "Nothing was ever rolled back."),
        Line("unlock", ["nonsense", "--yes"], exits: 1, "No panel is called \"nonsense\"."),
        Line("enforce", ["--yes"], exits: 1, "The service does not observe because of its ledger"),
        Line("send", ["payment.succeeded", "--subscription", "s77"], "accepted"),
        Line("check", [], "main"),
        Line("backup", ["copy.sqlite"], "Copied to copy.sqlite: "),
        Line("config rename", ["--yes"], exits: 1, "Another Paydactyl is running on it."),
        Line("config", ["--example"], "instance:"), Line("simulate", ["--steps", "20"]),
        Line("serve", nil), Line("demo", nil), Line("rehearse", nil), Line("simulate-panel", nil), Line("openapi", nil),
    ]

    /// Every command that does something, by its words.
    private static func leaves(
        of command: any ParsableCommand.Type = Paydactyl.self,
        under words: [String] = []
    ) -> [String] {
        let inner = command.configuration.subcommands.flatMap { leaves(of: $0, under: words + [$0._commandName]) }
        let hasOwnWork = inner.isEmpty || command == Config.self
        return inner + (hasOwnWork ? [words.joined(separator: " ")] : [])
    }

    @Test func `every verb has a line in the table`() {
        let verbs = Self.leaves()
        #expect(Set(verbs).subtracting(Self.table.map(\.verb)) == [])
        #expect(verbs.count > 35)
    }

    @Test func `every verb that the design promises is there`() {
        let promised = """
            serve demo check status explain timeline plan drift audit grant ban hold release retry replay regrant approve discard pause \
            resume rollback rehearse import backup send simulate simulate-panel config openapi
            """
        let verbs = Set(Self.leaves().map { String($0.prefix { $0 != " " }) })
        #expect(Set(promised.split(separator: " ").map(String.init)).subtracting(verbs) == [])
    }

    @Test(.timeLimit(.minutes(5)))
    func `every verb does what it says against a running service, and exits accordingly`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            for line in Self.table {
                guard let arguments = line.arguments else { continue }
                let outcome = try await community.run(line.words + arguments)
                #expect(outcome.status == line.status, "\(line): \(outcome.output)\(outcome.errors)")
                #expect(!outcome.output.contains("\u{1B}"), "\(line) colours where no terminal is")
                if line.status != 0 { #expect(!outcome.errors.isEmpty, "\(line) fails without a word") }
                let said = line.status == 0 ? outcome.output : outcome.errors
                #expect(line.says.isEmpty || said.contains(line.says), "\(line): \(said)")
            }
        }
    }

    /// They run until they are ended, or print what is a document of its own.
    private static let withoutJSON: Set<String> = ["serve", "simulate-panel", "config", "openapi"]

    /// What the table leaves to tests of their own, and prints JSON here.
    private static let onlyAsJSON = ["import community": ["--csv", "payers.csv"], "demo": ["--fast"]]

    @Test(.timeLimit(.minutes(5)))
    func `every verb prints JSON on request, and nothing beside it`() async throws {
        let verbs = try Self.leaves().filter { try !Self.takes("--json", $0.split(separator: " ").map(String.init)) }
        #expect(Set(verbs) == Self.withoutJSON)
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let table =
                "subscription_id,customer_email,product_id,paid_through\n5,eve@example.com,awakened,2099-01-01\n"
            try community.folder.write("payers.csv", table)
            for line in Self.table where !Self.withoutJSON.contains(line.verb) {
                let arguments = Self.onlyAsJSON[line.verb] ?? line.arguments
                guard let arguments else { continue }
                let outcome = try await community.run(line.words + arguments + ["--json"])
                #expect(outcome.status == line.status, "\(line): \(outcome.output)\(outcome.errors)")
                guard outcome.status == 0 else {
                    #expect(outcome.output.isEmpty, "\(line): \(outcome.output)")
                    continue
                }
                #expect(throws: Never.self, "\(line): \(outcome.output)") {
                    try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
                }
                #expect(outcome.errors.isEmpty, "\(line): \(outcome.errors)")
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `bad usage exits 2 with every verb, and help 0`() async throws {
        let folder = try Folder()
        for verb in Self.leaves() {
            let words = verb.split(separator: " ").map(String.init)
            let wrong = try await Program.run(words + ["--frobnicate"], in: folder)
            #expect(wrong.status == 2, "\(verb): \(wrong.errors)")
            #expect(wrong.output.isEmpty)
            let help = try await Program.run(words + ["--help"], in: folder)
            #expect(help.status == 0)
            #expect(help.output.contains("USAGE: paydactyl \(words[0])"), "\(verb)")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `every verb that asks a service exits 3 where none is, and where its token is wrong`() async throws {
        try await Community.with { community in
            let places = [
                ["--url", "http://127.0.0.1:1", "--token", Community.token],
                ["--url", community.url, "--token", "wr0ng-0123456789-abcdefghij"],
            ]
            for line in Self.table {
                guard let arguments = line.arguments, try Self.asksService(line.words) else { continue }
                for place in places {
                    let outcome = try await community.run(line.words + arguments + place)
                    #expect(outcome.status == 3, "\(line): \(outcome.errors)")
                    #expect(outcome.output.isEmpty)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what takes access away or trusts asks first, and without a terminal does nothing`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let before = community.panel.access
            let asking = [
                ["ban", "77"] + Self.why, ["enforce"], ["unlock", "main"],
            ]
            for verb in asking {
                let outcome = try await community.run(verb)
                #expect(outcome.status == 2, "\(verb): \(outcome.output)\(outcome.errors)")
                #expect(outcome.errors.contains("--yes"), "\(verb)")
            }
            #expect(community.panel.access == before)
        }
    }

    /// Whether the verb takes `--url` and `--token`.
    private static func asksService(_ words: [String]) throws -> Bool {
        try takes("--token", words)
    }

    private static func takes(_ option: String, _ words: [String]) throws -> Bool {
        var command: any ParsableCommand.Type = Paydactyl.self
        for word in words {
            command = try #require(command.configuration.subcommands.first { $0._commandName == word })
        }
        return command.helpMessage(columns: 200).contains(option)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions are made for each shell`(_ shell: String) async throws {
        let outcome = try await Program.run(["--generate-completion-script", shell], in: try Folder())
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("rehearse") && outcome.output.contains("confirm-deletion"))
    }
}

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

        init(_ verb: String, _ arguments: [String]?, exits status: Int32 = 0) {
            self.verb = verb
            self.arguments = arguments
            self.status = status
        }

        var words: [String] { verb.split(separator: " ").map(String.init) }
        var description: String { verb }
    }

    private static let why = ["--reason", "a test"]

    /// In this order, on one service.
    static let table = [
        Line("status", []), Line("customers", ["--state", "converged"]), Line("explain", ["77"]),
        Line("timeline", ["77"]), Line("plan", []), Line("drift", []), Line("upcoming", []),
        Line("grant", ["77", "knight", "--until", "2099-01-01"] + why), Line("hold", ["77"] + why),
        Line("postpone", ["77", "--until", "2099-06-01"] + why), Line("ban", ["77", "--yes"] + why),
        Line("overrides", ["77", "--all"]), Line("release", ["77"] + why),
        Line("log", []), Line("approve", ["--yes"]), Line("discard", []),
        Line("confirm-deletion", ["s77", "--yes"] + why, exits: 1),
        Line("hand-over", ["s77", "--yes"] + why, exits: 1),
        Line("let-go", ["s77", "--yes"] + why, exits: 1),
        Line("let-go", ["s77", "--make-another"] + why, exits: 1),
        Line("import community", nil),
        Line("accept-drift", ["000000000000"] + why, exits: 1),
        Line("repair-drift", ["000000000000", "--yes"] + why, exits: 1),
        Line("import server", ["s77", "999", "--yes"] + why, exits: 1),
        Line("retry", ["77"]), Line("replay", ["1"]), Line("regrant", ["Frost Path: Survival", "--no-wait"]),
        Line("pause", []), Line("resume", []), Line("audit", []),
        Line("rollback", ["--to", "2099-01-01", "--plan"], exits: 2), Line("rollbacks", []),
        Line("unlock", ["nonsense", "--yes"], exits: 1), Line("enforce", ["--yes"], exits: 1),
        Line("send", ["payment.succeeded", "--subscription", "s77"]),
        Line("check", []), Line("backup", ["copy.sqlite"], exits: 1), Line("config rename", ["--yes"], exits: 1),
        Line("config", ["--example"]), Line("simulate", ["--steps", "20"]),
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
        var command: any ParsableCommand.Type = Paydactyl.self
        for word in words {
            command = try #require(command.configuration.subcommands.first { $0._commandName == word })
        }
        return command.helpMessage(columns: 200).contains("--token")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions are made for each shell`(_ shell: String) async throws {
        let outcome = try await Program.run(["--generate-completion-script", shell], in: try Folder())
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("rehearse") && outcome.output.contains("confirm-deletion"))
    }
}

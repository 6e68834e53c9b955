import ArgumentParser
import Foundation
import Testing

@testable import paydactyl

/// The commands that the documentation shows are commands that exist, and those that are safe to run do what they say.
struct DocumentedCommandTests {
    struct Shown: Sendable, CustomStringConvertible {
        var file: String
        var text: String
        /// In a block of its own, to be run as it stands, rather than in a sentence.
        var isFenced: Bool
        var description: String { "\(file): \(text)" }
    }

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func pages() throws -> [String] {
        let docs = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path)
            .filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
        return ["README.md", "packaging/README.md", "paymenter-extension/README.md"] + docs.sorted()
    }

    /// All that begins with `paydactyl `, in blocks of the shell and in code within sentences.
    static func shown() throws -> [Shown] {
        try pages().flatMap { page in
            let text = try String(contentsOf: root.appending(path: page), encoding: .utf8)
            var found: [Shown] = []
            var fence: String?
            var prose = ""
            var begun = ""
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                let bare = line.trimmingCharacters(in: .whitespaces)
                if bare.hasPrefix("```") {
                    fence = fence == nil ? String(bare.dropFirst(3)) : nil
                    continue
                }
                guard let fence else {
                    prose += line + " "
                    continue
                }
                guard fence == "sh" else { continue }
                begun += bare
                if begun.hasSuffix("\\") {
                    begun.removeLast()
                    continue
                }
                if begun.hasPrefix("paydactyl ") { found.append(Shown(file: page, text: begun, isFenced: true)) }
                begun = ""
            }
            for span in prose.matches(of: /`(paydactyl [^`]+)`/) {
                found.append(Shown(file: page, text: String(span.output.1), isFenced: false))
            }
            return found
        }
    }

    @Test func `every command in the documentation is one that the real parser takes`() throws {
        let commands = try Self.shown()
        #expect(commands.count > 50)
        for command in commands {
            let words = ShellWords.split(command.text).dropFirst().map(Self.filled)
            if !command.isFenced, Self.namesVerbOnly(words) { continue }
            do {
                _ = try Paydactyl.parseAsRoot(words)
            } catch {
                // What the parser itself answers, such as help and completions, it throws as well.
                #expect(Paydactyl.exitCode(for: error).isSuccess, "\(command): \(Paydactyl.message(for: error))")
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the commands of the launch guide, the playbook and the README run`() async throws {
        let safe: Set = [
            "status", "plan", "explain", "pause", "resume", "audit", "grant", "ban", "send", "check", "config", "drift",
            "upcoming", "timeline", "customers", "hold", "release", "regrant", "rollback", "backup", "events",
        ]
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            var backups: Set<String> = []
            var ran: Set<String> = []
            for command in try Self.shown() where command.isFenced {
                let words = ShellWords.split(command.text).dropFirst().map(Self.filled)
                guard let verb = words.first, safe.contains(verb), words != ["config", "rename"],
                    // It has nowhere to send one here.
                    !words.contains("--send-alert")
                else { continue }
                // A copy is not put in the place of another, and two pages make one of the same name.
                if verb == "backup", !backups.insert(words.last ?? "").inserted { continue }
                let outcome = try await community.run(words + (verb == "ban" ? ["--yes"] : []))
                #expect(outcome.status == 0, "\(command): \(outcome.errors)")
                ran.insert(verb)
            }
            #expect(ran.isSuperset(of: ["backup", "regrant", "rollback", "hold", "ban", "check", "send"]), "\(ran)")
        }
    }

    @Test(arguments: [
        ("The ledger was restored", "paydactyl enforce"), ("The panel was restored", "paydactyl unlock main"),
        ("A game server was wiped", "paydactyl regrant"), ("A rehearsal was cut off", "paydactyl rehearse --clean-up"),
        ("The billing host is lost", "paydactyl grant"), ("A key was rotated", "paydactyl config rename"),
        ("An upgrade goes wrong", "paydactyl backup"),
    ])
    func `the playbook names the command that ends each trouble`(_ trouble: String, _ command: String) throws {
        let playbook = try String(contentsOf: Self.root.appending(path: "docs/incidents.md"), encoding: .utf8)
        let section = playbook.components(separatedBy: "\n## ").first { $0.hasPrefix(trouble) }
        #expect(section?.contains("\n\(command)") == true, "\(section ?? "no such section")")
        #expect(section?.contains("then `mode: enforce`") == false)
    }

    @Test func `words are split as a shell does`() {
        #expect(ShellWords.split(#"a "b c" --d 'e' # f"#) == ["a", "b c", "--d", "e"])
        #expect(ShellWords.split("a b > c") == ["a", "b"])
        #expect(ShellWords.split("a && b") == ["a"])
        #expect(ShellWords.split("a /x/$(date +%F).sqlite b") == ["a", "/x/X.sqlite", "b"])
    }

    /// A placeholder's stand-in.
    private static func filled(_ word: String) -> String {
        let bare = word.trimmingCharacters(in: ["[", "]"])
        return [
            "CUSTOMER": "77", "TIER": "knight", "N": "1", "DATE": "2099-01-01",
            "TIME": ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: -1)),
            "you@example.com": "77", "TEXT": "text",
        ][bare] ?? bare
    }

    /// Whether words in a sentence only name a verb, as in "`paydactyl explain` says why".
    private static func namesVerbOnly(_ words: [String]) -> Bool {
        var command: any ParsableCommand.Type = Paydactyl.self
        for word in words {
            guard let inner = command.configuration.subcommands.first(where: { $0._commandName == word }) else {
                return false
            }
            command = inner
        }
        return true
    }
}

/// The words of a line of shell, as far as the documentation goes: up to a redirection, another command or a comment.
enum ShellWords {
    static func split(_ line: String) -> [String] {
        let line = line.replacing(/\$\([^)]*\)/, with: "X").replacing(/<[a-z ]+>/, with: "X")
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
                continue
            }
            switch character {
            case "\"", "'":
                quote = character
                word = word ?? ""
            case " ":
                if let word { words.append(word) }
                word = nil
            case ">", "&", "|", ";", "#":
                return words + [word].compactMap(\.self)
            default: word = (word ?? "") + String(character)
            }
        }
        return words + [word].compactMap(\.self)
    }
}

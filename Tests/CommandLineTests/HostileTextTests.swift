import Assembly
import Foundation
import Testing

struct HostileTextTests {
    private static let name = "Ada\u{1B}[2J\u{1B}]0;owned\u{07}\u{9B}31m\r\n77 Eve\u{202E}\u{2028}\u{7F}"

    @Test func `a hostile name does nothing to a terminal, whatever shows it`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77", name: Self.name)
            for verb in [["customers"], ["explain", "77"], ["timeline", "77"], ["release", "77", "--reason", "x"]] {
                for json in [[], ["--json"]] {
                    let outcome = try await community.run(verb + json)
                    for scalar in (outcome.output + outcome.errors).unicodeScalars where scalar != "\n" {
                        #expect(![.control, .lineSeparator, .format].contains(scalar.properties.generalCategory))
                    }
                }
            }
            let list = try await community.run("customers")
            #expect(list.output.split(separator: "\n").count == 2)
            let json = try await community.run("explain", "77", "--json").json()
            #expect(json["name"] as? String == Self.name)
        }
    }

    @Test func `what acts on terminals is replaced, and nothing else`() {
        #expect(shown("Ada\u{1B}[31m") == "Ada\u{FFFD}[31m")
        #expect(shown("a\nb\tc") == "a\u{FFFD}b\u{FFFD}c")
        #expect(shown("Zoë 👩‍🚀 名前") == "Zoë 👩‍🚀 名前")
    }

    @Test func `JSON says the same after it was made harmless`() throws {
        let value = ["name": "\u{9B}31m \u{202E} 👩‍🚀 \u{E0001} \u{7F} ë \u{1B}"]
        let text = shownJSON(try JSONEncoder().encode(value))
        #expect(try JSONDecoder().decode([String: String].self, from: Data(text.utf8)) == value)
        #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test func `a table's columns stand under each other`() {
        var table = TextTable("NAME", "STATE")
        table.add(["名前", "converged"], styles: [1: .green])
        table.add(["", "blocked"])
        #expect(table.lines(coloured: false) == ["NAME  STATE", "名前  converged", "-     blocked"])
        #expect(table.lines(coloured: true)[1] == "名前  \u{1B}[32mconverged\u{1B}[0m")
    }

    @Test func `a draft states what it was told, clears by null, and leaves the rest out`() throws {
        var draft = DeliveryDraft(event: "subscription.updated")
        draft.state("subscription_id", "1")
        draft.state("ends_at", "null")
        draft.state("product_id", nil)
        draft.state("revision", number: 7)
        try draft.state(properties: ["player=Ada=1", "old="])
        let json = String(decoding: try draft.json(), as: UTF8.self)
        #expect(
            json
                == #"{"ends_at":null,"event":"subscription.updated","properties":{"old":null,"player":"Ada=1"},"revision":7,"subscription_id":"1"}"#
        )
        #expect(throws: CommandFailure.self) { try draft.state(properties: ["=x"]) }
    }
}

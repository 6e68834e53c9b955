import Foundation
import PanelSimulator
import Testing

/// The commands by which a person sees, understands and undoes.
struct ReviewingTests {
    @Test func `a grant is listed, logged, and ended by its tier after a question`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let before = community.panel.access.count
            let grant = ["grant", "77", "sovereign", "--until", "2099-12-31", "--reason", "thanks"]
            #expect(try await community.run(grant).status == 0)
            try await eventually("more is open") { community.panel.access.count > before }
            let listed = try await community.run("overrides", "77")
            #expect(listed.output.contains("sovereign"))
            #expect(listed.output.contains("thanks"))
            #expect(try await community.run("overrides", "--json").json()["items"] is [Any])

            let asked = try await community.run("release", "77", "--grant", "sovereign", "--reason", "enough")
            #expect(asked.status == 2)
            #expect(asked.errors.contains("--yes"))
            let other = try await community.run("release", "77", "--grant", "awakened", "--reason", "enough", "--yes")
            #expect(other.status == 1)
            let ended = try await community.run("release", "77", "--grant", "sovereign", "--reason", "enough", "--yes")
            #expect(ended.status == 0)
            try await eventually("it is gone") { community.panel.access.count == before }
            #expect(try await community.run("overrides").output == "No grant, ban or hold is in force.\n")
            #expect(try await community.run("overrides", "--all").output.contains("ended 2"))

            let log = try await community.run("log")
            #expect(log.output.contains("end grant of tier sovereign"))
            #expect(log.output.contains("enough"))
            let timeline = try await community.run("timeline", "77")
            #expect(timeline.output.contains("grant of tier sovereign"))
            let page = try await community.run("timeline", "77", "--limit", "2")
            #expect(page.output.contains("There are older ones: --before "))
        }
    }

    @Test func `drift, upcoming, plan, replay and retry say what they say`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            #expect(try await community.run("upcoming").output.hasPrefix("Nothing changes by time alone."))
            #expect(try await community.run("plan").output.hasPrefix("Nothing waits"))
            #expect(try await community.run("audit").status == 0)
            try await eventually("it was read") {
                try await community.run("drift").output.hasPrefix("Panel main, as read at ")
            }
            #expect(try await community.run("drift", "--json").json()["panels"] is [String: Any])
            let replayed = try await community.run("replay", "1")
            #expect(replayed.output == "Delivery 1 is folded again; concerned: 1 customer.\n")
            #expect(try await community.run("replay", "999").status == 1)
            #expect(try await community.run("retry", "--operation", "1").status == 0)
            #expect(try await community.run("retry").status == 2)
            #expect(try await community.run("retry", "--operation", "999").status == 1)
        }
    }

    @Test func `a rollback shows its plan, asks, and says how far it came`() async throws {
        try await Community.with { community in
            let before = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: -1))
            try await community.buy("awakened", customer: "77")
            let planned = try await community.run("rollback", "--to", before, "--plan")
            #expect(planned.status == 0)
            #expect(planned.output.contains("-> no access"))
            #expect(planned.output.contains("customer 77 on Frost Path"), "\(planned.output)")
            #expect(planned.output.contains("An account that was made since stays"))
            let scope =
                "Ranks in game and what commands did, accounts, and servers of customers' own stay as they are now."
            #expect(planned.output.contains(scope))
            #expect(!community.panel.access.isEmpty)
            #expect(try await community.run("rollback", "--to", before).status == 2, "without a reason")
            let asked = try await community.run("rollback", "--to", before, "--reason", "a mistake")
            #expect(asked.status == 2)
            #expect(asked.errors.contains("--yes"))
            #expect(!community.panel.access.isEmpty)
            let done = try await community.run("rollback", "--to", before, "--reason", "a mistake", "--yes")
            #expect(done.status == 0, "\(done.errors)")
            #expect(done.output.contains("0 waiting.") && done.output.contains(scope))
            #expect(community.panel.access.isEmpty)
            #expect(try await community.run("overrides", "77").output.contains("a mistake"))
            #expect(try await community.run("rollbacks").output.contains("a mistake"))
            #expect(try await community.run("rollback", "--to", "soon", "--plan").status == 2)
        }
    }

    @Test func `a delivery is found in a timeline or in the list, looked at, and replayed by its number`() async throws
    {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let timeline = try await community.run("timeline", "77").output
            let lines = timeline.split(separator: "\n").map(String.init)
            let column = try #require(lines.first?.firstRange(of: "DELIVERY")).lowerBound
            let line = try #require(lines.first { $0.contains("subscription.created") })
            let number = line[column...].prefix { $0.isNumber }
            #expect(Int64(number) != nil, "\(timeline)")
            let replayed = try await community.run("replay", String(number))
            #expect(replayed.output == "Delivery \(number) is folded again; concerned: 1 customer.\n")
            let one = try await community.run("events", String(number))
            #expect(one.output.contains("subscription.created") && one.output.contains("ada@example.com"))
            #expect(one.output.contains("\n  concerns customer 77\n"))
            let listed = try await community.run("events", "--limit", "1")
            #expect(listed.output.contains("subscription.created"))
            #expect(listed.output.contains("There are more: --before \(number)"))
            #expect(try await community.run("events", "--state", "refused").output == "There are no such deliveries.\n")
            #expect(try await community.run("events", "--state", "nonsense").status == 2)
            #expect(try await community.run("events", "999").status == 1)
        }
    }

    @Test func `a delivery that was acknowledged is listed and shown with by whom and when`() async throws {
        try await Community.with { community in
            #expect(try await community.run("send", "payment.failed").status == 1)
            let open = try await community.run("events", "--state", "refused").output
            #expect(open.contains("refused") && !open.contains("acknowledged"), "\(open)")
            let done = try await community.run("acknowledge", "1", "--reason", "a test of the sender")
            #expect(done.status == 0, "\(done.errors)")
            let listed = try await community.run("events", "--state", "refused").output
            #expect(listed.contains("refused, acknowledged by "), "\(listed)")
            let one = try await community.run("events", "1").output
            #expect(one.contains(/\n  acknowledged by token 1 at 2\S+Z: it needs nobody any more\n/), "\(one)")
        }
    }

    @Test func `customers are listed by their tier`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            #expect(try await community.run("customers", "--tier", "awakened").output.contains("ada@example.com"))
            let others = try await community.run("customers", "--tier", "sovereign")
            #expect(others.output == "There are no such customers.\n")
            let unknown = try await community.run("customers", "--tier", "nonsense")
            #expect(unknown.status != 0)
            #expect(unknown.errors.contains("tier is one of"))
        }
    }

    @Test func `status says in sentences whatever needs a person`() async throws {
        try await Community.with { community in
            #expect(try await community.run("pause").status == 0)
            let said = try await community.run("status", "--json").output
            let status = try JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any]
            let sentences = try #require(status?["attention"] as? [String])
            #expect(sentences.contains { $0.hasPrefix("All changes are paused until somebody resumes them. ") })
            let shown = try await community.run("status").output
            for sentence in sentences { #expect(shown.contains(sentence), "\(sentence)") }
        }
    }

    @Test func `a backup is made beside the running service, and not over another file`() async throws {
        try await Community.with { community in
            try await community.buy("awakened", customer: "77")
            let made = try await community.run("backup", "copy.sqlite")
            #expect(made.status == 0, "\(made.errors)")
            #expect(made.output.hasPrefix("Copied to copy.sqlite: "))
            let again = try await community.run("backup", "copy.sqlite")
            #expect(again.status == 1)
            #expect(
                again.errors
                    == "No copy is made at copy.sqlite: There is a file of this name, which is not replaced. Name another file, or move that one away.\n"
            )
            #expect(try await community.run("status").status == 0)
        }
    }
}

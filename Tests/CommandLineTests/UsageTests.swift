import Assembly
import Entitlements
import Foundation
import ServiceConfiguration
import Testing

struct UsageTests {
    @Test func `the program is built`() throws {
        _ = try Program.executable()
    }

    @Test func `the version is printed`() async throws {
        let outcome = try await Program.run(["--version"], in: try Folder())
        #expect(outcome.status == 0)
        #expect(outcome.output == "\(paydactylVersion)\n")
    }

    @Test func `the API's description is printed, for other programs to read`() async throws {
        let outcome = try await Program.run(["openapi"], in: try Folder())
        #expect(outcome.status == 0)
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        #expect(document?["openapi"] as? String == "3.1.0")
    }

    @Test func `the sample is a configuration once its placeholders are replaced`() async throws {
        let outcome = try await Program.run(["config", "--example"], in: try Folder())
        #expect(outcome.status == 0)
        #expect(outcome.output == ServiceConfiguration.example)
        let text = outcome.output
            .replacing("panel.change-me.example", with: "panel.firefrost.net")
            .replacing("_change-me", with: "_" + Data((0..<32).map { UInt8($0) }).base64EncodedString())
            .replacing("change-me-a-long-random-token", with: Community.token)
        #expect(try ServiceConfiguration.read(text).catalog.tiers.count == 6)
    }

    @Test(arguments: [
        ["frobnicate"], ["--frobnicate"], ["explain"], ["grant", "77"], ["grant", "77", "knight", "--reason", "x"],
        ["ban", "77"], ["hold", "77"], ["release", "77"], ["customers", "--limit", "many"], ["send"], ["rollback"],
        ["import", "server"], ["serve", "--log-level", "loud"], ["simulate-panel", "--port", "99999"],
        ["simulate", "--seeds", "9..1"], ["simulate", "--steps", "0"],
        ["send", "subscription.created", "--property", "nameless", "--url", "http://127.0.0.1:1", "--secret", "x"],
        ["send", "subscription.created", "--url", "http://127.0.0.1:1", "--secret", "hunter2"],
        ["status", "--url", "nonsense", "--token", "x"], ["status", "--url", "http://example.com", "--token", "x"],
        ["status", "--url", "http://127.example.com", "--token", "x"],
        ["status", "--url", "ftp://127.0.0.1", "--token", "x"],
        ["status", "--url", "http://ada:hunter2@127.0.0.1", "--token", "x"],
        ["status", "--url", "http://127.0.0.1", "--token", "hunter2 "],
        ["status"], ["send", "subscription.created"], ["check"], ["serve"], ["config", "rename", "--yes"],
    ])
    func `bad usage is told on standard error and exits 2`(_ arguments: [String]) async throws {
        let outcome = try await Program.run(arguments, in: try Folder())
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty)
        #expect(!outcome.errors.isEmpty)
        #expect(!outcome.errors.contains("hunter2"))
    }

    @Test(arguments: [
        "serve", "demo", "check", "status", "customers", "explain", "timeline", "plan", "grant", "ban", "hold",
        "release",
        "retry", "approve", "discard", "pause", "resume", "audit", "unlock", "enforce", "send", "simulate",
        "simulate-panel", "config",
    ])
    func `every verb has its help`(_ verb: String) async throws {
        let outcome = try await Program.run([verb, "--help"], in: try Folder())
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("USAGE: paydactyl \(verb)"))
        #expect(outcome.errors.isEmpty)
    }

    @Test func `a service that is not there exits 3`() async throws {
        let folder = try Folder()
        let service = ["--url", "http://127.0.0.1:1", "--token", Community.token]
        for verb in [["status"], ["plan"], ["explain", "77"], ["pause"], ["ban", "77", "--reason", "x", "--yes"]] {
            let outcome = try await Program.run(verb + service, in: folder)
            #expect(outcome.status == 3)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains("cannot be reached at http://127.0.0.1:1"))
            #expect(!outcome.errors.contains(Community.token))
        }
    }

    @Test(arguments: ["serve", "check", "status", "send", "rename"])
    func `what is wrong with a configuration is told by line, and exits 2`(_ verb: String) async throws {
        let folder = try Folder()
        try folder.write("paydactyl.yaml", Community.configuration(panel: "http://127.0.0.1:1") + "\nnonsense: 1\n")
        let verbs = ["send": ["send", "payment.failed"], "rename": ["config", "rename", "--yes"]]
        let outcome = try await Program.run(verbs[verb] ?? [verb], in: folder)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("nonsense"))
        #expect(outcome.errors.contains("line "))
        for secret in [Community.token, Community.secret, "ptla_", "ptlc_"] {
            #expect(!outcome.errors.contains(secret))
        }
    }
}

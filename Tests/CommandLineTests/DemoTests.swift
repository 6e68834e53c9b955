import Foundation
import Testing

struct DemoTests {
    @Test(.timeLimit(.minutes(3)))
    func `the demonstration runs to its end and finds everything as it should be`() async throws {
        let outcome = try await Program.run(["demo", "--fast"], in: try Folder())
        #expect(outcome.status == 0, "\(outcome.output)\n\(outcome.errors)")
        #expect(outcome.output.contains("The panel shows what it should, and nothing else."))
        #expect(!outcome.output.contains("✗"))
        #expect(!outcome.output.contains("\u{1B}"))
        let products = [
            "awakened", "fire-elemental", "frost-elemental", "fire-knight", "frost-knight", "fire-master",
            "frost-master",
            "fire-legend", "frost-legend", "sovereign",
        ]
        for product in products { #expect(outcome.output.contains("\"\(product)\"")) }
        #expect(outcome.errors.isEmpty)
    }

    @Test(.timeLimit(.minutes(3)))
    func `it stays on request, answers, and ends when told`() async throws {
        let folder = try Folder()
        let demo = try Program.start(["demo", "--fast", "--stay"], in: folder)
        let printed = try await demo.prints("The panel is at")
        let export = try #require(printed.firstMatch(of: /PAYDACTYL_URL=(\S+) PAYDACTYL_TOKEN=(\S+)/)).output
        let environment = ["PAYDACTYL_URL": String(export.1), "PAYDACTYL_TOKEN": String(export.2)]
        let explained = try await Program.run(["explain", "103"], environment: environment, in: folder)
        #expect(explained.output.hasPrefix("Cleo, cleo@example.org (103): converged"))
        demo.signal(SIGTERM)
        #expect(try await demo.ended().status == 0)
    }

    @Test(.timeLimit(.minutes(3)))
    func `ended before its end, it says so and exits 1`() async throws {
        let demo = try Program.start(["demo", "--fast"], in: try Folder())
        _ = try await demo.prints("Ada buys Awakened")
        demo.signal(SIGINT)
        let outcome = try await demo.ended()
        #expect(outcome.status == 1)
        #expect(outcome.errors == "Ended before all stories were told.\n")
    }
}

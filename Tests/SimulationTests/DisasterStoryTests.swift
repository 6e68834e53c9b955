import Oracle
import Simulation
import Testing

/// Stories in which something befalls everybody at once (DESIGN §4): drawn from seeds, and some of them kept.
@Suite(.serialized) struct DisasterStoryTests {
    /// Short stories show a change what goes wrong, the night's are longer.
    private static let steps = isThorough ? 300 : 100

    @Test(arguments: Disaster.allCases)
    func `every story of a disaster holds that there is time for`(_ disaster: Disaster) async throws {
        let (held, broken) = try await Simulation.run(
            seeds: 1...UInt64.max,
            steps: Self.steps,
            disaster: disaster,
            until: .now + .seconds(6),
            atOnce: 1
        )
        print("\(held) stories of \(disaster) hold.")
        #expect(held > 0)
        if let broken, let violation = broken.violations.first {
            let story = try await Simulation.shorten(
                StoryWriter.write(seed: broken.seed, steps: Self.steps, disaster: disaster),
                breaking: violation.rule
            )
            Issue.record("Seed \(broken.seed) of \(disaster) does not hold. \(violation)\n\(story)")
        }
    }

    @Test func `drawn stories have ledgers and panels that are restored, and wrong addresses`() {
        let blows = (UInt64(1)...200).flatMap { StoryWriter.write(seed: $0, steps: 300).blows }
        #expect(blows.contains { if case .restoreLedger(saysSo: true) = $0 { true } else { false } })
        #expect(blows.contains { if case .restoreLedger(saysSo: false) = $0 { true } else { false } })
        #expect(blows.contains { if case .restorePanel = $0 { true } else { false } })
        #expect(blows.contains(.misdirect))
    }
}

import Oracle
import Simulation
import Testing

@Suite(.serialized) struct SeedTests {
    @Test func `every seed holds that there is time for`() async throws {
        let (held, broken) = try await Simulation.run(
            seeds: 1...UInt64.max,
            steps: 300,
            until: .now + .seconds(20),
            atOnce: 2
        )
        print("\(held) seeds hold.")
        #expect(held > 0)
        if let broken, let violation = broken.violations.first {
            let story = try await Simulation.shorten(
                StoryWriter.write(seed: broken.seed, steps: 300),
                breaking: violation.rule
            )
            Issue.record("Seed \(broken.seed) does not hold. \(violation)\n\(story)")
        }
    }

    @Test(.enabled(if: isThorough, "of a change, the proof with 1,000 customers is enough"))
    func `a story of hundreds of customers holds`() async throws {
        let story = StoryWriter.crowd(seed: 1, customers: 200, days: 2)
        let begin = ContinuousClock.now
        let report = try await Simulation.run(story)
        print("\(story.people.count) customers, \(report.deliveries) deliveries: \(ContinuousClock.now - begin)")
        #expect(report.violations == [])
        #expect(report.deliveries > 200)
        #expect(!report.judgements.isEmpty)
    }
}

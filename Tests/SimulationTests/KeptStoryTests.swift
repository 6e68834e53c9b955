import Oracle
import Simulation
import Testing

/// Stories that a rule was once broken in, each with what was wrong then.
///
/// A seed tells its story anew where the writer draws otherwise: so what comes to the writer later draws `aside`.
struct KeptStoryTests {
    static let kept: [(seed: UInt64, why: String)] = [
        (
            30,
            "an audit that was put off while the panel asked to wait came a whole interval later, and a circuit that a wrong clock had opened "
                + "was not probed for weeks if the panel asked to wait once the clock was right"
        ),
        (102, "a change to another product of the tier held the rank, which stayed under a former name"),
        (66, "an account was deleted too early because the service's clock was ahead"),
    ]

    @Test(arguments: kept) func `a story that broke a rule holds`(_ seed: UInt64, _ why: String) async throws {
        let report = try await Simulation.run(StoryWriter.write(seed: seed, steps: 300))
        #expect(report.violations == [], "once: \(why)")
    }
}

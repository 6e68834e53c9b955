import Oracle
import Simulation
import Testing

/// Stories that a rule was once broken in, each with what was wrong then.
///
/// A seed tells its story anew where the writer draws otherwise: so what comes to the writer later draws `aside`.
struct KeptStoryTests {
    struct Kept {
        var seed: UInt64
        /// What befalls everybody in it; `nil` where the seed draws that, too.
        var disaster: Disaster?
        var why: String
    }

    static let kept = [
        Kept(
            seed: 30,
            why:
                "an audit that was put off while the panel asked to wait came a whole interval later, and a circuit that a wrong clock had opened "
                + "was not probed for weeks if the panel asked to wait once the clock was right"
        ),
        Kept(seed: 102, why: "a change to another product of the tier held the rank, which stayed under a former name"),
        Kept(seed: 66, why: "an account was deleted too early because the service's clock was ahead"),
    ]

    @Test(arguments: kept) func `a story that broke a rule holds`(_ story: Kept) async throws {
        let told = StoryWriter.write(seed: story.seed, steps: 300, disaster: story.disaster)
        #expect(try await Simulation.run(told).violations == [], "once: \(story.why)")
    }
}

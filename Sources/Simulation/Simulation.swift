import Foundation
package import Oracle

/// Runs stories through the real engine, and says what came of it.
package enum Simulation {
    /// What came of one story.
    package struct Report: Sendable {
        package var seed: UInt64
        /// How many steps the engine's tasks made.
        package var steps: Int
        /// How often the process was killed.
        package var kills: Int
        package var deliveries: Int
        package var requests: Int
        /// When nothing had stood in the way for long enough for the oracle to judge.
        package var judgements: [Moment]
        /// How much time passed in the story.
        package var length: Span
        package var violations: [Violation]
        package var trace: Trace
    }

    /// Runs one story on a thread of its own; what happens in it depends on nothing but the story.
    package static func run(
        _ story: Story,
        mutation: Mutation = .none,
        keepsTrace: Bool = false
    ) async throws -> Report {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                continuation.resume(with: Result { try runHere(story, mutation: mutation, keepsTrace: keepsTrace) })
            }
            thread.stackSize = 8 << 20
            thread.name = "simulation"
            thread.start()
        }
    }

    private static func runHere(_ story: Story, mutation: Mutation, keepsTrace: Bool) throws -> Report {
        let file = LedgerFile()
        try file.makeFolder()
        defer { file.remove() }
        var run = try StoryRun(story, in: file, mutation: mutation, keepsTrace: keepsTrace)
        return try run.toTheEnd()
    }
}

import Oracle

extension Simulation {
    /// Runs seed after seed, several at once, until they are used up, the time is over or one breaks a rule; `told` gets each report.
    ///
    /// Returns how many held, and the report of the first that did not.
    package static func run(
        seeds: ClosedRange<UInt64>,
        steps: Int,
        disaster: Disaster? = nil,
        until deadline: ContinuousClock.Instant? = nil,
        atOnce width: Int,
        mutation: @escaping @Sendable () -> Mutation = { .none },
        told: (Report) -> Void = { _ in }
    ) async throws -> (held: Int, broken: Report?) {
        try await withThrowingTaskGroup(of: Report.self) { group in
            var next: UInt64? = seeds.lowerBound
            var held = 0
            func begin() -> (@Sendable () async throws -> Report)? {
                guard let seed = next, deadline.map({ .now < $0 }) ?? true else { return nil }
                next = seed < seeds.upperBound ? seed + 1 : nil
                return {
                    let story = StoryWriter.write(seed: seed, steps: steps, disaster: disaster)
                    return try await run(story, mutation: mutation())
                }
            }
            for _ in 0..<width {
                if let work = begin() { group.addTask { try await work() } }
            }
            while let report = try await group.next() {
                told(report)
                guard report.violations.isEmpty else {
                    group.cancelAll()
                    return (held, report)
                }
                held += 1
                if let work = begin() { group.addTask { try await work() } }
            }
            return (held, nil)
        }
    }
}

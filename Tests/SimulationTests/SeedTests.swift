import Foundation
import Oracle
import Simulation
import Testing

@Suite struct SeedTests {
    @Test func `every seed tried holds`() async throws {
        for seed in UInt64(1)...12 {
            let report = try await Simulation.run(StoryWriter.write(seed: seed, steps: 300), keepsTrace: true)
            #expect(report.violations == [], "seed \(seed)")
            if !report.violations.isEmpty {
                try report.trace.lines.joined(separator: "\n").write(toFile: "/tmp/trace-\(seed)", atomically: true, encoding: .utf8)
            }
            print(seed, report.steps, report.kills, report.deliveries, report.requests, report.violations)
        }
    }

    @Test func `a seed runs alike each time`() async throws {
        let story = StoryWriter.write(seed: 7, steps: 300)
        let first = try await Simulation.run(story, keepsTrace: true)
        let second = try await Simulation.run(story, keepsTrace: true)
        #expect(first.trace.hash == second.trace.hash)
        #expect(first.trace.count == second.trace.count)
        if first.trace.lines != second.trace.lines {
            try first.trace.lines.joined(separator: "\n").write(toFile: "/tmp/trace1", atomically: true, encoding: .utf8)
            try second.trace.lines.joined(separator: "\n").write(toFile: "/tmp/trace2", atomically: true, encoding: .utf8)
        }
        print(first.steps, first.kills, first.deliveries, first.requests, first.length, first.violations)
    }
}

import ArgumentParser

/// The figures of docs/performance.md, each by the command that stands beside it there.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures Paydactyl: ratios within one run, since machines are noisy.",
        subcommands: [
            IntakeBench.self, LatencyBench.self, MemoryBench.self, AuditBench.self, ScaleBench.self, PagesBench.self,
        ]
    )
}

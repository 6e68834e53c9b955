package import Entitlements

extension Ledger {
    private var firstStartPin: String { "first_start" }

    /// Remembers when a service first worked with this ledger; later starts change nothing.
    package func noteStart(at now: Timestamp) async throws {
        _ = try await pin("\(now.milliseconds)", as: firstStartPin)
    }

    /// When a service first worked with this ledger.
    package func firstStart() async throws -> Timestamp? {
        try await pinned(firstStartPin).flatMap { Int64($0) }.map { Timestamp(milliseconds: $0) }
    }
}

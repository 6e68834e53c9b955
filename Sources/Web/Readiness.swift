import Synchronization

/// Whether deliveries can be taken, found out by a write to the ledger at most once a second, however often somebody asks.
package final class Readiness: Sendable {
    private struct State {
        /// Why the ledger could not be written when it was last tried; `nil` if it could.
        var obstacle: String?
        var triedAt: ContinuousClock.Instant?
        var isTrying = false
    }

    private let state = Mutex(State())
    private let disk: DiskSpace
    private let checkWritable: @Sendable () async throws -> Void

    package init(disk: DiskSpace, checkWritable: @escaping @Sendable () async throws -> Void) {
        self.disk = disk
        self.checkWritable = checkWritable
    }

    /// What stands in the way; empty when nothing does.
    func reasons() async -> [String] {
        let obstacle = await obstacle()
        return (disk.shortage.map { [$0.description] } ?? []) + (obstacle.map { [$0] } ?? [])
    }

    private func obstacle() async -> String? {
        let known: String?? = state.withLock { state in
            let isFresh = state.triedAt.map { $0.duration(to: .now) < .seconds(1) } ?? false
            if isFresh || (state.isTrying && state.triedAt != nil) { return .some(state.obstacle) }
            state.isTrying = true
            return nil
        }
        if let known { return known }
        var obstacle: String?
        do {
            try await checkWritable()
        } catch {
            obstacle = "The ledger cannot be written: \(error)"
        }
        let found = obstacle
        state.withLock { $0 = State(obstacle: found, triedAt: .now) }
        return found
    }
}

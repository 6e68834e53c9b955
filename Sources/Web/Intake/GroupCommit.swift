package import Ledger
package import Provisioning
import Synchronization

/// Puts deliveries that arrive while a commit is under way into the next one, so that many share one sync of the disk.
///
/// Whoever finds nobody committing commits, for all who wait; then the first of those who came meanwhile does. No task of its own is
/// needed, and nobody is answered before their delivery is on disk.
package final class GroupCommit: Sendable {
    private enum Turn: Sendable {
        case commits
        case isDone(Receipt)
    }

    private struct Waiting: Sendable {
        var delivery: NewDelivery
        var continuation: CheckedContinuation<Turn, any Error>
    }

    private struct State {
        var isCommitting = false
        var waiting: [Waiting] = []
    }

    /// More than this in one commit would make the last of them wait longer than the sync that is saved.
    private static let most = 256
    /// How often a commit looks whether more have come, and how long it waits for them each time.
    private static let looks = 2
    private static let pause = Duration.microseconds(100)

    private let state = Mutex(State())
    private let write: @Sendable ([NewDelivery]) async throws -> [Receipt]
    private let queueLimit: Int

    package convenience init(ledger: any Ledger, pressure: IntakePressure) {
        self.init { deliveries in
            pressure.noteCommit(of: deliveries.count)
            return try await ledger.record(deliveries)
        }
    }

    /// `write` puts deliveries on disk in one commit, and answers for each, in their order.
    package init(queueLimit: Int = 10_000, write: @escaping @Sendable ([NewDelivery]) async throws -> [Receipt]) {
        self.write = write
        self.queueLimit = queueLimit
    }

    /// How many deliveries wait for a commit that has not begun.
    var waitingCount: Int {
        state.withLock { $0.waiting.count }
    }

    /// Returns once the delivery is on disk; throws `IntakeFull` when too many wait already, or what the ledger throws.
    package func record(_ delivery: NewDelivery) async throws -> Receipt {
        let turn = try await withCheckedThrowingContinuation { continuation in
            let now: Result<Turn, any Error>? = state.withLock { state in
                if !state.isCommitting {
                    state.isCommitting = true
                    return .success(.commits)
                }
                guard state.waiting.count < queueLimit else { return .failure(IntakeFull()) }
                state.waiting.append(Waiting(delivery: delivery, continuation: continuation))
                return nil
            }
            if let now { continuation.resume(with: now) }
        }
        switch turn {
        case .isDone(let receipt): return receipt
        case .commits: return try await commit(delivery)
        }
    }

    /// Commits `own` and all who wait, answers them, and hands the next commit to the first who came meanwhile.
    private func commit(_ own: NewDelivery) async throws -> Receipt {
        await gather()
        let others = state.withLock { state in
            let others = Array(state.waiting.prefix(Self.most))
            state.waiting.removeFirst(others.count)
            return others
        }
        defer { handOver() }
        do {
            let receipts = try await writeUndisturbed([own] + others.map(\.delivery))
            for (other, receipt) in zip(others, receipts.dropFirst()) {
                other.continuation.resume(returning: .isDone(receipt))
            }
            return receipts[0]
        } catch {
            for other in others { other.continuation.resume(throwing: error) }
            throw error
        }
    }

    /// Lets whoever is ready come along, and in a crowd those who are just being read: each commit costs the same, however many share it.
    ///
    /// Who is alone waits for nobody.
    private func gather() async {
        await Task.yield()
        var seen = 0
        for _ in 0..<Self.looks {
            let count = waitingCount
            guard count > seen, count < Self.most else { return }
            seen = count
            // Its own client may be gone; the others are not to wait for more then.
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    /// A task of its own, because the commit is everybody's: the client whose request happens to carry it may go away.
    private func writeUndisturbed(_ deliveries: [NewDelivery]) async throws -> [Receipt] {
        let receipts = try await Task { [write] in try await write(deliveries) }.value
        precondition(receipts.count == deliveries.count, "A commit answers for each of its deliveries.")
        return receipts
    }

    private func handOver() {
        let next = state.withLock { state -> Waiting? in
            guard !state.waiting.isEmpty else {
                state.isCommitting = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: .commits)
    }
}

/// Too many deliveries wait for their commit.
package struct IntakeFull: Error, CustomStringConvertible {
    package var description: String { "Too many deliveries are waiting to be written down." }
}

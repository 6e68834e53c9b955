package import Ledger
package import Provisioning
import Synchronization

/// Puts deliveries that arrive while a commit is under way into the next one, so that many share one sync of the disk.
///
/// The commits follow each other without a pause as long as somebody waits; nobody is answered before their delivery is on disk.
package final class GroupCommit: Sendable {
    /// Commits what `next` gives, a commit each time, and tells `done` of each, until `next` has nothing more.
    package typealias Commits =
        @Sendable (
            _ next: @escaping @Sendable () -> [NewDelivery]?,
            _ done: @escaping @Sendable (Result<[Receipt], any Error>) -> Void
        ) async throws -> Void

    private struct Waiting: Sendable {
        var delivery: NewDelivery
        var continuation: CheckedContinuation<Receipt, any Error>
    }

    private struct State {
        var isCommitting = false
        var waiting: [Waiting] = []
        /// Those whose commit is under way.
        var underWay: [Waiting] = []
    }

    /// More than this in one commit would make the last of them wait longer than the sync that is saved.
    private static let most = 256

    private let state = Mutex(State())
    private let commits: Commits
    private let queueLimit: Int
    private let pressure: IntakePressure?

    package convenience init(ledger: any Ledger, pressure: IntakePressure) {
        self.init(pressure: pressure) { try await ledger.record(batches: $0, done: $1) }
    }

    /// `write` puts deliveries on disk in one commit, and answers for each, in their order.
    package convenience init(
        queueLimit: Int = 10_000,
        write: @escaping @Sendable ([NewDelivery]) async throws -> [Receipt]
    ) {
        self.init(queueLimit: queueLimit) { next, done in
            while let deliveries = next() {
                do { done(.success(try await write(deliveries))) } catch { done(.failure(error)) }
            }
        }
    }

    private init(queueLimit: Int = 10_000, pressure: IntakePressure? = nil, commits: @escaping Commits) {
        self.queueLimit = queueLimit
        self.pressure = pressure
        self.commits = commits
    }

    /// Returns once the delivery is on disk; throws `IntakeFull` when too many wait already, or what the ledger throws.
    package func record(_ delivery: NewDelivery) async throws -> Receipt {
        try await withCheckedThrowingContinuation { continuation in
            let (isFull, begins) = state.withLock { state in
                guard state.waiting.count < queueLimit else { return (true, false) }
                state.waiting.append(Waiting(delivery: delivery, continuation: continuation))
                defer { state.isCommitting = true }
                return (false, !state.isCommitting)
            }
            if isFull { continuation.resume(throwing: IntakeFull()) }
            // A task of its own, because the commits are everybody's: the client whose request begins them may go away.
            if begins { Task { await commitWaiting() } }
        }
    }

    /// How many wait for the commit after the one that is under way.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    private func commitWaiting() async {
        repeat {
            do { try await commits(next, answer) } catch { failAll(error) }
        } while !isDone()
    }

    private func next() -> [NewDelivery]? {
        let deliveries = state.withLock { state -> [NewDelivery]? in
            guard !state.waiting.isEmpty else { return nil }
            state.underWay = Array(state.waiting.prefix(Self.most))
            state.waiting.removeFirst(state.underWay.count)
            return state.underWay.map(\.delivery)
        }
        if let deliveries { pressure?.noteCommit(of: deliveries.count) }
        return deliveries
    }

    private func answer(_ result: Result<[Receipt], any Error>) {
        let answered = state.withLock { state in
            defer { state.underWay = [] }
            return state.underWay
        }
        switch result {
        case .success(let receipts):
            precondition(receipts.count == answered.count, "A commit answers for each of its deliveries.")
            for (waiting, receipt) in zip(answered, receipts) { waiting.continuation.resume(returning: receipt) }
        case .failure(let error):
            for waiting in answered { waiting.continuation.resume(throwing: error) }
        }
    }

    /// The ledger takes nothing at all: nobody is left waiting.
    private func failAll(_ error: any Error) {
        let everybody = state.withLock { state in
            defer {
                state.underWay = []
                state.waiting = []
            }
            return state.underWay + state.waiting
        }
        for waiting in everybody { waiting.continuation.resume(throwing: error) }
    }

    private func isDone() -> Bool {
        state.withLock { state in
            state.isCommitting = !state.waiting.isEmpty
            return !state.isCommitting
        }
    }
}

/// Too many deliveries wait for their commit.
package struct IntakeFull: Error, CustomStringConvertible {
    package var description: String { "Too many deliveries are waiting to be written down." }
}

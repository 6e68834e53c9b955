import Entitlements
import Ledger
import Synchronization
import Testing

@testable import Web

@Suite(.timeLimit(.minutes(1)))
struct GroupCommitTests {
    @Test func `deliveries that arrive during a commit share the next one`() async throws {
        let disk = SlowDisk()
        let commit = GroupCommit { try await disk.write($0) }
        let receipts = try await withThrowingTaskGroup(of: (Int, Receipt).self) { group in
            group.addTask { (0, try await commit.record(delivery(0))) }
            await disk.begun()
            for number in 1..<100 {
                group.addTask { (number, try await commit.record(delivery(number))) }
            }
            try await whileYielding(until: { commit.waitingCount == 99 })
            disk.letGo()
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(disk.commits.count == 2)
        #expect(disk.commits.map(\.count) == [1, 99])
        for number in 0..<100 { #expect(receipts[number] == .recorded(Int64(number))) }
    }

    @Test func `one commit never holds more than its share`() async throws {
        let disk = SlowDisk()
        let commit = GroupCommit { try await disk.write($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await commit.record(delivery(0)) }
            await disk.begun()
            for number in 1...600 { group.addTask { _ = try await commit.record(delivery(number)) } }
            try await whileYielding(until: { commit.waitingCount == 600 })
            disk.letGo()
            try await group.waitForAll()
        }
        #expect(disk.commits.allSatisfy { $0.count <= 257 })
        #expect(disk.commits.count == 4)
    }

    @Test func `a commit that fails fails all of its deliveries and no later one`() async throws {
        let disk = SlowDisk()
        let commit = GroupCommit { try await disk.write($0) }
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await succeeds { try await commit.record(delivery(0)) } }
            await disk.begun()
            disk.failOnce(atCommit: 2)
            for number in 1...10 { group.addTask { await succeeds { try await commit.record(delivery(number)) } } }
            await yielding(until: { commit.waitingCount == 10 })
            disk.letGo()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 }.count == 1)
        #expect(try await commit.record(delivery(99)) == .recorded(99))
    }

    @Test func `a client that goes away harms neither its delivery nor those that share its commit`() async throws {
        let disk = SlowDisk()
        let commit = GroupCommit { try await disk.write($0) }
        let first = Task { try await commit.record(delivery(0)) }
        await disk.begun()
        let carrier = Task { try await commit.record(delivery(1)) }
        await yielding(until: { commit.waitingCount == 1 })
        let others = (2...5).map { number in Task { try await commit.record(delivery(number)) } }
        await yielding(until: { commit.waitingCount == 5 })
        first.cancel()
        carrier.cancel()
        disk.letGo()
        for other in others { _ = try await other.value }
        #expect(disk.commits.flatMap(\.self).count == 6)
        #expect(!disk.sawCancellation)
        #expect(try await commit.record(delivery(99)) == .recorded(99))
    }

    @Test func `beyond its bound the queue turns deliveries away and works on`() async throws {
        let disk = SlowDisk()
        let commit = GroupCommit(queueLimit: 3) { try await disk.write($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await commit.record(delivery(0)) }
            await disk.begun()
            for number in 1...3 { group.addTask { _ = try await commit.record(delivery(number)) } }
            try await whileYielding(until: { commit.waitingCount == 3 })
            await #expect(throws: IntakeFull.self) { try await commit.record(delivery(4)) }
            disk.letGo()
            try await group.waitForAll()
        }
        #expect(try await commit.record(delivery(5)) == .recorded(5))
    }
}

/// A disk whose first commit waits until it is let go.
private final class SlowDisk: Sendable {
    private struct State {
        var commits: [[Int]] = []
        var failing: Int?
        var isLetGo = false
        var waiting: CheckedContinuation<Void, Never>?
        var sawCancellation = false
    }

    private let state = Mutex(State())

    var commits: [[Int]] { state.withLock { $0.commits } }
    var sawCancellation: Bool { state.withLock { $0.sawCancellation } }

    func write(_ deliveries: [NewDelivery]) async throws -> [Receipt] {
        let numbers = deliveries.compactMap { Int($0.webhookID) }
        let (count, fails) = state.withLock { state in
            state.commits.append(numbers)
            return (state.commits.count, state.failing == state.commits.count)
        }
        if count == 1 {
            await withCheckedContinuation { continuation in
                let isLetGo = state.withLock { state in
                    if !state.isLetGo { state.waiting = continuation }
                    return state.isLetGo
                }
                if isLetGo { continuation.resume() }
            }
        }
        if Task.isCancelled { state.withLock { $0.sawCancellation = true } }
        if fails { throw Full() }
        return numbers.map { .recorded(Int64($0)) }
    }

    struct Full: Error {}

    func begun() async { await yielding(until: { !self.commits.isEmpty }) }

    func failOnce(atCommit number: Int) { state.withLock { $0.failing = number } }

    func letGo() {
        let waiting = state.withLock { state in
            state.isLetGo = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}

private func delivery(_ number: Int) -> NewDelivery {
    NewDelivery(
        source: "paymenter",
        webhookID: "\(number)",
        event: nil,
        stampedAt: Timestamp(seconds: 0),
        receivedAt: Timestamp(seconds: 0),
        body: [],
        secretIndex: 0,
        verdict: .accepted
    )
}

private func succeeds(_ body: () async throws -> Receipt) async -> Bool {
    do {
        _ = try await body()
        return true
    } catch {
        return false
    }
}

private func yielding(until condition: () -> Bool) async {
    while !condition(), !Task.isCancelled { await Task.yield() }
}

private func whileYielding(until condition: () -> Bool) async throws {
    await yielding(until: condition)
    try Task.checkCancellation()
}

import PterodactylAPI
import Synchronization
import Testing

@testable import Provisioning

/// One at a time, and who matters most first.
@Suite(.timeLimit(.minutes(1)))
struct SerialGateTests {
    /// Holds whoever is inside until it is opened.
    private final class Latch: Sendable {
        private let isOpen = Mutex(false)

        func open() {
            isOpen.withLock { $0 = true }
        }

        func pass() async {
            while !isOpen.withLock({ $0 }) { await Task.yield() }
        }
    }

    /// What several tasks note.
    private final class Notes<Value: Sendable>: Sendable {
        private let all = Mutex<[Value]>([])

        var values: [Value] { all.withLock { $0 } }

        func add(_ value: Value) {
            all.withLock { $0.append(value) }
        }
    }

    private func until(_ holds: @Sendable () -> Bool) async {
        while !holds() { await Task.yield() }
    }

    @Test func `the most urgent of those who wait goes first, and of equals who came first`() async throws {
        let (gate, latch) = (SerialGate(), Latch())
        let order = Notes<String>()
        let coming: [(String, RequestPriority)] = [
            ("a change", .change), ("an audit", .audit), ("a change after it", .change), ("newly paid", .newlyPaid),
            ("a restore", .restore), ("newly paid after it", .newlyPaid),
        ]
        await withTaskGroup { group in
            group.addTask { await gate.pass { await latch.pass() } }
            for (place, (name, priority)) in coming.enumerated() {
                await until { gate.waiting == place && gate.isTaken }
                group.addTask {
                    await PterodactylPanel.$priority.withValue(priority) {
                        await gate.pass { order.add(name) }
                    }
                }
            }
            await until { gate.waiting == coming.count }
            latch.open()
        }
        #expect(
            order.values == [
                "newly paid", "newly paid after it", "a restore", "a change", "a change after it", "an audit",
            ]
        )
        #expect(!gate.isTaken)
    }

    @Test func `who is inside is lent the priority of who waits, and never less than its own`() async throws {
        let (gate, latch) = (SerialGate(), Latch())
        let lent = Notes<RequestPriority?>()
        await withTaskGroup { group in
            group.addTask {
                await PterodactylPanel.$priority.withValue(.revocation) {
                    await gate.pass {
                        lent.add(PterodactylPanel.urgency?.priority)
                        await until { gate.waiting == 1 }
                        lent.add(PterodactylPanel.urgency?.priority)
                        await until { gate.waiting == 2 }
                        await latch.pass()
                        lent.add(PterodactylPanel.urgency?.priority)
                    }
                    lent.add(PterodactylPanel.urgency?.priority)
                }
            }
            await until { gate.isTaken }
            for (place, priority) in [RequestPriority.audit, .newlyPaid].enumerated() {
                await until { gate.waiting == place }
                group.addTask {
                    await PterodactylPanel.$priority.withValue(priority) { await gate.pass {} }
                }
            }
            await until { gate.waiting == 2 }
            latch.open()
        }
        #expect(lent.values == [.revocation, .revocation, .newlyPaid, nil])
    }

    @Test func `one at a time, and a failure lets the next in`() async throws {
        struct Failure: Error {}
        let gate = SerialGate()
        let inside = Notes<Int>()
        let failures = Notes<Int>()
        await withTaskGroup { group in
            for number in 0..<50 {
                group.addTask {
                    do {
                        try await gate.pass {
                            inside.add(1)
                            await Task.yield()
                            inside.add(-1)
                            if number.isMultiple(of: 3) { throw Failure() }
                        }
                    } catch {
                        failures.add(number)
                    }
                }
            }
        }
        #expect(inside.values == Array(repeating: [1, -1], count: 50).flatMap(\.self))
        #expect(failures.values.count == 17)
        #expect(!gate.isTaken && gate.waiting == 0)
    }
}

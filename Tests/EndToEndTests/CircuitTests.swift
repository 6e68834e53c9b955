import Entitlements
import Provisioning
import Testing

/// When a panel is spoken to, as a pure state machine.
struct CircuitTests {
    private let schedule = RetrySchedule(steps: [.seconds(1), .seconds(10), .seconds(100)])
    private let start = Timestamp(seconds: 1_000_000)

    private func unlocks(_ circuit: inout Circuit) -> Bool { circuit.unlock() }
    private func closes(_ circuit: inout Circuit) -> Bool { circuit.succeed() }

    @Test func `it opens at a failure and closes at an answer`() {
        var circuit = Circuit()
        circuit.fail("away", schedule: schedule, jitter: 0.5, now: start)
        #expect(circuit.reason == "away")
        #expect(circuit.retryAt == start + .seconds(1))
        #expect(closes(&circuit) == true)
        #expect(circuit.isClosed)
        #expect(closes(&circuit) == false, "it was closed already")
    }

    @Test func `failures soon after it closed are the same trouble, and waits grow`() {
        var circuit = Circuit()
        var now = start
        for wait in [1, 10, 100, 100] {
            circuit.fail("away", schedule: schedule, jitter: 0.5, now: now)
            #expect(circuit.retryAt == now + .seconds(wait))
            now = circuit.retryAt ?? now
            #expect(closes(&circuit) == true)
        }
        circuit.fail("away", schedule: schedule, jitter: 0.5, now: now + .seconds(101))
        #expect(circuit.retryAt == now + .seconds(102), "after a quiet time it begins anew")
    }

    @Test func `a person ends a lock, and only a lock`() {
        var circuit = Circuit()
        #expect(unlocks(&circuit) == false)
        circuit.fail("away", schedule: schedule, jitter: 0.5, now: start)
        #expect(unlocks(&circuit) == false, "trouble ends by itself")
        circuit.lock("another panel", now: start)
        #expect(unlocks(&circuit) == true)
        #expect(circuit.isClosed)
        circuit.fail("away", schedule: schedule, jitter: 0.5, now: start)
        #expect(circuit.retryAt == start + .seconds(1), "what was before is forgotten")
    }

    @Test func `a lock is ended by no answer`() {
        var circuit = Circuit()
        circuit.lock("another panel", now: start)
        circuit.fail("away", schedule: schedule, jitter: 0.5, now: start)
        #expect(closes(&circuit) == false)
        #expect(circuit.reason == "another panel")
        #expect(circuit.retryAt == nil)
    }
}

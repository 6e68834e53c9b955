import Synchronization

/// How hard deliveries press: while they come in crowds, they are taken first and worked on with what time is left, so that no sender
/// waits behind work that can wait.
package final class IntakePressure: Sendable {
    /// A commit that so many deliveries share tells of a crowd.
    static let crowd = 8
    /// How long after the last such commit it still counts.
    static let memory: Duration = .milliseconds(100)
    /// How long work behind the intake steps aside, once a turn: it slows down and never stops.
    static let pause: Duration = .milliseconds(50)

    /// How many customers are begun a turn while deliveries press: each commits on its own, and those commits stand in the intake's way.
    static let lanes = 2

    private let lastCrowd = Mutex<ContinuousClock.Instant?>(nil)

    package init() {}

    /// Called with the size of each commit of deliveries.
    package func noteCommit(of count: Int) {
        guard count >= Self.crowd else { return }
        lastCrowd.withLock { $0 = .now }
    }

    package var isHigh: Bool {
        lastCrowd.withLock { $0.map { $0.duration(to: .now) < Self.memory } ?? false }
    }

    /// Steps aside for a moment if deliveries press.
    func giveWay(_ clock: ServiceClock) async {
        guard isHigh else { return }
        // A cancelled sleep ends the pause like any other.
        do { try await clock.sleep(Self.pause) } catch {}
    }
}

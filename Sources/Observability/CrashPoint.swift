import Synchronization

/// A moment on a delivery's way from the wire to the panel, named by what has just happened.
///
/// The crash tests end the process at these, to show that nothing acknowledged is lost and nothing is done twice. Only code can arm them,
/// which no configuration, argument or environment of `paydactyl` does; unarmed, reaching one costs the reading of a flag.
package enum CrashPoint: String, CaseIterable, Sendable {
    /// The body of a delivery is in memory.
    case bytesRead
    /// The delivery is its sender's.
    case signatureVerified
    /// The delivery is on disk, and its sender has not been told.
    case deliveryCommitted
    /// The answer was handed to the connection.
    case answered
    /// Deliveries became what is known of customers.
    case deliveriesFolded
    /// Customers were claimed, and nothing was done for them yet.
    case lanesClaimed
    /// A change of an account is written down and was not tried.
    case accountIntentWritten
    /// The panel changed an account, and only memory knows.
    case accountAnswered
    /// What came of the change of an account is on disk.
    case accountOutcomeWritten
    /// Changes of a customer's access are written down, and none was tried.
    case accessIntentsWritten
    /// The panel changed a customer's access to one server, and only memory knows.
    case accessAnswered
    /// What came of one change of access is on disk.
    case accessOutcomeWritten
    /// A change of a customer's own server is written down and was not tried.
    case serverIntentWritten
    /// The panel changed a customer's own server, and only memory knows.
    case serverAnswered
    /// What came of the change of a customer's own server is on disk.
    case serverOutcomeWritten
    /// Commands for a console are written down, and none was sent.
    case commandIntentsWritten
    /// The panel took a command, and only memory knows.
    case commandAnswered
    /// What came of commands is on disk.
    case commandOutcomeWritten
    /// The customer was given back.
    case laneFinished
    /// What a person's request asks for was done, and its answer is not written down.
    case requestCarriedOut

    private static let armed = Atomic(false)
    private static let hook = Mutex<@Sendable (CrashPoint) -> Void>({ _ in })

    /// Has `hook` called wherever a point is reached from now on, on whatever thread reaches it.
    package static func arm(_ hook: @escaping @Sendable (CrashPoint) -> Void) {
        Self.hook.withLock { $0 = hook }
        armed.store(true, ordering: .releasing)
    }

    /// Whether anybody waits for a point; never so outside the crash tests.
    package static var isArmed: Bool { armed.load(ordering: .acquiring) }

    package func reached() {
        guard Self.isArmed else { return }
        Self.hook.withLock { $0 }(self)
    }
}

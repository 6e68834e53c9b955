import Foundation
import Synchronization

/// A clock that stands still until it is moved.
final class ReplayClock: Sendable {
    private let seconds = Mutex(1_795_430_000.0)

    var now: Date { Date(timeIntervalSince1970: seconds.withLock { $0 }) }

    func advance(_ by: Double) {
        seconds.withLock { $0 += by }
    }
}

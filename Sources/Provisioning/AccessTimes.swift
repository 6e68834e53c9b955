package import Entitlements
import Synchronization

/// How long the latest new payers waited until their access was read back; in memory, since the start of the service.
package final class AccessTimes: Sendable {
    package struct Sample: Hashable, Sendable {
        package var at: Timestamp
        package var waited: Duration

        package init(at: Timestamp, waited: Duration) {
            self.at = at
            self.waited = waited
        }
    }

    /// Older ones make room for more than these.
    static let most = 2000

    private let kept = Mutex<[Sample]>([])

    package init() {}

    package var samples: [Sample] {
        kept.withLock { $0 }
    }

    package func record(_ sample: Sample) {
        kept.withLock { kept in
            if kept.count >= Self.most { kept.removeFirst(Self.most / 2) }
            kept.append(sample)
        }
    }
}

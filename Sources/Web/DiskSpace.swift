import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// How much room the ledger's disk has left, looked up at most every few seconds.
///
/// Deliveries are turned away while there is little, because SQLite can do nothing at all once there is none.
package final class DiskSpace: Sendable {
    package static let least: Int64 = 500_000_000

    private struct Reading {
        var free: Int64?
        var at: ContinuousClock.Instant
    }

    private let reading = Mutex<Reading?>(nil)
    private let read: @Sendable () -> Int64?
    private let interval: Duration

    /// `read` gives the free bytes, `nil` if that cannot be known.
    package init(every interval: Duration = .seconds(3), read: @escaping @Sendable () -> Int64?) {
        self.read = read
        self.interval = interval
    }

    /// Looks at the disk that holds `path`.
    package convenience init(holding path: String) {
        self.init {
            var status = statvfs()
            guard statvfs(path, &status) == 0 else { return nil }
            return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
        }
    }

    /// Free bytes; `nil` if that cannot be known.
    package var free: Int64? {
        reading.withLock { reading in
            if let reading, reading.at.duration(to: .now) < interval { return reading.free }
            let free = read()
            reading = Reading(free: free, at: .now)
            return free
        }
    }

    /// What to tell people; `nil` while there is room enough.
    package var shortage: DiskShortage? {
        guard let free, free < Self.least else { return nil }
        return DiskShortage(free: free)
    }
}

/// The ledger's disk is nearly full.
package struct DiskShortage: Error, Hashable, CustomStringConvertible {
    package var free: Int64

    package var description: String {
        "The ledger's disk has \(free / 1_000_000) MB left; below \(DiskSpace.least / 1_000_000) MB no deliveries are taken. Make room."
    }
}

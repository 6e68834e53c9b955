package import Entitlements
import Foundation

extension Timestamp {
    /// RFC 3339 in UTC, to the second: `2026-11-23T10:00:00Z`; dates beyond the calendar are cut to it.
    package var iso8601: String {
        let seconds = Double(max(min(milliseconds, 253_402_300_799_000), -62_135_596_800_000)) / 1000
        return Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601)
    }
}

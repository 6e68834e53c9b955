package import Entitlements
package import Foundation

/// The time zone of the billing system, which says when a bare day ends.
package struct BillingCalendar: Hashable, Sendable {
    package let timeZone: TimeZone

    package static let utc = BillingCalendar(timeZone: .gmt)

    package init(timeZone: TimeZone) {
        self.timeZone = timeZone
    }

    /// Takes a name of the time zone database, as `billing.timezone` has it; `nil` if there is none of that name.
    package init?(identifier: String) {
        guard let timeZone = TimeZone(identifier: identifier) else { return nil }
        self.timeZone = timeZone
    }

    /// The moment that a written date means.
    package func moment(of date: WrittenDate) -> Timestamp {
        switch date {
        case .moment(let moment): moment
        case .day(let day): end(of: day)
        }
    }

    /// The last millisecond of the day.
    ///
    /// Where the clock is put forward over midnight the day ends at that change; where it is put back over midnight, at the second one.
    package func end(of day: CivilDate) -> Timestamp {
        let midnight = (day.daysSince1970 + 1) * 86_400
        let offsets = [offset(at: midnight - 86_400), offset(at: midnight + 86_400)]
        let moments = offsets.map { midnight - $0 }
        let exact = zip(moments, offsets).filter { offset(at: $0) == $1 }.map { $0.0 }
        let seconds = (exact.isEmpty ? moments : exact).max() ?? midnight
        return Timestamp(milliseconds: seconds * 1000 - 1).withinWrittenYears
    }

    private func offset(at seconds: Int64) -> Int64 {
        Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds))))
    }
}

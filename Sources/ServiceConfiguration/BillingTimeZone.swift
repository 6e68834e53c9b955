package import Entitlements
package import Foundation

/// The time zone of the billing system, whose midnight a bare date means.
package struct BillingTimeZone: Hashable, Sendable {
    /// A name of the time zone database.
    package let identifier: String
    package let timeZone: TimeZone

    package static let utc = BillingTimeZone(identifier: "UTC", timeZone: .gmt)

    /// Takes `UTC` or a name with a region such as `Europe/Berlin`; `nil` if there is none of that name.
    ///
    /// Abbreviations are no names: `IST` is the time of three countries.
    package init?(identifier: String) {
        if identifier == "UTC" {
            self = .utc
            return
        }
        guard identifier.contains("/"), let timeZone = TimeZone(identifier: identifier) else { return nil }
        self.init(identifier: identifier, timeZone: timeZone)
    }

    private init(identifier: String, timeZone: TimeZone) {
        self.identifier = identifier
        self.timeZone = timeZone
    }

    /// The last millisecond of a day that is written as `2026-11-23`; `nil` if it is no day.
    package func endOfDay(bareDate: String) -> Timestamp? {
        let bytes = Array(bareDate.utf8)
        guard bytes.count == 10, bytes[4] == 0x2D, bytes[7] == 0x2D else { return nil }
        guard let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]) else {
            return nil
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        // Noon exists on every day, and midnight does not.
        let noon = DateComponents(timeZone: timeZone, year: year, month: month, day: day, hour: 12)
        guard year > 0, noon.isValidDate(in: calendar), let date = calendar.date(from: noon),
            let end = calendar.dateInterval(of: .day, for: date)?.end
        else { return nil }
        return Timestamp(milliseconds: Int64((end.timeIntervalSince1970 * 1000).rounded()) - 1)
    }

    private func number(_ digits: ArraySlice<UInt8>) -> Int? {
        digits.reduce(0 as Int?) { number, digit in
            guard let number, (0x30...0x39).contains(digit) else { return nil }
            return number * 10 + Int(digit - 0x30)
        }
    }
}

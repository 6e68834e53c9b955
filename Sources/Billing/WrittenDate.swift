package import Entitlements

/// A date as deliveries write it: a moment (RFC 3339), or a bare day whose end is meant.
package enum WrittenDate: Hashable, Sendable {
    case moment(Timestamp)
    case day(CivilDate)

    /// Reads `2026-12-23T10:00:00Z`, with any offset and fraction (cut to milliseconds), or `2026-12-23`; `nil` for all else.
    ///
    /// A time without an offset is refused, as nobody could say which moment it means. What an offset pushes out of the years 0 to 9999
    /// becomes their first or last moment.
    package init?(_ text: String) {
        var text = text
        guard let date = text.withUTF8(Self.read) else { return nil }
        self = date
    }

    private static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> WrittenDate? {
        guard let date = readDay(bytes) else { return nil }
        guard bytes.count > 10 else { return .day(date) }
        guard let time = readTime(bytes), let (fraction, zone) = readFraction(bytes) else { return nil }
        guard let offset = readOffset(bytes, at: zone) else { return nil }
        let seconds = date.daysSince1970 * 86_400 + time.seconds - offset
        guard !time.isLeapSecond || seconds % 86_400 == 0 else { return nil }
        return .moment(Timestamp(milliseconds: seconds * 1000 + fraction).withinWrittenYears)
    }

    private static func readDay(_ bytes: UnsafeBufferPointer<UInt8>) -> CivilDate? {
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        guard let century = number(bytes, at: 0), let year = number(bytes, at: 2) else { return nil }
        guard let month = number(bytes, at: 5), let day = number(bytes, at: 8) else { return nil }
        return CivilDate(year: century * 100 + year, month: month, day: day)
    }

    private static func readTime(_ bytes: UnsafeBufferPointer<UInt8>) -> (seconds: Int64, isLeapSecond: Bool)? {
        guard bytes.count >= 20, bytes[10] | 0x20 == UInt8(ascii: "t") else { return nil }
        guard bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":") else { return nil }
        guard let hour = number(bytes, at: 11), let minute = number(bytes, at: 14) else { return nil }
        guard let second = number(bytes, at: 17), hour < 24, minute < 60, second <= 60 else { return nil }
        return (Int64(hour * 3600 + minute * 60 + second), second == 60)
    }

    /// The milliseconds after the full second, and where the zone begins.
    private static func readFraction(_ bytes: UnsafeBufferPointer<UInt8>) -> (milliseconds: Int64, zone: Int)? {
        guard bytes[19] == UInt8(ascii: ".") else { return (0, 19) }
        var milliseconds: Int64 = 0
        var unit: Int64 = 100
        var place = 20
        while place < bytes.count, let digit = digit(bytes[place]) {
            milliseconds += Int64(digit) * unit
            unit /= 10
            place += 1
        }
        return place > 20 ? (milliseconds, place) : nil
    }

    /// Seconds east of UTC; the zone must end the text.
    private static func readOffset(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Int64? {
        guard place < bytes.count else { return nil }
        if bytes[place] | 0x20 == UInt8(ascii: "z") { return bytes.count == place + 1 ? 0 : nil }
        guard bytes.count == place + 6, bytes[place + 3] == UInt8(ascii: ":") else { return nil }
        guard let hours = number(bytes, at: place + 1), let minutes = number(bytes, at: place + 4) else { return nil }
        guard hours < 24, minutes < 60 else { return nil }
        let offset = Int64(hours * 3600 + minutes * 60)
        switch bytes[place] {
        case UInt8(ascii: "+"): return offset
        case UInt8(ascii: "-"): return -offset
        default: return nil
        }
    }

    private static func number(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Int? {
        guard let tens = digit(bytes[place]), let ones = digit(bytes[place + 1]) else { return nil }
        return tens * 10 + ones
    }

    private static func digit(_ byte: UInt8) -> Int? {
        (0x30...0x39).contains(byte) ? Int(byte) - 0x30 : nil
    }
}

extension Timestamp {
    /// 0000-01-01T00:00:00Z, the first moment that RFC 3339 can write.
    static let firstWritten = Timestamp(milliseconds: -62_167_219_200_000)
    /// 9999-12-31T23:59:59.999Z, the last one.
    static let lastWritten = Timestamp(milliseconds: 253_402_300_799_999)

    /// The nearest moment that has a written form.
    var withinWrittenYears: Timestamp { min(max(self, .firstWritten), .lastWritten) }

    /// The moment in RFC 3339, UTC, with milliseconds only where there are some; held to the years 0 to 9999.
    package var rfc3339: String {
        let moment = withinWrittenYears.milliseconds
        var (days, rest) = moment.quotientAndRemainder(dividingBy: 86_400_000)
        if rest < 0 { (days, rest) = (days - 1, rest + 86_400_000) }
        let date = CivilDate(daysSince1970: days)
        let (seconds, fraction) = rest.quotientAndRemainder(dividingBy: 1000)
        let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, to: 2) }.joined(separator: ":")
        let day = "\(padded(date.year, to: 4))-\(padded(date.month, to: 2))-\(padded(date.day, to: 2))"
        return "\(day)T\(time)\(fraction == 0 ? "" : ".\(padded(fraction, to: 3))")Z"
    }

    private func padded(_ number: some BinaryInteger, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

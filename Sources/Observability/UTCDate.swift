/// A moment as RFC 3339 text in UTC with milliseconds, such as `2026-11-23T10:00:00.000Z`.
///
/// Years outside 0 to 9999, which the format cannot hold, are shown as its first or last moment.
package func rfc3339(milliseconds: Int64) -> String {
    let bounded = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
    let (day, millisecond) = flooredDivision(bounded, 86_400_000)
    let date = civilDate(daysSince1970: day)
    let second = millisecond / 1000
    let time = [second / 3600, second / 60 % 60, second % 60].map { padded($0, to: 2) }.joined(separator: ":")
    let calendar = [padded(date.year, to: 4), padded(date.month, to: 2), padded(date.day, to: 2)].joined(separator: "-")
    return "\(calendar)T\(time).\(padded(millisecond % 1000, to: 3))Z"
}

private func padded(_ number: Int64, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

private func flooredDivision(_ number: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

/// The Gregorian date of a day, by Howard Hinnant's `civil_from_days`: eras of 400 years that begin on the first of March.
private func civilDate(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = flooredDivision(daysSince1970 + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

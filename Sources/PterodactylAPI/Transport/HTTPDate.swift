/// The time of a `Date` header (RFC 9110 IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`) since 1970, or nil if it is none.
func httpDate(_ text: String) -> Duration? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let year = Int(parts[3]) else { return nil }
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let clock = parts[4].split(separator: ":").compactMap { Int($0) }
    guard let month = names.firstIndex(of: String(parts[2])), clock.count == 3 else { return nil }
    guard (1...31).contains(day), (1970...9999).contains(year) else { return nil }
    let seconds = clock[0] * 3_600 + clock[1] * 60 + clock[2]
    return .seconds(daysSince1970(year: year, month: month + 1, day: day) * 86_400 + seconds)
}

/// Days from 1 January 1970 in the Gregorian calendar, counted in years that begin in March, so that the leap day is the last of its year.
private func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let marchYear = month <= 2 ? year - 1 : year
    let era = marchYear / 400
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

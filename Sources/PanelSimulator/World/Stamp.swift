/// How the panel and HTTP write moments.
enum Stamp {
    /// Such as `2026-11-23T10:41:22+00:00`.
    static func iso(_ seconds: Int) -> String {
        let (year, month, day) = civil(dayNumber: floorDivide(seconds, 86400))
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(time(seconds))+00:00"
    }

    /// Such as `Mon, 23 Nov 2026 10:41:22 GMT`.
    static func http(_ seconds: Int) -> String {
        let days = floorDivide(seconds, 86400)
        let (year, month, day) = civil(dayNumber: days)
        let weekday = weekdays[((days + 4) % 7 + 7) % 7]
        return "\(weekday), \(pad(day, 2)) \(months[month - 1]) \(pad(year, 4)) \(time(seconds)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func time(_ seconds: Int) -> String {
        let second = seconds - floorDivide(seconds, 86400) * 86400
        return "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return digits.count >= width ? digits : String(repeating: "0", count: width - digits.count) + digits
    }

    private static func floorDivide(_ number: Int, _ divisor: Int) -> Int {
        number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor)
    }

    /// The civil date of a day counted from 1970-01-01 (Howard Hinnant's algorithm).
    private static func civil(dayNumber: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = dayNumber + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

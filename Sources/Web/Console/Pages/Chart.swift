import Entitlements
import Ledger
import Provisioning

/// Bars beside each other, as a picture that needs neither script nor style of its own.
struct Chart: Sendable {
    struct Bar: Sendable {
        var x: Int
        var y: Int
        var width: Int
        var height: Int
        var title: String
        var label: String?
        var labelX: Int
        var labelY: Int
    }

    /// What it shows, for those who do not see it.
    var sentence: String
    let width = Self.size.width
    let height = Self.size.height
    var bars: [Bar]

    private static let size = (width: 480, height: 120)
    /// Half of what a label takes on a telephone, so that none is cut off at the edge.
    private static let labelRoom = 22

    private init(sentence: String, columns: [(count: Int, title: String, label: String?)]) {
        self.sentence = sentence
        let most = max(columns.map(\.count).max() ?? 0, 1)
        let step = Self.size.width / max(columns.count, 1)
        let ground = Self.size.height - 18
        bars = columns.enumerated().map { place, column in
            // What is there is seen, however little it is beside the rest.
            let tall = column.count == 0 ? 0 : max(2, column.count * (ground - 6) / most)
            return Bar(
                x: place * step + 1,
                y: ground - tall,
                width: max(1, step - 2),
                height: tall,
                title: column.title,
                label: column.label,
                labelX: min(max(place * step + step / 2, Self.labelRoom), Self.size.width - Self.labelRoom),
                labelY: Self.size.height - 5
            )
        }
    }

    private static let bounds: [(milliseconds: Int64, label: String)] = [
        (100, "0.1 s"), (250, "0.25 s"), (500, "0.5 s"), (1000, "1 s"), (2000, "2 s"), (5000, "5 s"), (10_000, "10 s"),
        (30_000, "30 s"), (60_000, "1 min"), (.max, "more"),
    ]

    /// How long new payers waited for their access; `nil` if there were none.
    init?(accessTimes: [AccessTime]) {
        guard !accessTimes.isEmpty else { return nil }
        let sorted = accessTimes.map(\.waited).sorted()
        var counts = Array(repeating: 0, count: Self.bounds.count)
        for waited in sorted {
            let place = Self.bounds.firstIndex { waited.milliseconds <= $0.milliseconds } ?? Self.bounds.count - 1
            counts[place] += 1
        }
        let columns = zip(Self.bounds, counts).map { bound, count in
            (count: count, title: "\(count) within \(bound.label)", label: Optional(bound.label))
        }
        self.init(
            sentence: """
                \(sorted.count == 1 ? "The latest new payer" : "The latest \(sorted.count) new payers"): half had access \
                within \(Self.share(0.5, of: sorted).inSeconds), 99 of 100 within \(Self.share(0.99, of: sorted).inSeconds).
                """,
            columns: columns
        )
    }

    /// How long those of each of the last two weeks' days waited, half of them at the most; `nil` if there were none.
    init?(accessTimesByDay times: [AccessTime], now: Timestamp) {
        let day: Int64 = 86_400_000
        let today = now.milliseconds / day
        let byDay = Dictionary(grouping: times) { $0.at.milliseconds / day }.filter { $0.key > today - 14 }
        guard !byDay.isEmpty else { return nil }
        let columns = ((today - 13)...today).map { number in
            let waited = (byDay[number] ?? []).map(\.waited).sorted()
            let date = String(Timestamp(milliseconds: number * day).iso8601.prefix(10))
            let label = (today - number) % 3 == 1 ? String(date.dropFirst(5)) : nil
            guard !waited.isEmpty else { return (count: 0, title: "nobody on \(date)", label: label) }
            let title =
                "\(date): \(waited.count), half within \(Self.share(0.5, of: waited).inSeconds), 99 of 100 within"
            return (
                count: Int(Self.share(0.5, of: waited).milliseconds),
                title: "\(title) \(Self.share(0.99, of: waited).inSeconds)", label: label
            )
        }
        self.init(
            sentence: "Half of each day's new payers had access within this time; the slowest day's within "
                + "\(Duration.milliseconds(columns.map(\.count).max() ?? 0).inSeconds).",
            columns: columns
        )
    }

    private static func share(_ share: Double, of sorted: [Duration]) -> Duration {
        sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    /// Deliveries of the last two days, an hour a bar.
    init(deliveriesByHour: [Timestamp: Int], now: Timestamp) {
        let hour: Int64 = 3_600_000
        let thisHour = now.milliseconds / hour * hour
        let columns = (0..<48).map { place in
            let start = Timestamp(milliseconds: thisHour - Int64(47 - place) * hour)
            let count = deliveriesByHour[start] ?? 0
            let clock = String(start.iso8601.dropFirst(11).prefix(5))
            return (count: count, title: "\(count) from \(shown(start.iso8601))", label: place % 8 == 4 ? clock : nil)
        }
        let total = columns.reduce(0) { $0 + $1.count }
        self.init(
            sentence: "\(total == 1 ? "1 delivery" : "\(total) deliveries") in the last 48 hours.",
            columns: columns
        )
    }
}

extension Duration {
    /// `0.04 s`, `1.5 s`.
    fileprivate var inSeconds: String {
        let hundredths = (milliseconds + 5) / 10
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
    }
}

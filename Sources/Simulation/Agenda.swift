import Oracle

/// What is to happen apart from the engine, in the order of time; what is due at one moment, in the order in which it was entered.
struct Agenda {
    enum Entry {
        case act(Act)
        case deliver(Word, Passage, attempt: Int)
        case start
        case judge(isLast: Bool)
    }

    private struct Line {
        var at: Moment
        var number: Int
        var entry: Entry
    }

    /// The next at the end.
    private var lines: [Line] = []
    private var nextNumber = 0

    var next: Moment? { lines.last?.at }

    mutating func enter(_ entry: Entry, at moment: Moment) {
        let place = lines.firstIndex { $0.at <= moment } ?? lines.endIndex
        lines.insert(Line(at: moment, number: nextNumber, entry: entry), at: place)
        nextNumber += 1
    }

    mutating func takeDue(by moment: Moment) -> Entry? {
        guard let line = lines.last, line.at <= moment else { return nil }
        lines.removeLast()
        return line.entry
    }
}

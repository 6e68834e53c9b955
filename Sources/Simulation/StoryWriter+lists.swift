import Oracle

/// The lists of everything that the billing system sends beside its events.
extension StoryWriter {
    /// A list every few days, and some subscriptions that vanish from it without a word.
    mutating func writeLists(until end: Moment) {
        for subscription in people.flatMap(\.subscriptions) where chance(8) {
            let moment = moment(until: end)
            gone[subscription] = gone[subscription].map { min($0, moment) } ?? moment
        }
        var at = moment(until: start + .days(2))
        var number = 1
        while at < end {
            at = wholeSecond(at)
            var passage = Passage(delay: span(.zero...(.minutes(4))))
            passage.isLost = chance(10)
            passage.losesAnswer = chance(10)
            acts.append(Act(at: at, what: .say(.list(list(number, at: at)), passage)))
            at = at + span(.days(1)...(.days(3)))
            number += 1
        }
    }

    /// All that the billing system knows at a moment.
    func list(_ number: Int, at moment: Moment) -> FullList {
        let moment = wholeSecond(moment)
        var entries = Dictionary(grouping: known, by: \.subscription).entries(at: moment, without: gone)
        for index in entries.indices {
            let subscription = entries[index].subscription
            guard let owner = people.first(where: { $0.subscriptions.contains(subscription) }) else { continue }
            entries[index].email = owner.email(at: moment)
            entries[index].player = owner.player(at: moment)
        }
        return FullList(number: number, at: moment, entries: entries)
    }
}

extension [Int: [Telling]] {
    /// Each subscription as it last was.
    fileprivate func entries(at moment: Moment, without vanished: [Int: Moment]) -> [Telling] {
        keys.sorted().compactMap { subscription in
            if let end = vanished[subscription], end <= moment { return nil }
            let last = self[subscription]?.filter { $0.at <= moment }.max { $0.revision < $1.revision }
            guard var entry = last else { return nil }
            entry.kind = .listed
            entry.at = moment
            return entry
        }
    }
}

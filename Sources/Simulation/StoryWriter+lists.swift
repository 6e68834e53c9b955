import Oracle

/// The lists of everything that the billing system sends beside its events.
extension StoryWriter {
    /// A list every few days, and some subscriptions that vanish from it without a word.
    mutating func writeLists(until end: Moment) {
        let vanished = drawVanished(until: end)
        let tellings = acts.compactMap { act -> Telling? in
            if case .say(.telling(let telling), _) = act.what { telling } else { nil }
        }
        let lives = Dictionary(grouping: tellings, by: \.subscription)
        var at = moment(until: start + .days(2))
        var number = 1
        while at < end {
            // The contract's dates are written to the second.
            at = Moment(at.milliseconds / 1000 * 1000)
            let list = FullList(number: number, at: at, entries: lives.entries(at: at, without: vanished))
            var passage = Passage(delay: span(.zero...(.minutes(4))))
            passage.isLost = chance(10)
            passage.losesAnswer = chance(10)
            acts.append(Act(at: at, what: .say(.list(list), passage)))
            at = at + span(.days(1)...(.days(3)))
            number += 1
        }
    }

    /// When some subscriptions are deleted at the billing system, which says nothing of them from then on.
    private mutating func drawVanished(until end: Moment) -> [Int: Moment] {
        var vanished: [Int: Moment] = [:]
        for subscription in people.flatMap(\.subscriptions) where chance(8) {
            vanished[subscription] = moment(until: end)
        }
        acts.removeAll { act in
            guard case .say(.telling(let telling), _) = act.what, let end = vanished[telling.subscription] else {
                return false
            }
            return telling.at > end
        }
        return vanished
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

/// When the engine found that a customer has a reason for access.
struct Giving: Hashable, Sendable {
    private(set) var first: Moment?
    private var last: Moment?
    private(set) var isNow = false
    /// When it was found to be over.
    private(set) var ended: Moment?

    mutating func note(_ isGiven: Bool, at moment: Moment) {
        if isNow, !isGiven { ended = moment }
        isNow = isGiven
        guard isGiven else { return }
        first = first ?? moment
        last = moment
    }

    func was(since moment: Moment) -> Bool {
        isNow || last.map { $0 >= moment } ?? false
    }
}

/// Access that was taken away although no person had decided it.
struct Taking: Hashable, Sendable {
    var customer: Int
    var at: Moment
    var ending: Ending
}

/// From when to when a customer had something that was to go.
struct Losing: Hashable, Sendable {
    var from: Moment
    var until: Moment?
}

/// How many may lose access before a person is asked.
extension Oracle {
    /// What nobody said is counted for longer than what was told.
    private var longWindow: Span { max(rules.bounds.window, .days(1)) }

    mutating func judgeBounds(_ ending: Ending, of customer: Customer, _ what: String, at moment: Moment) {
        guard ending > .decided, ending < .arranged else { return }
        taken.append(Taking(customer: customer.number, at: moment, ending: ending))
        let (window, surest) = ending == .inferred ? (longWindow, ending) : (rules.bounds.window, .closed)
        let taken = taken.filter { $0.at > moment - window && $0.ending >= surest }.map(\.customer)
        let losers = Set(taken).union(awaiting(surest))
        // A lane that was killed on its way has not written down yet that access ended.
        let had = losers.union(giving.filter { $0.value.was(since: moment - .hours(12)) }.keys).count
        // Windows mean nothing to a clock that was set within them.
        guard isBeyond(losers.count, of: had, ending), !clockIsDoubtful(within: longWindow, before: moment) else {
            return
        }
        fail(
            .manyLossesWait,
            at: moment,
            "\(what) was taken away without approval, although \(losers.count) of \(had) customers are losing access (\(losers.sorted()))"
        )
    }

    private func isBeyond(_ losing: Int, of had: Int, _ ending: Ending) -> Bool {
        let isMany = losing > rules.bounds.customers
        let isMuch = losing * 100 > had * rules.bounds.share
        return ending == .inferred ? isMany || isMuch : isMany && isMuch
    }

    /// Who still has on the panel what is to go for a reason as weak as that, or weaker.
    private func awaiting(_ ending: Ending) -> [Int] {
        customers.map(\.number).filter { number in
            pending(of: number).contains { $0 >= ending && $0 < .arranged }
        }
    }

    mutating func see(_ seat: Seat, of customer: Customer, as row: Set<String>?) {
        let hand = handMade[seat] ?? HandMade()
        rows[Seat(user: customer.number, server: seat.server)] = row?.subtracting(hand.certain.union(hand.possible))
    }

    /// How what a customer has on the panel, and is to lose, came to its end.
    private func pending(of number: Int) -> [Ending] {
        (losses[number] ?? [:]).flatMap { seat, losses in
            losses.compactMap { permission, loss in
                rows[seat]?.contains(permission) ?? false ? loss.ending : nil
            }
        }
    }

    /// Takes note of when a customer begins to have something to lose, and when nothing is left of it.
    mutating func noteLosing(_ number: Int, at moment: Moment) {
        let isLosing = pending(of: number).contains { $0 != .decided }
        let isOpen = losing[number]?.last.map { $0.until == nil } ?? false
        if isLosing, !isOpen {
            losing[number, default: []].append(Losing(from: moment))
        } else if !isLosing, isOpen, let last = losing[number]?.indices.last {
            losing[number]?[last].until = moment
        }
    }

    /// Judges that nothing waits for a person which concerns too few for that.
    mutating func judgeHeld(_ view: View, at moment: Moment) {
        for customer in customers where view.shown[customer.number] == .holdsLosses {
            let pending = Set(pending(of: customer.number))
            guard let weakest = pending.max(), weakest > .decided, weakest < .arranged,
                let from = losing[customer.number]?.last?.from
            else { continue }
            let start = from - longWindow
            let losers = losing.filter { $0.value.contains { $0.until.map { $0 > start } ?? true } }
            let had = giving.values.count { $0.isNow && $0.first.map { $0 <= start } ?? false }
            guard !isBeyond(losers.count, of: had, weakest) else { continue }
            fail(
                .manyLossesWait,
                at: moment,
                "what customer \(customer.number) (\(customer.email)) is to lose waits for a person, although only \(losers.count) of \(had) customers lose anything"
            )
        }
    }
}

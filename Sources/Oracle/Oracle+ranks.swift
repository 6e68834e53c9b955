/// What players must have in game once nothing has stood in the way for a while.
extension Oracle {
    /// Where nothing ends, a rank has an end all the same, in the year 2099: later than any date of a story.
    private static let farAway = Span.days(3650)

    mutating func judgeRanks(of customer: Customer, _ view: View, at moment: Moment, slack: Span) {
        guard let ranks = view.ranks[customer.number],
            !excuses(view.shown[customer.number] ?? .fine, customer, moment, slack)
        else { return }
        let turns = turns(for: customer, from: moment - slack, to: moment)
        let expected = turns.map { self.ranks(of: customer, at: $0) }
        let mayBeForgotten = restoredAt.map { $0 + .hours(25) > moment } ?? false
        for server in view.servers.keys.sorted() {
            let has = ranks[server] ?? [:]
            let may = Set(expected.map { $0[server] })
            let who = "customer \(customer.number) (\(customer.email))"
            if may.count == 1, let must = expected[0][server], !mayBeForgotten {
                guard let end = has[must] else {
                    fail(.convergesWithoutAPerson, at: moment, "\(who) lacks the rank \(must) on server \(server)")
                    continue
                }
                if view.shown[customer.number] == .fine {
                    judgeLength(of: must, until: end, customer, server, turns, at: moment)
                }
            }
            let forgotten = forgottenRanks[customer.number]?[server] ?? []
            let beyond = Set(has.keys).subtracting(may.compactMap(\.self)).subtracting(forgotten).sorted()
            if !beyond.isEmpty, !keepsWhatIsSoldNoMore(customer, at: turns) {
                fail(.nobodyKeepsBeyond, at: moment, "\(who) still has the ranks \(beyond) on server \(server)")
            }
        }
    }

    /// Judges that a rank runs out in game when what gives it does: neither sooner, nor later than its grace.
    private mutating func judgeLength(
        of group: String,
        until end: Moment,
        _ customer: Customer,
        _ server: Int,
        _ turns: [Moment],
        at moment: Moment
    ) {
        guard !clockIsDoubtful(within: .days(2), before: moment) else { return }
        let right = turns.map { expiry(of: group, for: customer, on: server, at: $0) }
        let what = "the rank \(group) of customer \(customer.number) (\(customer.email)) on server \(server)"
        let isLongEnough = right.contains { $0.map { end + .seconds(1) >= $0 } ?? (end >= moment + Self.farAway) }
        if !isLongEnough {
            fail(.validGrantNeverLoses, at: moment, "\(what) runs out in \(end - moment), before what gives it")
        }
        let isForgotten = forgottenRanks[customer.number]?[server]?.contains(group) ?? false
        if !isForgotten, right.allSatisfy({ $0.map { end > $0 + .seconds(1) } ?? false }) {
            fail(
                .nobodyKeepsBeyond,
                at: moment,
                "\(what) runs out in \(end - moment), after what gives it and its grace"
            )
        }
    }

    /// When the greatest of what gives a rank runs out; `nil` where that is never.
    private func expiry(of group: String, for customer: Customer, on server: Int, at moment: Moment) -> Moment? {
        let givers = givers(of: customer, at: moment)
        let name = names(at: moment)[server] ?? ""
        let tier = offer(at: moment).greatest(of: Set(givers.map(\.tier)), withRankOn: name)
        let ends = givers.filter { $0.tier == tier?.name }.map { giver -> Moment? in
            switch giver.source {
            case .person(let number): decrees.first { $0.number == number }?.until
            case .subscription(let subscription): belief(of: subscription, at: moment).expiry(grace: rules.grace)
            }
        }
        return ends.contains(nil) ? nil : ends.compactMap(\.self).max()
    }

    private func keepsWhatIsSoldNoMore(_ customer: Customer, at turns: [Moment]) -> Bool {
        turns.contains { moment in
            customer.subscriptions.contains { subscription in
                let belief = belief(of: subscription, at: moment)
                return belief.answer(at: moment, grace: rules.grace) == .yes
                    && offer(at: moment).tier(ofProduct: belief.product) == nil
            }
        }
    }
}

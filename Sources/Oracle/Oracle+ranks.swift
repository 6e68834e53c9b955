/// What players must have in game: each rank at once for long enough, and all of them once nothing has stood in the way for a while.
extension Oracle {
    /// What was heard so short a while ago may not have reached a command that is sent now.
    private static let reach = Span.minutes(15)

    /// The engine has a rank given in game until a moment.
    package mutating func ranked(_ number: Int, _ group: String, until end: Moment, at moment: Moment) {
        guard let customer = customers.first(where: { $0.number == number }),
            !clockIsDoubtful(within: .hours(1), before: moment)
        else { return }
        let ends = [moment, moment - Self.reach].compactMap { lastEnd(of: group, for: customer, at: $0) }
        guard let needed = ends.min(), end < needed - .seconds(1) else { return }
        fail(
            .validGrantNeverLoses,
            at: moment,
            "the rank \(group) of customer \(number) (\(customer.email)) was given for \(needed - end) less than what gives it"
        )
    }

    /// When the last of what gives a rank ends, as far as was heard at a moment.
    private func lastEnd(of group: String, for customer: Customer, at moment: Moment) -> Moment? {
        let offer = offer(at: moment)
        let ranked = Set(offer.tiers.filter { $0.rank?.group == group }.map(\.name))
        return givers(of: customer, at: moment).filter { ranked.contains($0.tier) }.compactMap { giver in
            switch giver.source {
            case .subscription(let subscription): belief(of: subscription, at: moment).end(grace: rules.grace)
            case .person(let number): decrees.first { $0.number == number }?.until
            }
        }.max()
    }

    mutating func judgeRanks(of customer: Customer, _ view: View, at moment: Moment, slack: Span) {
        guard let ranks = view.ranks[customer.number],
            !excuses(view.shown[customer.number] ?? .fine, customer, moment, slack)
        else { return }
        let expected = turns(for: customer, from: moment - slack, to: moment).map { self.ranks(of: customer, at: $0) }
        for server in view.servers.keys.sorted() {
            let has = ranks[server] ?? []
            let may = Set(expected.map { $0[server] })
            let who = "customer \(customer.number) (\(customer.email))"
            if may.count == 1, let must = expected[0][server], !has.contains(must) {
                fail(.convergesWithoutAPerson, at: moment, "\(who) lacks the rank \(must) on server \(server)")
            }
            let beyond = has.subtracting(may.compactMap(\.self)).sorted()
            if !beyond.isEmpty {
                fail(.nobodyKeepsBeyond, at: moment, "\(who) still has the ranks \(beyond) on server \(server)")
            }
        }
    }
}

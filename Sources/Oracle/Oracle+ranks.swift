/// What players must have in game once nothing has stood in the way for a while.
extension Oracle {
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

/// What the panel must show once nothing has stood in the way for a while.
extension Oracle {
    /// All that a panel shows, and what the service shows of its customers.
    package struct View: Sendable {
        package var accounts: [Account]
        package var rows: [Seat: [Set<String>]]
        /// The servers' names, by id.
        package var servers: [Int: String]
        /// Those of them that are nobody's own.
        package var shared: Set<Int>
        package var shown: [Int: Shown]
        /// The groups in game of those who have been playing for long enough, each with its end, by customer and server.
        package var ranks: [Int: [Int: [String: Moment]]]
        /// The customers who have not typed a player's name, or not for all that they bought, as far as was told.
        package var nameless: Set<Int>

        package init(
            accounts: [Account],
            rows: [Seat: [Set<String>]],
            servers: [Int: String],
            shared: Set<Int>,
            shown: [Int: Shown],
            ranks: [Int: [Int: [String: Moment]]],
            nameless: Set<Int>
        ) {
            self.nameless = nameless
            self.ranks = ranks
            self.accounts = accounts
            self.rows = rows
            self.servers = servers
            self.shared = shared
            self.shown = shown
        }
    }

    /// Judges what is there at a moment before which nothing had stood in the way for at least `slack`.
    package mutating func judge(_ view: View, at moment: Moment, slack: Span) {
        judgeDoubles(view, at: moment)
        judgeServers(view, at: moment)
        judgeRows(view, at: moment, slack: slack)
        judgeHeld(view, at: moment)
        judgeEmails(view, at: moment, slack: slack)
        for customer in customers {
            judgeBlocked(customer, view, at: moment, slack: slack)
            judgePresence(of: customer, view, at: moment, slack: slack)
            judgeRanks(of: customer, view, at: moment, slack: slack)
        }
        for (seat, hand) in handMade.sorted(by: { $0.key < $1.key }) {
            let row = (view.rows[seat] ?? []).reduce(into: Set<String>()) { $0.formUnion($1) }
            let missing = hand.certain.subtracting(row).sorted()
            guard !missing.isEmpty else { continue }
            fail(.handMadeStays, at: moment, "\(missing) of user \(seat.user) on server \(seat.server) is gone")
        }
    }

    /// What is expected of servers follows from what the engine knows of them: it must know those that are there.
    private mutating func judgeServers(_ view: View, at moment: Moment) {
        let known = names(at: moment)
        for (server, name) in view.servers.sorted(by: { $0.key < $1.key }) where view.shared.contains(server) {
            guard known[server] != name else { continue }
            let belief = known[server].map { "is taken for \($0)" } ?? "is not known"
            fail(.convergesWithoutAPerson, at: moment, "server \(server), \(name), \(belief)")
        }
    }

    private mutating func judgeDoubles(_ view: View, at moment: Moment) {
        for (seat, rows) in view.rows.sorted(by: { $0.key < $1.key }) where rows.count > 1 {
            fail(.nothingTwice, at: moment, "user \(seat.user) has \(rows.count) rows on server \(seat.server)")
        }
        let emails = Dictionary(grouping: view.accounts) { $0.email.lowercased() }
        for (email, accounts) in emails.sorted(by: { $0.key < $1.key }) where accounts.count > 1 {
            fail(.nothingTwice, at: moment, "\(accounts.count) accounts have the e-mail \(email)")
        }
        let externals = Dictionary(grouping: view.accounts.filter { $0.externalID != nil }) { $0.externalID ?? "" }
        for (id, accounts) in externals.sorted(by: { $0.key < $1.key }) where accounts.count > 1 {
            fail(.nothingTwice, at: moment, "\(accounts.count) accounts have the external id \(id)")
        }
    }

    /// The moments within a window at which anything may have changed, both ends with them.
    func turns(for customer: Customer, from start: Moment, to end: Moment) -> [Moment] {
        var moments: Set<Moment> = [start, end]
        for subscription in customer.subscriptions {
            let belief = belief(of: subscription, at: end)
            moments.formUnion(belief.turns(grace: rules.grace))
            if let due = belief.unrenewed(at: end, grace: rules.grace), let word = word(after: due) {
                moments.insert(word)
            }
            moments.formUnion(momentsHeard(of: subscription))
        }
        moments.formUnion(offers.map(\.at))
        if let deletion = deletions[customer.number] { moments.insert(deletion) }
        moments.formUnion(listings.map(\.at))
        moments.formUnion(decrees.flatMap { [$0.from, $0.until].compactMap(\.self) })
        return moments.filter { (start...end).contains($0) }.sorted()
    }

    private mutating func judgePresence(of customer: Customer, _ view: View, at moment: Moment, slack: Span) {
        let holdings = turns(for: customer, from: moment - slack, to: moment).map { holding(of: customer, at: $0) }
        guard let first = holdings.first, !isHeld(customer, from: moment - slack, to: moment) else { return }
        let users = view.accounts.filter { self.customer(of: $0) == customer }.map(\.user)
        for (server, permissions) in first.sorted(by: { $0.key < $1.key }) where view.servers[server] != nil {
            let steady = permissions.keys.filter { key in holdings.allSatisfy { $0[server]?[key] != nil } }
            let row = users.reduce(into: Set<String>()) { row, user in
                for one in view.rows[Seat(user: user, server: server)] ?? [] { row.formUnion(one) }
            }
            let missing = Set(steady).subtracting(row).sorted()
            guard !missing.isEmpty else { continue }
            fail(
                .convergesWithoutAPerson,
                at: moment,
                "customer \(customer.number) (\(customer.email)) lacks \(missing) on server \(server)"
            )
        }
    }

    private mutating func judgeRows(_ view: View, at moment: Moment, slack: Span) {
        let accounts = Dictionary(view.accounts.map { ($0.user, $0) }, uniquingKeysWith: { first, _ in first })
        var allowances: [Int: [Int: Set<String>]] = [:]
        for (seat, rows) in view.rows.sorted(by: { $0.key < $1.key }) {
            guard let account = accounts[seat.user] else { continue }
            let hand = handMade[seat] ?? HandMade()
            var beyond = rows.reduce(into: Set<String>()) { $0.formUnion($1) }
            beyond.subtract(hand.certain.union(hand.possible))
            guard !beyond.isEmpty, let customer = customer(of: account) else { continue }
            if allowances[customer.number] == nil {
                allowances[customer.number] = allowance(of: customer, from: moment - slack, to: moment)
            }
            beyond.subtract(allowances[customer.number]?[seat.server] ?? [])
            beyond.subtract(staying(of: customer.number, on: seat.server))
            guard !beyond.isEmpty, !excuses(view.shown[customer.number] ?? .fine, customer, moment, slack) else {
                continue
            }
            fail(
                .nobodyKeepsBeyond,
                at: moment,
                "customer \(customer.number) (\(customer.email)) still has \(beyond.sorted()) on server \(seat.server)"
            )
        }
    }

    /// All that a customer had a right to at any moment of a window.
    private func allowance(of customer: Customer, from start: Moment, to end: Moment) -> [Int: Set<String>] {
        var allowance: [Int: Set<String>] = [:]
        for turn in turns(for: customer, from: start, to: end) {
            for (server, permissions) in holding(of: customer, at: turn) {
                allowance[server, default: []].formUnion(permissions.keys)
            }
        }
        return allowance
    }

    /// Whether something that people can see explains that access is still there.
    func excuses(_ shown: Shown, _ customer: Customer, _ moment: Moment, _ slack: Span) -> Bool {
        if isHeld(customer, from: moment - slack, to: moment) || shown == .holdsLosses { return true }
        // A word that a clock heard which was ahead proves nothing, so what nobody renewed may stay until a person has looked.
        return shown == .needsAttention && !clocks.isEmpty
            && customer.subscriptions.contains {
                belief(of: $0, at: moment).answer(at: moment, grace: rules.grace) == .no(.inferred)
            }
    }

    /// What stays on a server because what it was bought with is paid, and is sold no more.
    private func staying(of number: Int, on server: Int) -> Set<String> {
        let losses = losses[number]?[Seat(user: number, server: server)] ?? [:]
        return Set(losses.filter { $0.value.ending == .never }.keys)
    }

    /// Where nothing stands in the way, nothing but a player's name that is none can block.
    private mutating func judgeBlocked(_ customer: Customer, _ view: View, at moment: Moment, slack: Span) {
        guard view.shown[customer.number] == .blocked, !view.nameless.contains(customer.number),
            !isHeld(customer, from: moment - slack, to: moment)
        else { return }
        fail(
            .convergesWithoutAPerson,
            at: moment,
            "customer \(customer.number) (\(customer.email)) is said to be blocked"
        )
    }

    private func isHeld(_ customer: Customer, from start: Moment, to end: Moment) -> Bool {
        decrees.contains {
            $0.customer == customer.number && $0.kind == .hold && $0.from <= end && $0.until.map { $0 >= start } ?? true
        }
    }
}

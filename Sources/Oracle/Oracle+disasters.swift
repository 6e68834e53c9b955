/// What the engine must make of what befalls ledger and panel (DESIGN §4, Modes and Account).
extension Oracle {
    /// The engine's ledger is what it was when `earlier` was kept: what it was told and did since is unknown to it.
    ///
    /// What was configured is no part of a ledger. Whatever it gave since looks as if others had given it, so that may stay.
    package mutating func ledgerWasRestored(
        to earlier: Oracle,
        saysSo: Bool,
        rows: [(seat: Seat, account: Account, permissions: Set<String>)],
        ranks: [Int: [Int: Set<String>]],
        since users: Set<Int>,
        at moment: Moment
    ) {
        var restored = earlier
        restored.violations = violations
        restored.offers = offers
        restored.clocks = clocks
        restored.handMade = handMade
        restored.earlierUsers = earlierUsers
        restored.forgottenUsers.formUnion(users)
        restored.forgottenRanks = ranks
        restored.restoration = (moment, saysSo ? moment : nil)
        restored.restoredAt = moment
        restored.rows = [:]
        for (seat, account, permissions) in rows {
            guard let customer = customer(of: account) else { continue }
            let place = Seat(user: customer.number, server: seat.server)
            let known = Set(earlier.holdings[customer.number]?[seat.server]?.keys.map(\.self) ?? [])
                .union(earlier.losses[customer.number]?[place]?.keys.map(\.self) ?? [])
            let unknown = permissions.subtracting(users.contains(seat.user) ? [] : known)
            if !unknown.isEmpty {
                restored.handMade[seat, default: HandMade()].possible.formUnion(unknown.union(["websocket.connect"]))
            }
            restored.see(seat, of: customer, as: permissions)
        }
        self = restored
    }

    /// The engine read all accounts of the panel: it knows those of its own that its ledger knows nothing of.
    package mutating func read(_ accounts: [Account], at moment: Moment) {
        guard let restoration, restoration.knownAt == nil else { return }
        let isNews = customers.contains { customer in
            !hasHeard(of: customer) && accounts.contains { $0.externalID == customer.externalID }
        }
        if isNews { self.restoration?.knownAt = moment + .minutes(10) }
    }

    /// A person says that the engine may go on with the ledger that it has.
    package mutating func ledgerIsTrusted() {
        restoration = nil
    }

    /// Whether the engine has to know that its ledger is an older one.
    package func mustWait(at moment: Moment) -> Bool {
        restoration?.knownAt.map { $0 <= moment } ?? false
    }

    /// These accounts are gone, or are other people's by now, and with them their rows.
    package mutating func accountsAreGone(_ users: Set<Int>, of numbers: Set<Int>) {
        for seat in handMade.keys where users.contains(seat.user) { handMade[seat] = nil }
        for seat in rows.keys where numbers.contains(seat.user) { rows[seat] = nil }
        earlierUsers.subtract(users)
    }

    /// The engine may not know these to be its own, nor what it gave them.
    package mutating func forget(_ users: Set<Int>, with rows: [Seat: Set<String>]) {
        forgottenUsers.formUnion(users)
        for (seat, row) in rows where users.contains(seat.user) {
            handMade[seat, default: HandMade()].possible.formUnion(row)
        }
    }
}

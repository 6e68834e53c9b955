/// What the engine does, judged at the moment at which it does it.
extension Oracle {
    /// The engine looked at a customer and is about to decide.
    package mutating func looked(at number: Int, at moment: Moment) {
        guard let customer = customers.first(where: { $0.number == number }) else { return }
        let givers = givers(of: customer, at: moment)
        giving[number, default: Giving()].note(!givers.isEmpty, at: moment)
        let now = holding(givers, at: moment)
        for (server, permissions) in now {
            ever[Seat(user: number, server: server), default: []].formUnion(permissions.keys)
        }
        let before = holdings[number] ?? [:]
        var standing = losses[number] ?? [:]
        for (server, permissions) in before {
            let seat = Seat(user: number, server: server)
            for (permission, givers) in permissions where now[server]?[permission] == nil {
                let known = standing[seat]?[permission]
                standing[seat, default: [:]][permission] = Loss(
                    since: known?.since ?? moment,
                    ending: known?.ending ?? .decided,
                    givers: known?.givers ?? givers
                )
            }
        }
        for (seat, permissions) in standing {
            for (permission, loss) in permissions {
                guard now[seat.server]?[permission] == nil else {
                    standing[seat]?[permission] = nil
                    continue
                }
                let ending = loss.givers.map { self.ending(of: $0, for: number, at: moment) }.max() ?? .told
                guard ending != loss.ending else { continue }
                // What ends because nobody spoke of it, and is then told to have ended, has begun to settle; a second word changes nothing.
                let goesOn = [.closed, .told, .inferred].contains(loss.ending) && [.closed, .told].contains(ending)
                let since = goesOn ? loss.since : moment
                standing[seat]?[permission] = Loss(since: since, ending: ending, givers: loss.givers)
            }
        }
        holdings[number] = now
        losses[number] = standing
        lookedAt[number] = moment
        noteLosing(number, at: moment)
    }

    /// People changed an account's row on the panel; `nil` is no row.
    package mutating func changedByHand(
        _ seat: Seat,
        of account: Account,
        from before: Set<String>?,
        to after: Set<String>?
    ) {
        // What the engine meant to give counts as its own: who sees only the row cannot tell who made it.
        let owner = customer(of: account)
        let meant = owner.flatMap { ever[Seat(user: $0.number, server: seat.server)] }
        handMade[seat, default: HandMade()].change(from: before ?? [], to: after ?? [], ours: meant ?? [])
        if let owner { see(seat, of: owner, as: after) }
    }

    /// A server is gone with all its rows.
    package mutating func serverIsGone(_ server: Int) {
        for seat in handMade.keys where seat.server == server { handMade[seat] = nil }
        for seat in ever.keys where seat.server == server { ever[seat] = nil }
        for seat in rows.keys where seat.server == server { rows[seat] = nil }
    }

    /// The engine changed a row on the panel; `nil` is no row.
    package mutating func wrote(
        _ seat: Seat,
        of account: Account,
        from before: Set<String>?,
        to after: Set<String>?,
        at moment: Moment
    ) {
        let removed = (before ?? []).subtracting(after ?? [])
        let added = (after ?? []).subtracting(before ?? [])
        guard let customer = customer(of: account) else {
            fail(
                .handMadeStays,
                at: moment,
                "user \(account.user) (\(account.email)) is nobody's account, yet its row on server \(seat.server) was changed"
            )
            return
        }
        see(seat, of: customer, as: after)
        for permission in removed.sorted() { judgeRemoval(of: permission, seat, customer, at: moment) }
        for permission in added.sorted() { judgeGift(of: permission, seat, customer, at: moment) }
    }

    private mutating func judgeRemoval(
        of permission: String,
        _ seat: Seat,
        _ customer: Customer,
        at moment: Moment
    ) {
        let what = "\(permission) of customer \(customer.number) (\(customer.email)) on server \(seat.server)"
        if handMade[seat]?.certain.contains(permission) ?? false {
            return fail(.handMadeStays, at: moment, "\(what) was given by hand and was taken away")
        }
        if let givers = holdings[customer.number]?[seat.server]?[permission] {
            return fail(.validGrantNeverLoses, at: moment, "\(what) was taken away; given by \(givers.sorted())")
        }
        let place = Seat(user: customer.number, server: seat.server)
        guard let loss = losses[customer.number]?[place]?[permission] else {
            if mistaken[place]?.remove(permission) != nil { return }
            guard handMade[seat]?.possible.contains(permission) != true else { return }
            return fail(.lossesWait, at: moment, "\(what) was taken away for no reason that is known")
        }
        losses[customer.number]?[place]?[permission] = nil
        let isApproved = approvals[customer.number].map { $0 >= loss.since } ?? false
        let waited = (lookedAt[customer.number] ?? moment) - loss.since
        defer { noteLosing(customer.number, at: moment) }
        if !isApproved { judgeBounds(loss.ending, of: customer, what, at: moment) }
        if loss.ending == .never {
            fail(
                .lossesWait,
                at: moment,
                "\(what) was taken away, although it is paid and its product only has no tier"
            )
        } else if loss.ending == .arranged, !isApproved {
            fail(.lossesWait, at: moment, "\(what) was taken away without approval, although it is still paid")
        } else if loss.ending == .told, waited < rules.settle, !isApproved,
            !clockIsDoubtful(within: rules.settle, before: moment)
        {
            fail(
                .lossesWait,
                at: moment,
                "\(what) was taken away \(waited.milliseconds) ms after it was told, before the change had settled"
            )
        }
    }

    private mutating func judgeGift(of permission: String, _ seat: Seat, _ customer: Customer, at moment: Moment) {
        if holdings[customer.number]?[seat.server]?[permission] != nil { return }
        let place = Seat(user: customer.number, server: seat.server)
        if losses[customer.number]?[place]?[permission] != nil { return }
        if let hand = handMade[seat], hand.certain.union(hand.possible).contains(permission) { return }
        if let clock = clocks.last.map({ moment + $0.skew }),
            holding(givers(of: customer, at: moment, clock: clock), at: moment)[seat.server]?[permission] != nil
        {
            mistaken[place, default: []].insert(permission)
            return
        }
        fail(
            .nothingUnpaidIsGiven,
            at: moment,
            "\(permission) was given to customer \(customer.number) (\(customer.email)) on server \(seat.server), and nothing grants it"
        )
    }
}

import Oracle

/// What people buy, pay, forget to pay and cancel.
extension StoryWriter {
    mutating func writeLife(of number: Int, offer: Offer, until end: Moment) {
        var person = Story.Person(
            number: number,
            email: "player\(number)@example.test",
            name: "Player \(number)",
            players: [(start, Story.playerName(number))],
            hasAccount: chance(30),
            hasJoined: chance(85),
            subscriptions: []
        )
        aside {
            $0.writeEmails(of: &person, until: end)
            $0.drawPlayers(of: &person, until: end)
        }
        for _ in 0..<(chance(35) ? 2 : 1) {
            let subscription = takeNumber()
            person.subscriptions.append(subscription)
            var life = SubscriptionLife(
                number: subscription,
                product: drawProduct(offer),
                period: .days(Int64(pick(4...15)))
            )
            life.live(from: moment(until: start + opening), until: end, with: &self, offer: offer)
            tell(life.tellings, of: person)
            if chance(30), let successor = writeSuccessor(of: life, offer: offer, until: end) {
                person.subscriptions.append(successor.number)
                tell(successor.tellings, of: person)
            }
        }
        if !person.hasJoined {
            acts.append(Act(at: moment(until: end), customer: number, what: .join(customer: number)))
        }
        if chance(20) { writeDecree(for: number, offer: offer, until: end) }
        people.append(person)
        aside { writer in
            if writer.chance(6) { writer.writeDeletion(of: person, until: end) }
        }
    }

    mutating func drawProduct(_ offer: Offer) -> String {
        offer.tiers.flatMap(\.products).randomElement(using: &random) ?? ""
    }

    private mutating func takeNumber() -> Int {
        defer { nextSubscription += 1 }
        return nextSubscription
    }

    /// A change of tier as some senders tell it: a new subscription within seconds of the end of the old one, before or after it.
    private mutating func writeSuccessor(of life: SubscriptionLife, offer: Offer, until end: Moment)
        -> SubscriptionLife?
    {
        guard let last = life.tellings.last, last.kind == .cancelled, last.at < end else { return nil }
        var successor = SubscriptionLife(number: takeNumber(), product: drawProduct(offer), period: life.period)
        successor.live(from: last.at + span(.seconds(-40)...(.seconds(40))), until: end, with: &self, offer: offer)
        return successor
    }

    private mutating func tell(_ tellings: [Telling], of person: Story.Person) {
        for (index, telling) in tellings.enumerated() {
            let isLast = index == tellings.count - 1
            var telling = telling
            telling.email = person.email(at: telling.at)
            telling.player = person.player(at: telling.at)
            known.append(telling)
            if isTerse, index > 0 { aside { $0.shorten(&telling) } }
            let passage = drawPassage(mayBeLost: !isLast)
            acts.append(Act(at: telling.at, customer: person.number, what: .say(.telling(telling), passage)))
        }
        for change in person.players.dropFirst() { tell(of: change, in: tellings, of: person) }
    }

    private mutating func drawPassage(mayBeLost: Bool) -> Passage {
        var passage = Passage(delay: chance(80) ? span(.zero...(.seconds(5))) : span(.zero...(.hours(6))))
        passage.isLost = mayBeLost && chance(4)
        passage.losesAnswer = chance(5)
        if chance(10) { passage.repeats = [span(.zero...(.days(2)))] }
        return passage
    }

    private mutating func writeDecree(for customer: Int, offer: Offer, until end: Moment) {
        let from = moment(until: end)
        let until = from + span(.hours(1)...(.days(6)))
        let kinds: [Decree.Kind] = [
            // A grant of a tier with a server makes none, but keeps one running: that is not for the oracle to know.
            .grant(tier: offer.withoutServers.tiers.randomElement(using: &random)?.name ?? ""), .ban, .hold,
        ]
        let kind = kinds.randomElement(using: &random) ?? .ban
        let decree = Decree(number: nextDecree, customer: customer, kind: kind, from: from, until: until)
        nextDecree += 1
        acts.append(Act(at: from, customer: customer, what: .decree(decree)))
        if chance(40) {
            let end = from + span(.minutes(1)...(.days(4)))
            if end < until { acts.append(Act(at: end, customer: customer, what: .endDecree(decree.number))) }
        }
    }
}

/// One subscription's life as the billing system knows it, told event by event with everything that it knows at that moment.
struct SubscriptionLife {
    let number: Int
    let period: Span
    private(set) var tellings: [Telling] = []
    private var product: String
    private var paidThrough: Telling.Date = .unsaid
    private var endsAt: Telling.Date = .none
    private var status: Telling.Status = .pending

    init(number: Int, product: String, period: Span) {
        self.number = number
        self.product = product
        self.period = period
    }

    private mutating func say(_ kind: Telling.Kind, _ status: Telling.Status, at moment: Moment, byHand: Bool = false) {
        self.status = status
        // The contract's dates are written to the second.
        let moment = Moment(moment.milliseconds / 1000 * 1000)
        tellings.append(
            Telling(
                subscription: number,
                kind: kind,
                at: moment,
                revision: max((tellings.last?.revision ?? 0) + 1, moment.milliseconds),
                product: product,
                status: status,
                paidThrough: paidThrough,
                endsAt: endsAt,
                isByHand: byHand
            )
        )
    }

    private mutating func pay(at moment: Moment, through end: Moment) {
        paidThrough = .on(Moment(end.milliseconds / 1000 * 1000))
        endsAt = .none
        say(.paid, .active, at: moment)
    }

    /// Lives on, one period after the other, until its end or the story's.
    mutating func live(from start: Moment, until end: Moment, with writer: inout StoryWriter, offer: Offer) {
        var now = start
        if writer.chance(20) {
            say(.created, .pending, at: now)
            now = now + writer.span(.seconds(1)...(.hours(3)))
            if writer.chance(15) { return say(.failed, .pending, at: now) }
            pay(at: now, through: now + period)
        } else if writer.chance(10) {
            paidThrough = .none
            return say(.created, .active, at: now)
        } else {
            paidThrough = .on(Moment((now + period).milliseconds / 1000 * 1000))
            say(.created, .active, at: now)
        }
        while now < end, case .on(let due) = paidThrough {
            guard let next = liveOnePeriod(from: now, due: due, with: &writer, offer: offer) else { return }
            now = next
        }
    }

    /// What happens between a payment and the next; `nil` if there will be none.
    private mutating func liveOnePeriod(
        from now: Moment,
        due: Moment,
        with writer: inout StoryWriter,
        offer: Offer
    ) -> Moment? {
        let middle = now + writer.span(.seconds(1)...max(.seconds(2), due - now))
        switch writer.pick(0...99) {
        case 0..<40:
            let paid = due - writer.span(.seconds(1)...(.days(1)))
            pay(at: max(paid, now + .seconds(1)), through: due + period)
            return max(paid, now + .seconds(1))
        case 40..<52:
            product = writer.drawProduct(offer)
            say(.updated, .active, at: middle)
            return middle
        case 52..<80:
            return failToPay(due: due, with: &writer)
        case 80..<86:
            say(.cancelled, .cancelled, at: middle)
            return nil
        case 86..<91:
            endsAt = .on(due)
            say(.cancellationScheduled, .active, at: middle)
            guard writer.chance(40) else {
                say(.cancelled, .cancelled, at: due + .seconds(30))
                return nil
            }
            endsAt = .none
            let withdrawal = max(middle + .seconds(1), min(middle + .hours(5), due - .seconds(1)))
            say(.cancellationWithdrawn, .active, at: withdrawal)
            return withdrawal
        case 91..<94:
            say(.terminated, .cancelled, at: middle)
            return nil
        case 94..<97:
            say(.suspended, .suspended, at: middle, byHand: true)
            guard writer.chance(60) else { return nil }
            let later = middle + writer.span(.minutes(1)...(.days(2)))
            say(.unsuspended, .active, at: later)
            return later
        default:
            say(.refunded, .active, at: middle)
            guard writer.chance(50) else { return nil }
            let later = middle + writer.span(.minutes(1)...(.days(2)))
            pay(at: later, through: later + period)
            return later
        }
    }

    private mutating func failToPay(due: Moment, with writer: inout StoryWriter) -> Moment? {
        var now = due
        say(.failed, .pastDue, at: now)
        for _ in 0..<writer.pick(0...3) {
            now = now + writer.span(.hours(1)...(.days(1)))
            say(.failed, .pastDue, at: now)
        }
        if writer.chance(40) {
            now = now + writer.span(.minutes(1)...(.days(2)))
            say(.suspended, .suspended, at: now)
        }
        now = now + writer.span(.minutes(1)...(.days(4)))
        if writer.chance(30) {
            say(.cancelled, .cancelled, at: now)
            return nil
        }
        pay(at: now, through: now + period)
        return now
    }
}

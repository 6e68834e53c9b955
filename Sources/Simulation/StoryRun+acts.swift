import Entitlements
import Ledger
import Oracle
import PanelSimulator

extension StoryRun {
    mutating func happen(_ entry: Agenda.Entry) throws {
        switch entry {
        case .act(let act): try happen(act)
        case .deliver(let word, let passage, let attempt): deliver(word, passage, attempt: attempt)
        case .start: try start()
        case .judge(let isLast): try judge(isLast: isLast)
        }
        buryIfKilled()
    }

    private mutating func happen(_ act: Act) throws {
        switch act.what {
        case .say(let word, let passage):
            guard !passage.isLost else { return }
            world.with { $0.sent[BillingDesk.id(of: word)] = word }
            agenda.enter(.deliver(word, passage, attempt: 0), at: time.now + passage.delay)
        case .decree(let decree): try decide(decree, act)
        case .endDecree(let number): try endDecree(number, act)
        case .approve: try approve(act)
        case .hand(let hand): doByHand(hand, act)
        case .join(let customer): join(customer)
        case .weather(let weather): change(weather)
        case .kill(let uses, let downtime):
            guard let engine else { return }
            self.downtime = downtime
            engine.life.end(after: uses)
        case .reload(let offer): try reload(offer, act)
        case .setClock(let skew): setClock(skew)
        case .blow(let blow): try befall(blow, act)
        }
    }

    mutating func later(_ act: Act, _ span: Span = .minutes(10)) {
        agenda.enter(.act(act), at: time.now + span)
    }

    // MARK: Billing

    private mutating func deliver(_ word: Word, _ passage: Passage, attempt: Int) {
        let id = BillingDesk.id(of: word)
        guard let body = BillingDesk.body(of: word, people: story.people) else { return }
        do {
            guard let engine else { throw Killed() }
            _ = try engine.take(BillingDesk.sign(body, as: id, at: time.now))
            if passage.losesAnswer, attempt == 0 { throw Killed() }
            world.with { state in _ = state.acknowledged.insert(id) }
            guard attempt < 1000 else { return }
            for pause in passage.repeats {
                agenda.enter(.deliver(word, Passage(delay: .zero), attempt: 1000), at: time.now + pause)
            }
        } catch {
            // A sender's queue tries again, at first soon and then every half hour.
            let pause = min(Span.seconds(5) * (1 << Int64(min(attempt, 12))), .minutes(30))
            agenda.enter(.deliver(word, passage, attempt: attempt + 1), at: time.now + pause)
        }
    }

    // MARK: People

    private mutating func decide(_ decree: Decree, _ act: Act) throws {
        let key = CustomerKey.id(World.customerID(decree.customer))
        guard let engine, isOnTime else { return later(act) }
        // Nobody decides about customers whom nobody has heard of.
        guard try engine.ledger.rowsAtOnce().contains(where: { $0.key == key && $0.email != nil }) else {
            if time.now < story.end { later(act, .hours(12)) }
            return
        }
        var decree = decree
        let length = decree.until.map { $0 - decree.from }
        decree.from = time.now
        decree.until = length.map { time.now + $0 }
        let kind: Override.Kind =
            switch decree.kind {
            case .grant(let tier): .grant(TierID(tier))
            case .ban: .ban
            case .hold: .hold
            }
        let override = Override(
            id: OverrideID("decree-\(decree.number)"),
            kind: kind,
            reason: "the story has it so",
            author: "owner",
            createdAt: engine.now,
            until: decree.until.map { Timestamp(milliseconds: $0.milliseconds) }
        )
        try engine.ledger.addAtOnce(override, to: key, now: engine.now)
        decrees.insert(decree.number)
        world.with { $0.oracle.decreed(decree) }
        world.note("decree \(decree.number)")
        engine.wakeLanes()
    }

    private mutating func endDecree(_ number: Int, _ act: Act) throws {
        guard decrees.contains(number) else { return }
        guard let engine, isOnTime else { return later(act) }
        try engine.ledger.endAtOnce(OverrideID("decree-\(number)"), now: engine.now)
        let now = time.now
        world.with { $0.oracle.endedDecree(number, at: now) }
        world.note("end of decree \(number)")
        engine.wakeLanes()
    }

    private mutating func approve(_ act: Act) throws {
        guard let engine else { return later(act) }
        let now = time.now
        for row in try engine.ledger.rowsAtOnce() where row.holdsLosses {
            guard let number = World.number(of: row.key) else { continue }
            world.with { $0.oracle.approved(number, at: now) }
        }
        try engine.ledger.approveAtOnce(now: engine.now)
        world.note("approve")
        engine.wakeLanes()
    }

    private mutating func reload(_ offer: Offer, _ act: Act) throws {
        guard let engine else { return later(act) }
        self.offer = offer
        try engine.reload(offer)
        let now = time.now
        world.with { $0.oracle.offered(offer, at: now) }
    }

    // MARK: Weather

    /// Who orders something at the service sees what time it takes it to be, and waits until that is right.
    private var isOnTime: Bool { world.with { $0.skew == .zero } }

    private mutating func setClock(_ skew: Span) {
        let now = time.now
        world.with { state in
            guard skew != state.skew else { return }
            state.skew = skew
            state.fairSince = now
            state.oracle.clockWasSet(skew, at: now)
        }
        world.note("clock \(skew)")
    }

    private func change(_ weather: Weather) {
        let now = time.now
        if now >= story.end { engine?.life.end(after: nil) }
        world.with { state in
            state.weather = weather
            state.fairSince = now
        }
        world.note("weather \(weather.chances)")
    }
}

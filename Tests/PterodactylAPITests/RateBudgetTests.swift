import PterodactylAPI
import Testing

/// The rate budget as a state machine: what it is asked, and what it decides, at which second.
struct RateBudgetTests {
    /// A budget of 20 requests of 20, with windows of a minute and no margin, so that the numbers can be followed.
    private func budget(limit: Int = 20, share: Double = 1, queue: Int = 100) -> RateBudget {
        var settings = RateBudget.Settings(limit: limit, share: share)
        settings.margin = .zero
        settings.queueLimit = queue
        return RateBudget(settings)
    }

    private func permit(_ decision: RateBudget.Decision) throws -> RateBudget.Permit {
        guard case .go(let permit) = decision else { throw Held() }
        return permit
    }

    private func ticket(_ decision: RateBudget.Decision) throws -> RateBudget.Ticket {
        guard case .wait(let ticket, _, _) = decision else { throw NotHeld() }
        return ticket
    }

    private struct Held: Error {}
    private struct NotHeld: Error {}

    /// Sends and settles one request, with what the panel says is left.
    private func spend(
        _ budget: inout RateBudget,
        _ priority: RequestPriority = .newlyPaid,
        remaining: Int? = nil,
        at now: Duration
    ) throws {
        let permit = try self.permit(budget.request(priority, now: now))
        budget.settled(permit, .init(refused: false, limit: nil, remaining: remaining), now: now)
    }

    @Test(arguments: [
        (RequestPriority.newlyPaid, 100), (.restore, 95), (.revocation, 90), (.change, 85), (.audit, 50),
    ])
    func `each priority leaves room for those that matter more`(_ priority: RequestPriority, _ mayBeSent: Int) throws {
        var budget = budget(limit: 100)
        for _ in 0..<mayBeSent { try spend(&budget, priority, at: .zero) }
        #expect(throws: Held.self) { try permit(budget.request(priority, now: .seconds(1))) }
        #expect(budget.calls == mayBeSent && budget.waits == 1)
    }

    @Test func `only our share of the limit is spent`() throws {
        var budget = budget(limit: 240, share: 0.9)
        for _ in 0..<216 { try spend(&budget, at: .zero) }
        #expect(throws: Held.self) { try permit(budget.request(.newlyPaid, now: .zero)) }
    }

    @Test func `a window ends a minute after its first answer, not after its last`() throws {
        var budget = budget(limit: 3)
        let first = try permit(budget.request(.newlyPaid, now: .zero))
        budget.settled(first, .init(refused: false, limit: 3, remaining: 2), now: .seconds(2))
        try spend(&budget, remaining: 1, at: .seconds(50))
        try spend(&budget, remaining: 0, at: .seconds(61))
        guard case .wait(_, let until, _) = budget.request(.newlyPaid, now: .seconds(61)) else {
            Issue.record("it should wait")
            return
        }
        #expect(until == .seconds(62))
        #expect(budget.release(now: .milliseconds(61_999)).isEmpty)
        #expect(budget.release(now: .seconds(62)).count == 1)
    }

    @Test func `what others spend is believed, and what is under way is not forgotten`() throws {
        var budget = budget(limit: 20)
        let first = try permit(budget.request(.newlyPaid, now: .zero))
        let second = try permit(budget.request(.newlyPaid, now: .zero))
        budget.settled(first, .init(refused: false, limit: 20, remaining: 2), now: .zero)
        // 18 are gone and one more is under way, so there is one left.
        try spend(&budget, remaining: 1, at: .zero)
        #expect(throws: Held.self) { try permit(budget.request(.newlyPaid, now: .zero)) }
        budget.settled(second, .init(refused: false, limit: 20, remaining: 1), now: .zero)
        #expect(budget.release(now: .zero).count == 1)
    }

    @Test func `answers that overtake one another do not open a window`() throws {
        var budget = budget(limit: 20)
        let permits = try (0..<5).map { _ in try self.permit(budget.request(.newlyPaid, now: .zero)) }
        for (permit, remaining) in zip(permits, [15, 19, 16, 18, 17]) {
            budget.settled(permit, .init(refused: false, limit: 20, remaining: remaining), now: .seconds(1))
        }
        #expect(budget.status(now: .seconds(1)).remaining == 15)
    }

    @Test func `a window that the panel began earlier than we knew is seen to end`() throws {
        var budget = budget(limit: 20)
        try spend(&budget, remaining: 3, at: .zero)
        try spend(&budget, remaining: 2, at: .seconds(30))
        try spend(&budget, remaining: 19, at: .seconds(31))
        #expect(budget.status(now: .seconds(31)).remaining == 19)
        #expect(budget.status(now: .seconds(90)).remaining == 19)
        #expect(budget.status(now: .seconds(91)).remaining == 20)
    }

    @Test(arguments: [0, -5, 2_000_000])
    func `a limit that cannot be is not believed`(_ limit: Int) throws {
        var budget = budget(limit: 20)
        let permit = try self.permit(budget.request(.change, now: .zero))
        budget.settled(permit, .init(refused: false, limit: limit, remaining: limit - 1), now: .zero)
        #expect(budget.limit == 20)
    }

    @Test func `another limit is learned from the answers`() throws {
        var budget = budget(limit: 240, share: 0.5)
        let permit = try self.permit(budget.request(.change, now: .zero))
        budget.settled(permit, .init(refused: false, limit: 10, remaining: 9), now: .zero)
        for _ in 0..<4 { try spend(&budget, at: .zero) }
        #expect(throws: Held.self) { try self.permit(budget.request(.newlyPaid, now: .zero)) }
    }

    @Test(arguments: [(Int?.some(56), 56), (nil, 60), (.some(900), 900), (.some(90_000), 900), (.some(0), 0)])
    func `a refusal closes for as long as the panel says, up to a quarter of an hour`(
        _ retryAfter: Int?,
        _ seconds: Int
    ) throws {
        var budget = budget()
        let refused = try permit(budget.request(.newlyPaid, now: .seconds(5)))
        let wait = retryAfter.map { Duration.seconds($0) }
        budget.settled(refused, .init(refused: true, limit: 20, remaining: 0, retryAfter: wait), now: .seconds(5))
        #expect(budget.throttled == 1)
        let end = Duration.seconds(5 + seconds)
        if seconds > 0 {
            #expect(budget.status(now: .seconds(5)).pause == .seconds(seconds))
            #expect(budget.status(now: .seconds(5)).remaining == 0)
            _ = try ticket(budget.request(.newlyPaid, now: end - .milliseconds(1)))
            #expect(budget.nextRelease(end - .milliseconds(1)) == end)
            #expect(budget.release(now: end - .milliseconds(1)).isEmpty)
            #expect(budget.release(now: end).count == 1)
        } else {
            _ = try permit(budget.request(.newlyPaid, now: end))
        }
    }

    @Test func `after a pause one request goes first, and the others wait for its answer`() throws {
        var budget = budget()
        let refused = try permit(budget.request(.change, now: .zero))
        budget.settled(refused, .init(refused: true, retryAfter: .seconds(30)), now: .zero)
        for _ in 0..<5 { _ = try ticket(budget.request(.change, now: .seconds(1))) }
        let probe = try #require(budget.release(now: .seconds(30)).first)
        #expect(budget.release(now: .seconds(40)).isEmpty)
        #expect(throws: Held.self) { try permit(budget.request(.newlyPaid, now: .seconds(40))) }
        budget.settled(probe.permit, .init(refused: false, limit: 20, remaining: 19), now: .seconds(41))
        #expect(budget.release(now: .seconds(41)).count == 5)
    }

    @Test func `a probe that is refused closes again, and one that is lost is followed by another`() throws {
        var budget = budget()
        let refused = try permit(budget.request(.change, now: .zero))
        budget.settled(refused, .init(refused: true, retryAfter: .seconds(30)), now: .zero)
        let first = try permit(budget.request(.change, now: .seconds(30)))
        budget.settled(first, .init(refused: true, retryAfter: .seconds(10)), now: .seconds(31))
        _ = try ticket(budget.request(.change, now: .seconds(40)))
        let second = try #require(budget.release(now: .seconds(41)).first)
        budget.settled(second.permit, nil, now: .seconds(50))
        let third = try permit(budget.request(.change, now: .seconds(50)))
        #expect(throws: Held.self) { try permit(budget.request(.change, now: .seconds(50))) }
        budget.unused(third, now: .seconds(51))
        #expect(budget.release(now: .seconds(51)).count == 1)
    }

    @Test func `an answer to an older request does not open what a refusal closed`() throws {
        var budget = budget()
        let slow = try permit(budget.request(.change, now: .zero))
        let refused = try permit(budget.request(.change, now: .zero))
        budget.settled(refused, .init(refused: true, retryAfter: .seconds(30)), now: .seconds(1))
        budget.settled(slow, .init(refused: false, limit: 20, remaining: 0), now: .seconds(2))
        #expect(throws: Held.self) { try permit(budget.request(.newlyPaid, now: .seconds(3))) }
    }

    @Test func `those that wait go by priority, and within one in the order they came`() throws {
        var budget = budget(limit: 1)
        try spend(&budget, at: .zero)
        let order: [RequestPriority] = [.change, .audit, .newlyPaid, .change, .restore, .newlyPaid, .revocation]
        let tickets = try order.map { try ticket(budget.request($0, now: .seconds(1))) }
        var released: [RateBudget.Ticket] = []
        for minute in 1...7 {
            let now = Duration.seconds(60 * minute + minute)
            for release in budget.release(now: now) {
                released.append(release.ticket)
                budget.settled(release.permit, .init(refused: false, limit: 1, remaining: 0), now: now)
            }
        }
        #expect(released == [2, 5, 4, 6, 0, 3, 1].map { tickets[$0] })
    }

    @Test func `nobody overtakes one of the same priority who waits`() throws {
        var budget = budget(limit: 1)
        try spend(&budget, at: .zero)
        let first = try ticket(budget.request(.change, now: .seconds(1)))
        _ = try ticket(budget.request(.change, now: .seconds(61)))
        #expect(budget.release(now: .seconds(61)).map(\.ticket) == [first])
    }

    @Test func `one who gave up is not released`() throws {
        var budget = budget(limit: 1)
        try spend(&budget, at: .zero)
        let first = try ticket(budget.request(.change, now: .seconds(1)))
        let second = try ticket(budget.request(.change, now: .seconds(1)))
        budget.withdraw(first)
        #expect(budget.release(now: .seconds(61)).map(\.ticket) == [second])
    }

    @Test func `a full queue takes who matters more, in the place of the last who matters least`() throws {
        var budget = budget(limit: 1, queue: 3)
        try spend(&budget, at: .zero)
        _ = try ticket(budget.request(.audit, now: .zero))
        let last = try ticket(budget.request(.audit, now: .zero))
        _ = try ticket(budget.request(.change, now: .zero))
        #expect(budget.request(.audit, now: .zero) == .full)
        guard case .wait(_, _, let pushedOut) = budget.request(.newlyPaid, now: .zero) else {
            Issue.record("it should wait")
            return
        }
        #expect(pushedOut == last && budget.waitingCount == 3)
    }

    @Test func `a request that was not sent gives its place back`() throws {
        var budget = budget(limit: 1)
        let permit = try self.permit(budget.request(.change, now: .zero))
        budget.unused(permit, now: .zero)
        #expect(budget.calls == 0 && budget.status(now: .zero).remaining == 1)
    }

    @Test func `a panel that counts as recorded is never asked more than it allows`() throws {
        // Seeded, so that it is the same every time: a panel with a fixed window, another tool on the same account, slow answers.
        var random = Seeded(state: 7)
        var budget = RateBudget(.init(limit: 240))
        var panel = FixedWindow(limit: 240)
        var underWay: [(permit: RateBudget.Permit, at: Duration, answer: RateBudget.Answer)] = []
        var refused = 0
        for step in 0..<60_000 {
            let now = Duration.milliseconds(step * 20)
            for exchange in underWay where exchange.at <= now {
                budget.settled(exchange.permit, exchange.answer, now: now)
            }
            underWay.removeAll { $0.at <= now }
            if step % 250 == 0 { _ = panel.count(now) }
            var permits = budget.release(now: now).map(\.permit)
            if case .go(let permit) = budget.request(.newlyPaid, now: now) { permits.append(permit) }
            for permit in permits {
                let answer = panel.count(now)
                if answer.refused { refused += 1 }
                underWay.append((permit, now + .milliseconds(Int.random(in: 5...800, using: &random)), answer))
            }
        }
        #expect(refused == 0)
        // Twenty minutes at 216 a minute less what the other tool takes.
        #expect(budget.calls > 20 * 190)
    }
}

/// The panel's own counting: a window of a minute from the first request that finds none.
private struct FixedWindow {
    var limit: Int
    var used = 0
    var endsAt: Duration = .zero

    mutating func count(_ now: Duration) -> RateBudget.Answer {
        if now >= endsAt {
            used = 0
            endsAt = now + .seconds(60)
        }
        guard used < limit else {
            return .init(refused: true, limit: limit, remaining: 0, retryAfter: endsAt - now)
        }
        used += 1
        return .init(refused: false, limit: limit, remaining: limit - used)
    }
}

private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

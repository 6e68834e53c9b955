import Entitlements
import Testing

/// Stories drawn at random; every one follows from its seed, which a failure prints.
struct RandomStory {
    var events: [BillingEvent]

    /// Events with revisions that run with their dates.
    init(seed: UInt64, length: Int) {
        var random = SplitMix64(seed: seed)
        var day = 0.0
        events = []
        for revision in 1...length {
            day += Double(Int.random(in: 0...9, using: &random))
            var event = said(random.pick(Self.kinds), day)
            event.order.revision = Int64(revision)
            event.order.stampedAt = event.order.moment + .seconds(Int.random(in: 0...4000, using: &random))
            event.facts = Self.facts(on: day, &random)
            events.append(event)
        }
    }

    private static let kinds = BillingEvent.Kind.allCases.filter { !$0.concernsCustomer }

    private static func facts(on day: Double, _ random: inout SplitMix64) -> EventFacts {
        var facts = EventFacts()
        if random.chance(1, in: 2) {
            let words = ["pending", "active", "active", "past_due", "suspended", "cancelled", "odd"]
            Fact.status(random.pick(words)).write(to: &facts)
        }
        if random.chance(1, in: 3) {
            Fact.paidThrough(day + Double(Int.random(in: -20...40, using: &random))).write(to: &facts)
        } else if random.chance(1, in: 8) {
            Fact.nothingDue.write(to: &facts)
        }
        if random.chance(1, in: 5) {
            Fact.endsAt(day + Double(Int.random(in: -10...40, using: &random))).write(to: &facts)
        } else if random.chance(1, in: 5) {
            Fact.noEnd.write(to: &facts)
        }
        if random.chance(1, in: 4) { Fact.product(random.pick(["fire", "ice", "unmapped"])).write(to: &facts) }
        if random.chance(1, in: 4) { Fact.reason(random.pick(["manual", "won", "unpaid"])).write(to: &facts) }
        return facts
    }
}

@Suite struct FoldPropertyTests {
    static let policies: [Policy] = {
        var strict = Policy()
        strict.latePayment = .attention
        strict.cancel = .periodEnd
        return [Policy(), strict]
    }()

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `every interleaving and duplication of a story with revisions folds to the same`(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 1_000_000)
        let story = RandomStory(seed: seed, length: Int.random(in: 1...14, using: &random))
        for policy in Self.policies {
            let expected = fold(story.events, policy: policy)
            for _ in 0..<8 {
                var arrived = story.events
                for event in story.events where random.chance(1, in: 3) {
                    var again = event
                    again.order.stampedAt = event.order.stampedAt + .seconds(7200)
                    arrived.append(again)
                }
                arrived.shuffle(using: &random)
                #expect(fold(arrived, policy: policy) == expected, "seed \(seed)")
            }
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `a story in pieces folds to what it folds to as a whole`(seed: UInt64) {
        let story = RandomStory(seed: seed, length: 10)
        let whole = Subscription.fold("sub", arriving(story.events), policy: FoldPolicy())
        let again = Subscription.fold("sub", arriving(story.events), policy: FoldPolicy())
        #expect(whole == again, "seed \(seed)")
        let effective = arriving(story.events).filter { !whole.stale.contains($0.order.arrival) }
        #expect(
            Subscription.fold("sub", effective, policy: FoldPolicy()).subscription == whole.subscription,
            "seed \(seed): stale events carry nothing"
        )
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `repeats never move the end of a grace`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let failedOn = Double(Int.random(in: 20...40, using: &random))
        let graceEnds = max(failedOn, 30) + 7
        var events = [bought, said(.paymentFailed, failedOn)]
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let day = failedOn + Double(Int.random(in: 0...600, using: &random)) / 100
            events.append(
                random.pick([
                    said(.paymentFailed, day), said(.suspended, day), said(.updated, day, .status("past_due")),
                    said(.snapshot, day, .status("past_due"), .paidThrough(30)),
                    said(.snapshot, day, .status("suspended"), .paidThrough(30)),
                    said(.snapshot, day, .status("active"), .paidThrough(30)), said(.updated, day, .product("ice")),
                    said(.paymentFailed, failedOn),
                ])
            )
        }
        events.shuffle(using: &random)
        #expect(standing(events, on: graceEnds - 0.01) == .pastDue(failedOn, until: graceEnds), "seed \(seed)")
        #expect(standing(events, on: graceEnds) == .suspended(.graceOver, graceEnds), "seed \(seed)")
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `the outlook never changes before the moment that it names`(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 77)
        let subscription = fold(RandomStory(seed: seed, length: 8).events)
        let policy = TermPolicy(Policy(), tier: nil)
        let day = Double(Int.random(in: 70...160, using: &random))
        let outlook = subscription.outlook(at: .day(day), policy: policy, billingHeardAt: .day(500))
        for later in stride(from: day, to: day + 120, by: 0.5) {
            if let changesAt = outlook.changesAt, Timestamp.day(later) >= changesAt { break }
            let standing = subscription.outlook(at: .day(later), policy: policy, billingHeardAt: .day(500)).standing
            #expect(standing == outlook.standing, "seed \(seed), day \(later)")
        }
    }

    @Test(arguments: [Int64.min, Int64.min + 1, -1, 0, Int64.max - 1, Int64.max])
    func `no date that a sender can write stops the fold or the outlook`(milliseconds: Int64) {
        let date = Timestamp(milliseconds: milliseconds)
        var strange = said(.created, 0, .status("active"))
        strange.facts.paidThrough = .value(date)
        strange.facts.endsAt = .value(date)
        var failure = said(.paymentFailed, 1)
        failure.order.occurredAt = date
        let tier = Tier(id: "t", rank: 1, products: [], lasts: .days(30))
        for events in [[strange], [strange, failure], [failure, strange, said(.paymentSucceeded, 2)]] {
            _ = standing(events, on: 5, tier: tier)
        }
    }
}

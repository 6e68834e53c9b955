import Entitlements
import Testing

@Suite struct SubscriptionMoneyTests {
    static let refunds: [Row] = [
        Row("a refund", [said(.paymentRefunded, 10)], on: 11, is: .suspended(.refunded, 10)),
        Row("a dispute", [said(.paymentDisputed, 10)], on: 11, is: .suspended(.disputed, 10)),
        Row(
            "a dispute won",
            [said(.paymentDisputed, 10), said(.paymentDisputed, 12, .reason("won"))],
            on: 13,
            is: .active
        ),
        Row(
            "a dispute lost",
            [said(.paymentDisputed, 10), said(.paymentDisputed, 12, .reason("lost"))],
            on: 13,
            is: .suspended(.disputed, 10)
        ),
        Row(
            "a refund, and a later payment",
            [said(.paymentRefunded, 10), said(.paymentSucceeded, 12)],
            on: 13,
            is: .active
        ),
        Row(
            "a payment before the refund",
            [said(.paymentSucceeded, 9), said(.paymentRefunded, 10)],
            on: 13,
            is: .suspended(.refunded, 10)
        ),
        Row(
            "a refund, and called active",
            [said(.paymentRefunded, 10), said(.updated, 12, .status("active"), .paidThrough(60))],
            on: 13,
            is: .suspended(.refunded, 10)
        ),
        Row(
            "a refund, and unsuspended",
            [said(.paymentRefunded, 10), said(.unsuspended, 12)],
            on: 13,
            is: .suspended(.refunded, 10)
        ),
        Row(
            "a refund, and lists",
            [said(.paymentRefunded, 10), said(.snapshot, 12, .status("active"))],
            on: 13,
            is: .suspended(.refunded, 10)
        ),
        Row(
            "a refund is not undone by a dispute that is won",
            [said(.paymentRefunded, 10), said(.paymentDisputed, 11), said(.paymentDisputed, 12, .reason("won"))],
            on: 13,
            is: .suspended(.refunded, 10)
        ),
        Row(
            "a dispute that ends in a refund",
            [said(.paymentDisputed, 10), said(.paymentRefunded, 11), said(.paymentDisputed, 12, .reason("won"))],
            on: 13,
            is: .suspended(.refunded, 11)
        ),
        Row(
            "a refund of what has ended",
            [said(.cancelled, 9), said(.paymentRefunded, 10)],
            on: 11,
            is: .ended(.cancelled, 9)
        ),
    ]

    @Test(arguments: refunds)
    func `money that went back suspends until money comes or a dispute is won`(row: Row) {
        #expect(standing([bought] + row.events, on: row.day) == row.standing)
    }

    @Test(arguments: [
        (RefundPolicy.keep, Standing.active), (.end, .ended(.cancelled, 10)), (.suspend, .suspended(.refunded, 10)),
    ])
    func `policy on_refund decides what a refund does`(onRefund: RefundPolicy, expected: Standing) {
        var policy = Policy()
        policy.onRefund = onRefund
        #expect(standing([bought, said(.paymentRefunded, 10)], on: 11, policy: policy) == expected)
        let tier = Tier(id: "t", rank: 1, products: [], onRefund: onRefund)
        #expect(standing([bought, said(.paymentRefunded, 10)], on: 11, tier: tier) == expected)
    }

    @Test func `a date that passes without news is past due by inference, then suspended`() {
        #expect(standing([bought], on: 29.9) == .active)
        #expect(standing([bought], on: 30) == .pastDue(30, until: 37, isInferred: true))
        #expect(standing([bought], on: 37) == .suspended(.graceOver, 37, isInferred: true))
    }

    @Test(arguments: [nil, 0, 29.9] as [Double?])
    func `the end of an inferred grace waits while billing is silent`(heard: Double?) {
        #expect(standing([bought], on: 40, heard: heard) == .unheard(since: .day(30)))
        #expect(standing([bought], on: 40, heard: heard).givesAccess)
        #expect(standing([bought], on: 40, heard: 30.1) == .suspended(.graceOver, 37, isInferred: true))
    }

    @Test func `silence does not hold a grace that billing itself began`() {
        #expect(standing([bought, said(.paymentFailed, 30)], on: 40, heard: 30) == .suspended(.graceOver, 37))
    }

    @Test func `a payment that names no date ends the inference`() {
        #expect(standing([bought, said(.paymentSucceeded, 31)], on: 400) == .active)
    }

    @Test func `the outlook says when it changes if nothing more is heard`() {
        func changes(_ events: [BillingEvent], on day: Double) -> Timestamp? {
            fold(events).outlook(at: .day(day), policy: TermPolicy(Policy(), tier: nil), billingHeardAt: .day(day))
                .changesAt
        }
        #expect(changes([bought], on: 1) == .day(30))
        #expect(changes([bought], on: 31) == .day(37))
        #expect(changes([bought], on: 38) == nil)
        #expect(changes([bought, said(.paymentFailed, 32)], on: 33) == .day(39))
        #expect(changes([bought, said(.cancelled, 5, .endsAt(40))], on: 6) == .day(40))
        #expect(changes([bought, said(.cancelled, 5, .endsAt(33)), said(.paymentFailed, 30)], on: 31) == .day(33))
        #expect(changes([said(.created, 0, .status("pending"))], on: 1) == nil)
    }
}

@Suite struct OneTimePurchaseTests {
    static let lasting = Tier(id: "t", rank: 1, products: ["fire"], lasts: .days(30))
    static let once = said(.created, 0, .status("active"), .nothingDue)

    @Test(arguments: [
        said(.paymentFailed, 5), said(.suspended, 5), said(.snapshot, 5, .status("past_due")),
        said(.updated, 5, .status("suspended")),
    ])
    func `what is paid once and for all never becomes past due`(event: BillingEvent) {
        #expect(standing([Self.once, event], on: 500) == .active)
        let notices = fold([Self.once, event]).notices
        #expect(notices == [.failureOnOneTimePurchase])
        #expect(!notices.contains { $0.need(of: "s") != nil })
    }

    @Test func `null before the first payment means that no date is known yet`() {
        let events = [said(.created, 0, .status("pending"), .nothingDue), said(.paymentSucceeded, 1)]
        #expect(!fold(events).isOneTime)
        #expect(standing(events + [said(.paymentFailed, 31)], on: 32) == .pastDue(31, until: 38))
    }

    @Test func `null with the first payment means that nothing is due again`() {
        let events = [said(.created, 0, .status("pending"), .nothingDue), said(.paymentSucceeded, 1, .nothingDue)]
        #expect(fold(events).isOneTime)
    }

    @Test func `without lasts it never ends`() {
        #expect(standing([Self.once], on: 5000) == .active)
    }

    @Test func `with lasts it ends after that time`() {
        #expect(standing([Self.once], on: 29.9, tier: Self.lasting) == .active)
        #expect(standing([Self.once], on: 30, tier: Self.lasting) == .lapsed(at: .day(30)))
        #expect(!standing([Self.once], on: 30, tier: Self.lasting).givesAccess)
    }

    @Test(arguments: [20.0, 30, 45])
    func `another payment buys the time anew`(day: Double) {
        let events = [Self.once, said(.paymentSucceeded, day)]
        #expect(standing(events, on: day + 29.9, tier: Self.lasting) == .active)
        #expect(standing(events, on: day + 30, tier: Self.lasting) == .lapsed(at: .day(day + 30)))
    }

    @Test func `lasts does not touch what is paid until a date`() {
        #expect(standing([bought, said(.renewed, 29, .paidThrough(60))], on: 45, tier: Self.lasting) == .active)
    }

    @Test(arguments: [
        said(.cancelled, 5), said(.terminated, 5), said(.paymentRefunded, 5), said(.suspended, 5, .reason("manual")),
    ])
    func `what ends a subscription ends a one-time purchase too`(event: BillingEvent) {
        #expect(!standing([Self.once, event], on: 6).givesAccess)
    }
}

import Entitlements
import Testing

@Suite struct SubscriptionLifeTests {
    static let beginnings: [Row] = [
        Row("created active", [said(.created, 0, .status("active"))], on: 1, is: .active),
        Row("created without a word", [said(.created, 0)], on: 1, is: .pending),
        Row("created and unpaid", [said(.created, 0, .status("pending"))], on: 1, is: .pending),
        Row(
            "a date that is paid for pays nothing by itself",
            [said(.created, 0, .status("pending"), .paidThrough(30))],
            on: 1,
            is: .pending
        ),
        Row(
            "the first payment",
            [said(.created, 0, .status("pending")), said(.paymentSucceeded, 1)],
            on: 2,
            is: .active
        ),
        Row("a payment before its creation is heard of", [said(.paymentSucceeded, 1)], on: 2, is: .active),
        Row(
            "the first payment fails",
            [said(.created, 0, .status("pending")), said(.paymentFailed, 1)],
            on: 2,
            is: .pending
        ),
        Row(
            "the first payment fails, and the sender calls it past due",
            [said(.created, 0, .status("pending")), said(.paymentFailed, 1), said(.updated, 2, .status("past_due"))],
            on: 3,
            is: .pending
        ),
        Row(
            "the first payment fails, the second succeeds",
            [said(.created, 0, .status("pending")), said(.paymentFailed, 1), said(.paymentSucceeded, 2)],
            on: 3,
            is: .active
        ),
        Row(
            "pending, then called active",
            [said(.created, 0, .status("pending")), said(.updated, 1, .status("active"))],
            on: 2,
            is: .active
        ),
        Row("first seen in a list, active", [said(.snapshot, 0, .status("active"))], on: 1, is: .active),
        Row("first seen in a list, suspended", [said(.snapshot, 0, .status("suspended"))], on: 1, is: .pending),
        Row(
            "first seen in a list, cancelled",
            [said(.snapshot, 0, .status("cancelled"))],
            on: 1,
            is: .ended(.cancelled, 0, isInferred: true)
        ),
        Row(
            "first seen in a list within its grace",
            [said(.snapshot, 33, .status("past_due"), .paidThrough(30))],
            on: 34,
            is: .pastDue(30, until: 37, isInferred: true)
        ),
        Row(
            "first seen in a list after its grace",
            [said(.snapshot, 50, .status("past_due"), .paidThrough(30))],
            on: 51,
            is: .suspended(.graceOver, 37, isInferred: true)
        ),
        Row(
            "unpaid and withdrawn",
            [said(.created, 0, .status("pending")), said(.cancelled, 1)],
            on: 2,
            is: .ended(.cancelled, 1)
        ),
    ]

    @Test(arguments: beginnings)
    func `a subscription begins with its first payment or with the word active`(row: Row) {
        #expect(standing(row.events, on: row.day) == row.standing)
    }

    static let failures: [Row] = [
        Row(
            "a failure before the date paid for: grace runs from the date",
            [bought, said(.paymentFailed, 27)],
            on: 28,
            is: .pastDue(27, until: 37)
        ),
        Row(
            "a failure after the date paid for: grace runs from the failure",
            [bought, said(.paymentFailed, 32)],
            on: 33,
            is: .pastDue(32, until: 39)
        ),
        Row(
            "a failure where nobody said what is paid for",
            [said(.created, 0, .status("active")), said(.paymentFailed, 3)],
            on: 4,
            is: .pastDue(3, until: 10)
        ),
        Row("at the end of grace", [bought, said(.paymentFailed, 30)], on: 37, is: .suspended(.graceOver, 37)),
        Row("just before it", [bought, said(.paymentFailed, 30)], on: 36.99, is: .pastDue(30, until: 37)),
        Row("suspended by the sender", [bought, said(.suspended, 32)], on: 33, is: .pastDue(32, until: 39)),
        Row(
            "suspended by the sender, with another reason",
            [bought, said(.suspended, 32, .reason("unpaid"))],
            on: 33,
            is: .pastDue(32, until: 39)
        ),
        Row(
            "called suspended",
            [bought, said(.updated, 32, .status("suspended"))],
            on: 33,
            is: .pastDue(32, until: 39)
        ),
        Row("called past due", [bought, said(.updated, 32, .status("past_due"))], on: 33, is: .pastDue(32, until: 39)),
        Row(
            "called past due by a list only",
            [bought, said(.snapshot, 32, .status("past_due"))],
            on: 33,
            is: .pastDue(32, until: 39, isInferred: true)
        ),
        Row(
            "called past due by a list, then an event says so",
            [bought, said(.snapshot, 32, .status("past_due")), said(.paymentFailed, 34)],
            on: 40,
            is: .suspended(.graceOver, 39)
        ),
        Row(
            "called pending by a list only",
            [bought, said(.snapshot, 32, .status("pending"))],
            on: 33,
            is: .pastDue(32, until: 39, isInferred: true)
        ),
        Row(
            "called pending by an event",
            [bought, said(.updated, 32, .status("pending"))],
            on: 33,
            is: .pastDue(32, until: 39)
        ),
    ]

    @Test(arguments: failures)
    func `a missing payment makes it past due, and grace runs from the later of failure and date`(row: Row) {
        #expect(standing(row.events, on: row.day) == row.standing)
    }

    static let repeats: [Row] = [
        Row(
            "more failures",
            [said(.paymentFailed, 32), said(.paymentFailed, 34), said(.paymentFailed, 36)],
            on: 36,
            is: .pastDue(31, until: 38)
        ),
        Row(
            "the sender suspends as well",
            [said(.suspended, 33), said(.updated, 34, .status("suspended"))],
            on: 36,
            is: .pastDue(31, until: 38)
        ),
        Row(
            "hourly lists",
            (0..<24).map { said(.snapshot, 32 + Double($0) / 24, .status("past_due"), .paidThrough(30)) },
            on: 36,
            is: .pastDue(31, until: 38)
        ),
        Row(
            "lists that call it active",
            [said(.snapshot, 32, .status("active"), .paidThrough(30))],
            on: 36,
            is: .pastDue(31, until: 38)
        ),
        Row(
            "lists that call it suspended",
            [said(.snapshot, 32, .status("suspended"), .paidThrough(30))],
            on: 36,
            is: .pastDue(31, until: 38)
        ),
        Row(
            "called active without a later date",
            [said(.updated, 32, .status("active"))],
            on: 36,
            is: .pastDue(31, until: 38)
        ),
        Row("unsuspended, while the money is missing", [said(.unsuspended, 32)], on: 36, is: .pastDue(31, until: 38)),
        Row("another product", [said(.updated, 32, .product("ice"))], on: 36, is: .pastDue(31, until: 38)),
    ]

    @Test(arguments: repeats)
    func `nothing but money shortens, lengthens or ends a grace`(row: Row) {
        let failure = [bought, said(.paymentFailed, 31)]
        #expect(standing(failure + row.events, on: row.day) == row.standing)
        #expect(standing(failure + row.events, on: 38) == .suspended(.graceOver, 38))
    }

    static let returns: [Row] = [
        Row("a payment in grace", [said(.paymentSucceeded, 33)], on: 50, is: .active),
        Row("a payment after grace", [said(.paymentSucceeded, 45)], on: 50, is: .active),
        Row("an unsuspension with a later date", [said(.unsuspended, 33, .paidThrough(60))], on: 50, is: .active),
        Row("a renewal", [said(.renewed, 33, .paidThrough(60))], on: 50, is: .active),
        Row(
            "called active with a later date",
            [said(.updated, 33, .status("active"), .paidThrough(60))],
            on: 50,
            is: .active
        ),
        Row(
            "called active in a list with a later date",
            [said(.snapshot, 33, .status("active"), .paidThrough(60))],
            on: 50,
            is: .active
        ),
        Row(
            "a later date, and the word in another event",
            [said(.updated, 33, .paidThrough(60)), said(.updated, 34, .status("active"))],
            on: 50,
            is: .active
        ),
        Row(
            "a failure after the payment is a new one",
            [said(.paymentSucceeded, 33, .paidThrough(60)), said(.paymentFailed, 60)],
            on: 61,
            is: .pastDue(60, until: 67)
        ),
        Row(
            "an undated payment",
            [attempted(.paymentSucceeded, 45)],
            on: 50,
            is: .active
        ),
    ]

    @Test(arguments: returns)
    func `money brings it back as it was`(row: Row) {
        let events = [bought, said(.paymentFailed, 31)] + row.events
        #expect(standing(events, on: row.day) == row.standing)
        #expect(fold(events).product == "fire")
    }

    @Test func `an unsuspension takes back what only the sender's own suspension said`() {
        #expect(standing([bought, said(.suspended, 10), said(.unsuspended, 11)], on: 20) == .active)
    }

    @Test func `a changed product counts at once and leaves the rest as it is`() {
        let subscription = fold([bought, said(.updated, 5, .product("ice"))])
        #expect(subscription.product == "ice")
        #expect(subscription.term == .live(since: .day(0)))
        #expect(subscription.paidThrough == .until(.day(30)))
    }

    @Test func `a tier may have a grace of its own`() {
        let tier = Tier(id: "t", rank: 1, products: ["fire"], gracePeriod: .days(3))
        #expect(standing([bought, said(.paymentFailed, 30)], on: 31, tier: tier) == .pastDue(30, until: 33))
    }

    @Test func `a failure while it was suspended by hand is remembered when the hand lets go`() {
        let events = [
            bought, said(.suspended, 20, .reason("manual")), said(.paymentFailed, 30), said(.unsuspended, 32),
        ]
        #expect(standing(events, on: 33) == .pastDue(30, until: 37))
        #expect(standing(events + [said(.paymentSucceeded, 34)], on: 40) == .active)
    }

    @Test func `lists that repeat a suspension by hand leave no debt behind`() {
        let events = [
            bought, said(.suspended, 20, .reason("manual")), said(.snapshot, 21, .status("suspended")),
            said(.updated, 22, .status("active")),
        ]
        #expect(standing(events, on: 29) == .active)
    }
}

import Entitlements
import Testing

@Suite struct SubscriptionEndTests {
    static let periodEnd: Policy = {
        var policy = Policy()
        policy.cancel = .periodEnd
        return policy
    }()

    static let cancellations: [Row] = [
        Row("now, though it is paid for", [said(.cancelled, 10)], on: 10, is: .ended(.cancelled, 10)),
        Row("with a date ahead", [said(.cancelled, 10, .endsAt(40))], on: 11, is: .cancelling(40)),
        Row("with a date before what is paid for", [said(.cancelled, 10, .endsAt(20))], on: 25, is: .cancelling(30)),
        Row("with a date, passed", [said(.cancelled, 10, .endsAt(30))], on: 30, is: .ended(.endDatePassed, 30)),
        Row(
            "with a date that has passed already",
            [said(.cancelled, 10, .endsAt(9))],
            on: 11,
            is: .ended(.cancelled, 10)
        ),
        Row("with null for a date", [said(.cancelled, 10, .noEnd)], on: 11, is: .ended(.cancelled, 10)),
        Row("scheduled for a date", [said(.cancellationScheduled, 10, .endsAt(30))], on: 11, is: .cancelling(30)),
        Row(
            "scheduled without a date: what is paid for",
            [said(.cancellationScheduled, 10)],
            on: 11,
            is: .cancelling(30)
        ),
        Row(
            "scheduled, and cancelled at once after that",
            [said(.cancellationScheduled, 10, .endsAt(30)), said(.cancelled, 12)],
            on: 13,
            is: .ended(.cancelled, 12)
        ),
        Row(
            "scheduled, and called cancelled meanwhile",
            [said(.cancellationScheduled, 10, .endsAt(30)), said(.updated, 12, .status("cancelled"))],
            on: 13,
            is: .cancelling(30)
        ),
        Row(
            "cancelled with a date, which the lists leave out",
            [said(.cancelled, 10, .endsAt(30)), said(.snapshot, 12, .status("cancelled"))],
            on: 13,
            is: .cancelling(30)
        ),
        Row(
            "withdrawn",
            [said(.cancellationScheduled, 10, .endsAt(30)), said(.cancellationWithdrawn, 12)],
            on: 29,
            is: .active
        ),
        Row(
            "withdrawn by null",
            [said(.cancelled, 10, .endsAt(30)), said(.updated, 12, .status("active"), .noEnd)],
            on: 29,
            is: .active
        ),
        Row(
            "withdrawn too late",
            [said(.cancellationScheduled, 10, .endsAt(30)), said(.cancellationWithdrawn, 31)],
            on: 32,
            is: .ended(.endDatePassed, 30)
        ),
        Row(
            "past due while it is cancelling",
            [said(.cancelled, 10, .endsAt(60)), said(.paymentFailed, 30)],
            on: 31,
            is: .pastDue(30, until: 37)
        ),
        Row(
            "renewed while it is cancelling: until what is paid for",
            [said(.cancelled, 10, .endsAt(30)), said(.renewed, 20, .paidThrough(60))],
            on: 40,
            is: .cancelling(60)
        ),
        Row("terminated", [said(.terminated, 10)], on: 10, is: .ended(.terminated, 10)),
        Row(
            "terminated while it is cancelling",
            [said(.cancelled, 5, .endsAt(30)), said(.terminated, 10)],
            on: 11,
            is: .ended(.terminated, 10)
        ),
        Row("suspended by hand", [said(.suspended, 10, .reason("manual"))], on: 10, is: .suspended(.byHand, 10)),
        Row(
            "called suspended, by hand",
            [said(.updated, 10, .status("suspended"), .reason("manual"))],
            on: 10,
            is: .suspended(.byHand, 10)
        ),
        Row(
            "suspended by hand, and let go",
            [said(.suspended, 10, .reason("manual")), said(.unsuspended, 11)],
            on: 12,
            is: .active
        ),
        Row(
            "suspended by hand, and cancelled",
            [said(.suspended, 10, .reason("manual")), said(.cancelled, 11)],
            on: 12,
            is: .ended(.cancelled, 11)
        ),
        Row(
            "its end passed, and a newer word takes the date back",
            [
                said(.cancellationScheduled, 10, .endsAt(30)),
                said(.updated, 31, .status("active"), .noEnd, .paidThrough(60)),
            ],
            on: 32,
            is: .active
        ),
        Row(
            "its end passed, and a newer word names a later one",
            [said(.cancellationScheduled, 10, .endsAt(30)), said(.updated, 31, .status("active"), .endsAt(60))],
            on: 32,
            is: .cancelling(60)
        ),
        Row(
            "its end passed, and it is called active without a word of the date",
            [
                said(.cancellationScheduled, 10, .endsAt(30)), said(.updated, 31, .status("active")),
                said(.updated, 32, .status("active"), .paidThrough(60)),
            ],
            on: 33,
            is: .ended(.endDatePassed, 30)
        ),
        Row(
            "a list calls it cancelled",
            [said(.snapshot, 10, .status("cancelled"))],
            on: 11,
            is: .ended(.cancelled, 10, isInferred: true)
        ),
        Row(
            "a list calls it cancelled, then an event does",
            [said(.snapshot, 10, .status("cancelled")), said(.cancelled, 12)],
            on: 13,
            is: .ended(.cancelled, 10)
        ),
        Row(
            "a list names an end",
            [said(.snapshot, 10, .endsAt(30))],
            on: 30,
            is: .ended(.endDatePassed, 30, isInferred: true)
        ),
        Row(
            "an event names the end that a list named before",
            [said(.snapshot, 10, .endsAt(30)), said(.updated, 11, .endsAt(30))],
            on: 30,
            is: .ended(.endDatePassed, 30)
        ),
        Row(
            "a list repeats the end that an event named",
            [said(.updated, 10, .endsAt(30)), said(.snapshot, 11, .endsAt(30))],
            on: 30,
            is: .ended(.endDatePassed, 30)
        ),
    ]

    @Test(arguments: cancellations)
    func `a cancellation takes effect when it says`(row: Row) {
        #expect(standing([bought] + row.events, on: row.day) == row.standing)
    }

    static let atPeriodEnd: [Row] = [
        Row("paid until a date", [bought, said(.cancelled, 10)], on: 11, is: .cancelling(30)),
        Row("the date passed", [bought, said(.cancelled, 10)], on: 30, is: .ended(.endDatePassed, 30)),
        Row("a date of its own", [bought, said(.cancelled, 10, .endsAt(40))], on: 31, is: .cancelling(40)),
        Row(
            "nothing known to be paid",
            [said(.created, 0, .status("active")), said(.cancelled, 10)],
            on: 11,
            is: .ended(.cancelled, 10)
        ),
        Row("terminated all the same", [bought, said(.terminated, 10)], on: 11, is: .ended(.terminated, 10)),
        Row("withdrawn", [bought, said(.cancelled, 10), said(.cancellationWithdrawn, 11)], on: 29, is: .active),
        Row(
            "repeated by lists until after the end",
            [bought, said(.cancelled, 10)] + (11..<40).map { said(.snapshot, Double($0), .status("cancelled")) },
            on: 40,
            is: .ended(.endDatePassed, 30)
        ),
    ]

    @Test(arguments: atPeriodEnd)
    func `policy cancel period_end lets it run until what is paid for`(row: Row) {
        #expect(standing(row.events, on: row.day, policy: Self.periodEnd) == row.standing)
    }

    /// Ways in which the subscription of day 0 has ended by day 12.
    static let ends: [String: [BillingEvent]] = [
        "cancelled": [said(.cancelled, 10)],
        "cancelled, and so listed": [said(.cancelled, 10, .status("cancelled"))],
        "terminated": [said(.terminated, 10)],
        "end date passed": [said(.updated, 5, .endsAt(10), .paidThrough(10))],
        "suspended by hand": [said(.suspended, 10, .reason("manual"))],
    ]

    /// What must not open an end.
    static let noReasonToOpen: [String: [BillingEvent]] = [
        "lists that still call it active": (0..<48).map {
            said(.snapshot, 12 + Double($0) / 24, .status("active"), .paidThrough(10))
        },
        "called past due": [said(.updated, 12, .status("past_due"))],
        "called suspended": [said(.updated, 12, .status("suspended"))],
        "suspended": [said(.suspended, 12)],
        "a failure": [said(.paymentFailed, 12)],
        "a cancellation withdrawn": [said(.cancellationWithdrawn, 12)],
        "an unknown word": [said(.updated, 12, .status("sleeping"))],
        "another product": [said(.updated, 12, .product("ice"))],
        "a dispute won": [said(.paymentDisputed, 12, .reason("won"))],
        "an older word": [said(.updated, 9, .status("active"))],
    ]

    @Test(arguments: ends.keys.sorted(), noReasonToOpen.keys.sorted())
    func `what has ended stays ended`(end: String, word: String) throws {
        let ended = try #require(Self.ends[end])
        let after = try #require(Self.noReasonToOpen[word])
        #expect(!standing([bought] + ended + after, on: 15).givesAccess)
    }

    @Test(arguments: ends.keys.sorted())
    func `a payment opens every end`(end: String) throws {
        let events = try [bought] + #require(Self.ends[end]) + [said(.paymentSucceeded, 12, .paidThrough(42))]
        #expect(standing(events, on: 15) == .active)
    }

    @Test
    func `a payment after an early cancellation opens the whole, not only until the date that was scheduled before`() {
        let events = [
            bought, said(.cancellationScheduled, 5, .endsAt(30)), said(.cancelled, 10),
            said(.paymentSucceeded, 12, .paidThrough(42)),
        ]
        #expect(standing(events, on: 15) == .active)
    }

    static let returns: [Row] = [
        Row("called active again", [said(.cancelled, 10), said(.updated, 12, .status("active"))], on: 13, is: .active),
        Row(
            "unsuspended after a hand",
            [said(.suspended, 10, .reason("manual")), said(.unsuspended, 12)],
            on: 13,
            is: .active
        ),
        Row(
            "called active again, its end taken back",
            [
                said(.cancelled, 5, .endsAt(10), .paidThrough(10)),
                said(.updated, 12, .status("active"), .noEnd, .paidThrough(42)),
            ],
            on: 13,
            is: .active
        ),
        Row(
            "called active again, but its end has passed",
            [said(.cancelled, 5, .endsAt(10), .paidThrough(10)), said(.updated, 12, .status("active"))],
            on: 13,
            is: .ended(.endDatePassed, 10)
        ),
        Row(
            "a list takes back what a list said",
            [said(.snapshot, 10, .status("cancelled")), said(.snapshot, 11, .status("active"))],
            on: 13,
            is: .active
        ),
        Row(
            "a list that had confirmed the end says otherwise later",
            [said(.cancelled, 10), said(.snapshot, 11, .status("cancelled")), said(.snapshot, 12, .status("active"))],
            on: 13,
            is: .active
        ),
        Row(
            "a list shows that more is paid for than before",
            [said(.cancelled, 10), said(.snapshot, 12, .status("active"), .paidThrough(60))],
            on: 13,
            is: .active
        ),
    ]

    @Test(arguments: returns)
    func `a newer change opens what had ended`(row: Row) {
        #expect(standing([bought] + row.events, on: row.day) == row.standing)
    }

    @Test func `policy late_payment attention leaves it ended and tells a person`() {
        var policy = Policy()
        policy.latePayment = .attention
        let events = [bought, said(.cancelled, 10), said(.paymentSucceeded, 12)]
        #expect(standing(events, on: 13, policy: policy) == .ended(.cancelled, 10))
        #expect(fold(events, policy: policy).notices.contains { $0.need(of: "s") != nil })
        let suspended = [bought, said(.paymentFailed, 30), said(.paymentSucceeded, 50)]
        #expect(standing(suspended, on: 51, policy: policy) == .active)
    }

    static let undated: [String: BillingEvent] = [
        "a payment": attempted(.paymentSucceeded, 12),
        "a creation": attempted(.created, 12, .status("active")),
        "an update": attempted(.updated, 12, .status("active")),
        "an unsuspension": attempted(.unsuspended, 12),
    ]

    @Test(arguments: undated.keys.sorted())
    func `a sender without dates never opens what was cancelled, since its word may be the older one`(word: String)
        throws
    {
        let event = try #require(Self.undated[word])
        for end in [attempted(.cancelled, 10), attempted(.terminated, 10)] {
            let events = [attempted(.created, 0, .status("active")), end, event]
            #expect(!standing(events, on: 13).givesAccess)
            #expect(fold(events).notices.contains { $0.need(of: "s") != nil })
        }
    }

    @Test func `a sender without dates ends a suspension by its payment`() {
        let events = [attempted(.created, 0, .status("active")), attempted(.suspended, 10, .reason("manual"))]
        #expect(standing(events + [attempted(.paymentSucceeded, 12)], on: 13) == .active)
    }

    @Test func `a list without dates takes back what a list without dates said`() {
        let events = [attempted(.snapshot, 0, .status("active")), attempted(.snapshot, 1, .status("cancelled"))]
        #expect(standing(events + [attempted(.snapshot, 2, .status("active"))], on: 3) == .active)
    }

    @Test func `a cancellation scheduled without any date goes on and is shown`() {
        let events = [said(.created, 0, .status("active")), said(.cancellationScheduled, 5)]
        #expect(standing(events, on: 6) == .active)
        #expect(fold(events).notices == [.cancellationWithoutDate])
    }
}

import Entitlements
import Testing

@Suite struct SubscriptionWordTests {
    static let words: [(String, SenderStatus)] = [
        ("pending", .pending), ("active", .active), ("Active", .active), ("ACTIVE", .active),
        ("past_due", .pastDue), ("past-due", .pastDue), ("past due", .pastDue), ("pastDue", .pastDue),
        ("suspended", .suspended), ("cancelled", .cancelled), ("canceled", .cancelled), ("Canceled", .cancelled),
        ("CANCELLED", .cancelled), ("ended", .cancelled), ("expired", .cancelled), ("terminated", .cancelled),
        ("", .unknown("")), ("trialing", .unknown("trialing")), ("actíve", .unknown("actíve")),
        ("active\u{200B}", .unknown("active\u{200B}")),
    ]

    @Test(arguments: words)
    func `a status is read in every spelling`(word: String, status: SenderStatus) {
        #expect(SenderStatus(word: word) == status)
        #expect(SenderStatus(word: status.word) == status)
    }

    @Test func `an unknown status changes nothing and needs attention until a known one comes`() {
        let strange = [bought, said(.updated, 5, .status("trialing"), .product("ice"))]
        #expect(standing(strange, on: 6) == .active)
        #expect(fold(strange).product == "ice")
        #expect(fold(strange).notices == [.unknownStatus("trialing")])
        #expect(fold(strange + [said(.updated, 6, .status("active"))]).notices.isEmpty)
        #expect(standing([said(.created, 0, .status("trialing"))], on: 1) == .pending)
    }

    @Test func `absent says nothing`() {
        let full = said(
            .created,
            0,
            .status("active"),
            .product("fire"),
            .tier("t"),
            .customer("77"),
            .email("ada@example.com"),
            .paidThrough(30),
            .endsAt(40)
        )
        let before = fold([full])
        #expect(fold([full, said(.updated, 5)]) == before)
        #expect(Subscription.fold("sub", arriving([full, said(.updated, 5)]), policy: FoldPolicy()).stale == [2])
    }

    @Test func `null clears`() {
        var full = said(
            .created,
            0,
            .status("active"),
            .product("fire"),
            .tier("t"),
            .customer("77"),
            .email("ada@example.com"),
            .paidThrough(30),
            .endsAt(40)
        )
        full.facts.name = .value("Ada")
        full.facts.quantity = .value(3)
        full.facts.properties = ["minecraft_username": "Ada_L", "note": "x"]
        var clearing = said(.updated, 5, .nothingDue, .noEnd)
        clearing.facts.product = .cleared
        clearing.facts.tier = .cleared
        clearing.facts.email = .cleared
        clearing.facts.name = .cleared
        clearing.facts.quantity = .cleared
        clearing.facts.status = .cleared
        clearing.facts.properties = ["note": nil]
        let subscription = fold([full, clearing])
        #expect(subscription.product == nil)
        #expect(subscription.tierHint == nil)
        #expect(subscription.email == nil)
        #expect(subscription.name == nil)
        #expect(subscription.quantity == 1)
        #expect(subscription.endsAt == nil)
        #expect(subscription.paidThrough == .forever)
        #expect(subscription.properties == ["minecraft_username": "Ada_L"])
        #expect(subscription.term == .live(since: .day(0)))
    }

    @Test func `whose it is does not get lost by null`() {
        var clearing = said(.updated, 5)
        clearing.facts.customerID = .cleared
        #expect(fold([bought, clearing]).customer == .id("77"))
    }

    @Test func `what a list alone called unpaid, a later list takes back, and what an event said it does not`() {
        let sold = said(.created, 0, .status("active"))
        let mistaken = [sold, said(.snapshot, 1, .status("suspended"))]
        #expect(standing(mistaken, on: 1.5) == .pastDue(1, until: 8, isInferred: true))
        #expect(standing(mistaken + [said(.snapshot, 2, .status("active"))], on: 20) == .active)
        #expect(standing(mistaken + [said(.updated, 2, .status("active"))], on: 20) == .active)
        let failed = [sold, said(.paymentFailed, 1), said(.snapshot, 1.5, .status("suspended"))]
        #expect(standing(failed + [said(.snapshot, 2, .status("active"))], on: 3) == .pastDue(1, until: 8))
    }

    @Test func `what is known of a customer does not go to another with the subscription`() {
        let sold = said(.created, 0, .email("ada@b.c"), .customer("7"))
        let moved = fold([sold, said(.updated, 1, .customer("8"))])
        #expect(moved.customer == .id("8") && moved.email == nil)
        #expect(fold([sold, said(.updated, 1, .customer("8"), .email("bob@b.c"))]).email == "bob@b.c")
        #expect(fold([sold, said(.updated, 1, .customer("7"))]).email == "ada@b.c")
        #expect(fold([said(.created, 0, .email("ada@b.c")), said(.updated, 1, .customer("7"))]).email == "ada@b.c")
    }

    @Test func `the customer is the id, else the e-mail with ASCII letters folded`() {
        #expect(fold([said(.created, 0, .email("Ada@Example.COM"))]).customer == .email("ada@example.com"))
        #expect(fold([said(.created, 0, .email("ÄDA@example.com"))]).customer == .email("Äda@example.com"))
        #expect(fold([said(.created, 0, .email("a@b.c"), .customer("7"))]).customer == .id("7"))
        #expect(fold([said(.created, 0)]).customer == nil)
    }

    @Test func `an empty id or e-mail names nobody`() {
        #expect(fold([said(.created, 0, .email(""))]).customer == nil)
        #expect(fold([said(.created, 0, .customer(""), .email("a@b.c"))]).customer == .email("a@b.c"))
    }
}

@Suite struct EventOrderTests {
    @Test func `partial events lose nothing when they arrive the wrong way round`() {
        let story = [
            said(.created, 0, .status("pending"), .product("fire"), .customer("77")),
            said(.paymentSucceeded, 1, .paidThrough(30)),
            said(.updated, 2, .product("ice")),
            said(.cancellationScheduled, 3, .endsAt(30)),
        ]
        let expected = fold(story)
        #expect(fold(story.reversed()) == expected)
        #expect(expected.product == "ice")
        #expect(expected.customer == .id("77"))
        #expect(expected.term == .live(since: .day(1)))
    }

    @Test func `a late failure does not undo the payment that followed it`() {
        #expect(standing([bought, said(.paymentSucceeded, 32), said(.paymentFailed, 31)], on: 33) == .active)
    }

    @Test func `a late cancellation does not undo the payment that followed it`() {
        #expect(standing([bought, said(.paymentSucceeded, 12), said(.cancelled, 10)], on: 13) == .active)
    }

    @Test func `a late payment takes its place before the cancellation`() {
        #expect(standing([bought, said(.cancelled, 10), said(.paymentSucceeded, 9)], on: 13) == .ended(.cancelled, 10))
    }

    @Test func `revisions of one source outweigh dates`() {
        var first = said(.updated, 20, .product("ice"))
        first.order.revision = 1
        var second = said(.updated, 10, .product("storm"))
        second.order.revision = 2
        #expect(fold([second, first]).product == "storm")
        #expect(fold([first, second]).product == "storm")
    }

    @Test func `revisions of two sources are not compared`() {
        var first = said(.updated, 20, .product("ice"))
        first.order.revision = 1
        var second = said(.updated, 10, .product("storm"))
        second.order.revision = 2
        second.order.source = "stripe"
        #expect(fold([first, second]).product == "ice")
    }

    @Test func `without dates the attempt counts, and ties go by arrival`() {
        #expect(fold([attempted(.updated, 2, .product("b")), attempted(.updated, 1, .product("a"))]).product == "b")
        #expect(fold([attempted(.updated, 1, .product("b")), attempted(.updated, 1, .product("a"))]).product == "a")
    }

    @Test func `a date far ahead of its delivery is replaced by it, with attention`() {
        let order = EventOrder(source: "p", occurredAt: .day(400), stampedAt: .day(5), receivedAt: .day(5))
        #expect(order.moment == .day(5))
        #expect(order.wasAheadOfDelivery)
        let ahead = event(.updated, order, [.product("ice")])
        #expect(fold([bought, ahead]).notices == [.dateAheadOfDelivery])
        #expect(fold([bought, ahead, said(.updated, 6, .product("storm"))]).product == "storm")
        let tolerated = EventOrder(
            source: "p",
            occurredAt: .day(5) + .seconds(300),
            stampedAt: .day(5),
            receivedAt: .day(5)
        )
        #expect(!tolerated.wasAheadOfDelivery)
        #expect(tolerated.moment == .day(5) + .seconds(300))
    }

    @Test func `an event that changes no fact is stale`() {
        let story = [
            bought, said(.snapshot, 1, .status("active"), .paidThrough(30)), said(.updated, 2, .product("fire")),
        ]
        #expect(Subscription.fold("sub", arriving(story), policy: FoldPolicy()).stale == [2, 3])
    }

    @Test func `an end date that was passed is the same whether it is said once or twice`() {
        let past = said(.updated, 40, .status("active"), .endsAt(35))
        #expect(fold([bought, past]) == fold([bought, past, past]))
        #expect(standing([bought, past], on: 41) == .ended(.endDatePassed, 35))
    }
}

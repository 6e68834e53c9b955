import Billing
import Entitlements

/// What happens in the demonstration, in order.
struct DemoStory {
    enum Step {
        case chapter(String)
        /// Something is said (or time passes: no delivery), and then the panel shows this.
        case act(Act)
    }

    struct Act {
        var subscriber: Subscriber
        var words: String
        /// Made at the moment of sending, so that its dates lie around it.
        var delivery: (@Sendable (Timestamp) -> DeliveryBody)?
        var access: ShownAccess
        /// A part of the sentence with which the service has to explain it.
        var because: String
    }

    /// What Gil may do by hand on one server, before and after he pays.
    static let handMade: Set = ["websocket.connect", "file.read", "file.read-content"]
    static let handMadeServer = DemoWorld.frostPath[0]

    static let steps: [Step] =
        [.chapter("Ten people buy.")] + purchases
        + [.chapter("A period comes to its end.")] + endOfPeriod
        + [.chapter("Others change their minds.")] + changes
        + [.chapter("Time passes (three seconds of grace stand for seven days).")] + timePasses
        + [.chapter("Who pays is back at once.")] + returns

    private static let purchases: [Step] = [
        buys(.ada, "buys Awakened, once", access: .awakened, paidFor: nil),
        says(.bo, "orders Fire Elemental, not paid yet", .created, access: .none, because: "was never paid") {
            facts,
            _ in
            facts.product = .value("fire-elemental")
            facts.status = .value(.pending)
        },
        says(.bo, "makes the first payment", .paymentSucceeded, access: .elemental, because: "is active") {
            $0.paidThrough = .value($1 + month)
        },
        buys(.finn, "buys Fire Knight", product: "fire-knight", access: .knight),
        buys(.eve, "buys Frost Knight", access: .knight),
        buys(
            .gil,
            "buys Frost Master; reads files on one server, by hand, since long ago",
            access: .master.adding(handMade, on: [handMadeServer])
        ),
        buys(.hana, "buys Fire Legend", access: .legend),
        buys(.ivo, "buys Frost Legend", access: .legend),
        buys(.juno, "buys Sovereign", access: .sovereign),
    ]

    private static let endOfPeriod: [Step] = [
        buys(.dan, "has Fire Knight, paid for eight more seconds", access: .knight, paidFor: .seconds(8)),
        says(
            .dan,
            "cancels at the end of the period, and keeps what is paid for",
            .cancelled,
            access: .knight,
            because: "is cancelled and gives access until"
        ) { $0.endsAt = .value($1 + .seconds(7)) },
        buys(.cleo, "has Frost Elemental, paid for four more seconds", access: .elemental, paidFor: .seconds(4)),
        says(
            .cleo,
            "fails to pay, and keeps access within the grace period",
            .paymentFailed,
            access: .elemental,
            because: "is past due"
        ),
    ]

    private static let changes: [Step] = [
        says(.finn, "upgrades to Fire Master", .updated, access: .master, because: "tier master") {
            $0.product = .value("fire-master")
            $0.status = .value(.active)
            $0.paidThrough = .value($1 + month)
        },
        says(.eve, "cancels now", .cancelled, access: .none, because: "(cancelled)"),
        says(.gil, "cancels now; what was given by hand stays", .cancelled, access: byHand, because: "(cancelled)"),
        says(.hana, "is suspended by hand", .suspended, access: .none, because: "suspended by hand") { facts, _ in
            facts.reason = .value("manual")
        },
        says(.ivo, "cancels now", .cancelled, access: .none, because: "(cancelled)"),
    ]

    private static let timePasses: [Step] = [
        .act(
            Act(
                subscriber: .cleo,
                words: "is suspended when the grace period ends",
                access: .none,
                because: "not paid within the grace period"
            )
        ),
        .act(
            Act(
                subscriber: .dan,
                words: "has used up what was paid for",
                access: .none,
                because: "the date of its cancellation passed"
            )
        ),
    ]

    private static let returns: [Step] = [
        says(.cleo, "pays after all", .paymentSucceeded, access: .elemental, because: "is active") {
            $0.paidThrough = .value($1 + month)
        },
        says(.ivo, "pays again after the end", .paymentSucceeded, access: .legend, because: "is active") {
            $0.paidThrough = .value($1 + month)
        },
    ]

    private static let month: Duration = .seconds(30 * 86_400)
    private static let byHand = ShownAccess.none.adding(handMade, on: [handMadeServer])

    private static func buys(
        _ subscriber: Subscriber,
        _ words: String,
        product: String? = nil,
        access: ShownAccess,
        paidFor: Duration? = month
    ) -> Step {
        says(subscriber, words, .created, access: access, because: "is active") { facts, now in
            facts.product = .value(ProductID(product ?? subscriber.product))
            facts.status = .value(.active)
            if let paidFor { facts.paidThrough = .value(now + paidFor) }
        }
    }

    private static func says(
        _ subscriber: Subscriber,
        _ words: String,
        _ kind: BillingEvent.Kind,
        access: ShownAccess,
        because: String,
        _ state: @escaping @Sendable (inout EventFacts, Timestamp) -> Void = { _, _ in }
    ) -> Step {
        let delivery: @Sendable (Timestamp) -> DeliveryBody = { now in
            var facts = EventFacts()
            facts.customerID = .value(subscriber.customer)
            facts.email = .value(subscriber.email)
            facts.name = .value(subscriber.name)
            facts.properties = ["minecraft_username": subscriber.name]
            state(&facts, now)
            return DeliveryBody(
                kind,
                subscription: SubscriptionID(subscriber.subscription),
                occurredAt: now,
                revision: now.milliseconds,
                facts: facts
            )
        }
        return .act(Act(subscriber: subscriber, words: words, delivery: delivery, access: access, because: because))
    }
}

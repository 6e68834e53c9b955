import Entitlements

extension Timestamp {
    /// Days since the stories begin, 9 October 2025.
    static func day(_ count: Double) -> Timestamp {
        Timestamp(milliseconds: 1_760_000_000_000 + Int64(count * 86_400_000))
    }
}

/// One fact of an event, as a table writes it.
enum Fact: Sendable {
    case status(String)
    case product(ProductID)
    case tier(TierID)
    case paidThrough(Double)
    /// `paid_through: null`.
    case nothingDue
    case endsAt(Double)
    /// `ends_at: null`.
    case noEnd
    case reason(String)
    case customer(String)
    case email(String)
    case quantity(Int)

    func write(to facts: inout EventFacts) {
        switch self {
        case .status(let word): facts.status = .value(SenderStatus(word: word))
        case .product(let id): facts.product = .value(id)
        case .tier(let id): facts.tier = .value(id)
        case .paidThrough(let day): facts.paidThrough = .value(.day(day))
        case .nothingDue: facts.paidThrough = .cleared
        case .endsAt(let day): facts.endsAt = .value(.day(day))
        case .noEnd: facts.endsAt = .cleared
        case .reason(let reason): facts.reason = .value(reason)
        case .customer(let id): facts.customerID = .value(id)
        case .email(let email): facts.email = .value(email)
        case .quantity(let count): facts.quantity = .value(count)
        }
    }
}

/// An event that carries its own date and is delivered a second later.
func said(_ kind: BillingEvent.Kind, _ day: Double, _ facts: Fact...) -> BillingEvent {
    let moment = Timestamp.day(day)
    let order = EventOrder(
        source: "paymenter",
        occurredAt: moment,
        stampedAt: moment + .seconds(1),
        receivedAt: moment + .seconds(1)
    )
    return event(kind, order, facts)
}

/// An event of a sender that gives neither revision nor date: only the attempt is stamped.
func attempted(_ kind: BillingEvent.Kind, _ day: Double, _ facts: Fact...) -> BillingEvent {
    let moment = Timestamp.day(day)
    return event(kind, EventOrder(source: "paymenter", stampedAt: moment, receivedAt: moment), facts)
}

func event(_ kind: BillingEvent.Kind, _ order: EventOrder, _ facts: [Fact]) -> BillingEvent {
    var event = BillingEvent(kind: kind, subscription: "sub", order: order)
    for fact in facts { fact.write(to: &event.facts) }
    return event
}

/// The events with arrivals that say in which order they came.
func arriving(_ events: [BillingEvent]) -> [BillingEvent] {
    zip(events, 1...).map { event, arrival in
        var event = event
        event.order.arrival = Int64(arrival)
        return event
    }
}

func fold(_ events: [BillingEvent], id: SubscriptionID = "sub", policy: Policy = Policy()) -> Subscription {
    Subscription.fold(id, arriving(events), policy: FoldPolicy(policy, catalog: Catalog(tiers: [], groups: [])))
        .subscription
}

/// Where the story's subscription stands on a day; billing is heard all the time unless `heard` says otherwise.
func standing(
    _ events: [BillingEvent],
    on day: Double,
    policy: Policy = Policy(),
    tier: Tier? = nil,
    heard: Double? = .infinity
) -> Standing {
    let heardAt: Timestamp? = heard.map { $0 == .infinity ? .day(day) : .day($0) }
    return fold(events, policy: policy)
        .outlook(at: .day(day), policy: TermPolicy(policy, tier: tier), billingHeardAt: heardAt)
        .standing
}

/// A row of a table: what was said, and where the subscription stands on a day after that.
struct Row: Sendable, CustomStringConvertible {
    var description: String
    var events: [BillingEvent]
    var day: Double
    var standing: Standing

    init(_ description: String, _ events: [BillingEvent], on day: Double, is standing: Standing) {
        self.description = description
        self.events = events
        self.day = day
        self.standing = standing
    }
}

extension Standing {
    static func ended(_ cause: Stop.Cause, _ day: Double, isInferred: Bool = false) -> Standing {
        .ended(cause, at: .day(day), isInferred: isInferred)
    }

    static func pastDue(_ since: Double, until graceEnds: Double, isInferred: Bool = false) -> Standing {
        .pastDue(since: .day(since), graceEnds: .day(graceEnds), isInferred: isInferred)
    }

    static func suspended(_ why: Suspension, _ since: Double, isInferred: Bool = false) -> Standing {
        .suspended(why, since: .day(since), isInferred: isInferred)
    }

    static func cancelling(_ day: Double) -> Standing {
        .cancelling(until: .day(day))
    }
}

/// The usual beginning: bought on day 0, paid until day 30.
let bought = said(.created, 0, .status("active"), .paidThrough(30), .product("fire"), .customer("77"))

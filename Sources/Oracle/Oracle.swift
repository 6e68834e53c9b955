/// Knows the truth of a story and judges what an engine makes of it.
///
/// It shares nothing with the engine: it is told what the engine was told, watches what the engine does at the panel, and says which of
/// the things that must always hold (DESIGN §6) did not.
package struct Oracle: Sendable {
    package struct Customer: Hashable, Sendable {
        package var number: Int
        /// The first of their e-mails.
        package var email: String
        /// Those that they have later.
        package var laterEmails: Set<String>
        package var externalID: String
        package var subscriptions: [Int]

        package init(
            number: Int,
            email: String,
            laterEmails: Set<String>,
            externalID: String,
            subscriptions: [Int]
        ) {
            self.number = number
            self.email = email
            self.laterEmails = laterEmails
            self.externalID = externalID
            self.subscriptions = subscriptions
        }
    }

    let rules: Rules
    let customers: [Customer]
    var offers: [(at: Moment, offer: Offer)]
    private(set) var decrees: [Decree] = []
    /// How far the engine's clock was ahead, and from when on.
    var clocks: [(at: Moment, skew: Span)] = []
    /// The servers as the engine last listed them, by id, with their names.
    private(set) var listings: [(at: Moment, names: [Int: String])] = []
    /// What the engine took in, with the moment at which it did.
    private var heard: [Int: [(at: Moment, telling: Telling)]] = [:]
    /// When each subscription was last spoken of, as the message came, and how many lists in a row have left it out since.
    private var spokenOf: [Int: Moment] = [:]
    private var absences: [Int: Int] = [:]
    /// When anything at all was heard of the billing system, in order.
    private var words: [Moment] = []
    private(set) var approvals: [Int: Moment] = [:]
    /// What the engine heard of customers' e-mails, and when it heard that they were deleted.
    var emails: [Int: [HeardEmail]] = [:]
    var deletions: [Int: Moment] = [:]
    /// Users who were on the panel before us.
    var earlierUsers: Set<Int> = []
    /// Users whom the engine made, and cannot know any more to be its own.
    var forgottenUsers: Set<Int> = []
    /// Groups in game that it gave and cannot know of any more, by customer and server: they run out by themselves.
    var forgottenRanks: [Int: [Int: Set<String>]] = [:]
    /// When the ledger became an older one, and since when the engine has known, until a person trusts it.
    var restoration: (at: Moment, knownAt: Moment?)?
    var restoredAt: Moment?

    /// What each customer should have had when the engine last looked, and when that was.
    var holdings: [Int: Holding] = [:]
    var lookedAt: [Int: Moment] = [:]
    /// By customer, and by the customer's number in place of the user's.
    var losses: [Int: [Seat: [String: Loss]]] = [:]
    /// What the panel last showed of what nobody gave by hand, by the customer's number in place of the user's.
    var rows: [Seat: Set<String>] = [:]
    var giving: [Int: Giving] = [:]
    var losing: [Int: [Losing]] = [:]
    /// What was taken away without anybody's approval.
    var taken: [Taking] = []
    /// What was given because the clock was wrong.
    var mistaken: [Seat: Set<String>] = [:]
    /// What each customer ever had a right to on each server, by the customer's number in place of the user's.
    var ever: [Seat: Set<String>] = [:]
    var handMade: [Seat: HandMade] = [:]
    package internal(set) var violations: [Violation] = []

    package init(rules: Rules, customers: [Customer], offer: Offer, at moment: Moment) {
        self.rules = rules
        self.customers = customers
        offers = [(moment, offer)]
    }

    // MARK: What happened

    package mutating func offered(_ offer: Offer, at moment: Moment) {
        offers.append((moment, offer))
    }

    package mutating func clockWasSet(_ skew: Span, at moment: Moment) {
        if skew != clocks.last?.skew ?? .zero { clocks.append((moment, skew)) }
    }

    package mutating func decreed(_ decree: Decree) {
        decrees.append(decree)
    }

    package mutating func endedDecree(_ number: Int, at moment: Moment) {
        for index in decrees.indices where decrees[index].number == number { decrees[index].until = moment }
    }

    package mutating func listed(_ names: [Int: String], at moment: Moment) {
        if listings.last?.names != names { listings.append((moment, names)) }
    }

    /// The billing system was heard, whatever it said.
    package mutating func wasHeard(at moment: Moment) {
        words.append(moment)
    }

    /// The engine took in what had come at `arrival`.
    package mutating func tookIn(_ tellings: [Telling], thatCameAt arrival: Moment, at moment: Moment) {
        for telling in tellings {
            if let email = telling.email,
                let owner = customers.first(where: { $0.subscriptions.contains(telling.subscription) })
            {
                emails[owner.number, default: []].append(HeardEmail(email: email, said: telling.at, heard: moment))
            }
            heard[telling.subscription, default: []].append((moment, telling))
            if arrival > spokenOf[telling.subscription] ?? Moment(0) { absences[telling.subscription] = 0 }
            spokenOf[telling.subscription] = max(arrival, spokenOf[telling.subscription] ?? arrival)
        }
    }

    /// The engine took in a whole list, and everything else that came with it.
    ///
    /// Whom it leaves out was not spoken of since it was begun; clocks may differ by five minutes.
    package mutating func tookInList(begunAt beginning: Moment, at moment: Moment) {
        for (subscription, last) in spokenOf where last < beginning - .minutes(5) {
            absences[subscription, default: 0] += 1
            guard absences[subscription] == 2, belief(of: subscription, at: moment).life == .running else { continue }
            let absence = Telling(
                subscription: subscription,
                kind: .missed,
                at: beginning,
                revision: beginning.milliseconds,
                product: "",
                status: .cancelled,
                paidThrough: .unsaid,
                endsAt: .unsaid
            )
            heard[subscription, default: []].append((moment, absence))
        }
    }

    package mutating func approved(_ customer: Int, at moment: Moment) {
        approvals[customer] = moment
    }

    package mutating func fail(_ rule: Violation.Rule, at moment: Moment, _ what: String) {
        violations.append(Violation(rule, at: moment, what))
    }

    // MARK: What should be

    /// The place of a subscription's own server among all servers, whatever the panel calls it.
    package static func ownServer(of subscription: Int) -> Int { -subscription }

    /// What stands for the use of a server of one's own, as if it were a permission: nobody has it while the server is suspended.
    package static let use = "use of a server of one's own"

    func belief(of subscription: Int, at moment: Moment) -> Belief {
        Belief((heard[subscription] ?? []).filter { $0.at <= moment }.map(\.telling))
    }

    func momentsHeard(of subscription: Int) -> [Moment] {
        (heard[subscription] ?? []).map(\.at)
    }

    func hasHeard(of customer: Customer) -> Bool {
        emails[customer.number] != nil || customer.subscriptions.contains { heard[$0] != nil }
    }

    /// The first word of the billing system after a moment.
    func word(after moment: Moment) -> Moment? {
        words.first { $0 > moment }
    }

    /// Whether nothing but a date ended what a subscription gave, and nobody was heard since: that proves nothing.
    func isSilent(_ belief: Belief, at moment: Moment) -> Bool {
        guard let due = belief.unrenewed(at: moment, grace: rules.grace) else { return false }
        return word(after: due).map { $0 > moment } ?? true
    }

    func offer(at moment: Moment) -> Offer {
        offers.last { $0.at <= moment }?.offer ?? offers[0].offer
    }

    func names(at moment: Moment) -> [Int: String] {
        listings.last { $0.at <= moment }?.names ?? [:]
    }

    /// Whether the engine's clock was set within a span before a moment, or is wrong.
    func clockIsDoubtful(within span: Span, before moment: Moment) -> Bool {
        guard let last = clocks.last else { return false }
        return last.skew != .zero || last.at + span >= moment
    }

    func isInForce(_ kind: Decree.Kind, for customer: Int, at moment: Moment) -> Bool {
        decrees.contains { $0.customer == customer && $0.kind == kind && $0.isInForce(at: moment) }
    }

    /// What a customer should have at a moment, from what the engine had been told by then.
    func holding(of customer: Customer, at moment: Moment) -> Holding {
        holding(givers(of: customer, at: moment), at: moment)
    }

    func holding(_ givers: [Giver], at moment: Moment) -> Holding {
        let offer = offer(at: moment)
        var holding: Holding = [:]
        for giver in givers {
            for (server, name) in names(at: moment) {
                for permission in offer.permissions(tier: giver.tier, server: name) {
                    holding[server, default: [:]][permission, default: []].insert(giver)
                }
            }
            if case .subscription(let subscription) = giver.source, offer.hasServer(tier: giver.tier) {
                holding[Self.ownServer(of: subscription), default: [:]][Self.use, default: []].insert(giver)
            }
        }
        return holding
    }

    /// The groups in game that a customer should have, by server.
    func ranks(of customer: Customer, at moment: Moment) -> [Int: String] {
        let offer = offer(at: moment)
        let tiers = Set(givers(of: customer, at: moment).map(\.tier))
        return names(at: moment).compactMapValues { offer.rank(ofGreatest: tiers, server: $0) }
    }

    /// What gives a customer access at a moment; empty for those who are banned.
    ///
    /// `clock` is what is taken for the time, where that is another: then what ends without a word may be kept, since nobody was heard.
    func givers(of customer: Customer, at moment: Moment, clock: Moment? = nil) -> [Giver] {
        let maySilenceKeep = clock != nil
        let clock = clock ?? moment
        guard !isInForce(.ban, for: customer.number, at: clock), !isDeleted(customer.number, at: moment) else {
            return []
        }
        let offer = offer(at: moment)
        var givers: [Giver] = []
        for subscription in customer.subscriptions {
            let belief = belief(of: subscription, at: moment)
            let answer = belief.answer(at: clock, grace: rules.grace)
            guard answer == .yes || maySilenceKeep && answer == .no(.inferred) || isSilent(belief, at: moment),
                let tier = offer.tier(ofProduct: belief.product)
            else { continue }
            givers.append(Giver(source: .subscription(subscription), tier: tier, product: belief.product))
        }
        for decree in decrees where decree.customer == customer.number && decree.isInForce(at: clock) {
            if case .grant(let tier) = decree.kind {
                givers.append(Giver(source: .person(decree.number), tier: tier, product: ""))
            }
        }
        return givers
    }

    /// How what a giver gave came to an end, as far as is known at a moment.
    func ending(of giver: Giver, for customer: Int, at moment: Moment) -> Ending {
        if isInForce(.ban, for: customer, at: moment) { return .decided }
        if isDeleted(customer, at: moment) { return .closed }
        switch giver.source {
        case .person(let number):
            let holds = decrees.contains { $0.number == number && $0.isInForce(at: moment) }
            return holds ? .arranged : .decided
        case .subscription(let subscription):
            let belief = belief(of: subscription, at: moment)
            switch belief.answer(at: moment, grace: rules.grace) {
            case .no(let ending) where !isSilent(belief, at: moment): return ending
            case .no, .yes:
                guard let tier = offer(at: moment).tier(ofProduct: belief.product) else { return .never }
                // Another product of the same tier takes nothing: then it is what the tier opens that changed.
                return belief.product == giver.product || tier == giver.tier ? .arranged : belief.productChange
            }
        }
    }
}

import Entitlements
import GRDB
import Ledger

/// One transaction's work of folding: which subscriptions were touched, and which customers follow from it.
struct Folding {
    let database: Database
    let policy: FoldPolicy
    let now: Timestamp
    var touched: Set<SubscriptionID> = []
    /// The customers whose lane has work, and how urgent it is.
    private(set) var urgency: [CustomerKey: LanePriority] = [:]
    private var arrivals: [DeliveryNumber: [Int64]] = [:]
    private var newArrivals: Set<Int64> = []
    private var stale: Set<Int64> = []
    /// Lists whose last page came with one of the deliveries.
    private var complete: [(CompleteList, DeliveryNumber)] = []
    /// Facts by their text: a snapshot that repeats itself for years is read once, and what was just written not at all.
    private var facts: [String: EventFacts] = [:]

    init(database: Database, policy: FoldPolicy, now: Timestamp) {
        self.database = database
        self.policy = policy
        self.now = now
    }

    mutating func add(_ delivery: UnfoldedDelivery) throws {
        if let refusal = delivery.refusal ?? delivery.namelessEvent {
            try database.cachedStatement(sql: "UPDATE delivery SET state = 3, note = ? WHERE number = ? AND state = 0")
                .execute(arguments: [refusal, delivery.number])
            return
        }
        try database.cachedStatement(sql: "UPDATE delivery SET state = 1 WHERE number = ? AND state = 0")
            .execute(arguments: [delivery.number])
        guard database.changesCount > 0 else { return }  // folded already
        if let settings = delivery.settings { try keep(settings) }
        for event in delivery.events {
            let arrival = try insert(event, of: delivery.number)
            arrivals[delivery.number, default: []].append(arrival)
            newArrivals.insert(arrival)
            if let subscription = event.subscription { touched.insert(subscription) }
            if event.kind.concernsCustomer { try applyToCustomer(event, arrival: arrival) }
        }
        if let page = delivery.page { try add(page, of: delivery.number) }
    }

    private mutating func add(_ page: ListPage, of delivery: DeliveryNumber) throws {
        switch try ListedSource(database: database).add(page) {
        case .noted: break
        case .complete(let list): complete.append((list, delivery))
        case .contradictory:
            let note = """
                The list \(page.generation) has \(page.pages) pages by this one, and another number by an earlier one. What the page says \
                of services is taken; for what it leaves out the list counts for nothing.
                """
            try database.execute(sql: "UPDATE delivery SET note = ? WHERE number = ?", arguments: [note, delivery])
        }
    }

    /// Written only if they changed: every list repeats them.
    private func keep(_ settings: SenderSettings) throws {
        try database.execute(
            sql: """
                INSERT INTO pin (name, value) VALUES ('sender settings', ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value
                """,
            arguments: [try JSONColumn.encode(settings)]
        )
    }

    mutating func finish() throws {
        for id in touched.sorted() {
            try refold(id)
        }
        for (list, delivery) in complete { try endWhatIsAbsent(from: list, delivery) }
        try markStaleDeliveries()
        for (key, priority) in urgency.sorted(by: { $0.key < $1.key }) {
            try LaneSQL.mark(key, priority: priority, now: now, in: database)
        }
    }

    private mutating func mark(_ key: CustomerKey, _ priority: LanePriority) {
        urgency[key] = min(urgency[key] ?? priority, priority)
    }

    private mutating func insert(_ event: BillingEvent, of delivery: DeliveryNumber) throws -> Int64 {
        let order = event.order
        let text = try JSONColumn.encode(event.facts)
        facts[text] = event.facts
        let customer = event.kind.concernsCustomer ? event.facts.customerID.value.map { CustomerKey.id($0) } : nil
        try database.cachedStatement(
            sql: """
                INSERT INTO event (delivery, subscription, customer, kind, source, revision, occurred_at, was_ahead,
                    stamped_at, received_at, facts)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                delivery, event.subscription?.rawValue, customer?.description, event.kind.rawValue, order.source,
                order.revision, order.occurredAt?.milliseconds, order.wasAheadOfDelivery,
                order.stampedAt.milliseconds, order.receivedAt.milliseconds, text,
            ]
        )
        return database.lastInsertedRowID
    }

    // MARK: Customers

    private mutating func applyToCustomer(_ event: BillingEvent, arrival: Int64) throws {
        guard let id = event.facts.customerID.value else { return }
        let key = CustomerKey.id(id)
        try CustomerSQL.ensure(key, now: now, in: database)
        var isNews = try updateEmail(of: key, to: event.facts.email, said: event.order.moment)
        if try updateName(of: key, to: event.facts.name, said: event.order.moment) { isNews = true }
        if event.kind == .customerDeleted {
            try database.execute(
                sql: "UPDATE customer SET deleted_at = ? WHERE key = ? AND deleted_at IS NULL",
                arguments: [event.order.moment.milliseconds, key.description]
            )
            if database.changesCount > 0 {
                isNews = true
                // They know whether anything was bought since.
                touched.formUnion(try subscriptions(of: key))
            }
        }
        if !isNews {
            stale.insert(arrival)
            try setStale(true, arrival)
        }
        mark(key, isNews ? .change : .audit)
    }

    private func subscriptions(of key: CustomerKey) throws -> [SubscriptionID] {
        try String.fetchAll(
            database.cachedStatement(sql: "SELECT id FROM subscription WHERE customer = ?"),
            arguments: [key.description]
        ).map { SubscriptionID($0) }
    }

    /// Whom the billing system deleted, and who has bought or paid since, is there again: the deletion was a mistake, or a database was
    /// restored.
    private func takeBackDeletion(of key: CustomerKey, after events: [BillingEvent]) throws {
        guard let last = events.lazy.filter(\.showsLife).map(\.order.moment).max() else { return }
        try database.cachedStatement(sql: "UPDATE customer SET deleted_at = NULL WHERE key = ? AND deleted_at < ?")
            .execute(arguments: [key.description, last.milliseconds])
    }

    /// Sets the e-mail if this is the newest word on it, and says whether that changed it.
    private func updateEmail(of key: CustomerKey, to email: Stated<String>, said moment: Timestamp) throws -> Bool {
        // Who is known by an e-mail has that one: without it, no account could be found.
        if let own = key.email, email.value.map(asciiFolded) != own { return false }
        return try update("email", of: key, to: email, said: moment) { email in
            try database.cachedStatement(sql: "UPDATE customer SET email_folded = ? WHERE key = ?").execute(
                arguments: [email.map(asciiFolded), key.description]
            )
        }
    }

    private func updateName(of key: CustomerKey, to name: Stated<String>, said moment: Timestamp) throws -> Bool {
        try update("name", of: key, to: name, said: moment) { _ in }
    }

    private func update(
        _ column: String,
        of key: CustomerKey,
        to stated: Stated<String>,
        said moment: Timestamp,
        then changed: (String?) throws -> Void
    ) throws -> Bool {
        guard stated.isStated else { return false }
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT \(column) FROM customer WHERE key = ? AND \(column)_at <= ? AND deleted_at IS NULL"
            ),
            arguments: [key.description, moment.milliseconds]
        )
        guard let row else { return false }
        try database.cachedStatement(sql: "UPDATE customer SET \(column) = ?, \(column)_at = ? WHERE key = ?").execute(
            arguments: [stated.value, moment.milliseconds, key.description]
        )
        guard row[0] as String? != stated.value else { return false }
        try changed(stated.value)
        return true
    }

    // MARK: Subscriptions

    private mutating func refold(_ id: SubscriptionID) throws {
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: EventRow.ofSubscription),
            arguments: [id.rawValue]
        )
        let events = try rows.map { try EventRow.event($0, facts: facts(in: $0)) }
        let folded = Subscription.fold(id, events, policy: policy)
        try setStale(folded.stale, among: rows)
        try forgetRepetitions(in: events, stale: folded.stale)
        let old = try StoredSubscription.fetch(id, in: database)
        let key = try save(folded.subscription, replacing: old, events: events)
        guard let key else { return }
        if let oldKey = old?.customer, oldKey != key {
            mark(oldKey, .change)
            if case .email = oldKey, case .id = key { try Join(from: oldKey, to: key).carryOut(in: database) }
        }
        mark(key, folded.subscription.urgency(since: old?.subscription, moved: old?.customer != key))
        try takeBackDeletion(of: key, after: events)
        try updateContact(of: key, from: events, all: old?.customer != key)
    }

    /// How long every event is kept as it came, so that one that arrives late finds its place among them.
    private static let keptWhole: Duration = .days(7)

    /// Forgets old snapshots that only repeat what the snapshot before them said and the one after them says again.
    ///
    /// An hourly list would otherwise make every fold longer for ever.
    private func forgetRepetitions(in events: [BillingEvent], stale: Set<Int64>) throws {
        let ordered = events.inFoldOrder()
        for index in ordered.indices.dropFirst().dropLast() {
            let event = ordered[index]
            let (before, after) = (ordered[index - 1], ordered[index + 1])
            guard event.order.receivedAt + Self.keptWhole < now, event.isRepeated(by: before, and: after),
                stale.contains(event.order.arrival), stale.contains(after.order.arrival)
            else { continue }
            try database.cachedStatement(sql: "DELETE FROM event WHERE arrival = ?")
                .execute(arguments: [event.order.arrival])
        }
    }

    private mutating func facts(in row: Row) throws -> EventFacts {
        let text: String = row["facts"]
        if let known = facts[text] { return known }
        let read = try JSONColumn.decode(EventFacts.self, from: text, of: "event")
        facts[text] = read
        return read
    }

    private func save(
        _ subscription: Subscription,
        replacing old: StoredSubscription?,
        events: [BillingEvent]
    ) throws -> CustomerKey? {
        var joined = old?.joined
        // Clearing the e-mail takes no subscription from its customer.
        var key =
            subscription.customer
            ?? events.inFoldOrder().last { $0.facts.email.value != nil }?.facts.email.value.map { .folding(email: $0) }
        if case .email = key, let joined { key = joined }
        if case .id = key, key != joined { joined = nil }
        if let key { try CustomerSQL.ensure(key, now: now, in: database) }
        try database.cachedStatement(
            sql: """
                INSERT INTO subscription (id, customer, joined, fold, learned_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, joined = excluded.joined, fold = excluded.fold,
                    learned_at = max(learned_at, excluded.learned_at),
                    absences = CASE WHEN excluded.learned_at > learned_at THEN 0 ELSE absences END
                """
        ).execute(
            arguments: [
                subscription.id.rawValue, key?.description, joined?.description, try JSONColumn.encode(subscription),
                events.lastLearned?.milliseconds ?? 0,
            ]
        )
        return key
    }

    // MARK: Lists

    /// What two complete lists in a row have missed is taken for cancelled, as a list's word, which a later word takes back.
    private mutating func endWhatIsAbsent(from list: CompleteList, _ delivery: DeliveryNumber) throws {
        for id in try ListedSource(database: database).missed(by: list) {
            guard let stored = try StoredSubscription.fetch(id, in: database), case .live = stored.subscription.term
            else { continue }
            _ = try insert(.absence(of: id, from: list), of: delivery)
            try refold(id)
        }
    }

    /// Takes e-mail and name from the last events that state them, if these are new or new to this customer.
    private func updateContact(of key: CustomerKey, from events: [BillingEvent], all: Bool) throws {
        let ordered = events.inFoldOrder()
        if let last = ordered.last(where: \.facts.email.isStated), all || newArrivals.contains(last.order.arrival) {
            _ = try updateEmail(of: key, to: last.facts.email, said: last.order.moment)
        }
        if let last = ordered.last(where: \.facts.name.isStated), all || newArrivals.contains(last.order.arrival) {
            _ = try updateName(of: key, to: last.facts.name, said: last.order.moment)
        }
    }

    // MARK: Staleness

    /// Sets right which of a subscription's events change nothing, as a late event may have made others superfluous.
    private mutating func setStale(_ nowStale: Set<Int64>, among rows: [Row]) throws {
        stale.formUnion(nowStale)
        for row in rows {
            let arrival: Int64 = row["arrival"]
            let isStale = nowStale.contains(arrival)
            if isStale != row["is_stale"] { try setStale(isStale, arrival) }
        }
    }

    private func setStale(_ isStale: Bool, _ arrival: Int64) throws {
        try database.cachedStatement(sql: "UPDATE event SET is_stale = ? WHERE arrival = ?")
            .execute(arguments: [isStale, arrival])
    }

    /// A delivery is stale if nothing that it said changed anything when it came.
    private func markStaleDeliveries() throws {
        for (delivery, arrivals) in arrivals where !arrivals.isEmpty && stale.isSuperset(of: arrivals) {
            try database.cachedStatement(sql: "UPDATE delivery SET is_stale = 1 WHERE number = ?")
                .execute(arguments: [delivery])
        }
    }
}

/// A subscription as it was before it is folded anew.
private struct StoredSubscription {
    var subscription: Subscription
    var customer: CustomerKey?
    var joined: CustomerKey?

    static func fetch(_ id: SubscriptionID, in database: Database) throws -> StoredSubscription? {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT customer, joined, fold FROM subscription WHERE id = ?"),
            arguments: [id.rawValue]
        )
        return try row.map { row in
            StoredSubscription(
                subscription: try JSONColumn.decode(Subscription.self, from: row["fold"], of: "subscription"),
                customer: try (row["customer"] as String?).map(CustomerKey.init(stored:)),
                joined: try (row["joined"] as String?).map(CustomerKey.init(stored:))
            )
        }
    }
}

extension [BillingEvent] {
    /// When the sender last said anything of the subscription that they are about.
    fileprivate var lastLearned: Timestamp? {
        filter { $0.order.source != EventOrder.absence }.map(\.order.receivedAt).max()
    }
}

extension BillingEvent {
    /// Whether it says of the customer that they bought or paid at a certain time; one without a date may only be sent again.
    fileprivate var showsLife: Bool {
        guard order.occurredAt != nil else { return false }
        return switch kind {
        case .paymentSucceeded, .renewed: true
        case .created: facts.status.value == .active
        default: false
        }
    }

    fileprivate func isRepeated(by before: BillingEvent, and after: BillingEvent) -> Bool {
        [before, after].allSatisfy {
            kind == .snapshot && $0.kind == .snapshot && facts == $0.facts && order.source == $0.order.source
        }
    }
}

extension UnfoldedDelivery {
    /// Why it cannot be kept, if one of its events names neither a subscription nor a customer.
    fileprivate var namelessEvent: String? {
        let nameless = events.first { $0.subscription == nil && $0.facts.customerID.value == nil }
        return nameless.map { "Its event \($0.kind.rawValue) names neither a subscription nor a customer." }
    }
}

extension Subscription {
    /// How urgent a lane's work is after this became of what was before.
    fileprivate func urgency(since old: Subscription?, moved: Bool) -> LanePriority {
        guard let old else { return isInGoodStanding ? .newlyPaid : .change }
        if old == self { return moved ? .change : .audit }
        switch (old.isInGoodStanding, isInGoodStanding) {
        case (false, true): return old.term == .pending ? .newlyPaid : .restore
        case (true, false): return .revocation
        case (true, true), (false, false): return .change
        }
    }

    private var isInGoodStanding: Bool {
        guard case .live = term else { return false }
        return unpaid == nil && refund == nil
    }
}

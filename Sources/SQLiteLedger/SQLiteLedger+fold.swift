package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func fold(
        _ deliveries: [UnfoldedDelivery],
        policy: FoldPolicy,
        now: Timestamp
    ) async throws -> Set<CustomerKey> {
        try await pool.write { database in
            var folding = Folding(database: database, policy: policy, now: now)
            for delivery in deliveries {
                try folding.add(delivery)
            }
            try folding.finish()
            return folding.marked
        }
    }

    package func refold(policy: FoldPolicy, now: Timestamp) async throws {
        let pinned = try JSONColumn.encode(policy)
        try await pool.write { database in
            let recorded = try String.fetchOne(database, sql: "SELECT value FROM pin WHERE name = 'fold policy'")
            guard recorded != pinned else { return }
            if recorded != nil {
                var folding = Folding(database: database, policy: policy, now: now)
                folding.touched = Set(
                    try String.fetchAll(database, sql: "SELECT id FROM subscription").map { SubscriptionID($0) }
                )
                try folding.finish()
            }
            try database.execute(
                sql:
                    "INSERT INTO pin (name, value) VALUES ('fold policy', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                arguments: [pinned]
            )
        }
    }
}

/// One transaction's work of folding: which subscriptions were touched, and which customers follow from it.
private struct Folding {
    let database: Database
    let policy: FoldPolicy
    let now: Timestamp
    var touched: Set<SubscriptionID> = []
    var marked: Set<CustomerKey> = []
    private var arrivalsByDelivery: [DeliveryNumber: [Int64]] = [:]
    private var staleArrivals: Set<Int64> = []
    private var sawPayment: Set<SubscriptionID> = []

    init(database: Database, policy: FoldPolicy, now: Timestamp) {
        self.database = database
        self.policy = policy
        self.now = now
    }

    mutating func add(_ delivery: UnfoldedDelivery) throws {
        if let refusal = delivery.refusal {
            try database.cachedStatement(sql: "UPDATE delivery SET state = 3, note = ? WHERE number = ? AND state = 0")
                .execute(arguments: [refusal, delivery.number])
            return
        }
        try database.cachedStatement(sql: "UPDATE delivery SET state = 1 WHERE number = ? AND state = 0")
            .execute(arguments: [delivery.number])
        guard database.changesCount > 0 else { return }  // folded already
        for event in delivery.events {
            let arrival = try insert(event, of: delivery.number)
            arrivalsByDelivery[delivery.number, default: []].append(arrival)
            if let subscription = event.subscription {
                touched.insert(subscription)
                if event.kind == .paymentSucceeded || event.kind == .created { sawPayment.insert(subscription) }
            }
            if event.kind.concernsCustomer { try applyToCustomer(event) }
        }
    }

    private func insert(_ event: BillingEvent, of delivery: DeliveryNumber) throws -> Int64 {
        let order = event.order
        try database.cachedStatement(
            sql: """
                INSERT INTO event (delivery, subscription, customer, kind, source, revision, occurred_at, was_ahead,
                    stamped_at, received_at, facts)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                delivery, event.subscription?.rawValue,
                event.kind.concernsCustomer ? event.facts.customerID.value.map { CustomerKey.id($0).description } : nil,
                event.kind.rawValue, order.source, order.revision, order.occurredAt?.milliseconds,
                order.wasAheadOfDelivery,
                order.stampedAt.milliseconds, order.receivedAt.milliseconds, try JSONColumn.encode(event.facts),
            ]
        )
        return database.lastInsertedRowID
    }

    private mutating func applyToCustomer(_ event: BillingEvent) throws {
        guard let id = event.facts.customerID.value else { return }
        let key = CustomerKey.id(id)
        try ensureCustomer(key)
        try updateContact(of: key, facts: event.facts, moment: event.order.moment)
        if event.kind == .customerDeleted {
            try database.execute(
                sql: "UPDATE customer SET deleted_at = coalesce(deleted_at, ?) WHERE key = ?",
                arguments: [event.order.moment.milliseconds, key.description]
            )
        }
        marked.insert(key)
    }

    mutating func finish() throws {
        for id in touched.sorted() {
            try refold(id)
        }
        try markStale()
        for key in marked.sorted() {
            try LaneSQL.mark(key, priority: .change, now: now, in: database)
        }
    }

    private mutating func refold(_ id: SubscriptionID) throws {
        let events = try EventRow.fetch(of: id, in: database)
        let folded = Subscription.fold(id, events, policy: policy)
        staleArrivals.formUnion(folded.stale)
        let old = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT customer, joined, fold FROM subscription WHERE id = ?"),
            arguments: [id.rawValue]
        )
        let oldKey = try (old?["customer"] as String?).map(CustomerKey.init(stored:))
        var joined = try (old?["joined"] as String?).map(CustomerKey.init(stored:))
        var key = folded.subscription.customer
        if case .email = key, let joined { key = joined }
        if case .id = key { joined = nil }
        if let key { try ensureCustomer(key) }
        try database.cachedStatement(
            sql: """
                INSERT INTO subscription (id, customer, joined, fold) VALUES (?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, joined = excluded.joined, fold = excluded.fold
                """
        ).execute(
            arguments: [id.rawValue, key?.description, joined?.description, try JSONColumn.encode(folded.subscription)]
        )
        if let oldKey, let key, oldKey != key {
            marked.insert(oldKey)
            if case .email = oldKey, case .id = key { try join(oldKey, to: key) }
        }
        guard let key else { return }
        marked.insert(key)
        for event in events {
            try updateContact(of: key, facts: event.facts, moment: event.order.moment)
        }
        if sawPayment.contains(id), old == nil { try LaneSQL.mark(key, priority: .newlyPaid, now: now, in: database) }
    }

    /// The billing system's id became known for a customer who was known by e-mail: all that was theirs moves, and a ban wins, as
    /// overrides are united. An account moves unless both have one; then each lane settles its own.
    private func join(_ email: CustomerKey, to id: CustomerKey) throws {
        let from = email.description
        let to = id.description
        try database.execute(
            sql: "UPDATE subscription SET customer = ?2, joined = ?2 WHERE customer = ?1",
            arguments: [from, to]
        )
        try database.execute(sql: "UPDATE override SET customer = ?2 WHERE customer = ?1", arguments: [from, to])
        try database.execute(
            sql: """
                UPDATE server_grant SET customer = ?2 WHERE customer = ?1
                    AND panel NOT IN (SELECT panel FROM account WHERE customer = ?2)
                """,
            arguments: [from, to]
        )
        try database.execute(
            sql: """
                UPDATE account SET customer = ?2 WHERE customer = ?1
                    AND panel NOT IN (SELECT panel FROM account WHERE customer = ?2)
                """,
            arguments: [from, to]
        )
        try database.execute(sql: "UPDATE operation SET customer = ?2 WHERE customer = ?1", arguments: [from, to])
        // Whoever works on either customer now works on something else.
        try database.execute(
            sql: "UPDATE customer SET fence = fence + 1, leased_until = NULL WHERE key IN (?, ?)",
            arguments: [from, to]
        )
    }

    private func ensureCustomer(_ key: CustomerKey) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO customer (key, state, state_since, working_since) VALUES (?1, 'working', ?2, ?2)
                ON CONFLICT (key) DO NOTHING
                """
        ).execute(arguments: [key.description, now.milliseconds])
    }

    /// The newest event's word on e-mail and name counts.
    private func updateContact(of key: CustomerKey, facts: EventFacts, moment: Timestamp) throws {
        guard facts.email.isStated || facts.name.isStated else { return }
        try database.cachedStatement(
            sql: """
                UPDATE customer SET
                    email = CASE WHEN ?2 THEN ?3 ELSE email END,
                    email_folded = CASE WHEN ?2 THEN ?4 ELSE email_folded END,
                    name = CASE WHEN ?5 THEN ?6 ELSE name END,
                    facts_at = ?7
                WHERE key = ?1 AND facts_at <= ?7 AND deleted_at IS NULL
                """
        ).execute(
            arguments: [
                key.description, facts.email.isStated, facts.email.value, facts.email.value.map(asciiFolded),
                facts.name.isStated, facts.name.value, moment.milliseconds,
            ]
        )
    }

    private func markStale() throws {
        for (delivery, arrivals) in arrivalsByDelivery {
            let stale = arrivals.filter(staleArrivals.contains)
            for arrival in stale {
                try database.cachedStatement(sql: "UPDATE event SET is_stale = 1 WHERE arrival = ?").execute(
                    arguments: [arrival])
            }
            guard !stale.isEmpty, stale.count == arrivals.count else { continue }
            try database.cachedStatement(sql: "UPDATE delivery SET is_stale = 1 WHERE number = ?").execute(arguments: [
                delivery
            ])
        }
    }
}

/// Reads events back from their rows.
enum EventRow {
    static func fetch(of id: SubscriptionID, in database: Database) throws -> [BillingEvent] {
        try Row.fetchAll(
            database.cachedStatement(sql: "SELECT * FROM event WHERE subscription = ? ORDER BY arrival"),
            arguments: [id.rawValue]
        ).map(event)
    }

    static func event(_ row: Row) throws -> BillingEvent {
        guard let kind = BillingEvent.Kind(rawValue: row["kind"]) else {
            throw CorruptRow(table: "event", what: "the kind \"\(row["kind"] as String)\"")
        }
        var order = EventOrder(
            source: row["source"],
            revision: row["revision"],
            occurredAt: Timestamp(row["occurred_at"]),
            stampedAt: Timestamp(milliseconds: row["stamped_at"]),
            receivedAt: Timestamp(milliseconds: row["received_at"]),
            arrival: row["arrival"]
        )
        order.wasAheadOfDelivery = row["was_ahead"]
        return BillingEvent(
            kind: kind,
            subscription: (row["subscription"] as String?).map { SubscriptionID($0) },
            order: order,
            facts: try JSONColumn.decode(EventFacts.self, from: row["facts"])
        )
    }
}

package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func summary() async throws -> LedgerSummary {
        try await store.read { database in
            var summary = LedgerSummary()
            for row in try Row.fetchAll(database.cachedStatement(sql: SummarySQL.customers)) {
                guard let state = CustomerState(rawValue: row["state"]) else { continue }
                summary.customers[state] = row["n"]
            }
            func count(_ sql: String) throws -> Int { try Int.fetchOne(database.cachedStatement(sql: sql)) ?? 0 }
            summary.withAccess = try count(SummarySQL.withAccess)
            summary.heldCustomers = try count(SummarySQL.held)
            summary.subscriptions = try count(SummarySQL.subscriptions)
            summary.ownerlessSubscriptions = try count(SummarySQL.ownerless)
            summary.ownerlessExamples = try String.fetchAll(
                database.cachedStatement(sql: SummarySQL.ownerlessExamples)
            ).map { SubscriptionID($0) }
            summary.deliveriesWaiting = try count(SummarySQL.waiting)
            summary.oldestWaiting = Timestamp(
                try Int64.fetchOne(database.cachedStatement(sql: SummarySQL.oldestWaiting))
            )
            summary.deliveriesRefused = try count(SummarySQL.refused)
            summary.deliveriesConflicting = try count(SummarySQL.conflicting)
            summary.oldestRefused = Timestamp(
                try Int64.fetchOne(database.cachedStatement(sql: SummarySQL.oldestRefused))
            )
            summary.oldestConflicting = Timestamp(
                try Int64.fetchOne(database.cachedStatement(sql: SummarySQL.oldestConflicting))
            )
            summary.listsContradicting = try count(ListedSource.contradicting)
            summary.deletionsWaiting = try count(DedicatedSQL.deletionsWaiting)
            summary.endlessGrants.count = try count(SummarySQL.endlessGrants)
            summary.endlessGrants.oldest = try Row.fetchAll(
                database.cachedStatement(sql: SummarySQL.oldestEndlessGrants)
            ).map {
                LedgerSummary.EndlessGrants.Holder(
                    customer: try CustomerKey(stored: $0["customer"]),
                    since: Timestamp(milliseconds: $0["created_at"])
                )
            }
            summary.lanesUnderWay = try count(SummarySQL.underWay)
            summary.nextDue = Timestamp(try Int64.fetchOne(database.cachedStatement(sql: SummarySQL.nextDue)))
            for row in try Row.fetchAll(database.cachedStatement(sql: RankSQL.states)) {
                guard let state = CustomerState(rawValue: row["state"]) else { continue }
                summary.ranks[state] = row["n"]
            }
            summary.ranksUnderWay = try count(RankSQL.underWay)
            summary.nextRankDue = Timestamp(try Int64.fetchOne(database.cachedStatement(sql: RankSQL.nextUnclaimed)))
            return summary
        }
    }

    package func customers(_ query: CustomerQuery) async throws -> [CustomerRow] {
        try await store.read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: CustomerSQL.list(
                        state: query.state,
                        isSearch: query.search != nil,
                        isOfBuyers: query.buyers != nil,
                        isBanned: query.bannedAt != nil
                    )
                ),
                arguments: [
                    "after": query.after?.description ?? "", "limit": query.limit,
                    "search": query.search.map(asciiFolded), "state": query.state?.rawValue,
                    "tier": query.buyers?.tier.rawValue,
                    "products": try query.buyers.map { try JSONColumn.encode($0.products.sorted()) },
                    "now": query.bannedAt?.milliseconds,
                ]
            ).map(Self.customerRow)
        }
    }

    package func banned(at now: Timestamp) async throws -> [CustomerKey: CustomerState] {
        try await store.read { database in
            let rows = try Row.fetchAll(database, sql: OverrideSQL.banned, arguments: ["now": now.milliseconds])
            return try rows.reduce(into: [:]) { banned, row in
                banned[try CustomerKey(stored: row["key"])] = CustomerState(rawValue: row["state"])
            }
        }
    }

    package func commonReasons(limit: Int) async throws -> [CommonReason] {
        try await store.read { database in
            try Row.fetchAll(database.cachedStatement(sql: CustomerSQL.commonReasons), arguments: [limit]).compactMap {
                row in
                CustomerState(rawValue: row["state"]).map {
                    CommonReason(state: $0, reason: row["reason"] ?? CustomerRow.isInLine, customers: row["n"])
                }
            }
        }
    }

    package func customers(matching text: String) async throws -> [CustomerRow] {
        try await store.read { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(sql: CustomerSQL.matching),
                arguments: [text, asciiFolded(text)]
            ).map(Self.customerRow)
            guard let first = rows.first, first.key.description == text || first.key == .id(text) else { return rows }
            return [first]
        }
    }

    static func customerRow(_ row: Row) throws -> CustomerRow {
        CustomerRow(
            key: try CustomerKey(stored: row["key"]),
            email: row["email"],
            name: row["name"],
            state: CustomerState(rawValue: row["state"]) ?? .working,
            reasons: try JSONColumn.decode([String].self, from: row["reasons"], of: "customer"),
            stateSince: Timestamp(milliseconds: row["state_since"]),
            holdsLosses: row["held_fingerprint"] as String? != nil,
            dueAt: Timestamp(row["due_at"]),
            changesAt: Timestamp(row["changes_at"]),
            attempt: row["attempt"]
        )
    }

    package func events(of customer: CustomerKey, limit: Int) async throws -> [StoredEvent] {
        try await store.read { database in
            try Row.fetchAll(
                database.cachedStatement(sql: EventRow.ofCustomer),
                arguments: [customer.description, limit]
            ).map { StoredEvent(event: try EventRow.event($0), delivery: $0["delivery"], isStale: $0["is_stale"]) }
        }
    }

    package func operations(
        of customer: CustomerKey?,
        state: PanelOperation.State?,
        before: Int64?,
        limit: Int
    ) async throws -> [PanelOperation] {
        try await store.read { database in
            try Row.fetchAll(
                database.cachedStatement(sql: OperationSQL.list(ofCustomer: customer != nil, inState: state != nil)),
                arguments: [
                    "before": before ?? .max, "customer": customer?.description, "state": state?.rawValue,
                    "limit": limit,
                ]
            ).map(Self.operation)
        }
    }

    package func subscriptions(_ ids: Set<SubscriptionID>) async throws -> [SubscriptionID: KnownSubscription] {
        try await store.read { database in
            var found: [SubscriptionID: KnownSubscription] = [:]
            for id in ids {
                let row = try Row.fetchOne(
                    database.cachedStatement(sql: SubscriptionSQL.withCustomer),
                    arguments: [id.rawValue]
                )
                guard let row else { continue }
                found[id] = KnownSubscription(
                    subscription: try JSONColumn.decode(Subscription.self, from: row["fold"], of: "subscription"),
                    customerEmail: row["email"],
                    sources: try String.fetchSet(
                        database.cachedStatement(sql: SubscriptionSQL.sources),
                        arguments: [id.rawValue]
                    )
                )
            }
            return found
        }
    }

    package func ownerlessSubscriptions(after id: SubscriptionID?, limit: Int) async throws -> [Subscription] {
        try await store.read { database in
            try String.fetchAll(
                database.cachedStatement(
                    sql: "SELECT fold FROM subscription WHERE customer IS NULL AND id > ? ORDER BY id LIMIT ?"
                ),
                arguments: [id?.rawValue ?? "", limit]
            ).map { try JSONColumn.decode(Subscription.self, from: $0, of: "subscription") }
        }
    }
}

/// Statements that count; asked often, so none reads a table.
enum SummarySQL {
    static let customers = "SELECT state, count(*) AS n FROM customer GROUP BY state"
    static let withAccess = "SELECT count(*) FROM customer WHERE has_access = 1"
    static let held = "SELECT count(*) FROM customer WHERE held_fingerprint IS NOT NULL"
    static let subscriptions = "SELECT count(*) FROM subscription"
    static let ownerless = "SELECT count(*) FROM subscription WHERE customer IS NULL"
    static let ownerlessExamples = "SELECT id FROM subscription WHERE customer IS NULL LIMIT 3"
    static let underWay = "SELECT count(*) FROM customer WHERE due_at IS NOT NULL AND leased_until IS NOT NULL"
    static let nextDue =
        "SELECT due_at FROM customer WHERE due_at IS NOT NULL AND leased_until IS NULL ORDER BY due_at LIMIT 1"
    static let waiting = "SELECT count(*) FROM delivery WHERE state = 0"
    static let oldestWaiting = "SELECT received_at FROM delivery WHERE state = 0 ORDER BY number LIMIT 1"
    static let refused = "SELECT count(*) FROM delivery WHERE state >= 3 AND acknowledged_at IS NULL AND state = 3"
    static let conflicting = "SELECT count(*) FROM delivery WHERE state >= 3 AND acknowledged_at IS NULL AND state = 4"
    static let oldestRefused = oldestUnacknowledged(state: 3)
    static let oldestConflicting = oldestUnacknowledged(state: 4)
    private static func oldestUnacknowledged(state: Int) -> String {
        """
        SELECT received_at FROM delivery WHERE state >= 3 AND acknowledged_at IS NULL AND state = \(state)
        ORDER BY number LIMIT 1
        """
    }
    private static let endless = "override WHERE kind = 'grant' AND until IS NULL AND ended_at IS NULL"
    static let endlessGrants = "SELECT count(*) FROM \(endless)"
    static let oldestEndlessGrants =
        "SELECT customer, created_at FROM \(endless) ORDER BY created_at, id LIMIT 3"
}

/// Statements about operations whose query plan is tested.
enum OperationSQL {
    static let since = "SELECT * FROM operation WHERE started_at >= ? ORDER BY started_at, number LIMIT ?"

    static func list(ofCustomer: Bool, inState: Bool) -> String {
        """
        SELECT * FROM operation WHERE number < :before
            AND \(ofCustomer ? "customer = :customer" : ":customer IS NULL")
            AND \(inState ? "state = :state" : ":state IS NULL")
        ORDER BY number DESC LIMIT :limit
        """
    }
}

/// Statements about subscriptions whose query plan is tested.
enum SubscriptionSQL {
    static let withCustomer = """
        SELECT subscription.fold, customer.email FROM subscription
        LEFT JOIN customer ON customer.key = subscription.customer
        WHERE subscription.id = ?
        """

    static let sources = "SELECT DISTINCT source FROM event WHERE subscription = ?"
}

package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    /// Writes a server down for whose lane it is; a person's confirmation stays for as long as the deletion waits.
    static func save(_ server: DedicatedServer, of customer: CustomerKey, in database: Database) throws {
        if let id = server.panelServer, let other = try holder(of: id, in: database), other.slot != server.slot {
            throw DedicatedServerTaken(server: id, slot: other.slot, uuid: other.identity?.uuid ?? "")
        }
        try database.cachedStatement(
            sql: """
                INSERT INTO dedicated_server (subscription, panel, number, customer, server, deletion_waits, body)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (subscription, panel, number) DO UPDATE SET
                    server = excluded.server,
                    deletion_waits = excluded.deletion_waits,
                    confirmed_by = CASE WHEN excluded.deletion_waits THEN confirmed_by END,
                    body = excluded.body
                """
        ).execute(
            arguments: [
                server.slot.subscription.rawValue, server.slot.panel.rawValue, server.slot.number, customer.description,
                server.panelServer?.number, server.deletionWaitsSince != nil, try JSONColumn.encode(server),
            ]
        )
    }

    static func forget(_ slot: DedicatedSlot, of customer: CustomerKey, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM dedicated_server WHERE subscription = ? AND panel = ? AND number = ? AND customer = ?",
            arguments: [slot.subscription.rawValue, slot.panel.rawValue, slot.number, customer.description]
        )
    }

    private static func holder(of server: PanelServerID, in database: Database) throws -> DedicatedServer? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT customer, confirmed_by, body FROM dedicated_server WHERE panel = ? AND server = ?"
            ),
            arguments: [server.panel.rawValue, server.number]
        )
        return try row.map { try ownedServer($0).server }
    }

    static func ownedServer(_ row: Row) throws -> OwnedServer {
        var server = try JSONColumn.decode(DedicatedServer.self, from: row["body"], of: "dedicated_server")
        server.deletionConfirmedBy = row["confirmed_by"]
        return OwnedServer(customer: try CustomerKey(stored: row["customer"]), server: server)
    }

    /// The customer's own servers, and those subscriptions of theirs whose servers are somebody else's.
    static func dedicated(
        of customer: CustomerKey,
        in database: Database
    ) throws -> (own: [DedicatedServer], elsewhere: [SubscriptionID: CustomerKey]) {
        let key = customer.description
        let own = try Row.fetchAll(database.cachedStatement(sql: DedicatedSQL.ofCustomer), arguments: [key])
            .map { try ownedServer($0).server }
        let elsewhere = try Row.fetchAll(database.cachedStatement(sql: DedicatedSQL.elsewhere), arguments: [key])
            .map {
                (SubscriptionID($0["subscription"] as String), try CustomerKey(stored: $0["customer"] as String))
            }
        return (own, Dictionary(elsewhere, uniquingKeysWith: { first, _ in first }))
    }

    package func dedicatedServers(on panel: PanelName) async throws -> [Int: OwnedServer] {
        try await store.read { database in
            var owned: [Int: OwnedServer] = [:]
            let rows = try Row.fetchCursor(database, sql: DedicatedSQL.onPanel, arguments: [panel.rawValue])
            while let row = try rows.next() { owned[row["server"]] = try Self.ownedServer(row) }
            return owned
        }
    }

    package func dedicatedServers(deletionWaits: Bool, after slot: DedicatedSlot?, limit: Int) async throws
        -> [OwnedServer]
    {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: deletionWaits ? DedicatedSQL.deletionWaits : DedicatedSQL.all,
                arguments: [slot?.subscription.rawValue ?? "", slot?.panel.rawValue ?? "", slot?.number ?? 0, limit]
            ).map(Self.ownedServer)
        }
    }

    package func dedicatedServers(of subscription: SubscriptionID) async throws -> [OwnedServer] {
        try await store.read { try Self.servers(of: subscription, in: $0) }
    }

    static func servers(of subscription: SubscriptionID, in database: Database) throws -> [OwnedServer] {
        try Row.fetchAll(database, sql: DedicatedSQL.ofSubscription, arguments: [subscription.rawValue]).map(
            ownedServer
        )
    }

    package func confirmDeletion(
        of slot: DedicatedSlot,
        server: Int,
        by decision: PersonDecision
    ) async throws -> CustomerKey? {
        try await store.write { database in
            let customer = try String.fetchOne(
                database,
                sql: """
                    UPDATE dedicated_server SET confirmed_by = ?1
                    WHERE subscription = ?2 AND panel = ?3 AND number = ?4 AND server = ?5 AND deletion_waits = 1
                    RETURNING customer
                    """,
                arguments: [
                    decision.author, slot.subscription.rawValue, slot.panel.rawValue, slot.number, server,
                ]
            )
            guard let key = try customer.map(CustomerKey.init(stored:)) else { return nil }
            let what =
                "confirm the deletion of server \(server) on panel \(slot.panel) (subscription \(slot.subscription))"
            try Self.note(decision, what, on: key, in: database)
            try LaneSQL.mark(key, priority: .revocation, now: decision.at, in: database)
            return key
        }
    }

    package func handOver(_ subscription: SubscriptionID, by decision: PersonDecision) async throws -> HandOver? {
        try await store.write { database in
            guard let to = try Self.customer(of: subscription, in: database) else { return nil }
            let from = Set(try Self.servers(of: subscription, in: database).map(\.customer)).subtracting([to])
            guard !from.isEmpty else { return nil }
            try database.execute(
                sql: "UPDATE dedicated_server SET customer = ?2 WHERE subscription = ?1",
                arguments: [subscription.rawValue, to.description]
            )
            for key in from.union([to]).sorted() {
                let what = "hand the servers of subscription \(subscription) over to \(to)"
                try Self.note(decision, what, on: key, in: database)
                try Self.interrupt(key, now: decision.at, in: database)
            }
            return HandOver(from: from, to: to)
        }
    }

    package func adopt(
        _ server: DedicatedServer,
        for customer: CustomerKey,
        by decision: PersonDecision
    ) async throws -> AdoptionObstacle? {
        try await store.write { database in
            guard try Self.customer(of: server.slot.subscription, in: database) == customer else { return .notTheirs }
            let present = try Self.servers(of: server.slot.subscription, in: database)
            if let holder = present.first(where: { $0.server.slot == server.slot || $0.customer != customer }) {
                return .slotTaken(by: holder.customer)
            }
            if let id = server.panelServer, let other = try Self.holder(of: id, in: database)?.slot {
                return .serverTaken(by: other)
            }
            try Self.save(server, of: customer, in: database)
            _ = try Self.fill(server.slot, in: database)
            let number = server.panelServer.map { "\($0.number)" } ?? "?"
            let what =
                "adopt server \(number) on panel \(server.slot.panel) for subscription \(server.slot.subscription)"
            try Self.note(decision, what, on: customer, in: database)
            try Self.interrupt(customer, now: decision.at, in: database)
            return nil
        }
    }

    package func customer(of subscription: SubscriptionID) async throws -> CustomerKey? {
        try await store.read { try Self.customer(of: subscription, in: $0) }
    }

    static func customer(of subscription: SubscriptionID, in database: Database) throws -> CustomerKey? {
        try String.fetchOne(
            database,
            sql: "SELECT customer FROM subscription WHERE id = ?",
            arguments: [subscription.rawValue]
        ).map(CustomerKey.init(stored:))
    }

    static func note(
        _ decision: PersonDecision,
        _ what: String,
        on customer: CustomerKey,
        in database: Database
    ) throws {
        try insert(
            PersonAction(
                author: decision.author,
                what: what,
                customer: customer,
                reason: decision.reason,
                at: decision.at
            ),
            in: database
        )
    }

    /// Whoever works on the customer now works on something else.
    static func interrupt(_ customer: CustomerKey, now: Timestamp, in database: Database) throws {
        try database.execute(
            sql: "UPDATE customer SET fence = fence + 1, leased_until = NULL WHERE key = ?",
            arguments: [customer.description]
        )
        try LaneSQL.mark(customer, priority: .change, now: now, in: database)
    }
}

/// Statements about servers of customers' own whose query plan is tested.
enum DedicatedSQL {
    static let ofCustomer = "SELECT * FROM dedicated_server WHERE customer = ? ORDER BY panel, subscription, number"
    static let elsewhere = """
        SELECT dedicated_server.subscription, dedicated_server.customer FROM subscription
        JOIN dedicated_server ON dedicated_server.subscription = subscription.id
        WHERE subscription.customer = ?1 AND dedicated_server.customer <> ?1
        """
    static let ofSubscription = "SELECT * FROM dedicated_server WHERE subscription = ? ORDER BY panel, number"
    static let emptyPlaces = """
        SELECT dedicated_left.* FROM subscription
        JOIN dedicated_left ON dedicated_left.subscription = subscription.id
        WHERE subscription.customer = ?
        """
    static let onPanel = "SELECT * FROM dedicated_server WHERE panel = ? AND server IS NOT NULL"
    static let all = """
        SELECT * FROM dedicated_server WHERE (subscription, panel, number) > (?1, ?2, ?3)
        ORDER BY subscription, panel, number LIMIT ?4
        """
    static let deletionWaits = """
        SELECT * FROM dedicated_server
        WHERE deletion_waits = 1 AND (subscription, panel, number) > (?1, ?2, ?3)
        ORDER BY subscription, panel, number LIMIT ?4
        """
    static let deletionsWaiting = "SELECT count(*) FROM dedicated_server WHERE deletion_waits = 1"
}

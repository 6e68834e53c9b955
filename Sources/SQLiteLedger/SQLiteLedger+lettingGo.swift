package import Entitlements
import GRDB
package import Ledger

/// Servers of customers' own that go into a person's hands.
extension SQLiteLedger {
    package func letGo(
        of slot: DedicatedSlot,
        server: Int,
        makingAnother: Bool,
        by decision: PersonDecision
    ) async throws -> LettingGo {
        try await store.write { database in
            let present = try Self.servers(of: slot.subscription, in: database).first { $0.server.slot == slot }
            guard var owned = present else { return .notThere }
            guard let identity = owned.server.identity else { return .isBeingMade }
            guard identity.number == server else { return .notThere }
            owned.server.origin = .leaving(identity)
            owned.server.deletionWaitsSince = nil
            try Self.save(owned.server, of: owned.customer, in: database)
            if makingAnother {
                _ = try Self.fill(slot, in: database)
            } else {
                try Self.keepEmpty(slot, in: database)
            }
            let what =
                """
                let go of server \(server) on panel \(slot.panel) (subscription \(slot.subscription)), \
                \(makingAnother ? "and have another made" : "and have none made in its place")
                """
            let now = try Self.customer(of: slot.subscription, in: database)
            for customer in Set([owned.customer, now].compactMap(\.self)).sorted() {
                try Self.note(decision, what, on: customer, in: database)
                try Self.interrupt(customer, now: decision.at, in: database)
            }
            return .done(owned.customer)
        }
    }

    package func fillPlace(_ slot: DedicatedSlot, by decision: PersonDecision) async throws -> CustomerKey? {
        try await store.write { database in
            guard try Self.fill(slot, in: database),
                let customer = try Self.customer(of: slot.subscription, in: database)
            else { return nil }
            let what = "have a server made again for subscription \(slot.subscription) on panel \(slot.panel)"
            try Self.note(decision, what, on: customer, in: database)
            try Self.interrupt(customer, now: decision.at, in: database)
            return customer
        }
    }

    private static func keepEmpty(_ slot: DedicatedSlot, in database: Database) throws {
        try database.execute(
            sql: "INSERT OR IGNORE INTO dedicated_left (subscription, panel, number) VALUES (?, ?, ?)",
            arguments: [slot.subscription.rawValue, slot.panel.rawValue, slot.number]
        )
    }

    /// Says whether the place was kept empty.
    static func fill(_ slot: DedicatedSlot, in database: Database) throws -> Bool {
        try database.execute(
            sql: "DELETE FROM dedicated_left WHERE subscription = ? AND panel = ? AND number = ?",
            arguments: [slot.subscription.rawValue, slot.panel.rawValue, slot.number]
        )
        return database.changesCount > 0
    }

    static func emptyPlaces(of customer: CustomerKey, in database: Database) throws -> Set<DedicatedSlot> {
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: DedicatedSQL.emptyPlaces),
            arguments: [customer.description]
        )
        return Set(
            rows.map {
                DedicatedSlot(
                    subscription: SubscriptionID($0["subscription"] as String),
                    panel: PanelName($0["panel"] as String),
                    number: $0["number"]
                )
            }
        )
    }
}

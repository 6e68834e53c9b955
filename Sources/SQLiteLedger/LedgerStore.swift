import GRDB

/// The ledger's connections, as its calls use them.
struct LedgerStore: Sendable {
    let pool: DatabasePool
    /// Whether the thread that asks does the work itself, and waits for it: the simulation's, which has no other.
    let isOnTheSpot: Bool

    func read<Value: Sendable>(_ value: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        isOnTheSpot ? try readOnTheSpot(value) : try await pool.read(value)
    }

    func write<Value: Sendable>(_ updates: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        isOnTheSpot ? try writeOnTheSpot(updates) : try await pool.write(updates)
    }

    /// Without a transaction, as nothing writes meanwhile.
    private func readOnTheSpot<Value>(_ value: (Database) throws -> Value) throws -> Value {
        try pool.unsafeRead(value)
    }

    private func writeOnTheSpot<Value>(_ updates: (Database) throws -> Value) throws -> Value {
        try pool.write(updates)
    }
}

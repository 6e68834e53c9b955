package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func file(of customer: CustomerKey) async throws -> CustomerFile? {
        try await store.read { database in
            try Self.file(of: customer, in: database)
        }
    }

    package func records(of customers: [CustomerKey]) async throws -> [CustomerKey: CustomerRecord] {
        try await store.read { database in
            try customers.reduce(into: [:]) { $0[$1] = try Self.record(of: $1, in: database)?.record }
        }
    }

    private static func record(of customer: CustomerKey, in database: Database) throws
        -> (record: CustomerRecord, approvedFingerprint: String?)?
    {
        let key = customer.description
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT email, name, deleted_at, approved_fingerprint FROM customer WHERE key = ?"
            ),
            arguments: [key]
        )
        guard let row else { return nil }
        let subscriptions = try String.fetchAll(
            database.cachedStatement(sql: FileSQL.subscriptions),
            arguments: [key]
        ).map { try JSONColumn.decode(Subscription.self, from: $0, of: "subscription") }
        let overrides = try Row.fetchAll(
            database.cachedStatement(sql: FileSQL.overrides),
            arguments: [key]
        ).map(override)
        let record = CustomerRecord(
            key: customer,
            email: row["email"],
            name: row["name"],
            deletedAt: Timestamp(row["deleted_at"]),
            subscriptions: subscriptions,
            overrides: overrides
        )
        return (record, row["approved_fingerprint"])
    }

    static func file(of customer: CustomerKey, in database: Database) throws -> CustomerFile? {
        guard let (record, approvedFingerprint) = try record(of: customer, in: database) else { return nil }
        let key = customer.description
        let links = try Row.fetchAll(
            database.cachedStatement(sql: FileSQL.links),
            arguments: [key]
        ).map {
            (PanelName($0["panel"] as String), try JSONColumn.decode(AccountLink.self, from: $0["link"], of: "account"))
        }
        let grants = try String.fetchAll(
            database.cachedStatement(sql: FileSQL.grants),
            arguments: [key]
        ).map { try JSONColumn.decode(Grant.self, from: $0, of: "server_grant") }
        let unsettled = try Row.fetchAll(
            database.cachedStatement(sql: FileSQL.unsettled),
            arguments: [key]
        ).map(operation)
        let waysBack = try Row.fetchAll(
            database.cachedStatement(sql: FileSQL.waysBack),
            arguments: [key]
        ).map(waitingStep)
        var file = CustomerFile(
            record: record,
            links: Dictionary(uniqueKeysWithValues: links),
            grants: grants,
            unsettled: unsettled,
            approvedFingerprint: approvedFingerprint,
            waysBack: waysBack,
            awaited: try LossSQL.awaited(by: customer, in: database),
            ranks: try ranks(of: customer, in: database),
            bannedPlayers: try bannedPlayers(of: customer, in: database)
        )
        (file.dedicated, file.dedicatedElsewhere) = try dedicated(of: customer, in: database)
        file.hasHiddenBans = try hasHiddenBans(customer, in: database)
        file.dedicatedLeft = try emptyPlaces(of: customer, in: database)
        return file
    }

    static func save(_ link: AccountLink, on panel: PanelName, of customer: CustomerKey, in database: Database) throws {
        let other = try String.fetchOne(
            database.cachedStatement(
                sql: "SELECT customer FROM account WHERE panel = ? AND user_id = ? AND customer <> ?"
            ),
            arguments: [panel.rawValue, link.account.id, customer.description]
        )
        if let other {
            throw AccountLinkedElsewhere(account: link.account.id, customer: try CustomerKey(stored: other))
        }
        try database.cachedStatement(
            sql: """
                INSERT INTO account (customer, panel, user_id, uuid, link) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (customer, panel) DO UPDATE SET
                    user_id = excluded.user_id, uuid = excluded.uuid, link = excluded.link
                """
        ).execute(
            arguments: [
                customer.description, panel.rawValue, link.account.id, link.account.uuid, try JSONColumn.encode(link),
            ]
        )
    }

    static func save(_ grant: Grant, of customer: CustomerKey, in database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO server_grant (customer, panel, server, is_active, body) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (customer, panel, server) DO UPDATE SET is_active = excluded.is_active, body = excluded.body
                """
        ).execute(
            arguments: [
                customer.description, grant.server.panel.rawValue, grant.server.number, grant.isActive,
                try JSONColumn.encode(grant),
            ]
        )
    }

    static func insert(_ operation: PanelOperation, fence: Int64, in database: Database) throws -> Int64 {
        try database.cachedStatement(
            sql: """
                INSERT INTO operation (customer, panel, kind, server, detail, before_image, after_image, state, started_at,
                    finished_at, answer, fence)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                operation.customer.description, operation.panel.rawValue, operation.kind.rawValue,
                operation.server?.number,
                operation.detail, try operation.before.map { try JSONColumn.encode($0) },
                try operation.after.map { try JSONColumn.encode($0) }, operation.state.rawValue,
                operation.startedAt.milliseconds,
                operation.finishedAt?.milliseconds, operation.answer, fence,
            ]
        )
        return database.lastInsertedRowID
    }

    static func update(
        _ operation: PanelOperation,
        of customer: CustomerKey,
        in database: Database
    ) throws {
        try database.cachedStatement(
            sql: """
                UPDATE operation SET state = ?, finished_at = ?, answer = ?, after_image = ?
                WHERE number = ? AND customer = ?
                """
        ).execute(
            arguments: [
                operation.state.rawValue, operation.finishedAt?.milliseconds, operation.answer,
                try operation.after.map { try JSONColumn.encode($0) }, operation.number, customer.description,
            ]
        )
    }

    static func operation(_ row: Row) throws -> PanelOperation {
        guard let kind = PanelOperation.Kind(rawValue: row["kind"]),
            let state = PanelOperation.State(rawValue: row["state"])
        else {
            throw CorruptRow(table: "operation", what: "an unknown kind or state")
        }
        let panel = PanelName(row["panel"] as String)
        return PanelOperation(
            number: row["number"],
            customer: try CustomerKey(stored: row["customer"]),
            panel: panel,
            kind: kind,
            server: (row["server"] as Int?).map { PanelServerID(panel: panel, number: $0) },
            detail: row["detail"],
            before: try image(row["before_image"]),
            after: try image(row["after_image"]),
            state: state,
            startedAt: Timestamp(milliseconds: row["started_at"]),
            finishedAt: Timestamp(row["finished_at"]),
            answer: row["answer"]
        )
    }

    private static func image(_ text: String?) throws -> PanelImage? {
        try text.map { try JSONColumn.decode(PanelImage.self, from: $0, of: "operation") }
    }

    package func servers(on panel: PanelName) async throws -> [PanelServer] {
        try await store.read { try Self.servers(on: panel, in: $0) }
    }

    private static func servers(on panel: PanelName, in database: Database) throws -> [PanelServer] {
        try String.fetchAll(
            database.cachedStatement(sql: "SELECT body FROM server WHERE panel = ? ORDER BY id"),
            arguments: [panel.rawValue]
        ).map { try JSONColumn.decode(PanelServer.self, from: $0, of: "server") }
    }

    package func replaceServers(on panel: PanelName, with servers: [PanelServer], now: Timestamp) async throws {
        try await store.write { database in
            let before = try Self.servers(on: panel, in: database)
            let uuids = Dictionary(before.map { ($0.id, $0.uuid) }, uniquingKeysWith: { first, _ in first })
            for server in servers where uuids[server.id].map({ $0 != server.uuid }) ?? false {
                try Self.forgetRanks(on: .server(server.id), in: database)
            }
            try database.cachedStatement(sql: "DELETE FROM server WHERE panel = ?").execute(arguments: [panel.rawValue])
            for server in servers {
                try database.cachedStatement(sql: "INSERT INTO server (panel, id, body) VALUES (?, ?, ?)").execute(
                    arguments: [panel.rawValue, server.id.number, try JSONColumn.encode(server)])
            }
        }
    }

    package func linkedAccounts(on panel: PanelName) async throws -> [Int: LinkedAccount] {
        try await store.read { database in
            var linked: [Int: LinkedAccount] = [:]
            let rows = try Row.fetchCursor(
                database.cachedStatement(sql: "SELECT user_id, customer, uuid FROM account WHERE panel = ?"),
                arguments: [panel.rawValue]
            )
            while let row = try rows.next() {
                linked[row["user_id"]] = LinkedAccount(
                    customer: try CustomerKey(stored: row["customer"]),
                    uuid: row["uuid"]
                )
            }
            return linked
        }
    }

    package func grants(on server: PanelServerID) async throws -> [Int: Grant] {
        try await store.read { database in
            var grants: [Int: Grant] = [:]
            let rows = try Row.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT account.user_id, server_grant.body FROM server_grant
                        JOIN account USING (customer, panel)
                        WHERE server_grant.panel = ? AND server_grant.server = ?
                        """
                ),
                arguments: [server.panel.rawValue, server.number]
            )
            while let row = try rows.next() {
                grants[row["user_id"]] = try JSONColumn.decode(Grant.self, from: row["body"], of: "server_grant")
            }
            return grants
        }
    }

    package func owners(of accounts: [Int: String], on panel: PanelName) async throws -> [Int: CustomerKey] {
        try await store.read { database in
            var owners: [Int: CustomerKey] = [:]
            for (account, uuid) in accounts {
                let key = try String.fetchOne(
                    database.cachedStatement(
                        sql: "SELECT customer FROM account WHERE panel = ? AND user_id = ? AND uuid = ?"
                    ),
                    arguments: [panel.rawValue, account, uuid]
                )
                owners[account] = try key.map(CustomerKey.init(stored:))
            }
            return owners
        }
    }
}

/// Statements that read a customer's file.
enum FileSQL {
    static let subscriptions = "SELECT fold FROM subscription WHERE customer = ?"
    static let overrides = "SELECT * FROM override WHERE customer = ? AND ended_at IS NULL"
    static let links = "SELECT panel, link FROM account WHERE customer = ?"
    static let grants = "SELECT body FROM server_grant WHERE customer = ? ORDER BY panel, server"
    static let waysBack = """
        SELECT rollback, body FROM rollback_step WHERE customer = ? AND state = 'waiting' ORDER BY panel, server
        """
    static let unsettled = """
        SELECT * FROM operation WHERE customer = ? AND state IN ('trying', 'unknown') AND kind <> 'send_command'
        ORDER BY number
        """
}

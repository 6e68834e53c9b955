import Entitlements
import Foundation
import GRDB
import Ledger
import Testing

@testable import SQLiteLedger

@Suite(.timeLimit(.minutes(1)))
struct SchemaTests {
    // A migration is never changed once it was released: a change goes into a new one.
    @Test(
        arguments: [
            ("spine", Migrations.spine, 16_419_940_907_243_534_625),
            ("contactTimes", Migrations.contactTimes, 17_805_634_192_492_534_086),
            ("history", Migrations.history, 11_526_361_106_263_086_474),
        ]
            as [(String, String, UInt64)]
    )
    func `migrations are frozen`(_ name: String, text: String, hash: UInt64) {
        let found = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        #expect(found == hash, "\(name)")
    }

    @Test func `every table is strict`() throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        let sql = "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND NOT strict"
        let loose = try ledger.pool.read { try String.fetchAll($0, sql: sql) }
        #expect(loose.filter { !$0.hasPrefix("sqlite_") } == ["grdb_migrations"])
    }

    @Test(arguments: [
        "INSERT INTO customer (key, state, state_since) VALUES ('id:1', 'happy', 0)",
        "INSERT INTO customer (key, state, state_since) VALUES (NULL, 'working', 0)",
        "INSERT INTO customer (key, state, state_since) VALUES ('id:1', 'working', 'yesterday')",
        "INSERT INTO customer (key, state, state_since, has_access) VALUES ('id:1', 'working', 0, 2)",
        "INSERT INTO subscription (id, customer, fold) VALUES ('s1', 'id:nobody', '{}')",
        "INSERT INTO override (id, customer, kind, reason, author, created_at) VALUES ('o', 'id:0', 'grant', 'r', 'a', 0)",
        "INSERT INTO override (id, customer, kind, tier, reason, author, created_at) VALUES ('o', 'id:0', 'ban', 't', 'r', 'a', 0)",
        "INSERT INTO override (id, customer, kind, reason, author, created_at) VALUES ('o', 'id:0', 'praise', 'r', 'a', 0)",
        "INSERT INTO account (customer, panel, user_id, uuid, link) VALUES ('id:nobody', 'main', 1, 'u', '{}')",
        "INSERT INTO server_grant (customer, panel, server, is_active, body) VALUES ('id:0', 'main', 1, 5, '{}')",
        """
        INSERT INTO operation (customer, panel, kind, detail, state, started_at, fence)
        VALUES ('id:0', 'main', 'add', 'd', 'hoping', 0, 0)
        """,
        """
        INSERT INTO delivery (source, webhook_id, stamped_at, received_at, secret_index, state)
        VALUES ('p', 'a', 0, 0, 0, 9)
        """,
        """
        INSERT INTO event (delivery, kind, source, was_ahead, stamped_at, received_at, facts)
        VALUES (1, 'k', 's', 0, 0, 0, '{}')
        """,
        "DELETE FROM customer",
    ])
    func `constraints refuse nonsense`(_ sql: String) throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        try ledger.pool.write { database in
            try database.execute(
                sql: """
                    INSERT INTO customer (key, state, state_since) VALUES ('id:0', 'working', 0);
                    INSERT INTO subscription (id, customer, fold) VALUES ('s0', 'id:0', '{}');
                    """
            )
        }
        let error = #expect(throws: DatabaseError.self) { try ledger.pool.write { try $0.execute(sql: sql) } }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT)
    }

    @Test func `an id is taken by one usable delivery only`() throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        func insert(_ state: Int) throws {
            try ledger.pool.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO delivery (source, webhook_id, stamped_at, received_at, secret_index, state)
                        VALUES ('p', 'a', 0, 0, 0, ?)
                        """,
                    arguments: [state]
                )
            }
        }
        for state in [0, 3, 3, 4] { try insert(state) }
        for state in [0, 1, 2] { #expect(throws: DatabaseError.self) { try insert(state) } }
    }

    @Test func `a file of the first schema is brought up to date with all that it holds`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        try Self.writeFirstSchema(at: path)

        let ledger = try SQLiteLedger(path: path)
        let record = try #require(try await ledger.file(of: .id("77"))).record
        #expect(record.email == "Ada@example.com")
        #expect(record.name == "Ada")
        #expect(record.subscriptions.map(\.id) == ["s1"])
        #expect(record.overrides.map(\.id) == ["o1"])
        #expect(try await ledger.file(of: .email("bob@example.com"))?.record.email == "bob@example.com")
        #expect(try await ledger.waitingDeliveries(limit: 9).map(\.webhookID) == ["b"])
        #expect(try await ledger.record([.sample("a", body: "x")]) == [.duplicate])
        #expect(try await ledger.pinned("instance") == "firefrost")
        #expect(try await ledger.events(of: .id("77"), limit: 9).count == 1)
        #expect(try await ledger.linkedAccounts(on: "main")[7]?.customer == .id("77"))
        let operations = try await ledger.operations(of: .id("77"), state: nil, before: nil, limit: 9)
        #expect(operations.map(\.before) == [.described(words: "no subuser")])

        // What was known keeps its time: an older word does not replace it, a newer one does.
        for (id, second, email) in [("c", 5, "old@example.com"), ("d", 20, "new@example.com")]
            as [(String, Int64, String)]
        {
            guard case .recorded(let number) = try await ledger.record([.sample(id)]).first else { continue }
            var facts = EventFacts()
            facts.email = .value(email)
            let moment = Timestamp(seconds: second)
            let order = EventOrder(source: "paymenter", stampedAt: moment, receivedAt: moment)
            let event = BillingEvent(kind: .updated, subscription: "s1", order: order, facts: facts)
            let unfolded = UnfoldedDelivery(number: number, events: [event])
            _ = try await ledger.fold([unfolded], policy: FoldPolicy(), now: moment)
            let expected = second < 10 ? "Ada@example.com" : email
            #expect(try await ledger.file(of: .id("77"))?.record.email == expected)
        }
    }

    /// A file as the first schema's program left it, with a row in every table.
    private static func writeFirstSchema(at path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try Migrations.all.migrate(queue, upTo: "1 the spine")
        let subscription = try JSONColumn.encode(Subscription(id: "s1"))
        let link = try JSONColumn.encode(
            AccountLink(
                account: PanelAccount(
                    id: 7,
                    uuid: "u",
                    externalID: nil,
                    email: "a@example.com",
                    username: "a",
                    isRootAdmin: false
                ),
                isOurs: true,
                customerEmail: nil
            )
        )
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO pin VALUES ('instance', 'firefrost');
                    INSERT INTO delivery (source, webhook_id, stamped_at, received_at, body, secret_index, state)
                        VALUES ('paymenter', 'a', 1, 1, x'78', 0, 1), ('paymenter', 'b', 1, 1, x'79', 0, 0);
                    INSERT INTO customer (key, email, email_folded, name, facts_at, state, state_since, due_at) VALUES
                        ('id:77', 'Ada@example.com', 'ada@example.com', 'Ada', 10000, 'converged', 5, 90000),
                        ('email:bob@example.com', NULL, NULL, NULL, 0, 'working', 5, NULL);
                    INSERT INTO override (id, customer, kind, reason, author, created_at)
                        VALUES ('o1', 'id:77', 'ban', 'r', 'a', 0);
                    INSERT INTO event (delivery, subscription, kind, source, was_ahead, stamped_at, received_at, facts)
                        VALUES (1, 's1', 'payment.succeeded', 'paymenter', 0, 10000, 10000, '{"customer_id":"77"}');
                    INSERT INTO server VALUES ('main', 5, '{}');
                    INSERT INTO person_action (author, what, at) VALUES ('a', 'pause', 0);
                    INSERT INTO operation (customer, panel, kind, detail, before, state, started_at, fence)
                        VALUES ('id:77', 'main', 'add_subuser', 'd', 'no subuser', 'done', 0, 1);
                    """
            )
            try database.execute(
                sql: "INSERT INTO subscription (id, customer, fold) VALUES ('s1', 'id:77', ?)",
                arguments: [subscription]
            )
            try database.execute(
                sql: "INSERT INTO account (customer, panel, user_id, uuid, link) VALUES ('id:77', 'main', 7, 'u', ?)",
                arguments: [link]
            )
        }
        try queue.close()
    }

    @Test func `a file of a newer version is refused and left alone`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        let newer = try SQLiteLedger(path: path)
        try newer.pool.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999 the future')") }
        try newer.close()
        let error = #expect(throws: LedgerUnusable.self) { _ = try SQLiteLedger(path: path) }
        #expect(error?.description.contains("newer version") == true)
    }
}

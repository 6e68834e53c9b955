import GRDB

/// The ledger's schema, as the history of its changes.
///
/// A migration is never changed once it was released, and uses no type of the application.
enum Migrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 the spine") { try $0.execute(sql: spine) }
        migrator.registerMigration("2 a time for each contact fact, and indexes for what is asked often") {
            try $0.execute(sql: contactTimes)
        }
        migrator.registerMigration("history: what was there before each operation, and ways back") {
            try $0.execute(sql: history)
        }
        migrator.registerMigration("losses that are counted") { try $0.execute(sql: losses) }
        migrator.registerMigration("lists and what they miss") { try $0.execute(sql: lists) }
        migrator.registerMigration("servers of customers' own") { try $0.execute(sql: dedicatedServers) }
        migrator.registerMigration("ranks in game") { try $0.execute(sql: ranks) }
        migrator.registerMigration("payments of a provider, by what they were for") { try $0.execute(sql: payments) }
        migrator.registerMigration("requests under a key, and how long new payers waited") {
            try $0.execute(sql: requests)
        }
        migrator.registerMigration("drift that a person accepted") { try $0.execute(sql: acceptedDrift) }
        migrator.registerMigration("servers let go of") { try $0.execute(sql: lettingGo) }
        migrator.registerMigration("bans of players whose customer was forgotten") { try $0.execute(sql: hiddenBans) }
        migrator.registerMigration("who is to be read from the panel, whatever else is due") {
            try $0.execute(sql: looks)
        }
        migrator.registerMigration("deliveries that a person has acknowledged") {
            try $0.execute(sql: acknowledgements)
        }
        migrator.registerMigration("grants without an end") { try $0.execute(sql: endlessGrants) }
        migrator.registerMigration("what customers are blocked by, beside the words for it") {
            try $0.execute(sql: causes)
        }
        migrator.registerMigration("when time alone changes something for a customer") {
            try $0.execute(sql: changes)
        }
        migrator.registerMigration("the events of a delivery are found") {
            try $0.execute(sql: "CREATE INDEX event_delivery ON event (delivery)")
        }
        migrator.registerMigration("reasons without what each waits for, to be counted") {
            try $0.execute(sql: headlines)
        }
        return migrator
    }

    /// A reason that names all that waits is another for each customer; nearly all of a row need not be read to count what comes before it.
    static let headlines = """
        ALTER TABLE customer ADD COLUMN headline TEXT;
        UPDATE customer SET headline = CASE WHEN instr(json_extract(reasons, '$[0]'), ' Waiting: ') > 0
            THEN substr(json_extract(reasons, '$[0]'), 1, instr(json_extract(reasons, '$[0]'), ' Waiting: ') - 1)
            ELSE json_extract(reasons, '$[0]') END;
        CREATE INDEX customer_headline ON customer (state, headline) WHERE state <> 'converged';
        """

    /// The next pass over a customer says it exactly.
    static let changes = """
        ALTER TABLE customer ADD COLUMN changes_at INTEGER;
        UPDATE customer SET changes_at = due_at;
        CREATE INDEX customer_changes ON customer (changes_at, key) WHERE changes_at IS NOT NULL;
        """

    /// By reason, the code of its cause; the next pass over a customer fills it in.
    static let causes = """
        ALTER TABLE customer ADD COLUMN causes TEXT NOT NULL DEFAULT '{}';
        """

    static let endlessGrants = """
        CREATE INDEX override_endless ON override (created_at, id)
        WHERE kind = 'grant' AND until IS NULL AND ended_at IS NULL;
        """

    static let lettingGo = """
        -- Places of servers that a person keeps empty.
        CREATE TABLE dedicated_left (
            subscription TEXT NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
            panel TEXT NOT NULL,
            number INTEGER NOT NULL,
            PRIMARY KEY (subscription, panel, number)
        ) STRICT, WITHOUT ROWID;
        """

    static let payments = """
        -- A dispute names the payment alone, so what it was for is kept from the time when it was made.
        CREATE TABLE payment (
            name TEXT PRIMARY KEY NOT NULL,
            subscriptions TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    static let dedicatedServers = """
        CREATE TABLE dedicated_server (
            subscription TEXT NOT NULL,
            panel TEXT NOT NULL,
            -- Which of several of one subscription, from 1.
            number INTEGER NOT NULL CHECK (number >= 1),
            -- Whose it is: the subscription's customer, until that changes without a person having decided.
            customer TEXT NOT NULL REFERENCES customer (key),
            -- The panel's id; NULL while it is not known.
            server INTEGER,
            deletion_waits INTEGER NOT NULL DEFAULT 0 CHECK (deletion_waits IN (0, 1)),
            -- Who allowed the deletion that waits.
            confirmed_by TEXT,
            body TEXT NOT NULL,
            PRIMARY KEY (subscription, panel, number),
            CHECK (confirmed_by IS NULL OR deletion_waits = 1)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX dedicated_server_customer ON dedicated_server (customer);
        CREATE UNIQUE INDEX dedicated_server_identity ON dedicated_server (panel, server) WHERE server IS NOT NULL;
        CREATE INDEX dedicated_server_deletion ON dedicated_server (subscription) WHERE deletion_waits = 1;
        """

    static let history = """
        -- What an operation found and left, in a form that can be brought back; the words of before stay words.
        ALTER TABLE operation ADD COLUMN before_image TEXT;
        ALTER TABLE operation ADD COLUMN after_image TEXT;
        UPDATE operation SET before_image = json_object('described', json_object('words', before)) WHERE before IS NOT NULL;
        ALTER TABLE operation DROP COLUMN before;
        -- Audits look at what is over as well, to tell what was given back by hand.
        DROP INDEX server_grant_server;
        CREATE INDEX server_grant_server ON server_grant (panel, server);
        -- When what names a deleted customer was last removed.
        ALTER TABLE customer ADD COLUMN forgotten_at INTEGER;
        CREATE INDEX customer_deleted ON customer (deleted_at) WHERE deleted_at IS NOT NULL;
        CREATE INDEX person_action_customer ON person_action (customer, number) WHERE customer IS NOT NULL;
        CREATE INDEX operation_started ON operation (started_at, number);

        -- A way back that a person asked for, and each row of it; done and left once the customer's lane has seen to it.
        CREATE TABLE rollback (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            fingerprint TEXT NOT NULL,
            back_to INTEGER NOT NULL,
            author TEXT NOT NULL,
            reason TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE rollback_step (
            rollback INTEGER NOT NULL REFERENCES rollback (number),
            customer TEXT NOT NULL REFERENCES customer (key),
            panel TEXT NOT NULL,
            server INTEGER NOT NULL,
            body TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'left')),
            answer TEXT,
            PRIMARY KEY (rollback, customer, panel, server)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX rollback_step_waiting ON rollback_step (customer, panel, server) WHERE state = 'waiting';
        """

    static let contactTimes = """
        -- One time for both made a newer name keep out a newer e-mail.
        ALTER TABLE customer ADD COLUMN email_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE customer ADD COLUMN name_at INTEGER NOT NULL DEFAULT 0;
        UPDATE customer SET email_at = facts_at, name_at = facts_at;
        ALTER TABLE customer DROP COLUMN facts_at;
        UPDATE customer SET email = substr(key, 7), email_folded = substr(key, 7)
            WHERE email IS NULL AND deleted_at IS NULL AND key LIKE 'email:%';

        -- Claims take the urgent first: one short range for each priority instead of a sort of all who are due.
        CREATE INDEX customer_lane ON customer (priority, due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX customer_leased ON customer (leased_until) WHERE leased_until IS NOT NULL;
        -- Counted often, so they hold what they ask for.
        CREATE INDEX customer_access ON customer (has_access) WHERE has_access = 1;
        DROP INDEX customer_held;
        CREATE INDEX customer_held ON customer (key, held_fingerprint) WHERE held_fingerprint IS NOT NULL;

        CREATE INDEX delivery_ignored ON delivery (number) WHERE state = 2;
        CREATE INDEX delivery_unusable_id ON delivery (source, webhook_id) WHERE state >= 3;
        """

    static let spine = """
        CREATE TABLE pin (
            name TEXT PRIMARY KEY NOT NULL,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- state: 0 waiting, 1 applied, 2 ignored, 3 refused, 4 conflicting
        CREATE TABLE delivery (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL,
            webhook_id TEXT NOT NULL,
            event TEXT,
            stamped_at INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            body BLOB,
            secret_index INTEGER NOT NULL,
            state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
            note TEXT,
            is_stale INTEGER NOT NULL DEFAULT 0 CHECK (is_stale IN (0, 1))
        ) STRICT;
        -- An id that was refused, or came a second time with another body, is not taken.
        CREATE UNIQUE INDEX delivery_id ON delivery (source, webhook_id) WHERE state < 3;
        CREATE INDEX delivery_waiting ON delivery (number) WHERE state = 0;
        CREATE INDEX delivery_unusable ON delivery (state, number) WHERE state >= 3;
        CREATE INDEX delivery_received ON delivery (received_at);

        CREATE TABLE customer (
            key TEXT PRIMARY KEY NOT NULL,
            email TEXT,
            email_folded TEXT,
            name TEXT,
            facts_at INTEGER NOT NULL DEFAULT 0,
            deleted_at INTEGER,
            state TEXT NOT NULL CHECK (state IN ('converged', 'working', 'blocked', 'needs_attention')),
            reasons TEXT NOT NULL DEFAULT '[]',
            state_since INTEGER NOT NULL,
            has_access INTEGER NOT NULL DEFAULT 0 CHECK (has_access IN (0, 1)),
            held_fingerprint TEXT,
            approved_fingerprint TEXT,
            -- The lane: marked while it has work, due at a time, claimed by at most one.
            mark INTEGER NOT NULL DEFAULT 0,
            priority INTEGER NOT NULL DEFAULT 4,
            due_at INTEGER,
            attempt INTEGER NOT NULL DEFAULT 0,
            working_since INTEGER,
            fence INTEGER NOT NULL DEFAULT 0,
            leased_until INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX customer_due ON customer (due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX customer_email ON customer (email_folded);
        CREATE INDEX customer_state ON customer (state, key);
        CREATE INDEX customer_held ON customer (key) WHERE held_fingerprint IS NOT NULL;

        CREATE TABLE subscription (
            id TEXT PRIMARY KEY NOT NULL,
            -- NULL while no event has named a customer.
            customer TEXT REFERENCES customer (key),
            -- The customer that an e-mail's customer was joined to through this subscription or one beside it.
            joined TEXT,
            fold TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX subscription_customer ON subscription (customer);

        CREATE TABLE event (
            arrival INTEGER PRIMARY KEY AUTOINCREMENT,
            delivery INTEGER NOT NULL,
            subscription TEXT,
            customer TEXT,
            kind TEXT NOT NULL,
            source TEXT NOT NULL,
            revision INTEGER,
            occurred_at INTEGER,
            was_ahead INTEGER NOT NULL CHECK (was_ahead IN (0, 1)),
            stamped_at INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            facts TEXT NOT NULL,
            is_stale INTEGER NOT NULL DEFAULT 0 CHECK (is_stale IN (0, 1)),
            CHECK (subscription IS NOT NULL OR customer IS NOT NULL)
        ) STRICT;
        CREATE INDEX event_subscription ON event (subscription, arrival);
        CREATE INDEX event_customer ON event (customer, arrival) WHERE customer IS NOT NULL;

        CREATE TABLE override (
            id TEXT PRIMARY KEY NOT NULL,
            customer TEXT NOT NULL REFERENCES customer (key),
            kind TEXT NOT NULL CHECK (kind IN ('grant', 'ban', 'hold')),
            tier TEXT,
            reason TEXT NOT NULL,
            author TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            until INTEGER,
            ended_at INTEGER,
            CHECK ((kind = 'grant') = (tier IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX override_customer ON override (customer);

        CREATE TABLE account (
            customer TEXT NOT NULL REFERENCES customer (key),
            panel TEXT NOT NULL,
            user_id INTEGER NOT NULL,
            uuid TEXT NOT NULL,
            link TEXT NOT NULL,
            PRIMARY KEY (customer, panel),
            UNIQUE (panel, user_id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE server_grant (
            customer TEXT NOT NULL REFERENCES customer (key),
            panel TEXT NOT NULL,
            server INTEGER NOT NULL,
            is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
            body TEXT NOT NULL,
            PRIMARY KEY (customer, panel, server)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX server_grant_server ON server_grant (panel, server) WHERE is_active = 1;

        CREATE TABLE operation (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            customer TEXT NOT NULL,
            panel TEXT NOT NULL,
            kind TEXT NOT NULL,
            server INTEGER,
            detail TEXT NOT NULL,
            before TEXT,
            state TEXT NOT NULL CHECK (state IN ('trying', 'done', 'retry', 'blocked', 'refused', 'unknown')),
            started_at INTEGER NOT NULL,
            finished_at INTEGER,
            answer TEXT,
            fence INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX operation_customer ON operation (customer, number);
        CREATE INDEX operation_unsettled ON operation (customer) WHERE state IN ('trying', 'unknown');
        CREATE INDEX operation_state ON operation (state, number);

        CREATE TABLE server (
            panel TEXT NOT NULL,
            id INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (panel, id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE person_action (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            author TEXT NOT NULL,
            what TEXT NOT NULL,
            customer TEXT,
            reason TEXT,
            at INTEGER NOT NULL
        ) STRICT;
        """
}

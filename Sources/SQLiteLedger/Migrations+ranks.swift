extension Migrations {
    static let ranks = """
        -- What one customer has one player given on one target; without perks while it is being taken back.
        CREATE TABLE rank_share (
            customer TEXT NOT NULL REFERENCES customer (key),
            target TEXT NOT NULL,
            player TEXT NOT NULL,
            is_empty INTEGER NOT NULL CHECK (is_empty IN (0, 1)),
            body TEXT NOT NULL,
            PRIMARY KEY (customer, target, player)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX rank_share_rank ON rank_share (target, player);

        CREATE TABLE player_ban (
            player TEXT NOT NULL,
            customer TEXT NOT NULL REFERENCES customer (key),
            name TEXT NOT NULL,
            PRIMARY KEY (player, customer)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX player_ban_customer ON player_ban (customer);

        -- A lane for each player and target, as a customer's.
        CREATE TABLE rank (
            target TEXT NOT NULL,
            player TEXT NOT NULL,
            name TEXT NOT NULL,
            record TEXT,
            sent_at INTEGER,
            was_refunded INTEGER NOT NULL DEFAULT 0 CHECK (was_refunded IN (0, 1)),
            -- What is to be sent once more: 0 nothing, 1 the rank, 2 everything
            resend INTEGER NOT NULL DEFAULT 0 CHECK (resend BETWEEN 0 AND 2),
            under_way TEXT NOT NULL DEFAULT '[]',
            state TEXT NOT NULL CHECK (state IN ('converged', 'working', 'blocked', 'needs_attention')),
            reasons TEXT NOT NULL DEFAULT '[]',
            mark INTEGER NOT NULL DEFAULT 0,
            priority INTEGER NOT NULL DEFAULT 4,
            due_at INTEGER,
            attempt INTEGER NOT NULL DEFAULT 0,
            working_since INTEGER,
            fence INTEGER NOT NULL DEFAULT 0,
            leased_until INTEGER,
            PRIMARY KEY (target, player)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX rank_due ON rank (due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX rank_lane ON rank (priority, due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX rank_leased ON rank (leased_until) WHERE leased_until IS NOT NULL;
        CREATE INDEX rank_state ON rank (state);
        CREATE INDEX rank_player ON rank (player);
        """

    static let hiddenBans = """
        -- Whom the ban of a forgotten customer extends to, as a hash under the one key.
        CREATE TABLE hidden_player_ban (
            hash TEXT NOT NULL,
            customer TEXT NOT NULL REFERENCES customer (key),
            PRIMARY KEY (hash, customer)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX hidden_player_ban_customer ON hidden_player_ban (customer);

        CREATE TABLE hash_key (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            key BLOB NOT NULL
        ) STRICT;
        INSERT INTO hash_key VALUES (1, randomblob(32));
        """
}

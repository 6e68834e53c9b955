extension Migrations {
    static let requests = """
        -- A change that was asked for under a key, until it is too old to be repeated.
        CREATE TABLE request (
            author TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            seed TEXT NOT NULL,
            at INTEGER NOT NULL,
            -- The answer; NULL while the change is under way, and after it was cut off.
            status INTEGER,
            content_type TEXT,
            location TEXT,
            body BLOB,
            PRIMARY KEY (author, key),
            CHECK ((status IS NULL) = (body IS NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX request_at ON request (at);

        -- How long new payers waited; the newest of them are kept.
        CREATE TABLE access_time (
            number INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            waited INTEGER NOT NULL
        ) STRICT;

        -- Pages of them, and those of one customer, the newest first.
        CREATE INDEX override_created ON override (created_at DESC, id);
        """

    static let acceptedDrift = """
        -- Access on a panel that we do not give and that a person said is right.
        CREATE TABLE accepted_drift (
            panel TEXT NOT NULL,
            server INTEGER NOT NULL,
            user_id INTEGER NOT NULL,
            permissions TEXT NOT NULL,
            PRIMARY KEY (panel, server, user_id)
        ) STRICT, WITHOUT ROWID;
        """
}

extension Migrations {
    static let acknowledgements = """
        -- Who said of a delivery that cannot be used that nothing is to be done about it, and when.
        ALTER TABLE delivery ADD COLUMN acknowledged_by TEXT;
        ALTER TABLE delivery ADD COLUMN acknowledged_at INTEGER CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL));
        CREATE INDEX delivery_unacknowledged ON delivery (state, acknowledged_at) WHERE state >= 3 AND acknowledged_at IS NULL;
        """

    /// A more urgent mark must not make an audit's forgotten.
    static let looks = "ALTER TABLE customer ADD COLUMN must_look INTEGER NOT NULL DEFAULT 0"
}

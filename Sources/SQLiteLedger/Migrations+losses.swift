/// What the breaker counts, and what lists of the billing system miss.
extension Migrations {
    static let lists = """
        -- state: 0 pages are missing, 1 complete, 2 its pages contradict each other
        CREATE TABLE list (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL,
            generation TEXT NOT NULL,
            pages INTEGER NOT NULL,
            began_at INTEGER NOT NULL,
            state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
            UNIQUE (source, generation)
        ) STRICT;
        CREATE TABLE list_page (
            list INTEGER NOT NULL REFERENCES list (number) ON DELETE CASCADE,
            page INTEGER NOT NULL,
            PRIMARY KEY (list, page)
        ) STRICT, WITHOUT ROWID;

        -- When anything was last heard of it, and how many complete lists in a row have missed it since (2 are enough).
        ALTER TABLE subscription ADD COLUMN learned_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE subscription ADD COLUMN absences INTEGER NOT NULL DEFAULT 0;
        UPDATE subscription SET learned_at =
            coalesce((SELECT max(received_at) FROM event WHERE event.subscription = subscription.id), 0);
        """

    static let losses = """
        -- kind: 1 told, 2 inferred. What waits, at most one of a kind for each customer.
        CREATE TABLE awaited_loss (
            customer TEXT NOT NULL,
            kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
            noticed_at INTEGER NOT NULL,
            is_held INTEGER NOT NULL CHECK (is_held IN (0, 1)),
            PRIMARY KEY (customer, kind)
        ) STRICT, WITHOUT ROWID;

        -- What went ahead without a person's decision.
        CREATE TABLE loss (
            number INTEGER PRIMARY KEY,
            customer TEXT NOT NULL,
            kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX loss_at ON loss (at, kind, customer);
        """
}

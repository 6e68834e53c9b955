import Entitlements
import GRDB
import Ledger

/// A list of which every page is there.
struct CompleteList {
    var source: String
    var beganAt: Timestamp
}

/// What a page came to.
enum ListedPage {
    /// Nothing yet, or nothing any more.
    case noted
    case complete(CompleteList)
    /// Its list is of another number of pages by an earlier one.
    case contradictory
}

/// The lists of a source as their pages come in, and the subscriptions that they miss.
struct ListedSource {
    let database: Database

    /// So many lists with pages missing are remembered, and so many that were complete.
    private static let kept = (unfinished: 5, complete: 100)

    /// Notes a page, which may be the last of its list.
    ///
    /// A list whose pages contradict each other never is complete, nor does one count that was read before another that is.
    func add(_ page: ListPage) throws -> ListedPage {
        guard let list = try list(of: page) else {
            return try contradicts(page) ? .contradictory : .noted
        }
        try database.cachedStatement(sql: "INSERT OR IGNORE INTO list_page (list, page) VALUES (?, ?)")
            .execute(arguments: [list.number, page.page])
        let seen = try Int.fetchOne(
            database.cachedStatement(sql: "SELECT count(*) FROM list_page WHERE list = ?"),
            arguments: [list.number]
        )
        guard seen == page.pages else { return .noted }
        let isLate =
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM list WHERE source = ? AND state = 1 AND began_at >= ?)",
                arguments: [page.source, list.beganAt.milliseconds]
            ) ?? false
        try database.execute(sql: "UPDATE list SET state = 1 WHERE number = ?", arguments: [list.number])
        try database.execute(sql: "DELETE FROM list_page WHERE list = ?", arguments: [list.number])
        try forgetOldLists(of: page.source)
        return isLate ? .noted : .complete(CompleteList(source: page.source, beganAt: list.beganAt))
    }

    private func contradicts(_ page: ListPage) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: "SELECT state = 2 FROM list WHERE source = ? AND generation = ?",
            arguments: [page.source, page.generation]
        ) ?? false
    }

    /// Lists whose pages contradict each other, and after which no whole one came of their source.
    static let contradicting = """
        SELECT count(*) FROM list WHERE state = 2 AND NOT EXISTS (
            SELECT 1 FROM list AS later WHERE later.source = list.source AND later.state = 1 AND later.number > list.number)
        """

    /// The list that a page belongs to, if it still waits for pages.
    private func list(of page: ListPage) throws -> (number: Int64, beganAt: Timestamp)? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    INSERT INTO list (source, generation, pages, began_at) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (source, generation) DO UPDATE SET
                        began_at = min(began_at, excluded.began_at),
                        state = CASE WHEN state = 0 AND pages <> excluded.pages THEN 2 ELSE state END
                    RETURNING number, began_at, state
                    """
            ),
            arguments: [page.source, page.generation, page.pages, page.beganAt.milliseconds]
        )
        guard let row, row["state"] == 0 else { return nil }
        return (row["number"], Timestamp(milliseconds: row["began_at"]))
    }

    private func forgetOldLists(of source: String) throws {
        for (isComplete, kept) in [(false, Self.kept.unfinished), (true, Self.kept.complete)] {
            try database.execute(
                sql: """
                    DELETE FROM list WHERE source = ?1 AND (state = 1) = ?2 AND number NOT IN (
                        SELECT number FROM list WHERE source = ?1 AND (state = 1) = ?2 ORDER BY number DESC LIMIT ?3)
                    """,
                arguments: [source, isComplete, kept]
            )
        }
    }

    /// The subscriptions that this list is the second in a row to miss, and of which no other source has ever spoken.
    ///
    /// Being listed is to be heard of, so whatever was not heard of since the list was begun is not on it. Clocks may differ a little.
    func missed(by list: CompleteList) throws -> [SubscriptionID] {
        let missed = try Row.fetchAll(
            database,
            sql: """
                UPDATE subscription SET absences = absences + 1 WHERE learned_at < ?1 AND absences < 2
                    AND NOT EXISTS (SELECT 1 FROM event WHERE event.subscription = subscription.id AND source NOT IN (?2, ?3))
                RETURNING id, absences
                """,
            arguments: [(list.beganAt - EventOrder.tolerance).milliseconds, list.source, EventOrder.absence]
        )
        return missed.filter { $0["absences"] == 2 }.map { SubscriptionID($0["id"] as String) }.sorted()
    }
}

extension BillingEvent {
    /// What two complete lists in a row say by leaving a subscription out.
    static func absence(of subscription: SubscriptionID, from list: CompleteList) -> BillingEvent {
        var facts = EventFacts()
        facts.status = .value(.cancelled)
        facts.reason = .value("absent from two complete lists")
        return BillingEvent(
            kind: .snapshot,
            subscription: subscription,
            order: EventOrder(
                source: EventOrder.absence,
                occurredAt: list.beganAt,
                stampedAt: list.beganAt,
                receivedAt: list.beganAt
            ),
            facts: facts
        )
    }
}

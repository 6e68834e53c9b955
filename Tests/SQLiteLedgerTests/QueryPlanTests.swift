import Entitlements
import Foundation
import GRDB
import Ledger
import Testing

@testable import SQLiteLedger

/// What is asked often goes through an index, however large the tables grow.
@Suite(.timeLimit(.minutes(1)))
struct QueryPlanTests {
    @Test(arguments: [
        ("anybody due", LaneSQL.someoneIsDue, "SEARCH customer USING INDEX customer_due"),
        ("due at a priority", LaneSQL.due, "SEARCH customer USING INDEX customer_lane"),
        ("next due", LaneSQL.nextDue, "SEARCH customer USING INDEX customer_due"),
        ("next lane to fall free", LaneSQL.nextDue, "customer USING INDEX customer_leased"),
        ("look-up of a repeat", DeliverySQL.known, "SEARCH delivery USING INDEX delivery_id"),
        ("repeat of what was refused", DeliverySQL.forgetRepeat, "SEARCH delivery USING INDEX delivery_unusable_id"),
        ("room for the refused", DeliverySQL.makeRoom, "COVERING INDEX delivery_unusable"),
        ("billing heard", DeliverySQL.heardAt, "SCAN delivery USING INDEX delivery_received"),
        ("bodies to empty", DeliverySQL.emptyBodies, "SEARCH delivery USING INDEX delivery_received"),
        ("ids to forget", DeliverySQL.forgetIDs, "SEARCH delivery USING INDEX delivery_received"),
        ("waiting", DeliverySQL.list(.waiting, newestFirst: false), "USING INDEX delivery_waiting"),
        ("ignored", DeliverySQL.list(.ignored, newestFirst: true), "USING INDEX delivery_ignored"),
        ("refused", DeliverySQL.list(.refused, newestFirst: true), "USING INDEX delivery_unusable"),
        ("conflicting", DeliverySQL.list(.conflicting, newestFirst: true), "USING INDEX delivery_unusable"),
        ("all deliveries", DeliverySQL.list(nil, newestFirst: true), "SEARCH delivery USING INTEGER PRIMARY KEY"),
        ("events of a subscription", EventRow.ofSubscription, "SEARCH event USING INDEX event_subscription"),
        ("events of a customer", EventRow.ofCustomer, "SEARCH event USING INTEGER PRIMARY KEY"),
        ("… through its subscriptions", EventRow.ofCustomer, "SEARCH event USING COVERING INDEX event_subscription"),
        ("… and its own", EventRow.ofCustomer, "SEARCH event USING COVERING INDEX event_customer"),
        ("sources of a subscription", SubscriptionSQL.sources, "SEARCH event USING INDEX event_subscription"),
        ("one subscription", SubscriptionSQL.withCustomer, "SEARCH subscription USING PRIMARY KEY"),
        ("overrides of a file", FileSQL.overrides, "SEARCH override USING INDEX override_customer"),
        ("subscriptions of a file", FileSQL.subscriptions, "SEARCH subscription USING INDEX subscription_customer"),
        ("accounts of a file", FileSQL.links, "SEARCH account USING PRIMARY KEY"),
        ("grants of a file", FileSQL.grants, "SEARCH server_grant USING PRIMARY KEY"),
        ("unsettled of a file", FileSQL.unsettled, "SEARCH operation USING INDEX operation_unsettled"),
        (
            "operations", OperationSQL.list(ofCustomer: false, inState: false),
            "SEARCH operation USING INTEGER PRIMARY KEY"
        ),
        ("operations of one", OperationSQL.list(ofCustomer: true, inState: false), "USING INDEX operation_customer"),
        ("operations in a state", OperationSQL.list(ofCustomer: false, inState: true), "USING INDEX operation_state"),
        ("operations since a moment", OperationSQL.since, "SEARCH operation USING INDEX operation_started"),
        ("ways back of a file", FileSQL.waysBack, "SEARCH rollback_step USING INDEX rollback_step_waiting"),
        ("what was said", HistorySQL.events, "SEARCH event USING COVERING INDEX event_subscription"),
        ("what was decided", HistorySQL.actions, "SEARCH person_action USING INDEX person_action_customer"),
        ("what people did", HistorySQL.actions(ofCustomer: false), "SEARCH person_action USING INTEGER PRIMARY KEY"),
        (
            "what people did to one", HistorySQL.actions(ofCustomer: true),
            "SEARCH person_action USING INDEX person_action_customer"
        ),
        ("what was done", HistorySQL.operations, "SEARCH operation USING INDEX operation_customer"),
        ("old operations", KeepingSQL.operations, "SEARCH operation USING INDEX operation_started"),
        ("deleted customers", KeepingSQL.deletedCustomers, "SEARCH customer USING INDEX customer_deleted"),
        ("customers in a state", CustomerSQL.list(state: .blocked, isSearch: false), "USING INDEX customer_state"),
        ("what blocks customers", CustomerSQL.blockages, "SEARCH customer USING INDEX customer_state"),
        ("customers", CustomerSQL.list(state: nil, isSearch: false), "SEARCH customer USING PRIMARY KEY"),
        (
            "buyers", CustomerSQL.list(state: nil, isSearch: false, isOfBuyers: true),
            "SEARCH subscription USING INDEX subscription_customer"
        ),
        ("deliveries by hour", DeliverySQL.byHour, "SEARCH delivery USING COVERING INDEX delivery_received"),
        ("one customer", CustomerSQL.matching, "SEARCH customer USING INDEX customer_email"),
        ("customers by state", SummarySQL.customers, "SCAN customer USING COVERING INDEX customer_state"),
        ("with access", SummarySQL.withAccess, "COVERING INDEX customer_access"),
        ("held", SummarySQL.held, "COVERING INDEX customer_held"),
        ("grants without an end", SummarySQL.endlessGrants, "INDEX override_endless"),
        ("the oldest of them", SummarySQL.oldestEndlessGrants, "INDEX override_endless"),
        ("subscriptions", SummarySQL.subscriptions, "COVERING INDEX subscription_customer"),
        ("some of them", SummarySQL.ownerlessExamples, "INDEX subscription_customer"),
        ("ownerless", SummarySQL.ownerless, "SEARCH subscription USING COVERING INDEX subscription_customer"),
        ("deliveries waiting", SummarySQL.waiting, "USING INDEX delivery_waiting"),
        ("oldest waiting", SummarySQL.oldestWaiting, "USING INDEX delivery_waiting"),
        ("deliveries refused", SummarySQL.refused, "COVERING INDEX delivery_unacknowledged"),
        ("the oldest of them", SummarySQL.oldestRefused, "SEARCH delivery USING INDEX delivery_unacknowledged"),
        ("any rank due", RankSQL.someoneIsDue, "SEARCH rank USING INDEX rank_due"),
        ("ranks due at a priority", RankSQL.due, "SEARCH rank USING INDEX rank_lane"),
        ("next unclaimed rank", RankSQL.nextUnclaimed, "rank USING INDEX rank_due"),
        ("next rank due", RankSQL.nextDue, "rank USING INDEX rank_due"),
        ("next rank's lane to fall free", RankSQL.nextDue, "rank USING INDEX rank_leased"),
        ("ranks by state", RankSQL.states, "SCAN rank USING COVERING INDEX rank_state"),
        ("ranks under way", RankSQL.underWay, "SEARCH rank USING INDEX rank_leased"),
        ("shares of a rank", RankSQL.shares, "SEARCH rank_share USING INDEX rank_share_rank"),
        ("shares of a customer", RankSQL.ofCustomer, "SEARCH rank_share USING PRIMARY KEY"),
        ("… with their ranks", RankSQL.ofCustomer, "SEARCH rank USING PRIMARY KEY"),
        ("a player's ban", BanSQL.named, "SEARCH player_ban USING PRIMARY KEY"),
        ("a hidden ban", BanSQL.hidden, "SEARCH hidden_player_ban USING PRIMARY KEY"),
        ("a customer's bans", BanSQL.ofCustomer, "SEARCH player_ban USING INDEX player_ban_customer"),
        (
            "a customer's hidden bans", BanSQL.hiddenOfCustomer,
            "SEARCH hidden_player_ban USING COVERING INDEX hidden_player_ban_customer"
        ),
        (
            "servers of a customer", DedicatedSQL.ofCustomer,
            "SEARCH dedicated_server USING INDEX dedicated_server_customer"
        ),
        ("servers elsewhere", DedicatedSQL.elsewhere, "SEARCH subscription USING COVERING INDEX subscription_customer"),
        ("… by subscription", DedicatedSQL.elsewhere, "SEARCH dedicated_server USING PRIMARY KEY"),
        ("places kept empty", DedicatedSQL.emptyPlaces, "SEARCH dedicated_left USING PRIMARY KEY"),
        ("servers of a subscription", DedicatedSQL.ofSubscription, "SEARCH dedicated_server USING PRIMARY KEY"),
        ("servers on a panel", DedicatedSQL.onPanel, "SEARCH dedicated_server USING INDEX dedicated_server_identity"),
        ("deletions", DedicatedSQL.deletionWaits, "USING INDEX dedicated_server_deletion"),
        ("deletions that wait", DedicatedSQL.deletionsWaiting, "USING INDEX dedicated_server_deletion"),
        ("common reasons", CustomerSQL.commonReasons, "SCAN customer USING COVERING INDEX customer_headline"),
        ("deliveries conflicting", SummarySQL.conflicting, "COVERING INDEX delivery_unacknowledged"),
    ])
    func `what is asked often uses its index`(_ name: String, sql: String, expected: String) throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        let plan = try ledger.pool.read { database in
            let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
            statement.setUncheckedArguments(StatementArguments())
            return try Row.fetchAll(statement).map { $0["detail"] as String }
        }
        #expect(plan.contains { $0.contains(expected) }, "\(plan)")
        for table in [
            "delivery", "event", "operation", "customer", "subscription", "rank", "rank_share", "player_ban",
            "hidden_player_ban", "dedicated_server", "dedicated_left",
        ] {
            #expect(!plan.contains("SCAN \(table)"), "\(plan)")
        }
    }

    @Test(arguments: [LaneSQL.due, DeliverySQL.list(.waiting, newestFirst: false), EventRow.ofSubscription])
    func `what must come in an order comes in it from the index`(_ sql: String) throws {
        let folder = try TemporaryFolder()
        let ledger = try SQLiteLedger(path: folder.path + "/ledger.sqlite")
        let plan = try ledger.pool.read { database in
            let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
            statement.setUncheckedArguments(StatementArguments())
            return try Row.fetchAll(statement).map { $0["detail"] as String }
        }
        #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
    }
}

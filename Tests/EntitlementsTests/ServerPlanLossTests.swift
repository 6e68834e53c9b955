import Entitlements
import Testing

/// What a loss waits for, and what lets it through.
struct ServerPlanLossTests {
    @Test func `a told loss waits for its other half, in either order`() {
        let new = Shop.customer([
            Shop.subscription("a", said(.created, 0, .status("active"), .product("fire")), said(.cancelled, 2)),
            Shop.active("b", "ice"),
        ])
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        let waiting = stage.reconcile(Stage.nothing, on: 2, settle: .seconds(60))
        #expect(waiting.change == nil)
        #expect(waiting.settlesAt == .day(2) + .seconds(60))
        #expect(stage.row == Shop.console.union(websocket))
        #expect(stage.reconcile(new, on: 2.0001, settle: .seconds(60)).change == nil)
        #expect(stage.grant.losing.isEmpty)
        #expect(stage.grant.reasons.count == 1)
    }

    @Test func `a told loss is applied once it has settled`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        stage.reconcile(Stage.nothing, on: 2, settle: .days(1))
        #expect(stage.reconcile(Stage.nothing, on: 2.9, settle: .days(1)).change == nil)
        #expect(stage.reconcile(Stage.nothing, on: 3, settle: .days(1)).change == .remove)
    }

    @Test func `each loss settles on its own, so that the second is not cut short by the first`() {
        func record(_ a: Bool, _ b: Bool) -> CustomerRecord {
            let end = said(.cancelled, 0.5)
            let begun = said(.created, 0, .status("active"), .product("fire"))
            let better = said(.created, 0, .status("active"), .product("storm"))
            return Shop.customer([
                fold(a ? [begun] : [begun, end], id: "a"), fold(b ? [better] : [better, end], id: "b"),
            ])
        }
        var stage = Stage()
        stage.reconcile(record(true, true), on: 1)
        stage.reconcile(record(true, false), on: 2, settle: .days(1))
        let plan = stage.reconcile(record(false, false), on: 2.9, settle: .days(1))
        #expect(plan.settlesAt == .day(3))
        #expect(stage.reconcile(record(false, false), on: 3, settle: .days(1)).losses == ["control.restart"])
        #expect(stage.row == Shop.console.union(websocket))
        #expect(stage.reconcile(record(false, false), on: 3.9, settle: .days(1)).change == .remove)
    }

    @Test(arguments: [said(.terminated, 2), said(.suspended, 2, .reason("manual"))])
    func `what is decided or closed is applied at once`(event: BillingEvent) {
        let ended = Shop.customer([
            Shop.subscription("a", said(.created, 0, .status("active"), .product("fire")), event)
        ])
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        #expect(stage.reconcile(ended, on: 3, settle: .days(1)).change == .remove)
    }

    @Test func `what billing closes is counted, and settles where another half may follow`() {
        let both = Shop.customer([Shop.active("a", "fire"), Shop.active("b", "fire")])
        let closed = Shop.subscription(
            "a",
            said(.created, 0, .status("active"), .product("fire")),
            said(.terminated, 2)
        )
        let cancelled = Shop.subscription(
            "b",
            said(.created, 0, .status("active"), .product("fire")),
            said(.cancelled, 2)
        )
        var stage = Stage()
        stage.reconcile(both, on: 1)
        #expect(stage.reconcile(Shop.customer([closed, cancelled]), on: 3, settle: .days(1)).settlesAt == .day(4))
        var deleted = both
        deleted.deletedAt = .day(2)
        for (before, after) in [(Shop.customer([Shop.active("a", "fire")]), Shop.customer([closed])), (both, deleted)] {
            var stage = Stage()
            stage.reconcile(before, on: 1)
            #expect(Set(stage.reconcile(after, on: 3, settle: .days(1), gate: .held).held.keys) == [.told])
            let plan = stage.reconcile(after, on: 3, settle: .days(1))
            #expect(plan.change == .remove)
            #expect(Set(plan.counted.keys) == [.told])
        }
    }

    @Test func `a ban is applied at once, whatever else is held`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        let banned = Shop.customer([Shop.active("a", "fire")], [Shop.override("b", .ban)])
        let plan = stage.reconcile(banned, on: 2, settle: .days(1), gate: .held)
        #expect(plan.change == .remove)
        #expect(plan.counted.isEmpty)
    }

    @Test func `the breaker holds told losses until a person approves`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        let held = stage.reconcile(Stage.nothing, on: 3, gate: .held)
        #expect(held.change == nil)
        #expect(held.held == [.told: Shop.console.union(websocket)])
        #expect(held.awaited == [.told: .day(3)])
        let approved = stage.reconcile(Stage.nothing, on: 3, approved: true, gate: .held)
        #expect(approved.change == .remove)
        #expect(approved.counted.isEmpty, "what a person decided is not counted")
    }

    static let inferred = Shop.customer([
        Shop.subscription(
            "a",
            said(.created, 0, .status("active"), .product("fire")),
            said(.snapshot, 2, .status("cancelled"))
        )
    ])

    @Test func `a loss that has settled waits until it is known whom else its cause concerns`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        let waiting = stage.reconcile(Stage.nothing, on: 3, gate: .unannounced)
        #expect(waiting.change == nil)
        #expect(waiting.awaitsOthers)
        #expect(waiting.awaited == [.told: .day(3)])
        #expect(waiting.held.isEmpty)
        let later = stage.reconcile(Stage.nothing, on: 3.1)
        #expect(later.counted == [.told: Shop.console.union(websocket)])
        #expect(later.awaited.isEmpty)
    }

    @Test func `a clock that is set back does not lengthen a wait`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        stage.reconcile(Stage.nothing, on: 300, settle: .days(1))
        #expect(stage.reconcile(Stage.nothing, on: 3, settle: .days(1)).settlesAt == .day(4))
        #expect(stage.reconcile(Stage.nothing, on: 4, settle: .days(1)).change == .remove)
    }

    @Test func `an inferred loss beyond the bound is held for ever until a person approves`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        for day in [3.0, 30, 300] {
            let plan = stage.reconcile(Self.inferred, on: day, gate: .held)
            #expect(plan.change == nil)
            #expect(plan.held == [.inferred: Shop.console.union(websocket)])
        }
        #expect(stage.reconcile(Self.inferred, on: 301, approved: true, gate: .held).change == .remove)
    }

    @Test func `an inferred loss within the bound settles like one that was told`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        #expect(stage.reconcile(Self.inferred, on: 3, settle: .days(1)).settlesAt == .day(4))
        let plan = stage.reconcile(Self.inferred, on: 4, settle: .days(1))
        #expect(plan.change == .remove)
        #expect(plan.counted == [.inferred: Shop.console.union(websocket)])
    }

    @Test func `what the configuration takes is held, whatever the breaker says`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        let plan = planServer(
            grant: stage.grant,
            desired: nil,
            decision: Shop.decision(Stage.basic, on: 2),
            settle: .zero,
            approved: false,
            gate: .open,
            now: .day(2)
        )
        #expect(plan.held.keys.sorted() == [.configuration])
        #expect(plan.awaited.isEmpty, "it is not counted: it waits anyway")
    }

    @Test func `a server that left its group is held`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        let plan = planServer(
            grant: stage.grant,
            desired: nil,
            decision: Shop.decision(Stage.basic, on: 2),
            settle: .zero,
            approved: false,
            now: .day(2)
        )
        #expect(plan.change == nil)
        #expect(plan.held == [.configuration: Shop.console.union(websocket)])
    }

    @Test func `a reason that came while nothing could be changed counts when the server leaves its group`() {
        let second = Shop.active("b", "ice")
        let both = Shop.customer([Shop.active("a", "fire"), second])
        let later = Shop.customer([
            Shop.subscription("a", said(.created, 0, .status("active"), .product("fire")), said(.cancelled, 3)), second,
        ])
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        // The panel is away: the second reason can only be noted.
        stage.grant = stage.grant.withReasons(of: Shop.desired(both, on: 2)[stage.grant.server])
        #expect(stage.grant.reasons.count == 2)
        let plan = planServer(
            grant: stage.grant,
            desired: nil,
            decision: Shop.decision(later, on: 4),
            settle: .zero,
            approved: false,
            now: .day(4)
        )
        #expect(plan.change == nil)
        #expect(plan.held == [.configuration: Shop.console.union(websocket)])
        // What is not there yet, a reason does not give by being noted.
        let none = Grant(server: Shop.id(1), serverUUID: "uuid-1")
        #expect(none.withReasons(of: Shop.desired(both, on: 2)[Shop.id(1)]) == none)
    }

    @Test func `a product that maps to no tier keeps what it gave`() {
        let lost = Shop.customer([
            Shop.subscription(
                "a",
                said(.created, 0, .status("active"), .product("fire")),
                said(.updated, 2, .product("x"))
            )
        ])
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        for day in [3.0, 300] {
            let plan = stage.reconcile(lost, on: day, approved: true)
            #expect(plan.change == nil)
            #expect(plan.held.isEmpty)
        }
        #expect(stage.row == Shop.console.union(websocket))
    }

    @Test func `a permission of two reasons is lost as cautiously as the more cautious asks`() {
        let both = Shop.customer([Shop.active("a", "fire"), Shop.active("b", "ice")])
        let told = said(.cancelled, 2)
        let listed = said(.snapshot, 2, .status("cancelled"))
        let ended = Shop.customer([
            Shop.subscription("a", said(.created, 0, .status("active"), .product("fire")), told),
            Shop.subscription("b", said(.created, 0, .status("active"), .product("ice")), listed),
        ])
        var stage = Stage()
        stage.reconcile(both, on: 1)
        #expect(
            stage.reconcile(ended, on: 3, gate: LossGate(told: .go, inferred: .hold)).held.keys.sorted() == [.inferred]
        )
        #expect(stage.row == Shop.console.union(websocket))
    }
}

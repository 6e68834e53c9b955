import Entitlements
import Testing

/// What is done about one row, beside what people did to it by hand.
@Suite struct ServerPlanTests {
    @Test func `a grant adds the row, its end removes it`() {
        var stage = Stage()
        #expect(stage.reconcile(Stage.basic, on: 1).change == .add(Shop.console.union(websocket)))
        #expect(stage.reconcile(Stage.basic, on: 1).change == nil)
        #expect(stage.reconcile(Stage.nothing, on: 3).change == .remove)
        #expect(stage.row == nil)
        #expect(!stage.grant.isActive)
    }

    @Test func `what was there before us is left when we go`() {
        var stage = Stage(row: ["file.read", "control.console", .websocketConnect])
        stage.reconcile(Stage.basic, on: 1)
        #expect(stage.row == ["file.read", "control.console", .websocketConnect])
        stage.reconcile(Stage.nothing, on: 3)
        #expect(stage.row == ["file.read", "control.console", .websocketConnect])
    }

    @Test func `a row by hand that holds nothing but the connection is left as well`() {
        var stage = Stage(row: websocket)
        stage.reconcile(Stage.basic, on: 1)
        stage.reconcile(Stage.nothing, on: 3)
        #expect(stage.row == websocket)
    }

    @Test func `what is added by hand later stays, what is removed by hand is not brought back`() {
        var stage = Stage(row: ["file.read", .websocketConnect])
        stage.reconcile(Stage.basic, on: 1)
        stage.row = ["control.console", "backup.read", .websocketConnect]
        #expect(stage.reconcile(Stage.basic, on: 2).change == nil)
        stage.reconcile(Stage.nothing, on: 3)
        #expect(stage.row == ["backup.read", .websocketConnect])
    }

    @Test func `what we give comes back when it is removed by hand`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        stage.row = ["file.read", .websocketConnect]
        #expect(
            stage.reconcile(Stage.basic, on: 2).change == .update(["control.console", "file.read", .websocketConnect])
        )
        stage.row = nil
        #expect(stage.reconcile(Stage.basic, on: 2).change == .add(Shop.console.union(websocket)))
    }

    @Test func `what we took back and somebody gave again is shown and never taken for hand-made`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        stage.reconcile(Stage.nothing, on: 3)
        stage.row = ["control.console", .websocketConnect]
        let plan = stage.plan(Stage.nothing, on: 4)
        #expect(plan.change == nil)
        #expect(plan.returnedByHand == ["control.console"])
        #expect(plan.grant.handMade == nil)
    }

    @Test func `of two reasons, the end of one leaves what the other gives`() {
        let both = Shop.customer([Shop.active("a", "fire"), Shop.active("b", "storm")])
        let one = Shop.customer([
            Shop.active("a", "fire"),
            Shop.subscription("b", said(.created, 0, .status("active"), .product("storm")), said(.cancelled, 2)),
        ])
        var stage = Stage()
        stage.reconcile(both, on: 1)
        #expect(stage.row == Shop.power.union(websocket))
        let plan = stage.reconcile(one, on: 3)
        #expect(stage.row == Shop.console.union(websocket))
        #expect(plan.losses == ["control.restart"])
        #expect(plan.counted == [.told: ["control.restart"]])
    }

    @Test func `a removal whose answer was lost is read and tried again`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        // Written down before it is tried, as the reconciler does; then the panel does not answer.
        stage.grant = stage.plan(Stage.nothing, on: 3).grant
        stage.grant.observed = .unread
        #expect(stage.grant.isActive)
        #expect(stage.reconcile(Stage.nothing, on: 3).change == .remove)
        #expect(!stage.grant.isActive)
        stage.row = Shop.console.union(websocket)
        #expect(stage.reconcile(Stage.nothing, on: 4).change == nil, "what comes back after that came by hand")
    }

    @Test func `a removal that was done, though its answer was lost, is found done`() {
        var stage = Stage()
        stage.reconcile(Stage.basic, on: 1)
        stage.grant = stage.plan(Stage.nothing, on: 3).grant
        stage.grant.observed = .unread
        stage.row = nil
        #expect(stage.reconcile(Stage.nothing, on: 3).change == nil)
        #expect(!stage.grant.isActive)
    }

    @Test func `a change whose answer was lost is no permission by hand`() {
        let better = Shop.customer([Shop.active("a", "storm")])
        var stage = Stage()
        stage.grant = stage.plan(better, on: 1).grant
        stage.grant.observed = .unread
        stage.row = Shop.power.union(websocket)
        stage.reconcile(Stage.basic, on: 1, approved: true)
        #expect(stage.grant.handMade == nil)
    }
}

import Entitlements

/// One account on one server of the shop, its row kept as the panel would.
struct Stage {
    /// Somebody who has the small product, and the same once it was cancelled.
    static let basic = Shop.customer([Shop.active("a", "fire")])
    static let nothing = Shop.customer([
        Shop.subscription("a", said(.created, 0, .status("active"), .product("fire")), said(.cancelled, 2))
    ])

    var grant = Grant(server: Shop.id(1), serverUUID: "uuid-1")
    var row: Set<Permission>?

    /// Reads the row, plans, and (if the panel answers) applies.
    @discardableResult
    mutating func reconcile(
        _ record: CustomerRecord,
        on day: Double,
        settle: Duration = .zero,
        approved: Bool = false,
        gate: LossGate = .open
    ) -> ServerPlan {
        let plan = plan(record, on: day, settle: settle, approved: approved, gate: gate)
        switch plan.change {
        case .add(let permissions), .update(let permissions): row = permissions.union([.websocketConnect])
        case .remove: row = nil
        case nil: break
        }
        grant = plan.grant
        grant.observed = row.map { .present($0) } ?? .absent
        return plan
    }

    func plan(
        _ record: CustomerRecord,
        on day: Double,
        settle: Duration = .zero,
        approved: Bool = false,
        gate: LossGate = .open
    ) -> ServerPlan {
        var grant = grant
        grant.observed = row.map { .present($0) } ?? .absent
        return planServer(
            grant: grant,
            desired: Shop.desired(record, on: day)[grant.server],
            decision: Shop.decision(record, on: day),
            settle: settle,
            approved: approved,
            gate: gate,
            now: .day(day)
        )
    }
}

let websocket: Set<Permission> = [.websocketConnect]

extension LossGate {
    static let held = LossGate(told: .hold, inferred: .hold)
}

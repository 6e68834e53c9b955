import Entitlements
import Testing

/// A customer's life drawn at random, with people who change the row by hand in between.
private struct RandomLife {
    var random: SplitMix64
    var stage = Stage()
    var stories: [SubscriptionID: [BillingEvent]] = [:]
    var day = 0.0
    /// What people gave and did not take back, of permissions that we never gave before they did.
    var byHand: Set<Permission> = []

    static let theirs: Set<Permission> = ["backup.read", "schedule.read", "startup.read"]

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        if random.chance(1, in: 2) {
            byHand = random.subset(Self.theirs)
            stage.row = byHand.union([.websocketConnect])
        }
        for id in ["a", "b"] as [SubscriptionID] {
            stories[id] = [said(.created, 0, .status("active"), .product(random.pick(["fire", "storm"])))]
        }
    }

    var record: CustomerRecord {
        Shop.customer(stories.map { fold($0.value, id: $0.key) })
    }

    mutating func happen() {
        day += 1
        let id: SubscriptionID = random.pick(["a", "b"])
        let event = random.pick([
            said(.cancelled, day), said(.paymentSucceeded, day), said(.updated, day, .product("storm")),
            said(.updated, day, .product("fire")), said(.snapshot, day, .status("cancelled")),
            said(.suspended, day, .reason("manual")), said(.unsuspended, day), said(.paymentRefunded, day),
        ])
        stories[id, default: []].append(event)
    }

    /// Somebody edits the row on the panel, if there is one.
    mutating func editByHand() {
        guard let row = stage.row, random.chance(1, in: 3) else { return }
        let ours = row.subtracting(Self.theirs)
        byHand = random.subset(Self.theirs)
        stage.row = ours.union(byHand)
    }

    mutating func endAll() {
        day += 1
        for id in stories.keys { stories[id, default: []].append(said(.terminated, day)) }
    }
}

@Suite struct ServerPlanPropertyTests {
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `a plan that was carried out leaves nothing to do`(seed: UInt64) {
        var life = RandomLife(seed: seed)
        for _ in 0..<12 {
            life.happen()
            life.editByHand()
            let settle: Duration = life.random.pick([.zero, .days(2)])
            let approved = life.random.chance(1, in: 4)
            let gate = life.random.pick([LossGate.open, .open, .held, .unannounced])
            life.stage.reconcile(life.record, on: life.day, settle: settle, approved: approved, gate: gate)
            let again = life.stage.plan(
                life.record,
                on: life.day,
                settle: settle,
                approved: approved,
                gate: gate
            )
            #expect(again.change == nil, "seed \(seed), day \(life.day)")
            #expect(again.grant == life.stage.grant, "seed \(seed), day \(life.day)")
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `what people gave by hand is exactly what remains`(seed: UInt64) {
        var life = RandomLife(seed: seed)
        let hadRow = life.stage.row != nil
        life.stage.reconcile(life.record, on: 1)
        for _ in 0..<10 {
            life.happen()
            life.editByHand()
            life.stage.reconcile(life.record, on: life.day, approved: true)
        }
        life.endAll()
        life.stage.reconcile(life.record, on: life.day + 1, approved: true)
        if life.byHand.isEmpty, !hadRow {
            #expect((life.stage.row ?? []).subtracting([.websocketConnect]).isEmpty, "seed \(seed)")
        } else {
            #expect((life.stage.row ?? []).subtracting([.websocketConnect]) == life.byHand, "seed \(seed)")
        }
        #expect(!life.stage.grant.isActive, "seed \(seed)")
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `nothing that we ever gave is taken for hand-made, and whoever is entitled keeps all of it`(seed: UInt64) {
        var life = RandomLife(seed: seed)
        var given: Set<Permission> = []
        for _ in 0..<15 {
            life.happen()
            life.editByHand()
            life.stage.reconcile(life.record, on: life.day, settle: life.random.pick([.zero, .days(1)]))
            given.formUnion(life.stage.grant.permissions)
            #expect(given.isDisjoint(with: life.stage.grant.handMade ?? []), "seed \(seed)")
            let entitled = Shop.desired(life.record, on: life.day)[Shop.id(1)]?.permissions ?? []
            #expect(entitled.isSubset(of: life.stage.row ?? []), "seed \(seed), day \(life.day)")
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `answers that are lost, before or after their effect, leave nothing behind`(seed: UInt64) {
        var life = RandomLife(seed: seed)
        for _ in 0..<10 {
            life.happen()
            if life.random.chance(1, in: 2) {
                life.stage.reconcile(life.record, on: life.day, approved: true)
                continue
            }
            let plan = life.stage.plan(life.record, on: life.day, approved: true)
            if life.random.chance(1, in: 2) { life.stage.reconcile(life.record, on: life.day, approved: true) }
            life.stage.grant = plan.grant
            if plan.change != nil { life.stage.grant.observed = .unread }
        }
        let byHand = life.byHand
        life.endAll()
        life.stage.reconcile(life.record, on: life.day + 1, approved: true)
        #expect((life.stage.row ?? []).subtracting([.websocketConnect]) == byHand, "seed \(seed)")
        #expect(!life.stage.grant.isActive, "seed \(seed)")
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `the union of two reasons less one is the other`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let products: [ProductID] = [random.pick(["fire", "ice", "storm"]), random.pick(["fire", "ice", "storm"])]
        let byHand = random.subset(RandomLife.theirs)
        let ending = said(random.pick([.cancelled, .terminated]), 2)
        let staying = Shop.active("a", products[0])
        let leaving = said(.created, 0, .status("active"), .product(products[1]))

        var stage = Stage(row: byHand.union([.websocketConnect]))
        stage.reconcile(Shop.customer([staying, fold([leaving], id: "b")]), on: 1)
        stage.reconcile(Shop.customer([staying, fold([leaving, ending], id: "b")]), on: 3)

        var alone = Stage(row: byHand.union([.websocketConnect]))
        alone.reconcile(Shop.customer([staying]), on: 1)
        #expect(stage.row == alone.row, "seed \(seed)")
        #expect(stage.grant.reasons == alone.grant.reasons, "seed \(seed)")
    }
}

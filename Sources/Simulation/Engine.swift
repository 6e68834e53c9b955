import Billing
import Entitlements
import Foundation
import Ledger
import Logging
import Oracle
import PanelSimulator
import Provisioning
import PterodactylAPI
import ServiceLifecycle

/// The real engine, in one life of its process: everything between an acknowledged delivery and the panel, put together as the service
/// does it, but without its web server.
struct Engine: Sendable {
    let life: Life
    let ledger: SimulatedLedger
    private let root: Task<Void, Never>
    private let arrivals: Signal
    private let lanes: Signal
    private let ranks: Signal
    private let rules: CurrentRules
    private let panel: PanelConnection
    private let audits: Signal
    private let clock: ServiceClock
    private let world: World
    private let mutation: Mutation

    /// Starts it on a ledger that an earlier life may have left in any state.
    init(life: Life, on ledger: any Ledger, in world: World, offer: Offer, standby: String?, mutation: Mutation) {
        self.life = life
        self.world = world
        self.mutation = mutation
        let ledger = SimulatedLedger(real: ledger, life: life, mutation: mutation, world: world)
        let clock = ServiceClock(life: life, world: world)
        let logger = Logger(label: "simulation", factory: { _ in SwiftLogNoOpLogHandler() })
        let rules = CurrentRules(mutation.rules(ProvisioningRules(world.story.rules, offer)), standby: standby)
        let panel = PanelConnection(life: life, in: world, mutation: mutation, logger: logger)
        let context = LaneContext(
            ledger: ledger,
            rules: rules,
            panels: [panel.name: panel],
            clock: clock,
            logger: logger
        )
        let (arrivals, lanes, pressure) = (Signal(), Signal(), IntakePressure())
        let auditor = Auditor(panel: panel, context: context, lanes: lanes)
        var services: [any Service] = [
            Keeper(ledger: ledger, rules: rules, clock: clock, logger: logger),
            auditor,
            LaneDispatcher(context: context, wake: lanes, pressure: pressure),
            DeliveryFolder(
                ledger: ledger,
                decoders: Current(["paymenter": BillingDesk.decoder]),
                rules: rules,
                clock: clock,
                arrivals: arrivals,
                pressure: pressure,
                lanes: lanes,
                polls: context.polls,
                logger: logger
            ),
        ]
        // Looking at consoles every minute for weeks is most of the work where there is nothing to be found.
        if world.story.givesRanks {
            services += [
                RankDispatcher(context: context, pressure: pressure, lanes: lanes), ConsoleWatch(context: context),
            ]
        }
        // And so is a look at the clock every minute, where nobody sets it.
        if world.story.setsClock {
            let signals = [auditor.request, lanes, context.ranks]
            services.append(ClockWatch(ledger: ledger, clock: clock, signals: signals, logger: logger))
        }
        self.ledger = ledger
        self.clock = clock
        self.arrivals = arrivals
        self.lanes = lanes
        ranks = context.ranks
        audits = auditor.request
        self.rules = rules
        self.panel = panel
        root = Task(executorPreference: world.time) {
            await TaskHome.$executor.withValue(world.time) {
                await Self.run(services, ledger: ledger, rules: rules, clock: clock)
            }
            life.wasUnwound()
        }
    }

    private static func run(
        _ services: [any Service],
        ledger: SimulatedLedger,
        rules: CurrentRules,
        clock: ServiceClock
    ) async {
        do {
            try await ledger.refold(
                policy: rules.rules.fold,
                now: clock.now()
            )
            try await ledger.releaseAllLanes(now: clock.now())
            try await ledger.markEveryone(now: clock.now())
            try await withThrowingDiscardingTaskGroup { group in
                for service in services { group.addTask { try await service.run() } }
            }
        } catch {
            // Only a killed process comes here, and what it would have said nobody hears.
        }
    }

    /// Unwinds what a killed process had in the air, none of which has an effect any more; says whether it could.
    func bury() -> Bool {
        life.bury()
        return world.time.unwind {
            root.cancel()
            world.time.breakSleep(of: life.number)
        } until: {
            life.isUnwound
        }
    }

    /// Takes a delivery as the webhook intake does: verified, read, and written down before it is acknowledged.
    func take(_ delivery: SignedDelivery) throws -> Receipt {
        try life.requireAlive()
        let now = clock.now()
        let verified = try StandardWebhooks.verify(
            id: delivery.headers[.id],
            timestamp: delivery.headers[.timestamp],
            signatures: delivery.headers[.signature],
            body: delivery.body,
            secrets: [BillingDesk.secret],
            now: now
        )
        let stamps = DeliveryStamps(stampedAt: verified.stampedAt, receivedAt: now)
        let event: BillingEvent.Kind? =
            switch try BillingDesk.decoder.decode(delivery.body, stamps: stamps) {
            case .events(let events): events.first?.kind
            case .snapshot: .snapshot
            case .payment, .unknown:
                preconditionFailure("the simulated billing system sends events that are known")
            }
        let new = NewDelivery(
            source: "paymenter",
            webhookID: verified.id,
            event: event?.rawValue,
            stampedAt: verified.stampedAt,
            receivedAt: now,
            body: Array(delivery.body),
            secretIndex: verified.secretIndex,
            verdict: .accepted
        )
        let ledger = ledger
        let receipt = try ledger.recordAtOnce(new)
        arrivals.ring()
        return receipt
    }

    /// Takes another configuration over, as the service does at SIGHUP.
    func reload(_ offer: Offer) throws {
        let new = mutation.rules(ProvisioningRules(world.story.rules, offer))
        rules.replace(with: new)
        panel.regroup(catalog: new.catalog)
        try ledger.markAtOnce(now: clock.now())
        lanes.ring()
        ranks.ring()
    }

    /// Why it changes nothing until a person says so; `nil` if it does not wait for one.
    var whyItWaitsForAPerson: String? {
        if let standby = rules.standby { return standby }
        if case .locked(let reason, _) = panel.circuit.state { return reason }
        return nil
    }

    /// A person says that it may go on with an older ledger; says whether that could be said by now.
    func enforce() throws -> Bool {
        guard rules.standby != nil else { return true }
        guard panel.lastAudit != nil else { return false }
        let strangers = [panel.name: panel.strangers]
        let rules = rules
        try ledger.changeAtOnce("enforce") { try await RestoredLedger.accept(strangers, rules: rules, ledger: $0) }
        try lookAgain()
        return true
    }

    /// A person says that the panel is itself; says whether that was in doubt.
    func unlock() throws -> Bool {
        guard panel.unlock() else { return false }
        try lookAgain()
        audits.ring()
        return true
    }

    private func lookAgain() throws {
        let now = clock.now()
        try ledger.changeAtOnce("look again") { ledger in
            try await ledger.markAll(in: [.blocked, .working], priority: .change, now: now)
            try await ledger.markAllRanks(in: [.blocked, .working], now: now)
        }
        ranks.ring()
        lanes.ring()
    }

    func wakeLanes() {
        lanes.ring()
    }

    var now: Timestamp { clock.now() }
}

extension ServiceClock {
    init(life: Life, world: World) {
        let time = world.time
        self.init(
            now: { Timestamp(milliseconds: world.clock.milliseconds) },
            sleep: { duration in
                // Who was just killed and would try again after a while sleeps until the burial.
                if !life.isBuried { await time.sleep(life.isOver ? .seconds(1 << 32) : duration, owner: life.number) }
                try life.requireAlive()
                try Task.checkCancellation()
            },
            jitter: { life.isOver ? 0 : time.draw { Double.random(in: 0...1, using: &$0) } },
            // A look every minute for weeks would be most of the work.
            glance: .seconds(3600)
        )
    }
}

extension PanelConnection {
    convenience init(life: Life, in world: World, mutation: Mutation, logger: Logger) {
        let time = world.time
        var options = PterodactylPanel.Options()
        options.clock = PanelClock(
            // A killed process has all the time in the world, so that whoever waits for the rate limit is let go and unwinds.
            uptime: { .milliseconds(time.now.milliseconds + (life.isOver ? 1 << 50 : 0)) },
            sinceEpoch: { .milliseconds(world.clock.milliseconds) },
            sleep: { duration in
                if !life.isOver { await time.sleep(duration, owner: life.number) }
            }
        )
        let url: PanelURL
        do {
            url = try PanelURL("https://panel.example.test")
        } catch {
            preconditionFailure("the simulated panel's address is none: \(error)")
        }
        let client = PterodactylPanel(
            url: url,
            applicationKey: PterodactylAPI.PanelKey(PanelWorld.applicationKey),
            clientKey: PterodactylAPI.PanelKey(PanelWorld.clientKey),
            transport: SimulatedTransport(life: life, world: world, mutation: mutation).transport,
            options: options
        )
        self.init(name: World.panelName, client: client, logger: logger)
    }
}

extension ProvisioningRules {
    init(_ rules: Rules, _ offer: Offer) {
        var policy = Policy()
        policy.gracePeriod = .milliseconds(rules.grace.milliseconds)
        policy.settle = .milliseconds(rules.settle.milliseconds)
        policy.auditEvery = .milliseconds(rules.auditEvery.milliseconds)
        policy.accountRetention = .lasting(.milliseconds(rules.accountRetention.milliseconds))
        policy.breaker.maxCustomers = rules.bounds.customers
        policy.breaker.maxShare = Double(rules.bounds.share) / 100
        policy.breaker.window = .milliseconds(rules.bounds.window.milliseconds)
        self.init(
            instance: World.instance,
            mode: .enforce,
            policy: policy,
            catalog: Catalog(offer),
            naming: PlayerNaming(property: BillingDesk.playerProperty)
        )
    }
}

extension Catalog {
    /// Its deletion is never allowed in a story, however long ago it ended.
    private static let ownServer: DedicatedOffer = {
        var offer = DedicatedOffer(
            panel: World.panelName,
            egg: "Paper",
            limits: DedicatedLimits(memory: 1024, disk: 1024, cpu: 100)
        )
        offer.deletion.after = .days(2)
        return offer
    }()

    init(_ offer: Offer) {
        var beginnings: Set<String> = []
        let tiers = offer.tiers.enumerated().map { rank, tier in
            beginnings.formUnion(tier.access.map(\.beginning) + [tier.rank?.beginning].compactMap(\.self))
            return Tier(
                id: TierID(tier.name),
                rank: rank,
                products: tier.products.map { ProductID($0) },
                access: tier.access.map {
                    TierAccess(
                        group: ServerGroupID("group-\($0.beginning)"),
                        permissions: Set($0.permissions.map { Permission($0) })
                    )
                },
                dedicated: tier.hasServer ? Self.ownServer : nil,
                luckPerms: tier.rank.flatMap { rank in
                    LuckPermsGroup(rank.group).map {
                        TierRank(group: $0, servers: ServerGroupID("group-\(rank.beginning)"))
                    }
                }
            )
        }
        let groups = beginnings.sorted().map { beginning in
            var match = ServerMatch()
            match.names = [Glob("\(beginning)*")]
            return ServerGroup(id: ServerGroupID("group-\(beginning)"), panel: World.panelName, match: match)
        }
        self.init(tiers: tiers, groups: groups)
    }
}

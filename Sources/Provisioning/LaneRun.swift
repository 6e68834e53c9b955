import Crypto
package import Entitlements
package import Ledger
package import Logging
import PterodactylAPI

/// One pass over one customer: decide, compare with the panels, write down, change, read back, record.
///
/// It holds no truth of its own: whatever happens to it, the next pass begins from the ledger and the panel.
package struct LaneRun {
    let claim: Claim
    let context: LaneContext
    let rules: ProvisioningRules
    let now: Timestamp
    var file: CustomerFile
    let decision: Decision
    /// What the breaker says to the losses that an earlier run left waiting.
    let gate: LossGate
    /// How often billing had been heard when that was decided, and when it was last heard by a clock that was ahead.
    private let words: Int
    private let heardAhead: Timestamp?
    var report = LaneReport()
    /// The losses that are held, as a fingerprint for each panel; a person approves what was shown, panel by panel.
    var heldFingerprints: [String] = []
    /// Panels on which the account was made in this pass, so that it can have no rows yet.
    var created: Set<PanelName> = []
    /// Panels that broke at something in this pass, or did not answer.
    var broken: Set<PanelName> = []
    let logger: Logger

    /// Reads the customer and decides what they should have; `nil` if the ledger has no such customer any more.
    package init?(_ claim: Claim, in context: LaneContext) async throws {
        guard let file = try await context.ledger.file(of: claim.customer) else { return nil }
        let now = context.clock.now()
        let rules = context.rules.rules
        self.claim = claim
        self.context = context
        self.rules = rules
        self.now = now
        self.file = file
        words = context.polls.words
        let heardAt = try await context.polls.heardAt(by: context.ledger)
        // What a clock heard that was ahead proves nothing.
        let isAhead = heardAt.map { $0 > now + EventOrder.tolerance } ?? false
        heardAhead = isAhead ? heardAt : nil
        decision = decide(
            file.record,
            catalog: rules.catalog,
            policy: rules.policy,
            former: rules.former,
            billingHeardAt: isAhead ? nil : heardAt,
            now: now
        )
        gate = try await Self.gate(for: file, in: context, policy: rules.policy.breaker, now: now)
        var logger = context.logger
        logger[metadataKey: "customer"] = "\(claim.customer)"
        logger[metadataKey: "lane.fence"] = "\(claim.fence)"
        self.logger = logger
    }

    private static func gate(
        for file: CustomerFile,
        in context: LaneContext,
        policy: BreakerPolicy,
        now: Timestamp
    ) async throws -> LossGate {
        guard let noticedAt = file.awaited.map(\.noticedAt).max() else { return .unannounced }
        let census = try await context.ledger.lossCensus(
            for: file.record.key,
            noticedAt: noticedAt,
            policy: policy,
            now: now
        )
        return LossGate(file.awaited, census: census, policy: policy)
    }

    package mutating func run() async throws -> LaneOutcome {
        report.attention += decision.attention
        report.hasAccess = !decision.entitlements.isEmpty || !decision.unmapped.isEmpty
        if let moment = decision.changesAt { report.change(at: moment) }
        if decision.standings.values.contains(where: \.isUnheard) { awaitWord() }
        try await PterodactylPanel.$priority.withValue(RequestPriority(claim.priority)) {
            for panel in context.panels.values.sorted(by: { $0.name < $1.name }) {
                try await reconcile(panel)
                await probeIfBroken(panel)
            }
            try await reconcileRanks()
        }
        return report.outcome(
            of: claim,
            policy: rules.policy,
            jitter: context.clock.jitter(),
            heldFingerprint: heldFingerprints.joined(separator: "+"),
            now: context.clock.now()
        )
    }

    /// What silence keeps is looked at once billing speaks again, of somebody else perhaps, or a clock's time has come that was ahead.
    private mutating func awaitWord() {
        if !context.polls.awaitWord(for: claim.customer, since: words) { report.due.append(now) }
        if let heardAhead { report.due.append(heardAhead - EventOrder.tolerance) }
    }

    /// Why nothing may be changed for this customer now; `nil` if it may.
    var standstill: String? {
        if let reason = generalStandstill { return reason }
        if let hold = decision.hold {
            let end = hold.until.map { " until \($0.iso8601)" } ?? ""
            return "On hold\(end), by \(hold.author): \(hold.reason)"
        }
        return nil
    }

    /// What `standstill` is about.
    var standstillCause: BlockCause { generalStandstill == nil ? .hold : .standstill }

    /// Why nothing may be changed for anybody now.
    var generalStandstill: String? {
        if rules.mode == .observe { return "The service only observes (mode: observe)." }
        if let reason = context.rules.standby { return "The service only observes. \(reason)" }
        return context.rules.isPaused ? "The service is paused." : nil
    }

    private mutating func reconcile(_ panel: PanelConnection) async throws {
        guard let inventory = panel.inventory else {
            if report.hasAccess == true || file.waysBack.contains(where: { $0.way.server.panel == panel.name })
                || file.grants.contains(where: { $0.server.panel == panel.name && $0.isActive })
                || file.dedicated.contains(where: { $0.slot.panel == panel.name })
            {
                report.leavesLosses = true
                let cause = panel.standstill == nil ? BlockCause.unread(panel.name) : .panel(panel.name)
                report.block(panel.whyUnread, by: cause)
            }
            return
        }
        if file.waysBack.contains(where: { $0.way.server.panel == panel.name }) {
            try await guarded(panel) { run in try await run.goBack(on: panel, inventory) }
        }
        try await forgetReplacedServers(inventory, on: panel)
        var work = PanelWork(panel: panel, inventory: inventory, run: self)
        guard work.isNeeded else {
            if !work.former.isEmpty, standstill == nil, panel.standstill == nil {
                try await guarded(panel) { run in try await run.work(on: panel, &work) }
            }
            try await leave(panel)
            return
        }
        if let reason = standstill {
            // A person who leaves one customer alone has settled what was held; a service that stands still has settled nothing.
            if decision.hold == nil { report.leavesLosses = true }
            if claim.mustLook, panel.standstill == nil {
                try await guarded(panel) { run in try await run.look(&work) }
            }
            try await noteWhatIsThere(work)
            describe(work, because: reason)
            return
        }
        if let reason = panel.standstill {
            report.leavesLosses = true
            try await noteWhatIsThere(work)
            report.block(reason, by: .panel(panel.name))
            return
        }
        try await guarded(panel) { run in try await run.work(on: panel, &work) }
    }

    private mutating func work(on panel: PanelConnection, _ work: inout PanelWork) async throws {
        try await settleUnknown(on: panel)
        if !work.settledWithoutPanel(for: self) {
            work.link = try await account(on: panel, for: work)
            if work.link == nil { report.leavesLosses = true }
            work.accountIsNew = created.contains(panel.name)
        }
        if work.link != nil { try await reconcileServers(&work) }
        // Without an account a server of the customer's own can still be suspended, and what was asked for be looked for.
        try await reconcileDedicated(&work)
        try await noteAccessEnd(on: panel)
    }

    /// The customer neither has nor should have anything on the panel: what was under way is settled, and an account that we made is
    /// deleted in time.
    private mutating func leave(_ panel: PanelConnection) async throws {
        try await guarded(panel) { run in try await run.retireAccount(on: panel, link: run.file.links[panel.name]) }
    }

    /// Does a part of the work on one panel, and sorts what it throws.
    private mutating func guarded(_ panel: PanelConnection, _ work: (inout LaneRun) async throws -> Void) async throws {
        do {
            return try await work(&self)
        } catch let error as PanelError {
            note(error, while: "reading panel \(panel.name)", on: panel)
        } catch let taken as AccountLinkedElsewhere where panel.wasUnlocked || panel.isGivenAway(taken.account) {
            report.retrying.append("\(taken), who does not have it any more; it is linked once that is written down.")
        } catch let taken as AccountLinkedElsewhere {
            // What the search could tell was told before: only a panel that gives out its ids anew comes here.
            let stranger = StrangePanel(what: "\(taken), and the panel gave its id to this customer's account")
            panel.lock(stranger.description, now: now)
            report.block("Panel \(panel.name): \(stranger)", by: .panel(panel.name))
        } catch let taken as DedicatedServerTaken
            where panel.inventory?.isAnother(taken.server, than: taken.uuid) ?? false
        {
            report.retrying.append("\(taken), which does not have it any more; it is kept once that is written down.")
        } catch let taken as DedicatedServerTaken {
            let stranger = StrangePanel(what: "\(taken), and the panel gave its id to another")
            panel.lock(stranger.description, now: now)
            report.block("Panel \(panel.name): \(stranger)", by: .panel(panel.name))
        } catch let stranger as StrangePanel {
            panel.lock(stranger.description, now: now)
            report.block("Panel \(panel.name): \(stranger)", by: .panel(panel.name))
        }
        report.leavesLosses = true
    }

    /// Writes down what gives access that is there already, and what was read anew, where nothing may be changed.
    private mutating func noteWhatIsThere(_ work: PanelWork) async throws {
        let stored = Dictionary(file.grants.map { ($0.server, $0) }, uniquingKeysWith: { first, _ in first })
        var step = LaneWrite()
        step.grants = work.grants.values.sorted { $0.server < $1.server }.compactMap { grant in
            let known = grant.withReasons(of: work.desired[grant.server])
            return known == stored[grant.server] ? nil : known
        }
        guard !step.isEmpty else { return }
        try await write(step)
        keep(step.grants)
    }

    /// Says what would be done, where nothing may be.
    private mutating func describe(_ work: PanelWork, because reason: String) {
        let changes = work.pendingChanges(for: self)
        guard !changes.isEmpty else { return }
        report.block("\(reason) Waiting: \(changes.joined(separator: "; ")).", by: standstillCause)
    }

    /// Whether a person approved just what these lines say; what nobody approved is reported as held.
    mutating func isApproved(_ lines: [String]) -> Bool {
        let held = Self.fingerprint(of: lines)
        if file.approvedFingerprint?.split(separator: "+").contains(held[...]) ?? false { return true }
        heldFingerprints.append(held)
        report.held += lines.map { "Held until a person approves it: \($0)" }
        return false
    }

    /// What stands for the losses that are held on one panel.
    private static func fingerprint(of lines: [String]) -> String {
        SHA256.hash(data: Array(lines.sorted().joined(separator: "\n").utf8)).hexadecimal(16)
    }

    /// Writes a step of this lane; throws `LeaseLost` if somebody else works on the customer now.
    @discardableResult
    func write(_ step: LaneWrite) async throws -> [PanelOperation] {
        try await context.ledger.write(step, under: claim, now: context.clock.now())
    }

    func operation(
        _ kind: PanelOperation.Kind,
        on panel: PanelConnection,
        server: PanelServerID? = nil,
        _ detail: String,
        before: PanelImage? = nil,
        after: PanelImage? = nil
    ) -> PanelOperation {
        PanelOperation(
            customer: claim.customer,
            panel: panel.name,
            kind: kind,
            server: server,
            detail: detail,
            before: before,
            after: after,
            startedAt: context.clock.now()
        )
    }
}

/// What all lanes share.
package struct LaneContext: Sendable {
    package var ledger: any Ledger
    package var rules: CurrentRules
    package var panels: [PanelName: PanelConnection]
    package var clock: ServiceClock
    package var polls: BillingPolls
    package var metrics: ProvisioningMetrics
    package var logger: Logger
    /// Rings when ranks have work.
    package var ranks: Signal
    package var work: LongWork

    package init(
        ledger: any Ledger,
        rules: CurrentRules,
        panels: [PanelName: PanelConnection],
        clock: ServiceClock,
        polls: BillingPolls = BillingPolls(),
        metrics: ProvisioningMetrics = ProvisioningMetrics(),
        logger: Logger,
        ranks: Signal = Signal(),
        work: LongWork = LongWork()
    ) {
        self.ledger = ledger
        self.rules = rules
        self.panels = panels
        self.clock = clock
        self.polls = polls
        self.metrics = metrics
        self.logger = logger
        self.ranks = ranks
        self.work = work
    }

    /// Which server keeps whose ranks, by the servers as last read.
    var rankMap: RankMap {
        RankMap(catalog: rules.rules.catalog, inventories: panels.compactMapValues(\.inventory))
    }
}

extension RequestPriority {
    init(_ priority: LanePriority) {
        self =
            switch priority {
            case .newlyPaid: .newlyPaid
            case .restore: .restore
            case .revocation: .revocation
            case .change: .change
            case .audit: .audit
            }
    }
}

extension String {
    var capitalisedFirst: String {
        prefix(1).uppercased() + dropFirst()
    }
}

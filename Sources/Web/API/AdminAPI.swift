package import Billing
package import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
package import Ledger
package import Provisioning

/// What people and their programs ask and decide: `/api/v1`.
package struct AdminAPI: Sendable {
    package var ledger: any Ledger
    package var rules: CurrentRules
    package var panels: [PanelName: PanelConnection]
    package var audits: [PanelName: Signal]
    package var lanes: Signal
    /// Rings when deliveries wait to be folded.
    package var arrivals: Signal
    package var ranks: Signal
    package var alerts: IntakeAlerts
    /// What the readings of Paymenter's API came to; `nil` where it is not asked.
    package var polls: BillingPolls?
    /// What Paymenter's extension is asked of payments; `nil` where Stripe is not listened to.
    package var payments: PaymentQuestions?
    /// Paymenter's API, where it may be asked.
    package var paymenter: PaymenterAPI?
    package var work: LongWork
    package var disk: DiskSpace
    package var clock: ServiceClock
    package var version: String
    package var web: Current<WebRules>
    let changes: KeyedChanges

    package init(
        ledger: any Ledger,
        rules: CurrentRules,
        panels: [PanelName: PanelConnection],
        audits: [PanelName: Signal],
        lanes: Signal,
        arrivals: Signal,
        ranks: Signal,
        alerts: IntakeAlerts,
        polls: BillingPolls? = nil,
        payments: PaymentQuestions? = nil,
        paymenter: PaymenterAPI? = nil,
        work: LongWork = LongWork(),
        disk: DiskSpace,
        clock: ServiceClock,
        version: String,
        web: Current<WebRules>
    ) {
        self.ledger = ledger
        self.rules = rules
        self.panels = panels
        self.audits = audits
        self.lanes = lanes
        self.arrivals = arrivals
        self.ranks = ranks
        self.alerts = alerts
        self.polls = polls
        self.payments = payments
        self.paymenter = paymenter
        self.work = work
        self.disk = disk
        self.clock = clock
        self.version = version
        self.web = web
        changes = KeyedChanges(ledger: ledger, clock: clock)
    }

    func addRoutes(to group: RouterGroup<WebContext>) {
        addReadingRoutes(to: group)
        addChangingRoutes(to: group)
        addHistoryRoutes(to: group)
        addRollbackRoutes(to: group)
        addBreakerRoutes(to: group)
        addTrustRoutes(to: group)
        addPostponeRoutes(to: group)
        addDriftRoutes(to: group)
        group.get("work") { _, _ in try JSONBody.response(List(try await workUnderWay())) }
        addDedicatedRoutes(to: group)
        addImportRoute(to: group)
    }

    var world: WorldView {
        WorldView(
            rules: rules.rules,
            inventories: panels.compactMapValues(\.inventory),
            playerProperty: web.value.playerProperty,
            now: clock.now()
        )
    }

    func status() async throws -> StatusView {
        let summary = try await ledger.summary()
        let banned = try await ledger.banned(at: clock.now()).values
        let heard = try await billingHeardAt()
        let now = clock.now()
        let rules = rules.rules
        let silence = try await billingSilence(now: now)
        return StatusView(
            version: version,
            instance: rules.instance,
            mode: self.rules.standby == nil ? rules.mode.rawValue : ProvisioningRules.Mode.observe.rawValue,
            paused: self.rules.isPaused,
            customers: StatusView.Customers(summary, banned: banned.count { $0 == .converged }),
            lanes: StatusView.Lanes(
                underWay: summary.lanesUnderWay + summary.ranksUnderWay,
                isDue: summary.nextLaneDue.map { $0 <= now } ?? false,
                nextDueAt: summary.nextLaneDue?.iso8601
            ),
            ranks: StatusView.Ranks(summary),
            subscriptions: summary.subscriptions,
            subscriptionsWithoutCustomer: summary.ownerlessSubscriptions,
            deliveriesWaiting: summary.deliveriesWaiting,
            oldestWaitingSeconds: summary.oldestWaiting.map { Int((now - $0).components.seconds) } ?? 0,
            deliveriesRefused: summary.deliveriesRefused,
            deliveriesConflicting: summary.deliveriesConflicting,
            deletionsWaiting: summary.deletionsWaiting,
            grantsWithoutEnd: summary.endlessGrants.count,
            billingHeardAt: heard?.iso8601,
            billingIsSilent: silence != nil,
            billingSettings: try await ledger.senderSettings().map {
                StatusView.SettingsView(
                    suspendAfterDays: $0.suspendAfterDays,
                    terminateAfterDays: $0.terminateAfterDays,
                    conflicts: $0.conflicts(policy: rules.policy, tiers: rules.catalog.tiers)
                )
            },
            billingReadings: polls.map { StatusView.BillingReadingsView($0.report) },
            senderClockDifferenceSeconds: skew(at: now).map { Int($0.difference.components.seconds) },
            lastTurnedAway: alerts.lastTurnedAway.map {
                StatusView.TurnedAwayView(at: $0.at.iso8601, status: $0.status, detail: $0.detail)
            },
            diskFreeBytes: disk.free,
            attention: attention(summary, silence: silence, now: now).map(\.sentence),
            breaker: StatusView.BreakerView(
                state: summary.heldCustomers == 0 ? "closed" : "holding",
                heldCustomers: summary.heldCustomers
            ),
            panels: Dictionary(uniqueKeysWithValues: panels.map { ($0.rawValue, StatusView.PanelView($1)) })
        )
    }

    func billingHeardAt() async throws -> Timestamp? {
        guard let polls else { return try await ledger.billingHeardAt() }
        return try await polls.heardAt(by: ledger)
    }

    /// For how long nothing was heard of billing; `nil` while that is not unusual.
    func billingSilence(now: Timestamp) async throws -> BillingSilence? {
        let silence: BillingSilence
        if let heard = try await billingHeardAt() {
            silence = .since(heard)
        } else if let start = try await ledger.firstStart() {
            silence = .sinceFirstStart(start)
        } else {
            return nil
        }
        return now - silence.since > web.value.silentAfter ? silence : nil
    }

    /// The customer that a path names by id, key or e-mail.
    func row(_ context: WebContext) async throws -> CustomerRow {
        try await row(matching: try context.parameters.require("customer").removingPercentEncoding ?? "")
    }

    /// The customer of an id, key or e-mail; where several have the e-mail, none of them is meant.
    func row(matching text: String, field: String? = nil) async throws -> CustomerRow {
        let rows = try await ledger.customers(matching: text)
        guard let row = rows.first else {
            throw Problem(.notFound, "No customer has the id or e-mail \"\(text)\".", field: field)
        }
        guard rows.count == 1 else {
            let keys = rows.map(\.key.description).joined(separator: ", ")
            throw Problem(
                .conflict,
                "Several customers have this e-mail; name one by its key: \(keys).",
                field: field
            )
        }
        return row
    }

    func decision(on file: CustomerFile) async throws -> Decision {
        decision(on: file.record, billingHeardAt: try await billingHeardAt())
    }

    func decision(on record: CustomerRecord, billingHeardAt: Timestamp?) -> Decision {
        decide(
            record,
            catalog: rules.rules.catalog,
            policy: rules.rules.policy,
            former: rules.rules.former,
            billingHeardAt: billingHeardAt,
            now: clock.now()
        )
    }

    func view(of row: CustomerRow) async throws -> CustomerView {
        guard let file = try await ledger.file(of: row.key) else { throw Problem(.notFound, "The customer is gone.") }
        return CustomerView(row, file: file, decision: try await decision(on: file), world: world)
    }
}

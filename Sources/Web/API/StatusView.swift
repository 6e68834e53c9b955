import Entitlements
import Ledger
import Provisioning
import PterodactylAPI

/// The service at a glance.
struct StatusView: Encodable {
    var version: String
    var instance: String
    var mode: String
    var paused: Bool
    var customers: Customers
    var lanes: Lanes
    /// Players' ranks in game, one for each place where they are kept.
    var ranks: Ranks
    var subscriptions: Int
    var subscriptionsWithoutCustomer: Int
    var deliveriesWaiting: Int
    var oldestWaitingSeconds: Int
    var deliveriesRefused: Int
    var deliveriesConflicting: Int
    /// Servers of customers' own whose deletion waits for a person.
    var deletionsWaiting: Int
    /// Grants in force that nothing but a person ends.
    var grantsWithoutEnd: Int
    var billingHeardAt: String?
    var billingIsSilent: Bool
    /// The billing system's own rules, where it reported them.
    var billingSettings: SettingsView?
    /// Of Paymenter's API; `nil` where it is not asked.
    var billingReadings: BillingReadingsView?
    /// As the last delivery showed that was signed correctly but too far from our clock, for a day.
    var senderClockDifferenceSeconds: Int?
    /// The last delivery that was answered with 401 or 403.
    var lastTurnedAway: TurnedAwayView?
    var diskFreeBytes: Int64?
    /// What needs a person, a sentence each.
    var attention: [String]
    var breaker: BreakerView
    var panels: [String: PanelView]

    struct TurnedAwayView: Encodable {
        var at: String
        var status: Int
        var detail: String
    }

    struct SettingsView: Encodable {
        var suspendAfterDays: Int?
        var terminateAfterDays: Int?
        /// Where they do not go together with our grace, and what to set.
        var conflicts: [String]
    }

    struct BillingReadingsView: Encodable {
        var succeededAt: String?
        var services: Int
        /// Active services of products in no tier.
        var unsold: Int
        var snapshotsWanted: Int
        var failure: String?
        var failingSince: String?

        init(_ report: BillingPolls.Report) {
            succeededAt = report.succeededAt?.iso8601
            services = report.services
            unsold = report.unsold
            snapshotsWanted = report.wanted.count
            failure = report.failure?.sentence
            failingSince = report.failure?.since.iso8601
        }
    }

    struct Customers: Encodable {
        var total: Int
        var converged: Int
        /// Those of the converged who have nothing because a ban keeps them out.
        var banned: Int
        var working: Int
        var blocked: Int
        var needsAttention: Int
    }

    struct Ranks: Encodable {
        var total: Int
        var sent: Int
        var working: Int
        var blocked: Int
        var needsAttention: Int
    }

    struct Lanes: Encodable {
        /// Customers who are worked on at this moment.
        var underWay: Int
        /// Whether somebody is due whom nobody works on yet.
        var isDue: Bool
        var nextDueAt: String?
    }

    struct BreakerView: Encodable {
        var state: String
        var heldCustomers: Int
    }

    struct PanelView: Encodable {
        var circuit: String
        var reason: String?
        var retryAt: String?
        var servers: Int?
        var lastAudit: AuditView?
        var applicationBudget: BudgetView
        var clientBudget: BudgetView
        var clockDifferenceSeconds: Int?
    }

    struct AuditView: Encodable {
        /// Counted since the start, so that the next one is known as another.
        var number: Int
        var finishedAt: String
        var users: Int
        var servers: Int
        var calls: Int
        var drifted: Int
    }

    struct BudgetView: Encodable {
        var limit: Int
        var remaining: Int
        var waiting: Int
        var calls: UInt64

        init(_ budget: BudgetStatus) {
            limit = budget.limit
            remaining = budget.remaining
            waiting = budget.waiting
            calls = budget.calls
        }
    }
}

extension StatusView.Customers {
    init(_ summary: LedgerSummary, banned: Int) {
        self.banned = banned
        total = summary.totalCustomers
        converged = summary.customers[.converged] ?? 0
        working = summary.customers[.working] ?? 0
        blocked = summary.customers[.blocked] ?? 0
        needsAttention = summary.customers[.needsAttention] ?? 0
    }
}

extension StatusView.Ranks {
    init(_ summary: LedgerSummary) {
        total = summary.ranks.values.reduce(0, +)
        sent = summary.ranks[.converged] ?? 0
        working = summary.ranks[.working] ?? 0
        blocked = summary.ranks[.blocked] ?? 0
        needsAttention = summary.ranks[.needsAttention] ?? 0
    }
}

extension StatusView.PanelView {
    init(_ panel: PanelConnection) {
        switch panel.circuit.state {
        case .closed: circuit = "closed"
        case .open: circuit = "open"
        case .locked: circuit = "locked"
        }
        reason = panel.circuit.reason
        retryAt = panel.circuit.retryAt?.iso8601
        servers = panel.inventory?.servers.count
        lastAudit = panel.lastAudit.map {
            StatusView.AuditView(
                number: panel.audits,
                finishedAt: $0.finishedAt.iso8601,
                users: $0.users,
                servers: $0.servers,
                calls: $0.calls,
                drifted: $0.drifted.count
            )
        }
        applicationBudget = StatusView.BudgetView(panel.client.budget(.application))
        clientBudget = StatusView.BudgetView(panel.client.budget(.client))
        clockDifferenceSeconds = panel.client.clockReading.map { Int($0.skew.components.seconds) }
    }
}

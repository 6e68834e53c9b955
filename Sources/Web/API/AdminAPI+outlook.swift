import Entitlements
import Hummingbird
import Ledger
import Provisioning

extension AdminAPI {
    /// One page of customers, without those for whom nothing waits.
    func listPlans(_ request: Request) async throws -> Response {
        let query = try customerQuery(request)
        let rows = try await ledger.customers(query)
        var plans: [PlanView] = []
        for row in rows {
            let plan = PlanView(row, access: try await view(of: row).access)
            if row.state != .converged || row.holdsLosses || !plan.changes.isEmpty { plans.append(plan) }
        }
        return try JSONBody.response(
            PlansView(items: plans, next: query.next(after: rows), fingerprint: try await held().fingerprint)
        )
    }

    func drift() async throws -> DriftView {
        let world = world
        var drifted: [String: DriftView.Panel] = [:]
        for (name, panel) in panels {
            guard let audit = panel.lastAudit else { continue }
            drifted[name.rawValue] = DriftView.Panel(
                auditedAt: audit.finishedAt.iso8601,
                customers: audit.drifted.sorted().map(\.description)
            )
        }
        var givenBack: [DriftView.GivenBack] = []
        var query = CustomerQuery(state: .needsAttention, limit: 500)
        var rows: [CustomerRow]
        repeat {
            rows = try await ledger.customers(query)
            for row in rows {
                guard let file = try await ledger.file(of: row.key) else { continue }
                givenBack += file.grants.compactMap { DriftView.GivenBack($0, of: row.key, world: world) }
            }
            query.after = rows.last?.key
        } while rows.count == query.limit
        return DriftView(panels: drifted, givenBackByHand: givenBack)
    }

    func listUpcoming(_ request: Request) async throws -> Response {
        try JSONBody.response(List(try await upcoming(limit: try limit(request))))
    }

    func upcoming(limit: Int) async throws -> [UpcomingView] {
        let now = clock.now()
        var items: [UpcomingView] = []
        for row in try await ledger.customersDue(after: now, limit: limit) {
            guard let file = try await ledger.file(of: row.key) else { continue }
            let decision = try await decision(on: file)
            let changes = Self.changes(file: file, decision: decision, now: now)
            guard let at = decision.changesAt ?? row.dueAt else { continue }
            items.append(
                UpcomingView(
                    customer: row.key.description,
                    email: row.email,
                    at: at.iso8601,
                    changes: changes.isEmpty ? row.reasons : changes
                )
            )
        }
        return items
    }

    private static func changes(file: CustomerFile, decision: Decision, now: Timestamp) -> [String] {
        var changes: [(Timestamp, String)] = []
        for subscription in file.record.subscriptions {
            switch decision.standings[subscription.id] {
            case .pastDue(_, let graceEnds, _):
                changes.append((graceEnds, "the grace of subscription \(subscription.id) ends"))
            case .cancelling(let until):
                changes.append((until, "subscription \(subscription.id) ends, as it was cancelled"))
            case .active:
                guard let date = subscription.paidThrough.date, date > now else { continue }
                changes.append((date, "what is paid for subscription \(subscription.id) ends"))
            case .pending, .unheard, .suspended, .ended, .lapsed, nil: continue
            }
        }
        for override in file.record.overrides where override.isInForce(at: now) {
            if let until = override.until { changes.append((until, "a \(override.word) ends: \(override.reason)")) }
        }
        return changes.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { "At \($0.0.iso8601) \($0.1)." }
    }
}

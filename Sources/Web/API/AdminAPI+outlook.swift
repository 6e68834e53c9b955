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
            drifted[name.rawValue] = DriftView.Panel(audit, world: world)
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
        return DriftView(panels: drifted, givenBackByHand: givenBack, notGiven: try await notGiven())
    }

    /// So many of those who lack something are told; `plan` lists all.
    private static let notGivenShown = 500

    /// Who lacks what they pay for because it was not given yet, and why.
    private func notGiven() async throws -> [PlanView] {
        var plans: [PlanView] = []
        for state in [CustomerState.needsAttention, .blocked, .working] {
            for row in try await ledger.customers(CustomerQuery(state: state, limit: Self.notGivenShown)) {
                var plan = PlanView(row, access: try await view(of: row).access)
                plan.changes.removeAll { $0.add.isEmpty }
                if !plan.changes.isEmpty { plans.append(plan) }
            }
        }
        return plans
    }

    func listUpcoming(_ request: Request) async throws -> Response {
        try JSONBody.response(List(try await upcoming(limit: try limit(request))))
    }

    func upcoming(limit: Int) async throws -> [UpcomingView] {
        let now = clock.now()
        let world = world
        var items: [UpcomingView] = []
        for row in try await ledger.customersDue(after: now, limit: limit) {
            guard let file = try await ledger.file(of: row.key) else { continue }
            let decision = try await decision(on: file)
            let changes = Upcoming(file: file, decision: decision, world: world).changes
            guard let at = changes.first?.at ?? decision.changesAt ?? row.dueAt else { continue }
            items.append(
                UpcomingView(
                    customer: row.key.description,
                    email: row.email,
                    at: at.iso8601,
                    changes: changes.isEmpty ? row.reasons : changes.map(\.sentence)
                )
            )
        }
        return items
    }
}

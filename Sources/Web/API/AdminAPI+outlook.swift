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
            let plan = try await plan(of: row)
            if row.state != .converged || row.holdsLosses || !plan.isEmpty { plans.append(plan) }
        }
        return try JSONBody.response(
            PlansView(items: plans, next: query.next(after: rows), fingerprint: try await held().fingerprint)
        )
    }

    /// What would be done for one customer, as if some of what people decided had ended.
    func plan(of row: CustomerRow, ending ended: Set<OverrideID> = []) async throws -> PlanView {
        guard var file = try await ledger.file(of: row.key) else { throw Problem(.notFound, "The customer is gone.") }
        if let unknown = ended.subtracting(file.record.overrides.map(\.id)).min() {
            throw Problem(.notFound, "The customer has no override \"\(unknown)\".", field: "ending")
        }
        file.record.overrides.removeAll { ended.contains($0.id) }
        return PlanView(row, file: file, decision: try await decision(on: file), world: world)
    }

    func planOfOne(_ request: Request, _ context: WebContext) async throws -> Response {
        let ended = request.uri.queryParameters.getAll("ending").map { OverrideID(String($0)) }
        return try JSONBody.response(try await plan(of: try await row(context), ending: Set(ended)))
    }

    /// `most` bounds how many customers are looked at of those who lack something.
    func drift(atMost most: Int = notGivenShown) async throws -> DriftView {
        let world = world
        let accepted = try await ledger.acceptedDrift()
        var drifted: [String: DriftView.Panel] = [:]
        for (name, panel) in panels {
            guard let audit = panel.lastAudit else { continue }
            drifted[name.rawValue] = DriftView.Panel(audit, accepted: accepted, world: world)
        }
        var givenBack: [DriftView.GivenBack] = []
        for row in try await ledger.customers(CustomerQuery(state: .needsAttention, limit: most)) {
            guard let file = try await ledger.file(of: row.key) else { continue }
            givenBack += file.grants.compactMap { DriftView.GivenBack($0, of: row.key, world: world) }
        }
        return DriftView(panels: drifted, givenBackByHand: givenBack, notGiven: try await notGiven(atMost: most))
    }

    /// So many of those who lack something are told; `plan` lists all.
    private static let notGivenShown = 500

    /// Who lacks what they pay for because it was not given yet, and why.
    private func notGiven(atMost most: Int) async throws -> [PlanView] {
        var plans: [PlanView] = []
        for state in [CustomerState.needsAttention, .blocked, .working] {
            for row in try await ledger.customers(CustomerQuery(state: state, limit: most)) {
                var plan = try await plan(of: row)
                plan.changes.removeAll { $0.add.isEmpty }
                plan.others.removeAll(where: \.takesAway)
                if !plan.isEmpty { plans.append(plan) }
            }
        }
        return plans
    }

    func listUpcoming(_ request: Request) async throws -> Response {
        let end = try request.uri.queryParameters["until"].map { try moment(String($0), field: "until") }
        let page = try await upcoming(beyond: try mark(request, "after"), until: end, limit: try limit(request))
        return try JSONBody.response(List(page.items, next: page.next?.description))
    }

    /// So many are looked at for one page, as by now nothing may change for them any more.
    private static let changingLookedAt = 200

    /// What changes by time alone, no later than a moment if one is given; `next` is where it goes on.
    func upcoming(beyond mark: ChangeMark?, until end: Timestamp? = nil, limit: Int) async throws
        -> (items: [UpcomingView], next: ChangeMark?)
    {
        let now = clock.now()
        let world = world
        var items: [UpcomingView] = []
        var (mark, looked) = (mark, 0)
        let batch = max(limit, 50)
        while items.count < limit, looked < Self.changingLookedAt {
            let rows = try await ledger.customersChanging(after: now, beyond: mark, limit: batch)
            for row in rows {
                guard let moment = row.changesAt else { continue }
                if let end, moment > end { return (items, mark ?? ChangeMark(at: now, customer: row.key)) }
                if let item = try await upcoming(row, world) { items.append(item) }
                mark = ChangeMark(at: moment, customer: row.key)
                looked += 1
                if items.count == limit { break }
            }
            if rows.count < batch, rows.last.map({ mark?.customer == $0.key }) ?? true { return (items, nil) }
        }
        return (items, mark)
    }

    /// `nil` for a customer for whom nothing changes by now.
    private func upcoming(_ row: CustomerRow, _ world: WorldView) async throws -> UpcomingView? {
        guard let file = try await ledger.file(of: row.key) else { return nil }
        let upcoming = Upcoming(file: file, decision: try await decision(on: file), world: world)
        let changes = upcoming.changes
        guard let first = changes.first else { return nil }
        return UpcomingView(
            customer: row.key.description,
            email: row.email,
            at: first.at.iso8601,
            changes: changes.map(\.sentence),
            postponable: !Postponement(of: upcoming, until: Timestamp(milliseconds: .max)).isEmpty
        )
    }
}

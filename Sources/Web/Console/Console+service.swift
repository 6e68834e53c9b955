import Hummingbird
import Ledger
import Provisioning

/// What somebody decides about the service as a whole.
extension Console {
    func addServiceDecisions(to group: RouterGroup<WebContext>) {
        post("service", group) { form, _, context in
            switch form["action"] {
            case "pause":
                _ = try await api.setPaused(true, context)
                return leave("All changes are paused. Deliveries are still taken.", context, for: "/")
            case "resume":
                if form["attempt"] == nil, let page = try await confirmResuming(form, context) { return page }
                _ = try await api.setPaused(false, context)
                return leave("It goes on.", context, for: "/")
            case "enforce":
                guard form["attempt"] != nil else { return try await confirmEnforcing(context) }
                _ = try await api.enforce(context)
                return leave("The service goes by its configuration again.", context, for: "/")
            case "audit":
                _ = try await api.requestAudit(context)
                return leave("The panels are read now.", context, for: "/")
            default: throw Problem(.badRequest, "There is nothing of this name to do.", field: "action")
            }
        }
    }

    /// Who would lose what was to be taken away during the pause; `nil` if nobody would.
    private func confirmResuming(_ form: Form, _ context: WebContext) async throws -> Response? {
        let blocked = try await api.ledger.customers(CustomerQuery(state: .blocked, limit: Self.looksAtMost))
        var losing: [PlanView] = []
        for row in blocked {
            let plan = try await api.plan(of: row)
            if plan.takesAway, !plan.onHold, !plan.holdsLosses { losing.append(plan) }
        }
        guard !losing.isEmpty else { return nil }
        let count = losing.count == 1 ? "1 customer" : "\(losing.count) customers"
        let isCut = blocked.count == Self.looksAtMost
        return try await show(context, at: "/") { frame in
            ConfirmPage(
                frame: frame,
                heading: "Go on",
                sentence: """
                    What was to be done during the pause is done at once. \(isCut ? "At least \(count)" : count) would lose something.
                    """,
                changes: Self.sentences(of: losing),
                action: "/service",
                back: "/",
                button: "Go on",
                kind: "danger",
                fields: ConfirmPage.Field.all(frame, ("action", "resume"))
            )
        }
    }

    private func confirmEnforcing(_ context: WebContext) async throws -> Response {
        guard let reason = api.rules.standby else {
            throw Problem(.conflict, "The service does not observe because of its ledger.")
        }
        var plans: [PlanView] = []
        for state in [CustomerState.blocked, .working, .needsAttention] {
            for row in try await api.ledger.customers(CustomerQuery(state: state, limit: Self.looksAtMost / 3)) {
                let plan = try await api.plan(of: row)
                if !plan.isEmpty { plans.append(plan) }
            }
        }
        return try await show(context, at: "/") { frame in
            ConfirmPage(
                frame: frame,
                heading: "Go on with this ledger",
                sentence:
                    "What the ledger says is right, and all of it may be done, as far as the breaker and holds let it.",
                obstacle: reason,
                changes: Self.sentences(of: plans),
                action: "/service",
                back: "/",
                button: "Go on",
                kind: plans.contains(where: \.takesAway) ? "danger" : "",
                fields: ConfirmPage.Field.all(frame, ("action", "enforce"))
            )
        }
    }

    private static func sentences(of plans: [PlanView]) -> [String] {
        plans.prefix(losingShown).flatMap { plan in plan.sentences.map { "\(plan.email ?? plan.customer): \($0)" } }
            + (plans.count > losingShown ? ["… and others; `paydactyl plan` lists them all."] : [])
    }

    /// Each costs a computation of all that the customer should have.
    private static let looksAtMost = 300
    private static let losingShown = 50
}

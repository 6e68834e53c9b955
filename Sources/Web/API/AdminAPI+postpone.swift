import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import Provisioning

/// What is upcoming for a customer, put off to a later day.
extension AdminAPI {
    func addPostponeRoutes(to group: RouterGroup<WebContext>) {
        group.get("customers/:customer/postpone") { request, context in
            guard let text = request.uri.queryParameters["until"] else {
                throw Problem(.badRequest, "until is required: the last day.", field: "until")
            }
            return try JSONBody.response(try await postponement(of: try await row(context), until: String(text)))
        }
        group.post("customers/:customer/postpone") { request, context in
            let body = try JSONBody.decode(
                PostponeRequest.self,
                from: try await JSONBody.collect(request),
                known: ["until", "reason"]
            )
            let name = try context.parameters.require("customer").removingPercentEncoding ?? ""
            let made = try await postpone(try await rowToChange(matching: name), body, context)
            return try JSONBody.response(List(made), status: .created)
        }
    }

    struct PostponeRequest: Codable {
        var until: String
        var reason: String
    }

    /// What postponing would do, by the same rules as the customer's lane.
    func postponement(of row: CustomerRow, until text: String) async throws -> PostponementView {
        let until = try momentAhead(text)
        guard var file = try await ledger.file(of: row.key) else { throw Problem(.notFound, "The customer is gone.") }
        let postponement = try await postponement(of: file, until: until)
        let now = clock.now()
        file.record.overrides += postponement.kinds.enumerated().map { number, kind in
            Override(
                id: OverrideID("preview \(number)"),
                kind: kind,
                reason: "",
                author: "",
                createdAt: now,
                until: until
            )
        }
        let plan = PlanView(row, file: file, decision: try await decision(on: file), world: world)
        return PostponementView(
            customer: row.key.description,
            until: until.iso8601,
            ends: postponement.ends.map(\.sentence),
            decisions: postponement.kinds.map { kind in
                switch kind {
                case .grant(let tier): "Tier \(tier) is granted until \(until.iso8601), paid or not."
                case .hold: "The hold lasts until \(until.iso8601)."
                case .ban: ""
                }
            },
            changes: plan.changes,
            others: plan.others
        )
    }

    func postpone(_ row: CustomerRow, _ request: PostponeRequest, _ context: WebContext) async throws -> [OverrideView]
    {
        let until = try momentAhead(request.until)
        let reason = try checkedReason(request.reason)
        guard let file = try await ledger.file(of: row.key) else { throw Problem(.notFound, "The customer is gone.") }
        let now = clock.now()
        var made: [OverrideView] = []
        for kind in try await postponement(of: file, until: until).kinds {
            var override = Override(
                id: "",
                kind: kind,
                reason: reason,
                author: context.person.author,
                createdAt: now,
                until: until
            )
            override.id = context.seed.overrideID(for: override.words)
            made.append(OverrideView(try await ledger.add(override, to: row.key, now: now), customer: row.key))
        }
        lanes.ring()
        return made
    }

    private func postponement(of file: CustomerFile, until: Timestamp) async throws -> Postponement {
        let upcoming = Upcoming(file: file, decision: try await decision(on: file), world: world)
        let postponement = Postponement(of: upcoming, until: until)
        guard !postponement.isEmpty else {
            throw Problem(
                .conflict,
                "Nothing that this customer has ends by time alone before \(until.iso8601); there is nothing to postpone."
            )
        }
        return postponement
    }

    private func momentAhead(_ text: String) throws -> Timestamp {
        let until = try moment(text, field: "until")
        guard until > clock.now() else { throw Problem(.badRequest, "until lies in the past.", field: "until") }
        return until
    }
}

import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import Provisioning

extension AdminAPI {
    func addChangingRoutes(to group: RouterGroup<WebContext>) {
        group.post("overrides") { request, context in try await addOverride(request, context) }
        group.delete("overrides/:id") { request, context in try await endOverride(request, context) }
        group.post("customers/:customer/retry") { _, context in
            let row = try await row(context)
            try await act("retry", on: row.key, context)
            try await ledger.mark([row.key], priority: .change, now: clock.now())
            lanes.ring()
            return try JSONBody.response(["status": "marked"], status: .accepted)
        }
        group.post("breaker/approve") { request, context in try await approve(request, context) }
        group.post("breaker/discard") { request, context in try await discard(request, context) }
        group.post("pause") { _, context in try await setPaused(true, context) }
        group.post("resume") { _, context in try await setPaused(false, context) }
        group.post("audit") { _, context in
            try await act("audit", on: nil, context)
            for signal in audits.values { signal.ring() }
            return try JSONBody.response(["status": "requested"], status: .accepted)
        }
    }

    private struct NewOverride: Decodable {
        var customer: String
        var kind: String
        var tier: String?
        var until: String?
        var reason: String
    }

    private func addOverride(_ request: Request, _ context: WebContext) async throws -> Response {
        let body = try await JSONBody.decode(NewOverride.self, from: request)
        let now = clock.now()
        let customer = try await customer(named: body.customer)
        var until = try body.until.map { try moment($0, field: "until") }
        if let until, until <= now { throw Problem(.badRequest, "until lies in the past.", field: "until") }
        guard !body.reason.allSatisfy(\.isWhitespace), body.reason.utf8.count <= 1000 else {
            throw Problem(
                .badRequest,
                "A reason of at most 1,000 characters is required: somebody will ask.",
                field: "reason"
            )
        }
        let kind: Override.Kind
        switch body.kind {
        case "ban": kind = .ban
        case "hold":
            kind = .hold
            until = until ?? now + Override.holdDuration
        case "grant": kind = .grant(try tier(body.tier))
        default: throw Problem(.badRequest, "kind is grant, ban or hold.", field: "kind")
        }
        let override = Override(
            id: OverrideID(UUID().uuidString.lowercased()),
            kind: kind,
            reason: body.reason,
            author: context.person?.name ?? "unknown",
            createdAt: now,
            until: until
        )
        try await ledger.add(override, to: customer, now: now)
        lanes.ring()
        return try JSONBody.response(OverrideView(override, customer: customer), status: .created)
    }

    /// An existing customer, or, so that somebody can be invited who never bought anything, a new one with a plain e-mail.
    private func customer(named text: String) async throws -> CustomerKey {
        if let row = try await ledger.customer(matching: text) { return row.key }
        throw Problem(.notFound, "No customer has the id or e-mail \"\(text)\".", field: "customer")
    }

    private func tier(_ name: String?) throws -> TierID {
        let tiers = rules.rules.catalog.tiers.map(\.id.rawValue)
        guard let name, tiers.contains(name) else {
            throw Problem(.badRequest, "tier is one of \(tiers.joined(separator: ", ")).", field: "tier")
        }
        return TierID(name)
    }

    private func moment(_ text: String, field: String) throws -> Timestamp {
        let day = try? Date(text, strategy: .iso8601.year().month().day())
        guard let date = try? Date(text, strategy: .iso8601) else {
            guard let day, text.utf8.count == 10 else {
                throw Problem(
                    .badRequest,
                    "\(field) is a date such as 2026-12-24 or 2026-12-24T18:00:00Z.",
                    field: field
                )
            }
            return Timestamp(seconds: Int64(day.timeIntervalSince1970) + 86_400)
        }
        return Timestamp(seconds: Int64(date.timeIntervalSince1970))
    }

    /// The query's `reason`, if there is one, is recorded beside the end.
    private func endOverride(_ request: Request, _ context: WebContext) async throws -> Response {
        let id = OverrideID(try context.parameters.require("id"))
        let author = context.person?.name ?? "unknown"
        let reason = request.uri.queryParameters["reason"].map(String.init)
        guard (reason ?? "").utf8.count <= 1000 else {
            throw Problem(.badRequest, "A reason has at most 1,000 characters.", field: "reason")
        }
        let now = clock.now()
        guard let customer = try await ledger.endOverride(id, by: author, now: now) else {
            throw Problem(.notFound, "No override with this id is in force.")
        }
        if let reason {
            try await ledger.record(
                PersonAction(
                    author: author,
                    what: "reason to end override \(id)",
                    customer: customer,
                    reason: reason,
                    at: now
                )
            )
        }
        lanes.ring()
        return Response(status: .noContent)
    }

    private struct HeldSelection: Decodable {
        var customers: [String]?
    }

    private func selection(_ request: Request) async throws -> Set<CustomerKey>? {
        guard request.headers[.contentLength].flatMap({ Int($0) }) ?? 0 > 0 else { return nil }
        guard let names = try await JSONBody.decode(HeldSelection.self, from: request).customers else { return nil }
        var keys: Set<CustomerKey> = []
        for name in names { keys.insert(try await customer(named: name)) }
        return keys
    }

    private func approve(_ request: Request, _ context: WebContext) async throws -> Response {
        let selected = try await selection(request)
        let count = try await ledger.approveHeld(selected, by: context.person?.name ?? "unknown", now: clock.now())
        lanes.ring()
        return try JSONBody.response(["approved": count])
    }

    /// What is held is not to happen: its customers are put on hold, so that a person settles each in their own time.
    private func discard(_ request: Request, _ context: WebContext) async throws -> Response {
        let selected = try await selection(request)
        let now = clock.now()
        var discarded = 0
        var after: CustomerKey?
        repeat {
            let rows = try await ledger.customers(CustomerQuery(state: .needsAttention, after: after, limit: 500))
            after = rows.count == 500 ? rows.last?.key : nil
            for row in rows where row.holdsLosses && selected?.contains(row.key) ?? true {
                let hold = Override(
                    id: OverrideID(UUID().uuidString.lowercased()),
                    kind: .hold,
                    reason: "What was held for approval was discarded.",
                    author: context.person?.name ?? "unknown",
                    createdAt: now,
                    until: now + Override.holdDuration
                )
                try await ledger.add(hold, to: row.key, now: now)
                discarded += 1
            }
        } while after != nil
        lanes.ring()
        return try JSONBody.response(["discarded": discarded])
    }

    private func setPaused(_ isPaused: Bool, _ context: WebContext) async throws -> Response {
        try await ledger.repin(isPaused ? "yes" : "no", as: "paused")
        try await act(isPaused ? "pause" : "resume", on: nil, context)
        rules.setPaused(isPaused)
        if !isPaused {
            try await ledger.markAll(in: [.blocked, .working], priority: .change, now: clock.now())
            lanes.ring()
        }
        return try JSONBody.response(["paused": isPaused])
    }

    private func act(_ what: String, on customer: CustomerKey?, _ context: WebContext) async throws {
        try await ledger.record(
            PersonAction(author: context.person?.name ?? "unknown", what: what, customer: customer, at: clock.now())
        )
    }
}

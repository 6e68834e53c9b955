import Billing
import Entitlements
import Foundation
import Hummingbird
import Ledger
import Provisioning

extension AdminAPI {
    private struct NewOverride: Decodable {
        var customer: String
        var kind: String
        var tier: String?
        var until: String?
        var reason: String
    }

    func addOverride(_ request: Request, _ context: WebContext) async throws -> Response {
        let body = try JSONBody.decode(
            NewOverride.self,
            from: try await JSONBody.collect(request),
            known: ["customer", "kind", "tier", "until", "reason"]
        )
        let now = clock.now()
        var until = try body.until.map { try moment($0, field: "until") }
        if let until, until <= now { throw Problem(.badRequest, "until lies in the past.", field: "until") }
        let kind: Override.Kind
        switch body.kind {
        case "ban": kind = .ban
        case "hold":
            kind = .hold
            until = until ?? now + Override.holdDuration
        case "grant": kind = .grant(try tier(body.tier))
        default: throw Problem(.badRequest, "kind is grant, ban or hold.", field: "kind")
        }
        if kind == .ban || kind == .hold, body.tier != nil {
            throw Problem(.badRequest, "tier goes with a grant; a \(body.kind) is for everything.", field: "tier")
        }
        let override = Override(
            id: context.seed.overrideID(for: "override"),
            kind: kind,
            reason: try checkedReason(body.reason),
            author: context.person.author,
            createdAt: now,
            until: until
        )
        let customer = try await row(matching: body.customer, field: "customer").key
        let made = try await ledger.add(override, to: customer, now: now)
        lanes.ring()
        var view = OverrideView(made, customer: customer)
        view.obstacle = try await obstacle(to: kind, of: customer)
        return try JSONBody.response(view, status: .created)
    }

    /// Why nothing comes of what was decided about a customer now.
    private func obstacle(to kind: Override.Kind, of customer: CustomerKey) async throws -> String? {
        guard kind != .hold, let file = try await ledger.file(of: customer) else { return nil }
        let decision = try await decision(on: file)
        if case .grant = kind {
            if decision.isDeleted {
                return
                    "It gives nothing: the billing system deleted this customer, and whoever it deleted has no access."
            }
            if decision.isBanned { return "It gives nothing while they are banned." }
        }
        return decision.hold.map { hold in
            let end = hold.until.map { " until \($0.iso8601)" } ?? ""
            return "Nothing changes yet: they are on hold\(end), and it takes effect once that ends."
        }
    }

    private func tier(_ name: String?) throws -> TierID {
        let tiers = rules.rules.catalog.tiers.map(\.id.rawValue)
        guard let name, tiers.contains(name) else {
            throw Problem(.badRequest, "tier is one of \(tiers.joined(separator: ", ")).", field: "tier")
        }
        return TierID(name)
    }

    /// A day means its end in the billing system's time zone, as it does in deliveries.
    func moment(_ text: String, field: String) throws -> Timestamp {
        guard let date = WrittenDate(text) else {
            throw Problem(
                .badRequest,
                "\(field) is a date such as 2026-12-24 or 2026-12-24T18:00:00Z.",
                field: field
            )
        }
        return web.value.decoder.calendar.moment(of: date)
    }

    /// What the person who asks decides, now, for a reason that they give.
    func decision(_ reason: String, _ context: WebContext) throws -> PersonDecision {
        PersonDecision(author: context.person.author, reason: try checkedReason(reason), at: clock.now())
    }

    /// Reasons are shown in terminals and on pages, so they hold nothing that could steer one.
    func checkedReason(_ text: String) throws -> String {
        guard text.contains(where: { !$0.isWhitespace }), text.unicodeScalars.count <= 1000 else {
            throw Problem(
                .badRequest,
                "A reason of at most 1,000 characters is required: somebody will ask.",
                field: "reason"
            )
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\n" }) else {
            throw Problem(.badRequest, "A reason holds no control characters.", field: "reason")
        }
        return text
    }
}

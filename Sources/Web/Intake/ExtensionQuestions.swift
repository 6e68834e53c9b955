import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Provisioning

/// What a billing system's extension may ask: `POST /webhooks/paymenter/questions`, signed like a delivery.
///
/// So the one secret suffices, and whoever holds it learns no more than what the extension needs: no token of `admin.tokens` leaves this
/// program, and no other customer, reason or setting is ever in an answer. Asking writes nothing.
struct ExtensionQuestions: Sendable {
    let intake: WebhookIntake
    let api: AdminAPI
    let startedAt: Timestamp

    init(intake: WebhookIntake, api: AdminAPI) {
        self.intake = intake
        self.api = api
        startedAt = api.clock.now()
    }

    private struct Question: Decodable {
        enum Kind: String, CaseIterable {
            case access, tiers, wanted
        }

        var question: String
        var customerId: String?

        enum CodingKeys: String, CodingKey {
            case question
            case customerId = "customer_id"
        }
    }

    func answer(_ request: Request, context: WebContext) async throws -> Response {
        let body = try await intake.signedBody(of: request, context: context)
        let asked = try JSONBody.decode(
            Question.self,
            from: ByteBuffer(bytes: body),
            known: ["question", "customer_id"]
        )
        switch Question.Kind(rawValue: asked.question) {
        case .access:
            guard let customer = asked.customerId, !customer.isEmpty else {
                throw Problem(.badRequest, "The field \"customer_id\" is required.", field: "customer_id")
            }
            return try JSONBody.response(try await access(of: customer))
        case .tiers: return try JSONBody.response(SoldTiersView(api.rules.rules.catalog))
        case .wanted: return try JSONBody.response(wanted)
        case nil:
            let kinds = Question.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.badRequest, "question is one of \(kinds).", field: "question")
        }
    }

    /// Only by the billing system's own id: an e-mail may be another customer's by now.
    private func access(of customer: String) async throws -> OwnAccessView {
        guard let row = try await api.ledger.customers(matching: customer).first, row.key == .id(customer),
            let file = try await api.ledger.file(of: row.key)
        else { throw Problem(.notFound, "No customer has this id.") }
        return OwnAccessView(
            row,
            file: file,
            decision: try await api.decision(on: file),
            world: api.world,
            standstills: Standstills(api),
            addresses: api.web.value.panelAddresses
        )
    }

    private var wanted: WantedView {
        WantedView(
            subscriptions: api.polls?.report.wanted.map {
                WantedView.Subscription(id: $0.subscription.rawValue, since: $0.since.iso8601)
            } ?? [],
            payments: api.payments?.open.map { WantedView.Payment(id: $0.payment, since: $0.since.iso8601) } ?? [],
            // A ledger that was restored knows nothing of what came after its copy was made.
            fullListSince: api.rules.standby == nil ? nil : startedAt.iso8601
        )
    }
}

/// What the extension is to tell anew.
private struct WantedView: Encodable {
    struct Subscription: Encodable {
        var id: String
        var since: String
    }

    /// Of which it is to tell what they were for.
    struct Payment: Encodable {
        var id: String
        var since: String
    }

    var subscriptions: [Subscription]
    var payments: [Payment]
    /// A full list is wanted, unless one was sent since then.
    var fullListSince: String?
}

/// The tiers as a shop must know them.
private struct SoldTiersView: Encodable {
    struct Sold: Encodable {
        var id: String
        var rank: Int
        var products: [String]
        /// Whether it gives something in the game, for which the player's name is needed.
        var needsPlayer: Bool
    }

    var tiers: [Sold]

    init(_ catalog: Catalog) {
        tiers = catalog.tiers.map { tier in
            Sold(
                id: tier.id.rawValue,
                rank: tier.rank,
                products: tier.products.map(\.rawValue),
                needsPlayer: tier.luckPerms != nil || tier.commands != nil
            )
        }
    }
}

import Billing
import Entitlements
import Hummingbird
import Ledger
import NIOCore
import Provisioning

extension AdminAPI {
    func addImportRoute(to group: RouterGroup<WebContext>) {
        group.post("import") { request, context in try await importCommunity(request, context) }
    }

    private struct ImportRequest: Decodable {
        /// The table to take over; without one Paymenter is asked.
        var csv: String?
        var adopt: Bool?
        var takeOver: Bool?

        enum CodingKeys: String, CodingKey {
            case csv, adopt
            case takeOver = "take_over"
        }
    }

    private func importCommunity(_ request: Request, _ context: WebContext) async throws -> Response {
        let body = try await JSONBody.collect(request, atMost: WebhookIntake.maximumBytes)
        let asked = try JSONBody.decode(ImportRequest.self, from: body, known: ["csv", "adopt", "take_over"])
        let adopts = asked.adopt ?? false
        guard adopts || asked.takeOver != true else {
            throw Problem(.badRequest, "take_over goes with adopt.", field: "take_over")
        }
        let community = CommunityImport(
            ledger: ledger,
            rules: rules.rules,
            panels: panels,
            clock: clock,
            work: work
        )
        let services = try await services(from: asked.csv, for: community)
        do {
            let report = try await community.run(
                services,
                adopts: adopts,
                takesOver: asked.takeOver ?? false,
                author: context.person.author
            )
            if adopts { arrivals.ring() }
            return try JSONBody.response(CommunityImportView(report))
        } catch let refusal as ImportRefused {
            throw Problem(.conflict, refusal.description)
        }
    }

    private func services(from table: String?, for community: CommunityImport) async throws -> [ImportedService] {
        if let table {
            do throws(ServiceTable.Mistakes) {
                return try ServiceTable.read(table, calendar: web.value.decoder.calendar)
            } catch {
                throw Problem(.unprocessableContent, error.description, field: "csv")
            }
        }
        guard let paymenter else {
            throw Problem(
                .unprocessableContent,
                "There is nothing to take over from: configure billing.paymenter.api, or give a table (--csv)."
            )
        }
        do throws(PaymenterAPIError) {
            return try await community.services(of: paymenter)
        } catch {
            throw Problem(.badGateway, error.description)
        }
    }
}

/// A comparison of who pays with who has access.
struct CommunityImportView: Encodable {
    struct Payer: Encodable {
        var subscription: String
        var customer: String
        var email: String?
        var tier: String
        var lacks: [String]
    }

    struct Guest: Encodable {
        var panel: String
        var user: Int
        var email: String
        var servers: [String]
    }

    var services: Int
    var paysAndHas: [Payer]
    var paysAndLacks: [Payer]
    var hasAndPaysNot: [Guest]
    var known: Int
    var unsold: [String: Int]
    var nameless: [String]
    var adopted: Int
    var takenOver: Int

    init(_ report: ImportReport) {
        let payers = report.payers.map {
            Payer(
                subscription: $0.subscription.rawValue,
                customer: $0.customer.description,
                email: $0.email,
                tier: $0.tier.rawValue,
                lacks: $0.lacks
            )
        }
        services = report.services
        paysAndHas = payers.filter(\.lacks.isEmpty)
        paysAndLacks = payers.filter { !$0.lacks.isEmpty }
        hasAndPaysNot = report.guests.map {
            Guest(panel: $0.panel.rawValue, user: $0.user, email: $0.email, servers: $0.servers)
        }
        known = report.known
        unsold = report.unsold
        nameless = report.nameless.map(\.rawValue)
        adopted = report.adopted
        takenOver = report.takenOver
    }
}

import Entitlements
import Foundation
import Hummingbird
import Ledger
import Provisioning
import PterodactylAPI

extension AdminAPI {
    func addDedicatedRoutes(to group: RouterGroup<WebContext>) {
        group.get("dedicated") { request, _ in try await listDedicated(request) }
        group.get("dedicated/:subscription") { _, context in
            let owned = try await ledger.dedicatedServers(of: try subscription(context))
            return try JSONBody.response(List(owned.map { DedicatedView($0.server, of: $0.customer) }))
        }
        group.post("dedicated/:subscription/confirm-deletion") { request, context in
            try await confirmDeletion(request, context)
        }
        group.post("dedicated/:subscription/hand-over") { request, context in try await handOver(request, context) }
        group.post("dedicated/:subscription/let-go") { request, context in try await letGo(request, context) }
        group.post("dedicated/:subscription/import") { request, context in try await importServer(request, context) }
    }

    private func listDedicated(_ request: Request) async throws -> Response {
        let word = request.uri.queryParameters["deletion"].map(String.init)
        guard word == nil || word == "waiting" else {
            throw Problem(.badRequest, "deletion is waiting, or left out.", field: "deletion")
        }
        let size = try limit(request)
        let owned = try await ledger.dedicatedServers(
            deletionWaits: word != nil,
            after: try mark(request, "after"),
            limit: size
        )
        let next = owned.count == size ? owned.last?.server.slot.description : nil
        return try JSONBody.response(List(owned.map { DedicatedView($0.server, of: $0.customer) }, next: next))
    }

    private func subscription(_ context: WebContext) throws -> SubscriptionID {
        SubscriptionID(try context.parameters.require("subscription").removingPercentEncoding ?? "")
    }

    private func slot(on panel: String, _ number: Int, _ context: WebContext) throws -> DedicatedSlot {
        DedicatedSlot(subscription: try subscription(context), panel: PanelName(panel), number: number)
    }

    // MARK: Deletion

    private struct Confirmation: Decodable {
        var panel: String
        var number: Int
        var server: Int
        var reason: String
    }

    private func confirmDeletion(_ request: Request, _ context: WebContext) async throws -> Response {
        let body = try JSONBody.decode(
            Confirmation.self,
            from: try await JSONBody.collect(request),
            known: ["panel", "number", "server", "reason"]
        )
        let slot = try slot(on: body.panel, body.number, context)
        return try await confirmDeletion(of: slot, server: body.server, because: body.reason, context)
    }

    func confirmDeletion(of slot: DedicatedSlot, server: Int, because reason: String, _ context: WebContext)
        async throws -> Response
    {
        let decision = try decision(reason, context)
        guard try await ledger.confirmDeletion(of: slot, server: server, by: decision) != nil else {
            throw Problem(
                .conflict,
                """
                No deletion of server \(server) on panel \(slot.panel) waits for subscription \(slot.subscription). A server may be deleted \
                once delete_after has passed since its end, and not before.
                """
            )
        }
        lanes.ring()
        return try JSONBody.response(["status": "confirmed"], status: .accepted)
    }

    // MARK: Another customer

    private struct HandingOver: Decodable {
        var reason: String
    }

    private func handOver(_ request: Request, _ context: WebContext) async throws -> Response {
        let body = try JSONBody.decode(
            HandingOver.self,
            from: try await JSONBody.collect(request),
            known: ["reason"]
        )
        let subscription = try subscription(context)
        guard let done = try await ledger.handOver(subscription, by: try decision(body.reason, context)) else {
            throw Problem(.conflict, "No server of subscription \(subscription) is another customer's.")
        }
        lanes.ring()
        return try JSONBody.response(["customer": done.to.description], status: .accepted)
    }

    // MARK: Letting go

    private struct LettingGoOf: Decodable {
        var panel: String
        var number: Int
        /// The panel's id, as it was shown; without it, there is none any more and another is to be made.
        var server: Int?
        var makeAnother: Bool?
        var reason: String

        enum CodingKeys: String, CodingKey {
            case panel, number, server, reason
            case makeAnother = "make_another"
        }
    }

    private func letGo(_ request: Request, _ context: WebContext) async throws -> Response {
        let body = try JSONBody.decode(
            LettingGoOf.self,
            from: try await JSONBody.collect(request),
            known: ["panel", "number", "server", "make_another", "reason"]
        )
        let slot = try slot(on: body.panel, body.number, context)
        let decision = try decision(body.reason, context)
        let makesAnother = body.makeAnother ?? false
        guard let server = body.server else { return try await fillPlace(slot, wanted: makesAnother, by: decision) }
        switch try await ledger.letGo(of: slot, server: server, makingAnother: makesAnother, by: decision) {
        case .done: break
        case .isBeingMade:
            throw Problem(
                .conflict,
                "The server of subscription \(slot.subscription) was asked for, and what came of it is not known yet. Try again in a minute."
            )
        case .notThere:
            throw Problem(
                .conflict,
                "Server \(server) on panel \(body.panel) is not server number \(body.number) of subscription \(slot.subscription)."
            )
        }
        lanes.ring()
        return try JSONBody.response(["status": "letting_go"], status: .accepted)
    }

    private func fillPlace(_ slot: DedicatedSlot, wanted: Bool, by decision: PersonDecision) async throws -> Response {
        guard wanted else {
            throw Problem(
                .badRequest,
                "Name the server to let go of, or say make_another: true where one was let go of before.",
                field: "server"
            )
        }
        guard try await ledger.fillPlace(slot, by: decision) != nil else {
            throw Problem(
                .conflict,
                "Nobody let go of a server of subscription \(slot.subscription) on panel \(slot.panel)."
            )
        }
        lanes.ring()
        return try JSONBody.response(["status": "making_another"], status: .accepted)
    }

    // MARK: Import

    private struct Importing: Decodable {
        var server: String
        var number: Int?
        var changeOwner: Bool?
        /// The uuid that the plan showed; without it, the plan is shown and nothing is done.
        var confirm: String?
        var reason: String?

        enum CodingKeys: String, CodingKey {
            case server, number, confirm, reason
            case changeOwner = "change_owner"
        }
    }

    private func importServer(_ request: Request, _ context: WebContext) async throws -> Response {
        let body = try JSONBody.decode(
            Importing.self,
            from: try await JSONBody.collect(request),
            known: ["server", "number", "change_owner", "confirm", "reason"]
        )
        let plan = try await ImportPlan(
            try subscription(context),
            number: body.number ?? 1,
            server: body.server,
            in: self
        )
        guard let confirm = body.confirm else { return try JSONBody.response(plan.view) }
        guard confirm == plan.found.uuid.text else {
            throw Problem(.conflict, "That is not the uuid of the server that the plan shows.", field: "confirm")
        }
        if plan.view.ownerDiffers, body.changeOwner == nil {
            throw Problem(
                .badRequest,
                "The server is not the customer's account's: say with change_owner whether it becomes theirs (true) or stays (false).",
                field: "change_owner"
            )
        }
        let decision = try decision(body.reason ?? "", context)
        let server = plan.server(changesOwner: plan.view.ownerDiffers && body.changeOwner == true)
        if let obstacle = try await ledger.adopt(server, for: plan.customer, by: decision) {
            throw Problem(.conflict, obstacle.sentence)
        }
        lanes.ring()
        return try JSONBody.response(["status": "importing"], status: .accepted)
    }
}

/// What importing a server would do.
struct ImportView: Encodable {
    var subscription: String
    var customer: String
    var panel: String
    var server: Int
    var uuid: String
    var name: String
    var changes: [String]
    var stays: [String]
    var ownerDiffers: Bool
}

/// A server of the panel that is to become a subscription's, as both are now.
private struct ImportPlan {
    let customer: CustomerKey
    let found: Server
    let view: ImportView
    private let slot: DedicatedSlot
    private let externalID: String
    private let wish: DedicatedRequest
    private let reason: GrantReason

    init(_ subscription: SubscriptionID, number: Int, server text: String, in api: AdminAPI) async throws {
        guard let customer = try await api.ledger.customer(of: subscription),
            let file = try await api.ledger.file(of: customer)
        else { throw Problem(.notFound, "There is no subscription \(subscription) of anybody.") }
        let wishes = desiredDedicated(
            of: try await api.decision(on: file),
            customer: file.record,
            catalog: api.rules.rules.catalog
        )
        let wanted = wishes.first { $0.key.subscription == subscription && $0.key.number == number }
        guard let (slot, wish) = wanted, let request = wish.request else {
            throw Problem(
                .conflict,
                "Subscription \(subscription) gives no server number \(number) now: it is not live, its tier sells none, or its quantity is less."
            )
        }
        let found = try await Self.find(text, on: slot.panel, in: api)
        self.customer = customer
        self.found = found
        self.slot = slot
        self.wish = request
        reason = wish.reason
        externalID = LaneRun.externalID(instance: api.rules.rules.instance, slot: slot)
        guard found.externalID == nil || found.externalID == externalID else {
            throw Problem(
                .conflict,
                "Server \(found.name) carries the external id \(found.externalID ?? "") already. Clear it on the panel if nothing uses it any more."
            )
        }
        view = Self.view(of: found, as: slot, externalID: externalID, request, file: file)
    }

    private static func find(_ text: String, on name: PanelName, in api: AdminAPI) async throws -> Server {
        guard let panel = api.panels[name] else { throw Problem(.notFound, "There is no panel \(name).") }
        let known = panel.inventory?.servers.values.first {
            "\($0.id.number)" == text || $0.identifier == text || $0.uuid == text
        }
        guard let number = known?.id.number ?? Int(text) else {
            throw Problem(.notFound, "Panel \(name) has no server \"\(text)\".", field: "server")
        }
        do {
            guard let found = try await panel.client.server(id: Server.ID(number), including: [.user]) else {
                throw Problem(.notFound, "Panel \(name) has no server \"\(text)\".", field: "server")
            }
            return found
        } catch let error as PanelError {
            throw Problem(.serviceUnavailable, "Panel \(name) could not be asked: \(error)")
        }
    }

    private static func view(
        of found: Server,
        as slot: DedicatedSlot,
        externalID: String,
        _ request: DedicatedRequest,
        file: CustomerFile
    ) -> ImportView {
        let link = file.links[slot.panel]
        let ownerDiffers =
            link.map { $0.account.id != found.ownerID.number }
            ?? (found.owner.map { asciiFolded($0.email) } != file.record.email.map(asciiFolded))
        var changes = found.externalID == nil ? ["external id: \(externalID)"] : []
        if ownerDiffers {
            let owner = found.owner.map { "\($0.username) (\($0.email))" } ?? "user \(found.ownerID)"
            changes.append("owner, if you say so: from \(owner) to \(file.record.email ?? "the customer's account")")
        }
        let now = DedicatedSighting(found)
        var stays = ["name: \(found.name)"]
        if now.limits != request.limits || now.features != request.features {
            stays.append("limits as they are, until the subscription's tier or the tier's limits change")
        }
        return ImportView(
            subscription: slot.subscription.rawValue,
            customer: file.record.key.description,
            panel: slot.panel.rawValue,
            server: found.id.number,
            uuid: found.uuid.text,
            name: found.name,
            changes: changes,
            stays: stays,
            ownerDiffers: ownerDiffers
        )
    }

    func server(changesOwner: Bool) -> DedicatedServer {
        DedicatedServer(
            slot: slot,
            externalID: externalID,
            reason: reason,
            asked: wish,
            owner: found.ownerID.number,
            origin: .adopting(PanelIdentity(found), changesOwner: changesOwner)
        )
    }
}

extension AdoptionObstacle {
    fileprivate var sentence: String {
        switch self {
        case .slotTaken(let customer):
            "The subscription has a server already, or one is on its way; it is customer \(customer)'s."
        case .serverTaken(let slot): "The server is that of subscription \(slot.subscription) already."
        case .notTheirs: "The subscription has changed its customer just now. Look again."
        }
    }
}

import Entitlements
import Hummingbird
import Ledger
import Provisioning

extension AdminAPI {
    func addReadingRoutes(to group: RouterGroup<WebContext>) {
        group.get("status") { _, _ in try JSONBody.response(try await status()) }
        group.get("customers") { request, _ in try await listCustomers(request) }
        group.get("customers/:customer") { _, context in
            try JSONBody.response(try await view(of: try await row(context)))
        }
        group.get("customers/:customer/explain") { _, context in
            let row = try await row(context)
            return try JSONBody.response(
                ExplanationView(customer: row.key.description, lines: try await view(of: row).explanation)
            )
        }
        group.get("customers/:customer/timeline") { _, context in try await timeline(try await row(context)) }
        group.get("events") { request, _ in try await listEvents(request) }
        group.get("events/:number") { _, context in
            let number = try context.parameters.require("number", as: Int64.self)
            guard let delivery = try await ledger.delivery(number) else {
                throw Problem(.notFound, "There is no delivery \(number).")
            }
            return try JSONBody.response(DeliveryView(delivery, withBody: true))
        }
        group.get("operations") { request, _ in try await listOperations(request) }
        group.get("overrides") { _, _ in
            let overrides = try await ledger.overrides(inForceAt: clock.now(), limit: 1000)
            return try JSONBody.response(List(overrides.map { OverrideView($0.1, customer: $0.0) }))
        }
        group.get("breaker") { _, _ in try JSONBody.response(try await status().breaker) }
        group.get("subscriptions") { _, _ in
            let world = world
            let ownerless = try await ledger.ownerlessSubscriptions(limit: 1000)
            return try JSONBody.response(List(ownerless.map { SubscriptionView($0, standing: nil, world: world) }))
        }
        group.get("servers") { _, _ in try JSONBody.response(List(servers)) }
        group.get("tiers") { _, _ in try JSONBody.response(List(rules.rules.catalog.tiers.map(TierView.init))) }
    }

    private func listCustomers(_ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        var query = CustomerQuery(limit: try limit(request))
        query.search = parameters["search"].map(String.init)
        if let state = parameters["state"] {
            guard let state = CustomerState(rawValue: String(state)) else {
                throw Problem(
                    .badRequest,
                    "state is one of \(CustomerState.allCases.map(\.rawValue).joined(separator: ", ")).",
                    field: "state"
                )
            }
            query.state = state
        }
        if let after = parameters["after"] {
            guard let key = CustomerKey(after) else {
                throw Problem(.badRequest, "after is the next of the page before.", field: "after")
            }
            query.after = key
        }
        let rows = try await ledger.customers(query)
        let next = rows.count == query.limit ? rows.last?.key.description : nil
        return try JSONBody.response(List(rows.map(CustomerSummaryView.init), next: next))
    }

    private func listEvents(_ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        var state: StoredDelivery.State?
        if let word = parameters["state"] {
            guard let known = StoredDelivery.State.allCases.first(where: { $0.word == String(word) }) else {
                throw Problem(
                    .badRequest,
                    "state is one of \(StoredDelivery.State.allCases.map(\.word).joined(separator: ", ")).",
                    field: "state"
                )
            }
            state = known
        }
        let size = try limit(request)
        let deliveries = try await ledger.deliveries(before: try number(request, "before"), state: state, limit: size)
        let next = deliveries.count == size ? deliveries.last.map { "\($0.number)" } : nil
        return try JSONBody.response(List(deliveries.map { DeliveryView($0, withBody: false) }, next: next))
    }

    private func listOperations(_ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        var state: PanelOperation.State?
        if let word = parameters["state"] {
            guard let known = PanelOperation.State(rawValue: String(word)) else {
                throw Problem(
                    .badRequest,
                    "state is one of \(PanelOperation.State.allCases.map(\.rawValue).joined(separator: ", ")).",
                    field: "state"
                )
            }
            state = known
        }
        let size = try limit(request)
        let operations = try await ledger.operations(
            of: nil,
            state: state,
            before: try number(request, "before"),
            limit: size
        )
        let next = operations.count == size ? operations.last.map { "\($0.number)" } : nil
        return try JSONBody.response(List(operations.map(OperationView.init), next: next))
    }

    private func timeline(_ row: CustomerRow) async throws -> Response {
        let events = try await ledger.events(of: row.key, limit: 500).map(TimelineEntry.init)
        let operations = try await ledger.operations(of: row.key, state: nil, before: nil, limit: 500).map(
            TimelineEntry.init
        )
        let entries = (events + operations).sorted { ($0.moment, $0.order) < ($1.moment, $1.order) }
        return try JSONBody.response(List(entries))
    }

    private var servers: [ServerView] {
        let world = world
        return world.inventories.values.flatMap { inventory in
            inventory.servers.values.map { server in
                ServerView(
                    server,
                    groups: world.rules.catalog.groups.values.filter { $0.contains(server) }.map(\.id.rawValue).sorted()
                )
            }
        }.sorted { ($0.panel, $0.id) < ($1.panel, $1.id) }
    }

    private func limit(_ request: Request) throws -> Int {
        let value = try number(request, "limit") ?? 50
        guard (1...500).contains(value) else { throw Problem(.badRequest, "limit is 1 to 500.", field: "limit") }
        return Int(value)
    }

    private func number(_ request: Request, _ name: String) throws -> Int64? {
        guard let text = request.uri.queryParameters[Substring(name)] else { return nil }
        guard let value = Int64(text) else { throw Problem(.badRequest, "\(name) is a number.", field: name) }
        return value
    }
}

/// One page of a list; `next` asks for the page after it.
struct List<Item: Encodable>: Encodable {
    var items: [Item]
    var next: String?

    init(_ items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }
}

struct ExplanationView: Encodable {
    var customer: String
    var lines: [String]
}

/// A delivery as the API shows it.
struct DeliveryView: Encodable {
    var number: Int64
    var source: String
    var id: String
    var event: String?
    var state: String
    var stale: Bool
    var note: String?
    var sentAt: String
    var receivedAt: String
    var verifiedBySecret: Int
    var body: String?

    init(_ delivery: StoredDelivery, withBody: Bool) {
        number = delivery.number
        source = delivery.source
        id = delivery.webhookID
        event = delivery.event
        state = delivery.state.word
        stale = delivery.isStale
        note = delivery.note
        sentAt = delivery.stampedAt.iso8601
        receivedAt = delivery.receivedAt.iso8601
        verifiedBySecret = delivery.secretIndex
        if withBody { body = String(decoding: delivery.body, as: UTF8.self) }
    }
}

/// An operation as the API shows it.
struct OperationView: Encodable {
    var number: Int64
    var customer: String
    var panel: String
    var kind: String
    var server: Int?
    var detail: String
    var before: String?
    var state: String
    var startedAt: String
    var finishedAt: String?
    var answer: String?

    init(_ operation: PanelOperation) {
        number = operation.number
        customer = operation.customer.description
        panel = operation.panel.rawValue
        kind = operation.kind.rawValue
        server = operation.server?.number
        detail = operation.detail
        before = operation.before
        state = operation.state.rawValue
        startedAt = operation.startedAt.iso8601
        finishedAt = operation.finishedAt?.iso8601
        answer = operation.answer
    }
}

/// A line of a customer's timeline: what was said, or what was done.
struct TimelineEntry: Encodable {
    var at: String
    var what: String
    var detail: String
    var delivery: Int64?
    var operation: Int64?
    var outcome: String?
    var moment: Int64
    var order: Int64

    private enum CodingKeys: String, CodingKey {
        case at, what, detail, delivery, operation, outcome
    }

    init(_ stored: StoredEvent) {
        moment = stored.event.order.receivedAt.milliseconds
        order = stored.delivery
        at = stored.event.order.receivedAt.iso8601
        what = stored.event.kind.rawValue
        detail = stored.event.subscription.map { "subscription \($0)" } ?? "customer"
        delivery = stored.delivery
        outcome = stored.isStale ? "stale: it changed nothing" : nil
    }

    init(_ operation: PanelOperation) {
        moment = operation.startedAt.milliseconds
        order = .max
        at = operation.startedAt.iso8601
        what = operation.kind.rawValue
        detail = operation.detail
        self.operation = operation.number
        outcome = "\(operation.state.rawValue)\(operation.answer.map { ": \($0)" } ?? "")"
    }
}

/// A server with the groups that take it in.
struct ServerView: Encodable {
    var panel: String
    var id: Int
    var identifier: String
    var name: String
    var externalId: String?
    var owner: String?
    var groups: [String]

    init(_ server: PanelServer, groups: [String]) {
        panel = server.id.panel.rawValue
        id = server.id.number
        identifier = server.identifier
        name = server.name
        externalId = server.externalID
        owner = server.ownerEmail
        self.groups = groups
    }
}

/// A tier as configured.
struct TierView: Encodable {
    var id: String
    var rank: Int
    var role: String?
    var products: [String]
    var access: [Access]

    struct Access: Encodable {
        var servers: String
        var permissions: [String]
    }

    init(_ tier: Tier) {
        id = tier.id.rawValue
        rank = tier.rank
        role = tier.role
        products = tier.products.map(\.rawValue)
        access = tier.access.map { Access(servers: $0.group.rawValue, permissions: $0.permissions.sorted().map(\.key)) }
    }
}

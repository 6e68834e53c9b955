import Entitlements
import Hummingbird
import Ledger
import NIOCore
import Provisioning

extension AdminAPI {
    func addReadingRoutes(to group: RouterGroup<WebContext>) {
        group.get("openapi.json") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json", .cacheControl: "no-store"],
                body: .init(byteBuffer: ByteBuffer(string: OpenAPIDocument.json))
            )
        }
        group.get("status") { _, _ in try JSONBody.response(try await status()) }
        group.get("customers") { request, _ in try await listCustomers(request) }
        group.get("customers/:customer") { _, context in
            try JSONBody.response(try await view(of: try await row(context)))
        }
        group.get("customers/:customer/explain") { _, context in
            let row = try await row(context)
            return try JSONBody.response(ExplanationView(row, lines: try await view(of: row).explanation))
        }
        group.get("customers/:customer/plan") { request, context in try await planOfOne(request, context) }
        group.get("reasons") { _, _ in
            try JSONBody.response(List(try await ledger.commonReasons(limit: Self.reasonsShown).map(ReasonView.init)))
        }
        group.get("billing/wanted") { request, _ in
            let after = request.uri.queryParameters["after"].map { SubscriptionID(String($0)) }
            let size = try limit(request, usually: 500)
            let wanted = polls?.report.wanted.sorted { $0.subscription < $1.subscription } ?? []
            let rest = wanted.filter { one in after.map { $0 < one.subscription } ?? true }
            let items = rest.prefix(size).map(WantedSnapshotView.init)
            return try JSONBody.response(List(items, next: rest.count > size ? items.last?.subscriptionId : nil))
        }
        group.get("events") { request, _ in try await listEvents(request) }
        group.get("events/:number") { _, context in
            let number = try number(context)
            guard let delivery = try await ledger.delivery(number) else {
                throw Problem(.notFound, "There is no delivery \(number).")
            }
            let concerned = try await concerned(by: [delivery])[number] ?? []
            return try JSONBody.response(DeliveryView(delivery, customers: concerned, withBody: true))
        }
        group.get("plan") { request, _ in try await listPlans(request) }
        group.get("drift") { _, _ in try JSONBody.response(try await drift()) }
        group.get("upcoming") { request, _ in try await listUpcoming(request) }
        group.get("operations") { request, _ in try await listOperations(request) }
        group.get("overrides") { request, _ in try await listOverrides(request) }
        group.get("subscriptions") { request, _ in try await listSubscriptions(request) }
        group.get("servers") { request, _ in try listServers(request) }
        group.get("servers/:server/regrant") { _, context in
            try JSONBody.response(try await regrantView(of: try server(context)))
        }
        group.get("tiers") { _, _ in try JSONBody.response(List(rules.rules.catalog.tiers.map(TierView.init))) }
    }

    /// So many different reasons are told.
    static let reasonsShown = 20

    private func listCustomers(_ request: Request) async throws -> Response {
        var query = try customerQuery(request)
        query.buyers = try buyers(request)
        if try flag(request, "banned") { query.bannedAt = clock.now() }
        let page = try await customers(query)
        let banned = try await ledger.banned(at: clock.now())
        let items = page.rows.map { CustomerSummaryView($0, banned: banned[$0.key] != nil) }
        return try JSONBody.response(List(items, next: page.next))
    }

    /// So many of those who ever bought a tier are looked at for one page, as what they bought may be over.
    private static let buyersLookedAt = 400

    /// A page of customers, and where the next goes on; of a tier those alone who have it now.
    func customers(_ query: CustomerQuery) async throws -> (rows: [CustomerRow], next: String?) {
        guard let tier = query.buyers?.tier else {
            let rows = try await ledger.customers(query)
            return (rows, query.next(after: rows))
        }
        let heardAt = try await billingHeardAt()
        var rows: [CustomerRow] = []
        var (candidates, looked) = (query, 0)
        while looked < Self.buyersLookedAt {
            let page = try await ledger.customers(candidates)
            let records = try await ledger.records(of: page.map(\.key))
            for row in page {
                looked += 1
                candidates.after = row.key
                guard let record = records[row.key],
                    decision(on: record, billingHeardAt: heardAt).entitlements.contains(where: { $0.tier == tier })
                else { continue }
                rows.append(row)
                if rows.count == query.limit { return (rows, row.key.description) }
            }
            if page.count < candidates.limit { return (rows, nil) }
        }
        return (rows, candidates.after?.description)
    }

    /// Those of one page of customers, after those whose events named no customer yet.
    private func listSubscriptions(_ request: Request) async throws -> Response {
        let place: SubscriptionMark? = try mark(request, "after")
        var query = try customerQuery(request, state: request.uri.queryParameters["state"], after: nil)
        let world = world
        var items: [SubscriptionView] = []
        if case .customer(let key) = place {
            query.after = key
        } else if query.state == nil, query.search == nil {
            let ownerless = try await ledger.ownerlessSubscriptions(after: place?.ownerless, limit: query.limit)
            items = ownerless.map { SubscriptionView($0, of: nil, standing: nil, world: world) }
            if ownerless.count == query.limit, let last = ownerless.last {
                return try JSONBody.response(List(items, next: SubscriptionMark.ownerless(last.id).description))
            }
        }
        let rows = try await ledger.customers(query)
        for row in rows { items += try await view(of: row).subscriptions }
        return try JSONBody.response(List(items, next: query.next(after: rows)))
    }

    func customerQuery(_ request: Request) throws -> CustomerQuery {
        try customerQuery(request, state: request.uri.queryParameters["state"])
    }

    func customerQuery(_ request: Request, state: Substring?) throws -> CustomerQuery {
        try customerQuery(request, state: state, after: try mark(request, "after"))
    }

    private func customerQuery(_ request: Request, state: Substring?, after: CustomerKey?) throws -> CustomerQuery {
        var query = CustomerQuery(after: after, limit: try limit(request))
        query.search = request.uri.queryParameters["search"].map(String.init)
        if let state {
            guard let state = CustomerState(rawValue: String(state)) else {
                throw Problem(
                    .badRequest,
                    "state is one of \(CustomerState.allCases.map(\.rawValue).joined(separator: ", ")).",
                    field: "state"
                )
            }
            query.state = state
        }
        return query
    }

    /// Who bought or was granted the tier that is asked for; `nil` if none is.
    func buyers(_ request: Request) throws -> CustomerQuery.Buyers? {
        guard let name = request.uri.queryParameters["tier"], !name.isEmpty else { return nil }
        let tiers = rules.rules.catalog.tiers
        guard let tier = tiers.first(where: { $0.id.rawValue == name }) else {
            throw Problem(
                .badRequest,
                "tier is one of \(tiers.map(\.id.rawValue).joined(separator: ", ")).",
                field: "tier"
            )
        }
        return CustomerQuery.Buyers(tier: tier.id, products: Set(tier.products))
    }

    private func listEvents(_ request: Request) async throws -> Response {
        let size = try limit(request)
        let state = try deliveryState(request)
        let deliveries = try await ledger.deliveries(before: try number(request, "before"), state: state, limit: size)
        let next = deliveries.count == size ? deliveries.last.map { "\($0.number)" } : nil
        let concerned = try await concerned(by: deliveries)
        let views = deliveries.map { DeliveryView($0, customers: concerned[$0.number] ?? [], withBody: false) }
        return try JSONBody.response(List(views, next: next))
    }

    /// Whom deliveries concern, as far as views of them show it.
    func concerned(by deliveries: [StoredDelivery]) async throws -> [DeliveryNumber: [CustomerKey]] {
        try await ledger.customers(concernedBy: deliveries.map(\.number), limit: DeliveryView.customersShown + 1)
    }

    /// The state in which deliveries are asked for; `nil` for all.
    func deliveryState(_ request: Request) throws -> StoredDelivery.State? {
        guard let word = request.uri.queryParameters["state"] else { return nil }
        guard let state = StoredDelivery.State.allCases.first(where: { $0.word == String(word) }) else {
            throw Problem(
                .badRequest,
                "state is one of \(StoredDelivery.State.allCases.map(\.word).joined(separator: ", ")).",
                field: "state"
            )
        }
        return state
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
        var customer: CustomerKey?
        if let text = parameters["customer"] { customer = try await row(matching: String(text), field: "customer").key }
        let operations = try await ledger.operations(
            of: customer,
            state: state,
            before: try number(request, "before"),
            limit: size
        )
        let next = operations.count == size ? operations.last.map { "\($0.number)" } : nil
        return try JSONBody.response(List(operations.map(OperationView.init), next: next))
    }

    /// Those in force, or with `all` every one there ever was.
    private func listOverrides(_ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        var query = OverrideQuery(inForceAt: try flag(request, "all") ? nil : clock.now())
        if let text = parameters["customer"] {
            query.customer = try await row(matching: String(text), field: "customer").key
        }
        query.word = parameters["kind"].map(String.init)
        guard query.word.map(["grant", "ban", "hold"].contains) ?? true else {
            throw Problem(.badRequest, "kind is grant, ban or hold.", field: "kind")
        }
        let size = try limit(request)
        let overrides = try await ledger.overrides(query, before: try mark(request, "before"), limit: size)
        let next = overrides.count == size ? overrides.last.map { OverrideMark($0.1).description } : nil
        return try JSONBody.response(List(overrides.map { OverrideView($0.1, customer: $0.0) }, next: next))
    }

    private func listServers(_ request: Request) throws -> Response {
        let parameters = request.uri.queryParameters
        let (panel, group) = (parameters["panel"].map(String.init), parameters["group"].map(String.init))
        try demand(panel, among: panels.keys.map(\.rawValue), field: "panel")
        try demand(group, among: rules.rules.catalog.groups.keys.map(\.rawValue), field: "group")
        let wanted = servers.filter { server in
            (panel ?? server.panel) == server.panel && (group.map(server.groups.contains) ?? true)
        }
        let page = wanted.page(after: try mark(request, "after"), size: try limit(request, usually: 500))
        return try JSONBody.response(List(page.items, next: page.next?.description))
    }

    /// What is asked for by a name that nothing has is a typo, and no empty list.
    private func demand(_ name: String?, among known: [String], field: String) throws {
        guard let name, !known.contains(name) else { return }
        let names = known.isEmpty ? "nothing here" : known.sorted().joined(separator: ", ")
        throw Problem(.badRequest, "\(field) is one of \(names).", field: field)
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
        }.sorted { ServerMark($0) < ServerMark($1) }
    }

    private func flag(_ request: Request, _ name: String) throws -> Bool {
        guard let value = request.uri.queryParameters[name[...]] else { return false }
        guard let flag = Bool(String(value)) else {
            throw Problem(.badRequest, "\(name) is true or false.", field: name)
        }
        return flag
    }

    func limit(_ request: Request, usually usual: Int64 = 50) throws -> Int {
        let value = try number(request, "limit") ?? usual
        guard (1...500).contains(value) else { throw Problem(.badRequest, "limit is 1 to 500.", field: "limit") }
        return Int(value)
    }

    /// The place in a list at which the page before ended.
    func mark<Mark: LosslessStringConvertible>(_ request: Request, _ name: String) throws -> Mark? {
        guard let text = request.uri.queryParameters[Substring(name)] else { return nil }
        guard let mark = Mark(String(text)) else {
            throw Problem(.badRequest, "\(name) is the next of the page before.", field: name)
        }
        return mark
    }

    func number(_ request: Request, _ name: String) throws -> Int64? {
        guard let text = request.uri.queryParameters[Substring(name)] else { return nil }
        guard let value = Int64(text) else { throw Problem(.badRequest, "\(name) is a number.", field: name) }
        return value
    }
}

extension CustomerQuery {
    /// What asks for the page after one with these rows.
    func next(after rows: [CustomerRow]) -> String? {
        rows.count == limit ? rows.last?.key.description : nil
    }
}

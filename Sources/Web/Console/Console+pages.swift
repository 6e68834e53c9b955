import Entitlements
import Hummingbird
import Ledger
import Provisioning

extension Console {
    static let pageSize = 50
    static let timelineSize = 100

    func addPages(to group: RouterGroup<WebContext>) {
        group.get("/") { _, context in try await show(context, at: "/") { try await overview($0) } }
        group.get("customers") { request, context in
            try await show(context, at: "/customers") { try await customers(request, $0) }
        }
        group.get("customers/:customer") { request, context in
            let before: HistoryMark? = try api.mark(request, "before")
            return try await show(context, at: "/customers") { frame in
                var page = try await customer(try await api.row(context), before: before, frame)
                page.decide?.fill(from: request.uri.queryParameters)
                return page
            }
        }
        group.get("attention") { request, context in
            try await show(context, at: "/attention") { try await attention(request, $0) }
        }
        group.get("upcoming") { request, context in
            try await show(context, at: "/upcoming") { frame in
                let mark: ChangeMark? = try api.mark(request, "after")
                let thisWeek = mark == nil || request.uri.queryParameters.get("week") != nil
                let page = try await api.upcoming(
                    beyond: mark,
                    until: thisWeek ? api.clock.now() + UpcomingPage.week : nil,
                    limit: UpcomingPage.rowsShown
                )
                return UpcomingPage(frame: frame, page: page, isThisWeek: thisWeek)
            }
        }
        group.get("drift") { _, context in
            try await show(context, at: "/drift") {
                DriftPage(frame: $0, drift: try await api.drift(atMost: DriftPage.customersShown))
            }
        }
        group.get("drift/:line") { _, context in
            let finding = try await api.driftLine(try context.parameters.require("line"))
            return try await show(context, at: "/drift") {
                DriftLinePage(frame: $0, finding: finding, world: api.world, attempt: ChangeSeed().text)
            }
        }
        group.get("log") { request, context in
            try await show(context, at: "/log") { frame in
                let query = try await api.actionQuery(request)
                let before = try api.number(request, "before")
                let actions = try await api.ledger.actions(query, before: before, limit: Self.pageSize)
                return LogPage(frame: frame, query: query, actions: actions.map(ActionView.init))
            }
        }
        group.get("matrix") { _, context in
            try await show(context, at: "/matrix") { MatrixPage(frame: $0, world: api.world) }
        }
        group.get("deliveries") { request, context in
            try await show(context, at: "/deliveries") { try await deliveries(request, $0) }
        }
        group.get("deliveries/:number") { _, context in
            try await show(context, at: "/deliveries") { try await delivery(try api.number(context), $0) }
        }
        group.get("panel") { _, context in
            try await show(context, at: "/panel") { frame in
                let status = try await api.status()
                var troubles: [PanelOperation] = []
                for state in [PanelOperation.State.refused, .blocked, .retry, .unknown] {
                    troubles += try await api.ledger.operations(of: nil, state: state, before: nil, limit: 20)
                }
                return PanelPage(frame: frame, panels: status.panels, troubles: troubles)
            }
        }
    }

    private func overview(_ frame: PageFrame) async throws -> OverviewPage {
        let now = api.clock.now()
        let hours = try await api.ledger.deliveriesByHour(since: now - .seconds(47 * 3600))
        return OverviewPage(
            frame: frame,
            status: try await api.status(),
            reasons: try await api.ledger.commonReasons(limit: OverviewPage.reasonsShown),
            restored: api.rules.standby != nil,
            work: try await api.workUnderWay(),
            accessTimes: try await api.ledger.accessTimes(limit: Keeper.accessTimesKept),
            deliveriesByHour: hours,
            now: now
        )
    }

    private func customers(_ request: Request, _ frame: PageFrame) async throws -> CustomersPage {
        let tiers = api.rules.rules.catalog.tiers
        let now = api.clock.now()
        let isOfBanned = request.uri.queryParameters["state"].map(String.init) == CustomersPage.banned
        var query = try api.customerQuery(request, state: isOfBanned ? nil : request.uri.queryParameters["state"])
        query.limit = Self.pageSize
        query.buyers = try api.buyers(request)
        if isOfBanned { query.bannedAt = now }
        return CustomersPage(
            frame: frame,
            query: query,
            tier: query.buyers?.tier.rawValue,
            tiers: tiers.map(\.id.rawValue),
            banned: try await api.ledger.banned(at: now),
            found: try await api.customers(query)
        )
    }

    private func customer(_ row: CustomerRow, before: HistoryMark?, _ frame: PageFrame) async throws -> CustomerPage {
        CustomerPage(
            frame: frame,
            view: try await api.view(of: row),
            inForce: try await overrides(of: row),
            isHeld: row.holdsLosses,
            tiers: api.rules.rules.catalog.tiers.map(\.id.rawValue),
            timeline: try await api.ledger.history(of: row.key, before: before, limit: Self.timelineSize)
        )
    }

    private func attention(_ request: Request, _ frame: PageFrame) async throws -> AttentionPage {
        var query = try api.customerQuery(request)
        query.state = .needsAttention
        query.search = nil
        query.limit = Self.pageSize
        let status = try await api.status()
        var unusable: [StoredDelivery] = []
        for state in StoredDelivery.State.allCases where state.isUnusable {
            let newest = try await api.ledger.deliveries(before: nil, state: state, limit: AttentionPage.rowsShown * 2)
            unusable += newest.filter { $0.acknowledgement == nil }
        }
        return AttentionPage(
            frame: frame,
            sentences: status.attention,
            heldCount: status.breaker.heldCustomers,
            deletions: try await api.ledger.dedicatedServers(
                deletionWaits: true,
                after: nil,
                limit: AttentionPage.rowsShown
            ),
            unusable: Array(unusable.prefix(AttentionPage.rowsShown)),
            query: query,
            banned: try await api.ledger.banned(at: api.clock.now()),
            found: try await api.ledger.customers(query)
        )
    }

    private func deliveries(_ request: Request, _ frame: PageFrame) async throws -> DeliveriesPage {
        let state = try api.deliveryState(request)
        let found = try await api.ledger.deliveries(
            before: try api.number(request, "before"),
            state: state,
            limit: Self.pageSize
        )
        return DeliveriesPage(frame: frame, state: state, found: found, concerned: try await api.concerned(by: found))
    }

    private func delivery(_ number: Int64, _ frame: PageFrame) async throws -> DeliveryPage {
        guard let delivery = try await api.ledger.delivery(number) else {
            throw Problem(.notFound, "There is no delivery \(number).")
        }
        return DeliveryPage(
            frame: frame,
            delivery: delivery,
            customers: try await api.ledger.customers(concernedBy: number).sorted()
        )
    }
}

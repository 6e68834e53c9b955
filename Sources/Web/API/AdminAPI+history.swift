import Entitlements
import Hummingbird
import Ledger
import Provisioning

extension AdminAPI {
    func addHistoryRoutes(to group: RouterGroup<WebContext>) {
        group.get("customers/:customer/timeline") { request, context in
            try await timeline(request, try await row(context))
        }
        group.get("audit-log") { request, _ in try await listActions(request) }
        group.post("events/:number/acknowledge") { request, context in
            let body = try JSONBody.decode(
                AcknowledgeRequest.self,
                from: try await JSONBody.collect(request),
                known: ["reason"]
            )
            return try await acknowledge(try number(context), because: body.reason, context)
        }
        group.post("events/:number/replay") { _, context in try await replay(try number(context), context) }
    }

    /// A page of a customer's history: the newest first page, each page oldest first.
    private func timeline(_ request: Request, _ row: CustomerRow) async throws -> Response {
        let size = try limit(request, usually: 200)
        var before: HistoryMark?
        if let text = request.uri.queryParameters["before"] {
            guard let mark = HistoryMark(String(text)) else {
                throw Problem(.badRequest, "before is the next of the page before.", field: "before")
            }
            before = mark
        }
        let entries = try await ledger.history(of: row.key, before: before, limit: size)
        let next = entries.count == size ? entries.last?.mark.description : nil
        return try JSONBody.response(List(entries.reversed().map(TimelineEntry.init), next: next))
    }

    private func listActions(_ request: Request) async throws -> Response {
        let size = try limit(request)
        let query = try await actionQuery(request)
        let actions = try await ledger.actions(query, before: try number(request, "before"), limit: size)
        let next = actions.count == size ? actions.last.map { "\($0.number)" } : nil
        return try JSONBody.response(List(actions.map(ActionView.init), next: next))
    }

    /// Whose decisions are asked for, and about whom; what is empty asks for nobody in particular.
    func actionQuery(_ request: Request) async throws -> ActionQuery {
        let parameters = request.uri.queryParameters
        func word(_ name: Substring) -> String? { parameters[name].flatMap { $0.isEmpty ? nil : String($0) } }
        var query = ActionQuery(author: word("author"))
        if let text = word("customer") { query.customer = try await row(matching: text, field: "customer").key }
        return query
    }

    private struct AcknowledgeRequest: Decodable {
        var reason: String
    }

    /// A delivery that cannot be used needs nobody any more; it is kept and shown as it is.
    func acknowledge(_ number: DeliveryNumber, because reason: String, _ context: WebContext) async throws -> Response {
        switch try await ledger.acknowledge(number, by: try decision(reason, context)) {
        case .notThere: throw Problem(.notFound, "There is no delivery \(number).")
        case .usable(let state):
            throw Problem(.conflict, "Delivery \(number) is \(state.word) and needs nobody.")
        case .known(let known):
            throw Problem(
                .conflict,
                "Delivery \(number) was acknowledged by \(known.author) at \(known.at.iso8601) already."
            )
        case .done: return try JSONBody.response(["status": "acknowledged"])
        }
    }

    /// Folds a delivery again; one that was refused or ignored is read anew, as by now it may be understood.
    func replay(_ number: DeliveryNumber, _ context: WebContext) async throws -> Response {
        let what = "replay delivery \(number)"
        switch try await ledger.replay(number, policy: rules.rules.fold, now: clock.now()) {
        case .notThere: throw Problem(.notFound, "There is no delivery \(number).")
        case .idTaken:
            throw Problem(
                .conflict,
                "Another delivery with the same webhook-id was applied. Let the sender send it under an id of its own."
            )
        case .forgotten: throw Problem(.conflict, "The body of delivery \(number) is no longer kept.")
        case .waiting: return try JSONBody.response(Marked(status: "waiting", customers: []), status: .accepted)
        case .queued:
            try await act(what, on: nil, context)
            arrivals.ring()
            payments?.changed.ring()
            return try JSONBody.response(Marked(status: "queued", customers: []), status: .accepted)
        case .folded(let customers):
            let concerned = customers.union(try await ledger.customers(concernedBy: number))
            return try await lookAgain(concerned, because: what, context)
        }
    }
}

/// Something that a person did.
struct ActionView: Encodable {
    var number: Int64
    var at: String
    var author: String
    var what: String
    var customer: String?
    var reason: String?

    init(_ stored: StoredAction) {
        number = stored.number
        at = stored.action.at.iso8601
        author = stored.action.author
        what = stored.action.what
        customer = stored.action.customer?.description
        reason = stored.action.reason
    }
}

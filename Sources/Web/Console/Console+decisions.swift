import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Provisioning

/// What somebody can decide about a customer on a page.
enum ConsoleDecision: String, Sendable {
    case retry, grant, hold, ban, release, end, approve, discard, postpone, replay
}

extension Console {
    func addDecisions(to group: RouterGroup<WebContext>) {
        post("customers/:customer/confirm", group) { form, _, context in try await confirm(form, context) }
        post("customers/:customer/decide", group) { form, _, context in
            let row = try await api.row(context)
            let done = try await carryOut(try decision(form), form, on: row, context)
            return leave(done, context, for: "/customers/\(segment(row.key.description))")
        }
        post("held/confirm", group) { form, _, context in try await confirmHeld(form, context) }
        post("held/decide", group) { form, _, context in
            let done = try await settleHeld(try decision(form), form, customers: nil, context)
            return leave(done, context, for: "/attention")
        }
        post("drift/:line/decide", group) { form, _, context in
            guard let decision = form["action"].flatMap(DriftDecision.init) else {
                throw Problem(.badRequest, "What differs is accepted or repaired.", field: "action")
            }
            let line = try context.parameters.require("line")
            _ = try await api.settle(decision, on: line, because: form["reason"] ?? "", context)
            let notice = decision == .accept ? "It is accepted." : "It is repaired: the panel is read anew."
            return leave(notice, context, for: "/drift")
        }
        post("deliveries/:number/confirm", group) { form, _, context in
            try await confirmReplay(try api.number(context), form, context)
        }
        post("deliveries/:number/replay", group) { _, _, context in
            let number = try api.number(context)
            _ = try await api.replay(number, context)
            let notice = "Everything that the delivery concerns is computed again."
            return leave(notice, context, for: "/deliveries/\(number)")
        }
        addServiceDecisions(to: group)
        addTrustDecisions(to: group)
    }

    /// A route that changes something: only from a page of the same session, and only for who may change things.
    func post(
        _ path: RouterPath,
        _ group: RouterGroup<WebContext>,
        _ work: @escaping @Sendable (Form, Request, WebContext) async throws -> Response
    ) {
        group.post(path) { request, context in
            let session = try session(context)
            let form = try await Form(request)
            guard form.isOf(session) else { throw Self.strangeForm }
            guard session.person.mayChange else {
                throw Problem(.forbidden, "The token \"\(session.person.name)\" may only look (role: viewer).")
            }
            do {
                guard let attempt = form["attempt"] else { return try await work(form, request, context) }
                return try await once(attempt, form, request, context, work)
            } catch var problem as Problem {
                problem.back = PageAddress(Self.wayBack(from: request)).with(typed: form).text
                throw problem
            }
        }
    }

    /// What was confirmed on one page is done once, however often its button is pressed.
    private func once(
        _ attempt: String,
        _ form: Form,
        _ request: Request,
        _ context: WebContext,
        _ work: @Sendable (Form, Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let key = "page:\(attempt)"
        let asked = [request.uri.path, form.text]
        do {
            return try await api.changes.answer(to: key, of: context.person, asking: asked) { seed in
                var context = context
                context.seed = seed
                return try await work(form, request, context)
            }
        } catch is KeyedChanges.StillUnderWay {
            return leave("It is being done.", context, for: "/")
        }
    }

    func leave(_ notice: String, _ context: WebContext, for place: String) -> Response {
        if let session = context.session { sessions.leave(notice: notice, for: session) }
        return ConsoleAnswer.redirect(to: place)
    }

    private func decision(_ form: Form) throws -> ConsoleDecision {
        guard let decision = form["action"].flatMap(ConsoleDecision.init) else {
            throw Problem(.badRequest, "There is nothing of this name to decide.", field: "action")
        }
        return decision
    }

    // MARK: Showing first

    private func confirm(_ form: Form, _ context: WebContext) async throws -> Response {
        let row = try await api.row(context)
        let address = "/customers/\(segment(row.key.description))"
        let decision = try decision(form)
        let preview = try await preview(decision, form, row)
        let isOfHeld = decision == .approve || decision == .discard
        let shown = isOfHeld ? try await api.held([row.key]).fingerprint : nil
        return try await show(context, at: "/customers") { frame in
            ConfirmPage(
                frame: frame,
                heading: row.email ?? row.key.description,
                sentence: preview.sentence,
                obstacle: preview.obstacle,
                changes: preview.changes,
                action: "\(address)/decide",
                back: address,
                button: preview.button,
                kind: preview.takesAccess ? "danger" : "",
                fields: fields(form, decision, frame, shown: shown)
            )
        }
    }

    /// What folding a delivery again would lead to: the plans of all whom it concerns.
    private func confirmReplay(_ number: DeliveryNumber, _ form: Form, _ context: WebContext) async throws -> Response {
        guard let delivery = try await api.ledger.delivery(number) else {
            throw Problem(.notFound, "There is no delivery \(number).")
        }
        var changes: [String] = []
        let concerned = try await api.ledger.customers(concernedBy: number).sorted()
        for key in concerned.prefix(Self.replayShown) {
            let row = try await api.row(matching: key.description)
            let preview = try await preview(.retry, form, row)
            let plan = preview.changes + (preview.obstacle.map { [$0] } ?? [])
            let name = row.email ?? key.description
            changes += plan.isEmpty ? ["\(name): nothing would change."] : plan.map { "\(name): \($0)" }
        }
        if delivery.state.isUnread { changes = ["What it gives or takes then cannot be told before it is read."] }
        let others = concerned.count - Self.replayShown
        if others > 0 { changes.append("… and \(others) customers more, of whom the same is computed.") }
        return try await show(context, at: "/deliveries") { frame in
            ConfirmPage(
                frame: frame,
                heading: "Delivery \(number)",
                sentence: delivery.replaySentence,
                changes: changes,
                action: "/deliveries/\(number)/replay",
                back: "/deliveries/\(number)",
                button: "Replay",
                kind: "",
                fields: fields(form, .replay, frame, shown: nil)
            )
        }
    }

    private static let replayShown = 50

    private func confirmHeld(_ form: Form, _ context: WebContext) async throws -> Response {
        let decision = try decision(form)
        let held = try await api.held()
        guard !held.isEmpty else { return leave("Nothing is held any more.", context, for: "/attention") }
        let approves = decision == .approve
        return try await show(context, at: "/attention") { frame in
            ConfirmPage(
                frame: frame,
                heading: "What is held",
                sentence: approves
                    ? "Everything below is taken away from \(held.count == 1 ? "1 customer" : "\(held.count) customers")."
                    : "Nothing below happens; its customers are put on hold for 7 days, to be settled one by one.",
                changes: Self.sentences(of: held),
                action: "/held/decide",
                back: "/attention",
                button: approves ? "Let it happen" : "Keep them as they are",
                kind: approves ? "danger" : "",
                fields: fields(form, decision, frame, shown: held.fingerprint)
            )
        }
    }

    /// Who would lose what, bounded: the approval is for all that is held, whatever is listed.
    private static func sentences(of held: [HeldCustomer]) -> [String] {
        let sentences = held.prefix(heldShown).flatMap { row in
            row.reasons.map { "\(row.email ?? row.key.description): \($0)" }
        }
        let others = held.count - heldShown
        guard others > 0 else { return sentences }
        return sentences + ["… and \(others) customers more; `paydactyl plan` lists them all."]
    }

    private static let heldShown = 200

    private func fields(_ form: Form, _ decision: ConsoleDecision, _ frame: PageFrame, shown: String?)
        -> [ConfirmPage.Field]
    {
        var fields = [
            ConfirmPage.Field(name: "form_token", value: frame.formToken),
            ConfirmPage.Field(name: "action", value: decision.rawValue),
            ConfirmPage.Field(name: "attempt", value: ChangeSeed().text),
        ]
        if let shown { fields.append(ConfirmPage.Field(name: "fingerprint", value: shown)) }
        for name in ["reason", "until", "tier", "override"] {
            if let value = form[name] { fields.append(ConfirmPage.Field(name: name, value: value)) }
        }
        return fields
    }

    // MARK: Acting, through the API

    private func carryOut(_ decision: ConsoleDecision, _ form: Form, on row: CustomerRow, _ context: WebContext)
        async throws -> String
    {
        switch decision {
        case .retry:
            _ = try await api.lookAgain([row.key], because: "retry", context)
            return "The customer is looked at again."
        case .grant, .hold, .ban:
            var body = ["customer": row.key.description, "kind": decision.rawValue, "reason": form["reason"] ?? ""]
            body["until"] = form["until"]
            if decision == .grant { body["tier"] = form["tier"] }
            _ = try await api.addOverride(try Self.request(body), context)
            return "A \(decision.rawValue) is in force."
        case .replay:
            let numbers = try await newestDeliveries(of: row)
            for number in numbers { _ = try await api.replay(number, context) }
            return numbers.isEmpty
                ? "Billing has said nothing of them." : "What billing said of them is computed again."
        case .postpone:
            let asked = AdminAPI.PostponeRequest(until: form["until"] ?? "", reason: form["reason"] ?? "")
            let made = try await api.postpone(row, asked, context)
            return made.count == 1 ? "Postponed, by 1 decision." : "Postponed, by \(made.count) decisions."
        case .release:
            for override in try await overrides(of: row) where override.word != "grant" {
                try await end(override.id, form, context)
            }
            return "Bans and holds are ended."
        case .end:
            guard let id = form["override"] else { throw Problem(.badRequest, "It does not say what to end.") }
            try await end(OverrideID(id), form, context)
            return "It is ended."
        case .approve, .discard:
            return try await settleHeld(decision, form, customers: [row.key], context)
        }
    }

    /// The newest delivery of each subscription: folding it again folds the whole subscription.
    private func newestDeliveries(of row: CustomerRow) async throws -> [DeliveryNumber] {
        var newest: [SubscriptionID?: DeliveryNumber] = [:]
        for stored in try await api.ledger.events(of: row.key, limit: 500) {
            let subscription = stored.event.subscription
            newest[subscription] = max(newest[subscription] ?? 0, stored.delivery)
        }
        return Set(newest.values).sorted()
    }

    private func end(_ id: OverrideID, _ form: Form, _ context: WebContext) async throws {
        try await api.endOverride(id, reason: form["reason"], context)
    }

    private struct HeldSelection: Encodable {
        var customers: [String]?
        /// What was shown: if something else is held by now, nothing is decided.
        var fingerprint: String?
    }

    private func settleHeld(
        _ decision: ConsoleDecision,
        _ form: Form,
        customers: Set<CustomerKey>?,
        _ context: WebContext
    ) async throws -> String {
        let body = HeldSelection(
            customers: customers?.map(\.description).sorted(),
            fingerprint: form["fingerprint"]
        )
        switch decision {
        case .approve:
            _ = try await api.approve(try Self.request(body), context)
            return "What was held happens now."
        case .discard:
            _ = try await api.discard(try Self.request(body), context)
            return "Nobody loses anything; those customers are on hold for 7 days."
        case .retry, .grant, .hold, .ban, .release, .end, .postpone, .replay:
            throw Problem(.badRequest, "What is held is approved or discarded.", field: "action")
        }
    }

    private static func request(_ body: some Encodable) throws -> Request {
        Request(
            head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/"),
            body: RequestBody(buffer: ByteBuffer(bytes: try JSONEncoder().encode(body)))
        )
    }

    func overrides(of row: CustomerRow) async throws -> [Override] {
        let now = api.clock.now()
        return try await api.ledger.file(of: row.key)?.record.overrides.filter { $0.isInForce(at: now) } ?? []
    }
}

extension StoredDelivery {
    /// What its replay is, for who is asked whether it shall be.
    fileprivate var replaySentence: String {
        guard state.isUnread else {
            return """
                \(event ?? "It") is read again as it came, and everything that it concerns is computed anew. The same word twice changes nothing.
                """
        }
        let seen = acknowledgement == nil ? "" : " That somebody has acknowledged it is forgotten."
        return """
            It was not applied when it came. It is read anew now; if it can be understood and used by this time, it is applied like a new one.\(seen)
            """
    }
}

extension StoredDelivery.State {
    /// Whether nothing that it says was ever applied.
    fileprivate var isUnread: Bool { isUnusable || self == .ignored }
}

import Entitlements
import Ledger
import Provisioning

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
    var state: String
    /// What stands in the way, is held, or needs a person.
    var reasons: [String]
    var lines: [String]

    init(_ row: CustomerRow, lines: [String]) {
        customer = row.key.description
        state = row.state.rawValue
        reasons = row.reasons
        self.lines = lines
    }
}

/// A delivery as the API shows it.
struct DeliveryView: Encodable {
    var number: Int64
    var source: String
    var id: String
    var event: String?
    /// The first of those whom it concerns.
    var customers: [String]
    var concernsMore: Bool
    var state: String
    var stale: Bool
    var note: String?
    var sentAt: String
    var receivedAt: String
    var verifiedBySecret: Int
    /// Who said that nothing is to be done about it, where it cannot be used.
    var acknowledgedBy: String?
    var acknowledgedAt: String?
    var body: String?

    /// Of a list of everybody's subscriptions, a few customers say enough.
    static let customersShown = 5

    /// `customers` are those whom it concerns, at least one more than are shown if there are more.
    init(_ delivery: StoredDelivery, customers: [CustomerKey], withBody: Bool) {
        number = delivery.number
        self.customers = customers.prefix(Self.customersShown).map(\.description)
        concernsMore = customers.count > Self.customersShown
        source = delivery.source
        id = delivery.webhookID
        event = delivery.event
        state = delivery.state.word
        stale = delivery.isStale
        note = delivery.note
        sentAt = delivery.stampedAt.iso8601
        receivedAt = delivery.receivedAt.iso8601
        verifiedBySecret = delivery.secretIndex
        acknowledgedBy = delivery.acknowledgement?.author
        acknowledgedAt = delivery.acknowledgement?.at.iso8601
        if withBody, !delivery.body.isEmpty { body = String(decoding: delivery.body, as: UTF8.self) }
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
    /// What was there before and after it, in words.
    var before: String?
    var after: String?
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
        before = operation.before?.words
        after = operation.after?.words
        state = operation.state.rawValue
        startedAt = operation.startedAt.iso8601
        finishedAt = operation.finishedAt?.iso8601
        answer = operation.answer
    }
}

/// A line of a customer's timeline: what was said, decided or done.
struct TimelineEntry: Encodable {
    var at: String
    var what: String
    var detail: String
    var delivery: Int64?
    var operation: Int64?
    /// Who decided it, if a person did.
    var author: String?
    var outcome: String?

    init(_ entry: HistoryEntry) {
        at = entry.mark.moment.iso8601
        switch entry {
        case .event(let stored):
            what = stored.event.kind.rawValue
            detail = stored.event.subscription.map { "subscription \($0)" } ?? "customer"
            delivery = stored.delivery
            outcome = stored.isStale ? "stale: it changed nothing" : nil
        case .action(let stored):
            what = stored.action.what
            detail = stored.action.reason ?? ""
            author = stored.action.author
            outcome = "by \(stored.action.author)"
        case .operation(let done):
            what = done.kind.rawValue
            detail = done.detail
            operation = done.number
            outcome = "\(done.state.rawValue)\(done.answer.map { ": \($0)" } ?? "")"
        }
    }
}

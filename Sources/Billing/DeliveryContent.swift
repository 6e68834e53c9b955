import Entitlements

/// A delivery's body as decoded, before it is put into the words of the core.
enum DeliveryContent {
    case entry(BillingEvent.Kind, DeliveryEntry)
    case snapshot(SnapshotContent)
    case payment(IdentifiedPayment)
    case unknown(eventType: String)

    init(_ fields: FieldReader) throws(DeliveryRefusal) {
        guard let type = try fields.word(.event).value, !type.isEmpty else {
            throw fields.refusal(.event, "the event type: it is required")
        }
        if type == DeliveryBody.oneOfList {
            self = .entry(.snapshot, try DeliveryEntry(fields, of: .snapshot))
            return
        }
        if type == IdentifiedPayment.event {
            self = .payment(try IdentifiedPayment(fields))
            return
        }
        switch BillingEvent.Kind(rawValue: type) {
        case .snapshot: self = .snapshot(try SnapshotContent(fields))
        case .some(let kind): self = .entry(kind, try DeliveryEntry(fields, of: kind))
        case nil: self = .unknown(eventType: type)
        }
    }
}

/// What one delivery, or one entry of a snapshot, says of a subscription or customer.
struct DeliveryEntry {
    let subscription: SubscriptionID?
    let occurredAt: WrittenDate?
    let revision: Int64?
    private let statedFacts: EventFacts
    private let paidThrough: Stated<WrittenDate>
    private let endsAt: Stated<WrittenDate>

    init(_ fields: FieldReader, of kind: BillingEvent.Kind) throws(DeliveryRefusal) {
        let stated = try fields.identifier(.subscriptionID).value.map { SubscriptionID($0) }
        subscription = kind.concernsCustomer ? nil : stated
        occurredAt = try fields.date(.occurredAt).value
        revision = try fields.integer(Int64.self, .revision).value
        paidThrough = try fields.date(.paidThrough)
        endsAt = try fields.date(.endsAt)
        statedFacts = try EventFacts(fields)
        if kind.concernsCustomer {
            guard statedFacts.customerID.value != nil else {
                throw fields.refusal(.customerID, "the customer's id: it is required")
            }
        } else if subscription == nil {
            throw fields.refusal(.subscriptionID, "the subscription's id: it is required")
        }
    }

    func facts(in calendar: BillingCalendar) -> EventFacts {
        var facts = statedFacts
        facts.paidThrough = paidThrough.map(calendar.moment)
        facts.endsAt = endsAt.map(calendar.moment)
        return facts
    }
}

/// One page of a full list.
struct SnapshotContent {
    static let maximumPages = 100_000

    let generation: String
    let page: Int
    let pages: Int
    let occurredAt: WrittenDate?
    let entries: [DeliveryEntry]
    let settings: SenderSettings?

    init(_ fields: FieldReader) throws(DeliveryRefusal) {
        guard let generation = try fields.identifier(.generation).value else {
            throw fields.refusal(.generation, "the generation's id: it is required")
        }
        guard let pages = try fields.integer(Int.self, .pages).value, (1...Self.maximumPages).contains(pages) else {
            throw fields.refusal(.pages, "an integer from 1 to \(Self.maximumPages): it is required")
        }
        guard let page = try fields.integer(Int.self, .page).value, (1...pages).contains(page) else {
            throw fields.refusal(.page, "an integer from 1 to pages: it is required")
        }
        self.generation = generation
        self.page = page
        self.pages = pages
        occurredAt = try fields.date(.occurredAt).value
        entries = try fields.objects(.subscriptions).map { (entry) throws(DeliveryRefusal) in
            try DeliveryEntry(entry, of: .snapshot)
        }
        settings = try fields.settings()
    }
}

extension EventFacts {
    /// All but the dates, which need a calendar.
    fileprivate init(_ fields: FieldReader) throws(DeliveryRefusal) {
        self.init()
        customerID = try fields.identifier(.customerID)
        email = try fields.word(.email)
        // An empty address is no address: it must not become a customer's key.
        if email.value?.isEmpty ?? false { email = .cleared }
        name = try fields.freeText(.name)
        product = try fields.identifier(.product, mayBeEmpty: true).map { ProductID($0) }
        tier = try fields.word(.tier).map { TierID($0) }
        status = try fields.word(.status).map(SenderStatus.init(word:))
        quantity = try fields.integer(Int.self, .quantity)
        reason = try fields.freeText(.reason)
        properties = try fields.properties()
    }
}

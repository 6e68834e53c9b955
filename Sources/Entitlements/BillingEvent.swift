/// One thing that a billing system said, in our own words: what happened, to which subscription, when, and which facts it states.
package struct BillingEvent: Hashable, Sendable {
    package var kind: Kind
    /// The subscription it is about; `nil` only for the `customer.*` kinds.
    package var subscription: SubscriptionID?
    package var order: EventOrder
    package var facts: EventFacts

    package init(kind: Kind, subscription: SubscriptionID?, order: EventOrder, facts: EventFacts = EventFacts()) {
        self.kind = kind
        self.subscription = subscription
        self.order = order
        self.facts = facts
    }

    /// The event types of the webhook contract.
    ///
    /// `snapshot` is one entry of a `subscriptions.snapshot` page.
    package enum Kind: String, CaseIterable, Sendable, Codable {
        case created = "subscription.created"
        case updated = "subscription.updated"
        case cancelled = "subscription.cancelled"
        case renewed = "subscription.renewed"
        case suspended = "subscription.suspended"
        case unsuspended = "subscription.unsuspended"
        case terminated = "subscription.terminated"
        case cancellationScheduled = "subscription.cancellation_scheduled"
        case cancellationWithdrawn = "subscription.cancellation_withdrawn"
        case paymentFailed = "payment.failed"
        case paymentSucceeded = "payment.succeeded"
        case paymentRefunded = "payment.refunded"
        case paymentDisputed = "payment.disputed"
        case customerUpdated = "customer.updated"
        case customerDeleted = "customer.deleted"
        case snapshot = "subscriptions.snapshot"

        /// Whether it speaks of a customer and of no subscription.
        package var concernsCustomer: Bool {
            self == .customerUpdated || self == .customerDeleted
        }
    }
}

/// The facts that an event states; what it leaves out stays as it was.
package struct EventFacts: Hashable, Sendable {
    package var customerID: Stated<String> = .unstated
    package var email: Stated<String> = .unstated
    package var name: Stated<String> = .unstated
    package var product: Stated<ProductID> = .unstated
    package var tier: Stated<TierID> = .unstated
    package var status: Stated<SenderStatus> = .unstated
    package var quantity: Stated<Int> = .unstated
    package var paidThrough: Stated<Timestamp> = .unstated
    package var endsAt: Stated<Timestamp> = .unstated
    package var reason: Stated<String> = .unstated
    /// Checkout fields by name; a `nil` value clears one, names that are missing stay.
    package var properties: [String: String?] = [:]

    package init() {}
}

/// How the sender sees the subscription.
package enum SenderStatus: Hashable, Sendable {
    case pending
    case active
    case pastDue
    case suspended
    case cancelled
    /// A word that is none of the contract's; kept for the attention that it raises.
    case unknown(String)

    /// Reads a sender's word: any spelling of *canceled*; *ended*, *expired* and *terminated* mean cancelled.
    package init(word: String) {
        switch asciiFolded(word).filter({ $0 != "-" && $0 != " " && $0 != "_" }) {
        case "pending": self = .pending
        case "active": self = .active
        case "pastdue": self = .pastDue
        case "suspended": self = .suspended
        case "cancelled", "canceled", "ended", "expired", "terminated": self = .cancelled
        default: self = .unknown(word)
        }
    }

    package var word: String {
        switch self {
        case .pending: "pending"
        case .active: "active"
        case .pastDue: "past_due"
        case .suspended: "suspended"
        case .cancelled: "cancelled"
        case .unknown(let word): word
        }
    }
}

extension SenderStatus: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(word: try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(word)
    }
}

extension EventFacts: Codable {
    private enum CodingKeys: String, CodingKey {
        case customerID = "customer_id"
        case email = "customer_email"
        case name = "customer_name"
        case product = "product_id"
        case tier, status, quantity, reason, properties
        case paidThrough = "paid_through"
        case endsAt = "ends_at"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        customerID = try container.stated(String.self, forKey: .customerID)
        email = try container.stated(String.self, forKey: .email)
        name = try container.stated(String.self, forKey: .name)
        product = try container.stated(ProductID.self, forKey: .product)
        tier = try container.stated(TierID.self, forKey: .tier)
        status = try container.stated(SenderStatus.self, forKey: .status)
        quantity = try container.stated(Int.self, forKey: .quantity)
        paidThrough = try container.stated(Timestamp.self, forKey: .paidThrough)
        endsAt = try container.stated(Timestamp.self, forKey: .endsAt)
        reason = try container.stated(String.self, forKey: .reason)
        properties = try container.decodeIfPresent([String: String?].self, forKey: .properties) ?? [:]
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(customerID, forKey: .customerID)
        try container.encode(email, forKey: .email)
        try container.encode(name, forKey: .name)
        try container.encode(product, forKey: .product)
        try container.encode(tier, forKey: .tier)
        try container.encode(status, forKey: .status)
        try container.encode(quantity, forKey: .quantity)
        try container.encode(paidThrough, forKey: .paidThrough)
        try container.encode(endsAt, forKey: .endsAt)
        try container.encode(reason, forKey: .reason)
        if !properties.isEmpty { try container.encode(properties, forKey: .properties) }
    }
}

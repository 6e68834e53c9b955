package import Entitlements

/// Figures for the status page, the metrics and the command line.
package struct LedgerSummary: Hashable, Sendable {
    package var customers: [CustomerState: Int] = [:]
    package var withAccess = 0
    package var heldCustomers = 0
    /// Customers in somebody's lane now.
    package var lanesUnderWay = 0
    /// When the next of the others is due.
    package var nextDue: Timestamp?
    /// Players' ranks, one for each target.
    package var ranks: [CustomerState: Int] = [:]
    package var ranksUnderWay = 0
    package var nextRankDue: Timestamp?
    package var subscriptions = 0
    package var ownerlessSubscriptions = 0
    /// The first few of them.
    package var ownerlessExamples: [SubscriptionID] = []
    package var deliveriesWaiting = 0
    package var oldestWaiting: Timestamp?
    /// Those that nobody has acknowledged.
    package var deliveriesRefused = 0
    package var deliveriesConflicting = 0
    /// When the oldest of each came.
    package var oldestRefused: Timestamp?
    package var oldestConflicting: Timestamp?
    /// Full lists whose pages contradict each other, since the last whole one.
    package var listsContradicting = 0
    /// Servers of customers' own whose deletion waits for a person.
    package var deletionsWaiting = 0
    package var endlessGrants = EndlessGrants()

    /// Grants in force that nothing but a person ends.
    package struct EndlessGrants: Hashable, Sendable {
        package var count = 0
        /// A few of those made first, the oldest first.
        package var oldest: [Holder] = []

        package struct Holder: Hashable, Sendable {
            package var customer: CustomerKey
            package var since: Timestamp

            package init(customer: CustomerKey, since: Timestamp) {
                self.customer = customer
                self.since = since
            }
        }

        package init() {}
    }

    package init() {}

    /// When the next customer or rank is due.
    package var nextLaneDue: Timestamp? { [nextDue, nextRankDue].compactMap(\.self).min() }

    package var totalCustomers: Int { customers.values.reduce(0, +) }
}

/// Why customers in one state have not what they should, and how many of them.
package struct CommonReason: Hashable, Sendable {
    package var state: CustomerState
    package var reason: String
    package var customers: Int

    package init(state: CustomerState, reason: String, customers: Int) {
        self.state = state
        self.reason = reason
        self.customers = customers
    }

    /// The first of a customer's reasons, up to what waits for it (`Waiting:`), which is another with each customer.
    package static func headline(of reasons: [String]) -> String? {
        reasons.first.map { reason in
            reason.firstRange(of: " Waiting: ").map { String(reason[..<$0.lowerBound]) } ?? reason
        }
    }
}

/// Which customers to list.
package struct CustomerQuery: Hashable, Sendable {
    package var state: CustomerState?
    package var search: String?
    /// Only who bought or was granted this.
    package var buyers: Buyers?
    /// Only whom a ban keeps out at this moment.
    package var bannedAt: Timestamp?
    /// The key of the last row of the page before.
    package var after: CustomerKey?
    package var limit: Int

    /// A tier, and the products that sell it.
    package struct Buyers: Hashable, Sendable {
        package var tier: TierID
        package var products: Set<ProductID>

        package init(tier: TierID, products: Set<ProductID>) {
            self.tier = tier
            self.products = products
        }
    }

    package init(
        state: CustomerState? = nil,
        search: String? = nil,
        buyers: Buyers? = nil,
        bannedAt: Timestamp? = nil,
        after: CustomerKey? = nil,
        limit: Int = 50
    ) {
        self.state = state
        self.search = search
        self.buyers = buyers
        self.bannedAt = bannedAt
        self.after = after
        self.limit = limit
    }
}

/// Which of what people did to list.
package struct ActionQuery: Hashable, Sendable {
    package var author: String?
    package var customer: CustomerKey?

    package init(author: String? = nil, customer: CustomerKey? = nil) {
        self.author = author
        self.customer = customer
    }
}

/// Which of what people decided to list.
package struct OverrideQuery: Hashable, Sendable {
    package var customer: CustomerKey?
    /// When they must be in force; `nil` for all that ever were.
    package var inForceAt: Timestamp?
    /// `grant`, `ban` or `hold`; `nil` for all.
    package var word: String?

    package init(customer: CustomerKey? = nil, inForceAt: Timestamp? = nil, word: String? = nil) {
        self.customer = customer
        self.inForceAt = inForceAt
        self.word = word
    }
}

extension Ledger {
    /// What anybody did, to whomever, before a number; the newest first.
    package func actions(before number: Int64?, limit: Int) async throws -> [StoredAction] {
        try await actions(ActionQuery(), before: number, limit: limit)
    }
}

/// A customer as lists show it.
package struct CustomerRow: Hashable, Sendable {
    /// The reason of whoever nobody has looked at since something came.
    package static let isInLine = "What came last is in line to be carried out."

    package var key: CustomerKey
    package var email: String?
    package var name: String?
    package var state: CustomerState
    package var reasons: [String]
    package var stateSince: Timestamp
    package var holdsLosses: Bool
    package var dueAt: Timestamp?
    /// When time alone changes something next, as their lane saw it last.
    package var changesAt: Timestamp?
    package var attempt: Int

    package init(
        key: CustomerKey,
        email: String?,
        name: String?,
        state: CustomerState,
        reasons: [String],
        stateSince: Timestamp,
        holdsLosses: Bool,
        dueAt: Timestamp?,
        changesAt: Timestamp?,
        attempt: Int
    ) {
        self.key = key
        self.email = email
        self.name = name
        self.state = state
        self.reasons = state == .working && reasons.isEmpty ? [Self.isInLine] : reasons
        self.stateSince = stateSince
        self.holdsLosses = holdsLosses
        self.dueAt = dueAt
        self.changesAt = changesAt
        self.attempt = attempt
    }
}

/// A customer whose losses wait for a person.
package struct HeldCustomer: Hashable, Sendable {
    package var key: CustomerKey
    package var email: String?
    /// What stands for the losses that are held.
    package var fingerprint: String
    package var reasons: [String]

    package init(key: CustomerKey, email: String?, fingerprint: String, reasons: [String]) {
        self.key = key
        self.email = email
        self.fingerprint = fingerprint
        self.reasons = reasons
    }
}

/// A reason for which customers are blocked, in the words of their lanes.
package struct Blockage: Hashable, Sendable {
    /// The code of its cause, which others with other words may share.
    package var cause: String
    package var reason: String
    package var customers: Int
    /// The e-mail of one of them, or the key where there is none.
    package var example: String
    /// Since when the first of them is blocked.
    package var since: Timestamp

    package init(cause: String, reason: String, customers: Int, example: String, since: Timestamp) {
        self.cause = cause
        self.reason = reason
        self.customers = customers
        self.example = example
        self.since = since
    }
}

/// An event as the ledger holds it.
package struct StoredEvent: Hashable, Sendable {
    package var event: BillingEvent
    package var delivery: DeliveryNumber
    package var isStale: Bool

    package init(event: BillingEvent, delivery: DeliveryNumber, isStale: Bool) {
        self.event = event
        self.delivery = delivery
        self.isStale = isStale
    }
}

/// A subscription as the ledger holds it, and who has spoken of it.
package struct KnownSubscription: Hashable, Sendable {
    package var subscription: Subscription
    /// The e-mail of the customer whose it is.
    package var customerEmail: String?
    /// The sources of its events.
    package var sources: Set<String>

    package init(subscription: Subscription, customerEmail: String?, sources: Set<String>) {
        self.subscription = subscription
        self.customerEmail = customerEmail
        self.sources = sources
    }
}

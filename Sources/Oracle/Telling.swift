/// One thing that the billing system of a story tells of one subscription.
package struct Telling: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case created = "subscription.created"
        case updated = "subscription.updated"
        case cancelled = "subscription.cancelled"
        case suspended = "subscription.suspended"
        case unsuspended = "subscription.unsuspended"
        case terminated = "subscription.terminated"
        case cancellationScheduled = "subscription.cancellation_scheduled"
        case cancellationWithdrawn = "subscription.cancellation_withdrawn"
        case paid = "payment.succeeded"
        case failed = "payment.failed"
        case refunded = "payment.refunded"
        /// An entry of a list of everything.
        case listed = "subscriptions.snapshot"
        /// Two lists in a row that left it out; nobody sends that.
        case missed
    }

    package enum Status: String, Hashable, Sendable {
        case pending, active, suspended, cancelled
        case pastDue = "past_due"
    }

    /// What is said of a date: nothing, that there is none, or which.
    package enum Date: Hashable, Sendable {
        case unsaid
        case none
        case on(Moment)
    }

    package var subscription: Int
    package var kind: Kind
    package var at: Moment
    package var revision: Int64
    /// `nil` where nothing is said of it, as of status, e-mail and player.
    package var product: String?
    package var status: Status?
    package var email: String?
    /// What the customer typed for their player's name.
    package var player: String?
    package var paidThrough: Date
    package var endsAt: Date
    /// Whether a person at the billing system did it.
    package var isByHand: Bool

    package init(
        subscription: Int,
        kind: Kind,
        at moment: Moment,
        revision: Int64,
        product: String?,
        status: Status?,
        email: String? = nil,
        player: String? = nil,
        paidThrough: Date,
        endsAt: Date,
        isByHand: Bool = false
    ) {
        self.subscription = subscription
        self.kind = kind
        self.at = moment
        self.revision = revision
        self.product = product
        self.status = status
        self.email = email
        self.player = player
        self.paidThrough = paidThrough
        self.endsAt = endsAt
        self.isByHand = isByHand
    }
}

/// One thing that the billing system of a story tells of a customer, and of no subscription.
package struct CustomerTelling: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case updated = "customer.updated"
        case deleted = "customer.deleted"
    }

    package var customer: Int
    package var kind: Kind
    package var at: Moment
    package var email: String?

    package init(customer: Int, kind: Kind, at moment: Moment, email: String?) {
        self.customer = customer
        self.kind = kind
        at = moment
        self.email = email
    }
}

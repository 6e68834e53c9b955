/// One thing that a customer bought, as all that we were told of it adds up to.
///
/// It holds no clock: what it gives at a moment is `standing(at:…)`.
package struct Subscription: Hashable, Sendable, Codable {
    package let id: SubscriptionID
    package var customerID: String?
    package var email: String?
    package var name: String?
    package var product: ProductID?
    package var tierHint: TierID?
    package var quantity = 1
    package var properties: [String: String] = [:]
    package var paidThrough: PaidThrough = .unknown
    /// The date that a cancellation names; access ends at the later of it and what is paid for.
    package var endsAt: Timestamp?
    package var term: Term = .pending
    /// The first failure that no payment has settled since.
    package var unpaid: Unpaid?
    package var refund: Refund?
    package var lastPayment: Timestamp?
    /// The last status that the sender stated or implied; a repeat of it is no change.
    package var senderStatus: SenderStatus?
    /// What a person should look at, as the last events left it.
    package var notices: Set<Notice> = []
    /// Whether a list has called it suspended or cancelled since an event last spoke of its status: what a list said, a list may take back.
    package var isStoppedByList = false
    /// Facts that are as they are only because a list said so.
    package var onlyListed: Set<ListedFact> = []

    package init(id: SubscriptionID) {
        self.id = id
    }

    /// Whose it is; `nil` until an event named a customer.
    package var customer: CustomerKey? {
        if let customerID, !customerID.isEmpty { return .id(customerID) }
        guard let email, !email.isEmpty else { return nil }
        return .folding(email: email)
    }

    /// Whether it was bought once and for all: the sender said that nothing is due again.
    package var isOneTime: Bool {
        paidThrough == .forever && term != .pending
    }

    /// When a cancellation takes effect: the later of its own date and what is paid for.
    package var effectiveEnd: Timestamp? {
        endsAt.map { max($0, paidThrough.date ?? $0) }
    }
}

/// A fact whose change can take access away.
package enum ListedFact: String, Hashable, Sendable, Codable {
    case product
    case endsAt
    case quantity
}

/// Up to when a subscription is paid for.
package enum PaidThrough: Hashable, Sendable, Codable {
    /// The sender never said.
    case unknown
    /// The sender said `null`: nothing is due again.
    case forever
    case until(Timestamp)

    package var date: Timestamp? {
        switch self {
        case .until(let date): date
        case .unknown, .forever: nil
        }
    }
}

/// What events alone say of a subscription's life; time adds the rest.
package enum Term: Hashable, Sendable, Codable {
    /// Never paid.
    case pending
    case live(since: Timestamp)
    case stopped(Stop)
}

/// Why and when a subscription stopped.
package struct Stop: Hashable, Sendable, Codable {
    package var cause: Cause
    package var at: Timestamp
    /// Whether only a list said so, and no event of its own.
    package var isInferred: Bool

    package enum Cause: String, Hashable, Sendable, Codable {
        case cancelled
        case terminated
        case endDatePassed
        /// A person at the billing system suspended it.
        case suspendedByHand
    }

    /// Whether it is an end (which an undated payment does not undo) rather than a suspension.
    package var isEnd: Bool {
        cause != .suspendedByHand
    }
}

/// The first failure that no payment has settled since.
package struct Unpaid: Hashable, Sendable, Codable {
    package var since: Timestamp
    /// What was paid for when it failed; only a later date shows that the debt is settled.
    package var dueDate: Timestamp
    /// Whether a payment failed, or the sender only called the subscription past due or suspended.
    package var isPaymentFailure: Bool
    package var isInferred: Bool
}

/// Money that went back.
package struct Refund: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable { case refund, dispute }
    package var kind: Kind
    package var at: Timestamp
}

/// Something in a subscription's events that a person should look at, or at least can read.
package enum Notice: Hashable, Comparable, Sendable, Codable {
    case unknownStatus(String)
    case dateAheadOfDelivery
    case latePaymentKeptEnded
    case undatedPaymentKeptEnded
    case undatedReturnKeptEnded
    case failureOnOneTimePurchase
    case firstPaymentFailed
    case cancellationWithoutDate

    /// They ask for the money to be given back, or for access by hand.
    static let ofMoneyThatOpenedNothing: Set<Notice> = [
        .latePaymentKeptEnded, .undatedPaymentKeptEnded, .undatedReturnKeptEnded,
    ]

    /// What it asks of a person; `nil` of those that are of no consequence.
    package func need(of id: SubscriptionID) -> Need? {
        switch self {
        case .unknownStatus(let word):
            Need(
                "Subscription \(id): the billing system calls it \"\(word)\", which is no status that we know; it keeps what it had.",
                do:
                    "Set its status there to one of pending, active, past due, suspended or cancelled, or grant or ban by hand."
            )
        case .dateAheadOfDelivery:
            Need(
                "Subscription \(id): its last event is dated more than 5 minutes after its delivery.",
                do: "Check the billing system's clock."
            )
        case .latePaymentKeptEnded:
            Need(
                "Subscription \(id) was paid, or made active again, after its end; policy.late_payment leaves it ended.",
                do: "Refund it or grant access by hand."
            )
        case .undatedPaymentKeptEnded:
            Need(
                """
                Subscription \(id) was paid after it was cancelled, by a sender that gives no dates, so the payment may be the older of the \
                two; it stays ended.
                """,
                do: "Grant access by hand if it goes on, or refund the payment."
            )
        case .undatedReturnKeptEnded:
            Need(
                "Subscription \(id) was called active after it had ended, by a sender that gives no dates, so that may be the older word; it stays ended.",
                do: "Grant access by hand if it goes on."
            )
        case .cancellationWithoutDate:
            Need(
                "Subscription \(id): a cancellation was scheduled without a date and nothing says what is paid for; it goes on until a date comes.",
                do: "Set the date in the billing system, or end the subscription there."
            )
        case .failureOnOneTimePurchase, .firstPaymentFailed: nil
        }
    }
}

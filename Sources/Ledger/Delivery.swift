package import Entitlements

/// A delivery whose signature was checked, as it is to be written down.
package struct NewDelivery: Hashable, Sendable {
    /// Who sent it, such as `paymenter`.
    package var source: String
    /// The sender's id of it (`webhook-id`), by which a repeat is known.
    package var webhookID: String
    /// The event type that it names; `nil` if it could not be read.
    package var event: String?
    package var stampedAt: Timestamp
    package var receivedAt: Timestamp
    package var body: [UInt8]
    /// Which of the configured secrets had signed it, from 0.
    package var secretIndex: Int
    package var verdict: Verdict

    package enum Verdict: Hashable, Sendable {
        /// To be folded.
        case accepted
        /// An event type that we do not know: kept and shown.
        case ignored
        /// Signed but unusable, and why: kept (bounded) for a person.
        case refused(String)
    }

    package init(
        source: String,
        webhookID: String,
        event: String?,
        stampedAt: Timestamp,
        receivedAt: Timestamp,
        body: [UInt8],
        secretIndex: Int,
        verdict: Verdict
    ) {
        self.source = source
        self.webhookID = webhookID
        self.event = event
        self.stampedAt = stampedAt
        self.receivedAt = receivedAt
        self.body = body
        self.secretIndex = secretIndex
        self.verdict = verdict
    }
}

/// What became of a delivery when it was written down.
package enum Receipt: Hashable, Sendable {
    case recorded(DeliveryNumber)
    /// The same id with the same body is there already.
    case duplicate
    /// The same id is there with another body: this one was kept apart, for a person.
    case conflicting
}

package enum DeliverySubject {}
/// A delivery's place in the ledger, ascending in the order of commits.
package typealias DeliveryNumber = Int64

/// A delivery as the ledger holds it.
package struct StoredDelivery: Hashable, Sendable {
    package enum State: Int, Hashable, Sendable, CaseIterable {
        case waiting, applied, ignored, refused, conflicting

        package var word: String {
            switch self {
            case .waiting: "waiting"
            case .applied: "applied"
            case .ignored: "ignored"
            case .refused: "refused"
            case .conflicting: "conflicting"
            }
        }

        /// Whether nothing is done with it unless a person has it read anew.
        package var isUnusable: Bool {
            switch self {
            case .refused, .conflicting: true
            case .waiting, .applied, .ignored: false
            }
        }
    }

    package var number: DeliveryNumber
    package var source: String
    package var webhookID: String
    package var event: String?
    package var stampedAt: Timestamp
    package var receivedAt: Timestamp
    package var body: [UInt8]
    package var secretIndex: Int
    package var state: State
    /// Why it was refused, or what was odd about it.
    package var note: String?
    /// Whether it changed no fact.
    package var isStale: Bool
    /// Who said that nothing is to be done about it, where it cannot be used.
    package var acknowledgement: Acknowledgement?

    package init(
        number: DeliveryNumber,
        source: String,
        webhookID: String,
        event: String?,
        stampedAt: Timestamp,
        receivedAt: Timestamp,
        body: [UInt8],
        secretIndex: Int,
        state: State,
        note: String?,
        isStale: Bool,
        acknowledgement: Acknowledgement? = nil
    ) {
        self.number = number
        self.source = source
        self.webhookID = webhookID
        self.event = event
        self.stampedAt = stampedAt
        self.receivedAt = receivedAt
        self.body = body
        self.secretIndex = secretIndex
        self.state = state
        self.note = note
        self.isStale = isStale
        self.acknowledgement = acknowledgement
    }
}

/// A person's word that a delivery which cannot be used needs nobody any more.
package struct Acknowledgement: Hashable, Sendable {
    package var author: String
    package var at: Timestamp

    package init(author: String, at: Timestamp) {
        self.author = author
        self.at = at
    }
}

/// What became of such a word.
package enum Acknowledging: Hashable, Sendable {
    case done
    case notThere
    /// It needs nobody anyway.
    case usable(StoredDelivery.State)
    /// Somebody said so before.
    case known(Acknowledgement)
}

/// A waiting delivery after decoding.
package struct UnfoldedDelivery: Hashable, Sendable {
    package var number: DeliveryNumber
    package var events: [BillingEvent]
    /// Which page of which list it is, if it is one.
    package var page: ListPage?
    /// Why it could not be decoded after all; it is then kept as refused.
    package var refusal: String?
    /// The sender's own rules, where it reports them.
    package var settings: SenderSettings?

    package init(
        number: DeliveryNumber,
        events: [BillingEvent],
        page: ListPage? = nil,
        refusal: String? = nil,
        settings: SenderSettings? = nil
    ) {
        self.settings = settings
        self.number = number
        self.events = events
        self.page = page
        self.refusal = refusal
    }
}

/// One page of a full list of a source's subscriptions.
///
/// What two complete lists in a row do not hold, and nothing was learned of meanwhile, is gone at the sender.
package struct ListPage: Hashable, Sendable {
    package var source: String
    /// Names the list that the page belongs to.
    package var generation: String
    /// From 1 to `pages`.
    package var page: Int
    package var pages: Int
    /// The earliest moment at which its sender may have read it.
    package var beganAt: Timestamp

    package init(source: String, generation: String, page: Int, pages: Int, beganAt: Timestamp) {
        self.source = source
        self.generation = generation
        self.page = page
        self.pages = pages
        self.beganAt = beganAt
    }
}

package import Entitlements

/// The right to work on one customer, for a time; every write under it is refused once somebody else has claimed the customer.
package struct Claim: Hashable, Sendable {
    package var customer: CustomerKey
    /// Grows with every claim of this customer; a write with an older number is refused.
    package var fence: Int64
    /// How often the customer had been marked when it was claimed; marks that come later make it due again.
    package var mark: Int64
    /// Failed tries so far.
    package var attempt: Int
    /// Since when it has been tried; success, or merely waiting for a moment, ends the count.
    package var workingSince: Timestamp
    package var priority: LanePriority
    /// Whether the panel is to be read whatever was seen there last: an audit saw something else, or it was long ago.
    package var mustLook: Bool

    package init(
        customer: CustomerKey,
        fence: Int64,
        mark: Int64,
        attempt: Int,
        workingSince: Timestamp,
        priority: LanePriority,
        mustLook: Bool = false
    ) {
        self.mustLook = mustLook || priority == .audit
        self.customer = customer
        self.fence = fence
        self.mark = mark
        self.attempt = attempt
        self.workingSince = workingSince
        self.priority = priority
    }
}

/// Who goes first when many customers are due.
package enum LanePriority: Int, Hashable, Comparable, Sendable, CaseIterable {
    case newlyPaid, restore, revocation, change, audit

    package static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Where a customer stands; each state but the first has its reasons in plain words.
package enum CustomerState: String, Hashable, Sendable, CaseIterable {
    case converged
    case working
    case blocked
    case needsAttention = "needs_attention"
}

/// How a customer is left when its lane is given back.
package struct LaneOutcome: Hashable, Sendable {
    package var state: CustomerState
    package var reasons: [String]
    /// What those of the reasons are about that stand in the way.
    package var causes: [String: BlockCause]
    /// The losses that are held for a person, so that an approval is for exactly what was shown; `nil` if none is.
    package var heldFingerprint: String?
    /// The losses that wait, for a person or for a moment, as others' lanes are to count them.
    package var awaited: [AwaitedLoss]
    /// Whether not all losses could be looked at, so that what is held, approved and awaited is left as it was.
    package var leavesLosses: Bool
    /// Whether the customer should have access at all; `nil` leaves this, and all losses, as they were.
    package var hasAccess: Bool?
    /// When to look again; `nil` when only an event can change anything.
    package var dueAt: Timestamp?
    /// When time alone changes something next, whatever is to be tried again before.
    package var changesAt: Timestamp?
    /// How urgent that is, if nothing is marked before.
    package var dueAs: LanePriority
    package var attempt: Int
    /// How long a new payer waited, if this pass gave them the last of what they bought; kept unless another pass is due at once.
    package var waited: Duration?

    package init(
        state: CustomerState,
        reasons: [String] = [],
        causes: [String: BlockCause] = [:],
        heldFingerprint: String? = nil,
        awaited: [AwaitedLoss] = [],
        leavesLosses: Bool = false,
        hasAccess: Bool?,
        dueAt: Timestamp? = nil,
        changesAt: Timestamp? = nil,
        dueAs: LanePriority = .audit,
        attempt: Int = 0
    ) {
        self.state = state
        self.reasons = reasons
        self.causes = causes
        self.heldFingerprint = heldFingerprint
        self.awaited = awaited
        self.leavesLosses = leavesLosses
        self.hasAccess = hasAccess
        self.dueAt = dueAt
        self.changesAt = changesAt
        self.dueAs = dueAs
        self.attempt = attempt
    }
}

/// All that the ledger holds of a customer, for one run of its lane.
package struct CustomerFile: Hashable, Sendable {
    package var record: CustomerRecord
    package var links: [PanelName: AccountLink]
    package var grants: [Grant]
    /// The customer's own servers, by slot.
    package var dedicated: [DedicatedServer] = []
    /// Subscriptions of this customer whose servers are another customer's still.
    package var dedicatedElsewhere: [SubscriptionID: CustomerKey] = [:]
    /// Places of servers that a person keeps empty: none is made there.
    package var dedicatedLeft: Set<DedicatedSlot> = []
    /// Operations whose outcome is not known; looked into before anything new is tried.
    package var unsettled: [PanelOperation]
    /// What a person allowed to be taken away, as the fingerprint of what was shown.
    package var approvedFingerprint: String?
    /// Rows that a person wants back as they were, each with the rollback that it belongs to.
    package var waysBack: [WaitingStep]
    /// The losses that an earlier run left waiting.
    package var awaited: [AwaitedLoss]
    /// The shares in players' ranks; those without perks are still being taken back.
    package var ranks: [CustomerRank]
    /// The players to whom the customer's ban extends.
    package var bannedPlayers: Set<PlayerName>
    /// Whether the ban extends to more, whose names were forgotten with the customer.
    package var hasHiddenBans = false

    package init(
        record: CustomerRecord,
        links: [PanelName: AccountLink] = [:],
        grants: [Grant] = [],
        unsettled: [PanelOperation] = [],
        approvedFingerprint: String? = nil,
        waysBack: [WaitingStep] = [],
        awaited: [AwaitedLoss] = [],
        ranks: [CustomerRank] = [],
        bannedPlayers: Set<PlayerName> = []
    ) {
        self.record = record
        self.links = links
        self.grants = grants
        self.unsettled = unsettled
        self.approvedFingerprint = approvedFingerprint
        self.waysBack = waysBack
        self.awaited = awaited
        self.ranks = ranks
        self.bannedPlayers = bannedPlayers
    }
}

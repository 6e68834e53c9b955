package import Entitlements

/// The right to work on one player's rank on one target, for a time; as a customer's `Claim`.
package struct RankClaim: Hashable, Sendable {
    package var key: RankKey
    package var fence: Int64
    package var mark: Int64
    /// Failed tries so far.
    package var attempt: Int
    package var workingSince: Timestamp
    package var priority: LanePriority

    package init(
        key: RankKey,
        fence: Int64,
        mark: Int64,
        attempt: Int,
        workingSince: Timestamp,
        priority: LanePriority
    ) {
        self.key = key
        self.fence = fence
        self.mark = mark
        self.attempt = attempt
        self.workingSince = workingSince
        self.priority = priority
    }
}

/// All that the ledger holds of one player on one target, for one run of its lane.
package struct RankFile: Hashable, Sendable {
    package var situation: RankSituation
    /// Commands whose answer was lost.
    package var unsettled: [PanelOperation]

    package init(situation: RankSituation, unsettled: [PanelOperation] = []) {
        self.situation = situation
        self.unsettled = unsettled
    }
}

/// What is written in one commit while a player's rank is worked on.
package struct RankWrite: Hashable, Sendable {
    package var record: RankRecord
    /// Commands that are about to be sent; until an outcome is written, their answers count as lost.
    package var intents: [PanelOperation] = []
    package var outcomes: [PanelOperation] = []

    package init(record: RankRecord) {
        self.record = record
    }
}

/// How a player's rank is left when its lane is given back.
package struct RankOutcome: Hashable, Sendable {
    package var state: CustomerState
    package var reasons: [String]
    package var dueAt: Timestamp?
    package var attempt: Int
    /// Whether everything was sent, so that nothing waits to be sent once more.
    package var isSent: Bool

    package init(
        state: CustomerState,
        reasons: [String] = [],
        dueAt: Timestamp? = nil,
        attempt: Int = 0,
        isSent: Bool = false
    ) {
        self.state = state
        self.reasons = reasons
        self.dueAt = dueAt
        self.attempt = attempt
        self.isSent = isSent
    }
}

/// Where a player's rank stands.
package struct RankStanding: Hashable, Sendable {
    package var record: RankRecord
    package var state: CustomerState
    package var reasons: [String]

    package init(record: RankRecord, state: CustomerState, reasons: [String]) {
        self.record = record
        self.state = state
        self.reasons = reasons
    }
}

/// A customer's share in a player's rank, and where that stands.
package struct CustomerRank: Hashable, Sendable {
    package var share: RankShare
    /// `nil` while nothing was ever to be sent.
    package var standing: RankStanding?

    package init(share: RankShare, standing: RankStanding?) {
        self.share = share
        self.standing = standing
    }
}

/// How many ranks a target keeps, and how many of them wait.
package struct RankCount: Hashable, Sendable {
    package var total: Int
    /// Not yet sent, or to be sent again.
    package var waiting: Int
    /// Of a re-grant that a person asked for, the ones still to be sent.
    package var regranting: Int

    package init(total: Int, waiting: Int, regranting: Int) {
        self.total = total
        self.waiting = waiting
        self.regranting = regranting
    }
}

/// Which of a subscription's own servers it is; it never becomes another's.
package struct DedicatedSlot: Hashable, Comparable, Sendable, Codable {
    package let subscription: SubscriptionID
    package let panel: PanelName
    /// From 1; more than one if the subscription's quantity is.
    package let number: Int

    package init(subscription: SubscriptionID, panel: PanelName, number: Int = 1) {
        self.subscription = subscription
        self.panel = panel
        self.number = number
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.panel, left.subscription, left.number) < (right.panel, right.subscription, right.number)
    }
}

/// A server of a customer's own: what was asked of the panel, and what was last seen there.
package struct DedicatedServer: Hashable, Sendable, Codable {
    package let slot: DedicatedSlot
    /// The external id by which the panel knows it.
    package var externalID: String
    /// Which product of which tier it is for.
    package var reason: GrantReason
    /// What was asked for last: only what differs from it is ever changed, so that what people change by hand stays.
    package var asked: DedicatedRequest
    /// The panel's user id of the account that it was last given to.
    package var owner: Int
    package var origin: Origin
    /// As last read; `nil` while a reading is due.
    package var observed: DedicatedSighting?
    /// Since when the panel has been busy with it; `nil` while it is not.
    package var busySince: Timestamp?
    /// Since when its told loss waits for the other half of a change.
    package var losingSince: Timestamp?
    /// Since when we keep it suspended; `nil` if we do not, also where people suspended it by hand.
    package var suspendedAt: Timestamp?
    /// When what it was bought with had ended and it was suspended; its deletion counts from here.
    package var endedAt: Timestamp?
    /// Since when its deletion is due and waits for a person.
    package var deletionWaitsSince: Timestamp?
    /// The person who allowed the deletion that waits; the ledger alone sets it.
    package var deletionConfirmedBy: String?
    /// When a reading first said that the panel has no such server.
    package var missedAt: Timestamp?

    package init(
        slot: DedicatedSlot,
        externalID: String,
        reason: GrantReason,
        asked: DedicatedRequest,
        owner: Int,
        origin: Origin
    ) {
        self.slot = slot
        self.externalID = externalID
        self.reason = reason
        self.asked = asked
        self.owner = owner
        self.origin = origin
    }

    /// How the panel's server came, or is to come, to be this one.
    package enum Origin: Hashable, Sendable, Codable {
        /// It was asked for, and what came of it is not known yet.
        case asked(DedicatedCreation)
        /// A person said that this server of the panel is the one; it has not our external id yet.
        case adopting(PanelIdentity, changesOwner: Bool)
        case known(PanelIdentity)
        /// A person took it out of our hands; nothing is done to it any more but to take our external id off it.
        case leaving(PanelIdentity)
    }

    package var identity: PanelIdentity? {
        switch origin {
        case .asked: nil
        case .adopting(let identity, _), .known(let identity), .leaving(let identity): identity
        }
    }

    /// Whether it is in a person's hands from now on.
    package var isLeaving: Bool {
        switch origin {
        case .leaving: true
        case .asked, .adopting, .known: false
        }
    }

    package var panelServer: PanelServerID? {
        identity.map { PanelServerID(panel: slot.panel, number: $0.number) }
    }

    /// As people know it.
    package var name: String { observed?.name ?? asked.name }

    /// Without the confirmation, which a person may give while a lane has the rest in its hands.
    private enum CodingKeys: String, CodingKey {
        case slot, externalID, reason, asked, owner, origin, observed, losingSince, suspendedAt, endedAt
        case deletionWaitsSince, missedAt
    }
}

/// The id and uuid that a panel gave a server, which are its identity only together.
package struct PanelIdentity: Hashable, Sendable, Codable {
    package var number: Int
    package var uuid: String

    package init(number: Int, uuid: String) {
        self.number = number
        self.uuid = uuid
    }
}

/// A server that was asked for without an answer that can be relied on.
package struct DedicatedCreation: Hashable, Sendable, Codable {
    package var askedAt: Timestamp
    package var lastLook: Look?

    package struct Look: Hashable, Sendable, Codable {
        package var at: Timestamp
        package var found: PanelIdentity?
    }

    /// How long after a request the panel may still take back what it made: it waits up to 15 seconds for Wings
    /// (`config/pterodactyl.php:80`) and then removes the row (`ServerCreationService.php:100`).
    package static let rollbackBorne: Duration = .seconds(20)

    package init(askedAt: Timestamp) {
        self.askedAt = askedAt
    }

    package enum Conclusion: Hashable, Sendable {
        case lookAgain(at: Timestamp)
        case found(PanelIdentity)
        case absent
    }

    /// What a look by the external id says: twice the same, the second time when the panel takes nothing back any more.
    package mutating func conclude(from found: PanelIdentity?, now: Timestamp) -> Conclusion {
        let settledAt = askedAt + Self.rollbackBorne
        guard let before = lastLook, before.found == found, now >= settledAt else {
            lastLook = Look(at: now, found: found)
            return .lookAgain(at: max(settledAt, now + .seconds(2)))
        }
        return found.map { .found($0) } ?? .absent
    }
}

/// A server of a customer's own as it was last read from its panel.
package struct DedicatedSighting: Hashable, Sendable, Codable {
    package var name: String
    package var owner: Int
    package var isSuspended: Bool
    package var activity: Activity
    package var limits: DedicatedLimits
    package var features: DedicatedFeatures

    /// What is under way with it besides a suspension.
    package enum Activity: String, Hashable, Sendable, Codable {
        case none
        case installing
        case installFailed = "install_failed"
        case restoringBackup = "restoring_backup"
        case other

        /// A suspension would overwrite it, and lifting that would leave it as if it had ended (recording
        /// `app-servers-suspend-while-installing`).
        var mustEndFirst: Bool {
            switch self {
            case .installing, .restoringBackup, .other: true
            case .none, .installFailed: false
            }
        }
    }

    /// For people.
    package var words: String {
        """
        \(name), owner user \(owner), \(isSuspended ? "suspended" : "not suspended"), memory \(limits.memory), swap \(limits.swap), disk \
        \(limits.disk), io \(limits.io), cpu \(limits.cpu), databases \(features.databases), backups \(features.backups), allocations \
        \(features.allocations)
        """
    }

    package init(
        name: String,
        owner: Int,
        isSuspended: Bool,
        activity: Activity,
        limits: DedicatedLimits,
        features: DedicatedFeatures
    ) {
        self.name = name
        self.owner = owner
        self.isSuspended = isSuspended
        self.activity = activity
        self.limits = limits
        self.features = features
    }
}

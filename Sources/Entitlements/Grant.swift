/// What we gave an account on one server, and what was there without us.
package struct Grant: Hashable, Sendable, Codable {
    package var server: PanelServerID
    package var serverUUID: String
    /// What we give now, and why; empty once all of it was taken back.
    package var reasons: [GrantReason: Set<Permission>] = [:]
    /// Every permission that we ever gave this account here: such a one is never mistaken for hand-made.
    package var everGranted: Set<Permission> = []
    /// What people gave by hand; `nil` if without us there would be no subuser at all.
    package var handMade: Set<Permission>?
    package var observed: ObservedRow = .unread {
        didSet { confirmLeaving() }
    }
    /// What we took back and have not yet seen gone: as a plan is written down before it is tried, this is what its failure leaves to do.
    package var leaving: Set<Permission> = []
    /// Permissions whose loss is noticed but waits, each since when.
    package var losing: [Permission: Timestamp] = [:]

    package init(server: PanelServerID, serverUUID: String) {
        self.server = server
        self.serverUUID = serverUUID
    }

    /// All that we give now.
    package var permissions: Set<Permission> {
        reasons.values.reduce([]) { $0.union($1) }
    }

    /// Whether we give something here, or took something back and have not yet seen it gone.
    package var isActive: Bool { !reasons.isEmpty || !leaving.isEmpty }

    /// Records what is to go; `staying` is the row as it shall be, `nil` if there shall be none.
    mutating func leave(beyond staying: Set<Permission>?, given: Set<Permission>) {
        leaving = leaving.union(given).subtracting(staying ?? [])
        confirmLeaving()
    }

    /// Counts as given by hand what a person said shall stay.
    package mutating func acceptByHand(_ permissions: Set<Permission>) {
        handMade = (handMade ?? []).union(permissions)
        leaving.subtract(permissions)
    }

    /// Has taken away again what we once gave and somebody gave back by hand; the row is read before.
    package mutating func takeBack(_ permissions: Set<Permission>) {
        leaving.formUnion(permissions.intersection(everGranted).subtracting(self.permissions))
        observed = .unread
    }

    /// The same, with every reason that now gives something which is there already: what several reasons give is lost as cautiously as the
    /// most cautious of them asks, also if the last of them came while nothing could be changed.
    package func withReasons(of desired: DesiredServer?) -> Grant {
        var grant = self
        for (reason, permissions) in desired?.reasons ?? [:] {
            let held = permissions.intersection(self.permissions)
            if !held.isEmpty { grant.reasons[reason, default: []].formUnion(held) }
        }
        return grant
    }

    private mutating func confirmLeaving() {
        switch observed {
        case .unread: break
        case .absent: leaving = []
        case .present(let row): leaving.formIntersection(row)
        }
    }
}

/// A subuser row as last read from the panel.
package enum ObservedRow: Hashable, Sendable, Codable {
    case unread
    case absent
    case present(Set<Permission>)

    package var permissions: Set<Permission>? {
        switch self {
        case .unread, .absent: nil
        case .present(let permissions): permissions
        }
    }
}

/// How sure a loss is, from the surest to the one that asks for most caution.
package enum LossKind: Int, Hashable, Comparable, Sendable, Codable {
    /// A person decided it: applied at once.
    case decided
    /// An event said so, or a grace of its own ran out: applied after `policy.settle`, unless `Decision.isAtOnce(lossOf:)`.
    case told
    /// Nobody said so; it follows from silence or from a list: as `told`, within narrower bounds of the breaker.
    case inferred
    /// The configuration changed or a server left its group: held for a person.
    case configuration

    package static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension Decision {
    /// Why a reason for access that once held does not hold any more; `nil` if what it gave is to be kept.
    package func loss(of reason: GrantReason) -> LossKind? {
        if isBanned { return .decided }
        if isDeleted { return .told }
        switch reason.source {
        case .override(let id):
            let isInForce = tierless.contains(id) || entitlements.contains { $0.source == .override(id) }
            return isInForce ? .configuration : .decided
        case .subscription(let id):
            if unmapped.contains(id) { return nil }
            guard let standing = standings[id] else { return .told }
            guard standing.givesAccess else {
                return endedByTerms.contains(id) ? .configuration : standing.lossKind
            }
            guard let now = entitlements.first(where: { $0.source == .subscription(id) }) else { return .told }
            // A configuration moves products between tiers; another product, or another tier by its name, is the sender's word.
            // Without a product nobody else could have named it, also where that was not noted yet.
            let wasNamed = reason.isNamedBySender ?? (reason.product == nil)
            let isSendersWord = now.product != reason.product || now.isNamedBySender && wasNamed
            guard now.tier != reason.tier, isSendersWord else { return .configuration }
            return now.isInferred ? .inferred : .told
        }
    }

    /// Whether nothing can follow that makes up for a loss, so that it need not settle: billing closed the subscription or the customer.
    ///
    /// The breaker counts it all the same. Programs terminate by their clock, and may do it to everybody.
    package func isAtOnce(lossOf reason: GrantReason) -> Bool {
        if isDeleted { return true }
        guard case .subscription(let id) = reason.source, case .ended(.terminated, _, _) = standings[id] else {
            return false
        }
        return true
    }

    /// Whether only the passing of time ended a reason for access, so that a wrong clock could have.
    package func isTimed(lossOf reason: GrantReason) -> Bool {
        if isBanned || isDeleted { return false }
        switch reason.source {
        case .override(let id):
            return expired.contains(id)
        case .subscription(let id):
            switch standings[id] {
            case .suspended(.graceOver, _, _), .ended(.endDatePassed, _, _), .lapsed: return true
            case .suspended, .ended, .pending, .active, .cancelling, .pastDue, .unheard, nil: return false
            }
        }
    }
}

extension Standing {
    fileprivate var lossKind: LossKind {
        switch self {
        case .suspended(_, _, isInferred: true), .ended(_, _, isInferred: true): .inferred
        case .suspended(.byHand, _, _): .decided
        case .suspended, .ended, .lapsed, .pending, .active, .cancelling, .pastDue, .unheard: .told
        }
    }
}

/// A loss that no person decided and that has not happened yet, as the lanes of all customers count it.
package struct AwaitedLoss: Hashable, Sendable {
    /// Told or inferred; the other kinds are not counted.
    package var kind: LossKind
    /// When the latest of what is to go was noticed.
    package var noticedAt: Timestamp
    /// Whether it waits for a person; once it does, time alone does not let it through.
    package var isHeld: Bool

    package init(kind: LossKind, noticedAt: Timestamp, isHeld: Bool) {
        self.kind = kind
        self.noticedAt = noticedAt
        self.isHeld = isHeld
    }
}

/// Who lost access lately, or is about to, without a person's decision; the customer in question is among them.
package struct LossCensus: Hashable, Sendable {
    package struct Count: Hashable, Sendable {
        package var losing: Int
        /// Those who have access, and those of the losing who had it before.
        package var hadAccess: Int

        package init(losing: Int, hadAccess: Int) {
            self.losing = losing
            self.hadAccess = hadAccess
        }

        fileprivate var share: Double { Double(losing) / Double(max(hadAccess, 1)) }
    }

    /// All within `breaker.window`.
    package var all: Count
    /// Those inferred within `BreakerPolicy.inferredWindow`.
    package var inferred: Count
    /// Whether everybody who was due when the loss was noticed has been looked at since: what one cause takes from many is only then known.
    package var isComplete: Bool

    package init(all: Count, inferred: Count, isComplete: Bool) {
        self.all = all
        self.inferred = inferred
        self.isComplete = isComplete
    }
}

/// What may happen now to one customer's losses that no person decided.
package struct LossGate: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// It is not known yet how many others the same cause concerns.
        case wait
        case go
        /// Only a person lets it through.
        case hold
    }

    package var told: Verdict
    package var inferred: Verdict

    package init(told: Verdict, inferred: Verdict) {
        self.told = told
        self.inferred = inferred
    }

    /// For a loss that is noticed now: it has to be written down where other customers' lanes can count it.
    package static let unannounced = LossGate(told: .wait, inferred: .wait)
    package static let open = LossGate(told: .go, inferred: .go)

    /// Decides over the losses that were written down before.
    ///
    /// All that waits is counted together, so that what one cause takes from too many is held whole, before its first revocation.
    package init(_ awaited: [AwaitedLoss], census: LossCensus, policy: BreakerPolicy) {
        func verdict(_ kind: LossKind, isBeyond: Bool) -> Verdict {
            guard let loss = awaited.first(where: { $0.kind == kind }) else { return .wait }
            if loss.isHeld { return .hold }
            guard census.isComplete else { return .wait }
            return isBeyond ? .hold : .go
        }
        told = verdict(
            .told,
            isBeyond: census.all.losing > policy.maxCustomers && census.all.share > policy.maxShare
        )
        inferred = verdict(
            .inferred,
            isBeyond: census.inferred.losing > policy.maxCustomers || census.inferred.share > policy.maxShare
        )
    }

    /// The same, but nothing goes yet; what is held stays held.
    package var delayed: LossGate {
        LossGate(told: told == .go ? .wait : told, inferred: inferred == .go ? .wait : inferred)
    }

    func verdict(on kind: LossKind) -> Verdict {
        switch kind {
        case .decided: .go
        case .told: told
        case .inferred: inferred
        case .configuration: .hold
        }
    }
}

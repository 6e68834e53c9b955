/// Where a subscription stands at a moment.
package enum Standing: Hashable, Sendable, Codable {
    /// Never paid.
    case pending
    case active
    /// Cancelled, but paid for (or promised) until then.
    case cancelling(until: Timestamp)
    /// A payment is missing; access goes on until `graceEnds`.
    case pastDue(since: Timestamp, graceEnds: Timestamp, isInferred: Bool)
    /// As `pastDue` with grace run out, but only by our own inference while billing is silent: access goes on and a person is asked.
    case unheard(since: Timestamp)
    case suspended(Suspension, since: Timestamp, isInferred: Bool)
    case ended(Stop.Cause, at: Timestamp, isInferred: Bool)
    /// The time that a one-time purchase lasts is over.
    case lapsed(at: Timestamp)

    package enum Suspension: String, Hashable, Sendable, Codable {
        case graceOver
        case byHand
        case refunded
        case disputed
    }

    package var givesAccess: Bool {
        switch self {
        case .active, .cancelling, .pastDue, .unheard: true
        case .pending, .suspended, .ended, .lapsed: false
        }
    }

    package var isUnheard: Bool {
        if case .unheard = self { true } else { false }
    }

    /// The word for it in the API and on pages.
    package var word: String {
        switch self {
        case .pending: "pending"
        case .active: "active"
        case .cancelling: "cancelling"
        case .pastDue, .unheard: "past_due"
        case .suspended: "suspended"
        case .ended, .lapsed: "ended"
        }
    }
}

/// A standing, and when it changes if nothing more is heard.
package struct Outlook: Hashable, Sendable {
    package var standing: Standing
    package var changesAt: Timestamp?
}

/// The policy as it holds for one tier.
package struct TermPolicy: Hashable, Sendable, Codable {
    package var grace: Duration
    package var onRefund: RefundPolicy
    package var lasts: Duration?

    package init(_ policy: Policy, tier: Tier?) {
        grace = tier?.gracePeriod ?? policy.gracePeriod
        onRefund = tier?.onRefund ?? policy.onRefund
        lasts = tier?.lasts
    }
}

extension Subscription {
    /// Where it stands at `now`.
    ///
    /// `billingHeardAt` is when the billing system was last heard at all: a date that passed while it was silent proves nothing.
    package func outlook(at now: Timestamp, policy: TermPolicy, billingHeardAt: Timestamp?) -> Outlook {
        switch term {
        case .pending:
            return Outlook(standing: .pending)
        case .stopped(let stop):
            return Outlook(standing: stop.standing)
        case .live(let since):
            if let gone = refundStanding(policy: policy) { return Outlook(standing: gone) }
            if let lapse = lapseDate(since: since, policy: policy) {
                if lapse <= now { return Outlook(standing: .lapsed(at: lapse)) }
                return paying(at: now, policy: policy, billingHeardAt: billingHeardAt).earlier(of: lapse)
            }
            return paying(at: now, policy: policy, billingHeardAt: billingHeardAt)
        }
    }

    /// When what it gives ends if nothing more is heard, given where it stands.
    package func accessEnd(as standing: Standing, policy: TermPolicy) -> AccessEnd {
        switch standing {
        case .unheard: return .open
        case .cancelling(let until): return .at(until)
        case .pastDue(_, let graceEnds, _): return .at(min(graceEnds, effectiveEnd ?? graceEnds))
        case .active, .pending, .suspended, .ended, .lapsed:
            if case .live(let since) = term, let lapse = lapseDate(since: since, policy: policy) { return .at(lapse) }
            return paidThrough.date.map { .at($0 + policy.grace) } ?? .never
        }
    }

    private func refundStanding(policy: TermPolicy) -> Standing? {
        guard let refund else { return nil }
        switch policy.onRefund {
        case .keep: return nil
        case .end: return .ended(.cancelled, at: refund.at, isInferred: false)
        case .suspend:
            return .suspended(refund.kind == .refund ? .refunded : .disputed, since: refund.at, isInferred: false)
        }
    }

    /// When a one-time purchase has lasted; every payment buys the time anew, or a payer who is early would lose what was bought.
    private func lapseDate(since: Timestamp, policy: TermPolicy) -> Timestamp? {
        guard let lasts = policy.lasts, paidThrough.date == nil else { return nil }
        return max(since, lastPayment ?? since) + lasts
    }

    private func paying(at now: Timestamp, policy: TermPolicy, billingHeardAt: Timestamp?) -> Outlook {
        if let end = effectiveEnd {
            if end <= now {
                let isInferred = onlyListed.contains(.endsAt)
                return Outlook(standing: .ended(.endDatePassed, at: end, isInferred: isInferred))
            }
            guard let debt = unpaid else { return Outlook(standing: .cancelling(until: end), changesAt: end) }
            return pastDue(debt, at: now, policy: policy).earlier(of: end)
        }
        if let debt = unpaid { return pastDue(debt, at: now, policy: policy) }
        guard let due = paidThrough.date else { return Outlook(standing: .active) }
        guard due <= now else { return Outlook(standing: .active, changesAt: due) }
        return inferredPastDue(since: due, at: now, policy: policy, billingHeardAt: billingHeardAt)
    }

    private func pastDue(_ debt: Unpaid, at now: Timestamp, policy: TermPolicy) -> Outlook {
        let graceEnds = max(debt.since, paidThrough.date ?? debt.since) + policy.grace
        guard graceEnds > now else {
            return Outlook(standing: .suspended(.graceOver, since: graceEnds, isInferred: debt.isInferred))
        }
        return Outlook(
            standing: .pastDue(since: debt.since, graceEnds: graceEnds, isInferred: debt.isInferred),
            changesAt: graceEnds
        )
    }

    private func inferredPastDue(
        since due: Timestamp,
        at now: Timestamp,
        policy: TermPolicy,
        billingHeardAt: Timestamp?
    ) -> Outlook {
        let graceEnds = due + policy.grace
        guard graceEnds <= now else {
            return Outlook(standing: .pastDue(since: due, graceEnds: graceEnds, isInferred: true), changesAt: graceEnds)
        }
        guard let billingHeardAt, billingHeardAt > due else { return Outlook(standing: .unheard(since: due)) }
        return Outlook(standing: .suspended(.graceOver, since: graceEnds, isInferred: true))
    }
}

extension Outlook {
    fileprivate func earlier(of moment: Timestamp) -> Outlook {
        Outlook(standing: standing, changesAt: min(changesAt ?? moment, moment))
    }
}

extension Stop {
    fileprivate var standing: Standing {
        switch cause {
        case .suspendedByHand: .suspended(.byHand, since: at, isInferred: isInferred)
        case .cancelled, .terminated, .endDatePassed: .ended(cause, at: at, isInferred: isInferred)
        }
    }
}

/// What money says of a subscription: payments, failures, refunds, disputes.
extension Subscription {
    /// *Active* clears past due only with a date later than the one that was unpaid.
    mutating func settleDebtIfPaid() {
        guard let debt = unpaid else { return }
        switch paidThrough {
        case .forever: unpaid = nil
        case .until(let date) where date > debt.dueDate: unpaid = nil
        case .until, .unknown: break
        }
    }

    mutating func recordPayment(_ event: BillingEvent, policy: FoldPolicy) {
        let moment = event.order.moment
        lastPayment = moment
        let terms = policy.terms(of: self)
        if refund != nil, terms.endsOnRefund ?? false, !terms.reopensOnLatePayment {
            notices.insert(.latePaymentKeptEnded)
            return
        }
        refund = nil
        if case .stopped(let stop) = term, stop.isEnd {
            if event.order.isUndated {
                notices.insert(.undatedPaymentKeptEnded)
                return
            }
            if !terms.reopensOnLatePayment {
                notices.insert(.latePaymentKeptEnded)
                return
            }
            if !event.facts.endsAt.isStated { endsAt = nil }
        }
        unpaid = nil
        if let endsAt, endsAt <= moment { self.endsAt = nil }
        if !event.facts.paidThrough.isStated, let date = paidThrough.date, date <= moment { paidThrough = .unknown }
        switch term {
        case .pending, .stopped: activate(event)
        case .live: break
        }
        hear(event.facts.status.value ?? .active, inList: false)
    }

    mutating func recordFailure(at moment: Timestamp, isPaymentFailure: Bool, isInferred: Bool) {
        switch term {
        case .pending:
            if isPaymentFailure { notices.insert(.firstPaymentFailed) }
        case .live:
            addDebt(since: moment, isPaymentFailure: isPaymentFailure, isInferred: isInferred)
        case .stopped(let stop):
            // Money says the same while a hand holds it; a status of that time only repeats the hand.
            if !stop.isEnd, isPaymentFailure {
                addDebt(since: moment, isPaymentFailure: true, isInferred: isInferred)
            }
        }
    }

    private mutating func addDebt(since moment: Timestamp, isPaymentFailure: Bool, isInferred: Bool) {
        guard !isOneTime else {
            notices.insert(.failureOnOneTimePurchase)
            return
        }
        guard var debt = unpaid else {
            unpaid = Unpaid(
                since: moment,
                dueDate: paidThrough.date ?? moment,
                isPaymentFailure: isPaymentFailure,
                isInferred: isInferred
            )
            return
        }
        debt.isPaymentFailure = debt.isPaymentFailure || isPaymentFailure
        debt.isInferred = debt.isInferred && isInferred
        unpaid = debt
    }

    mutating func recordDispute(_ event: BillingEvent) {
        if event.facts.reason.value == "won" {
            if refund?.kind == .dispute { refund = nil }
        } else if refund == nil {
            // A refund outweighs a dispute: winning that gives nothing back.
            refund = Refund(kind: .dispute, at: event.order.moment)
        }
    }
}

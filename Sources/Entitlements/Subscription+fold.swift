/// The rules that decide, while events are folded, what a word of the sender's means.
package struct FoldPolicy: Hashable, Sendable, Codable {
    package var reopensOnLatePayment: Bool
    package var cancelsAtPeriodEnd: Bool

    package init(_ policy: Policy = Policy()) {
        reopensOnLatePayment = policy.latePayment == .reactivate
        cancelsAtPeriodEnd = policy.cancel == .periodEnd
    }
}

extension Subscription {
    /// What a subscription's events add up to.
    package struct Folded: Hashable, Sendable {
        package var subscription: Subscription
        /// Arrivals of the events that changed no fact.
        package var stale: Set<Int64>
    }

    /// Folds all events of one subscription, in their own order, whatever order they are given in.
    package static func fold(_ id: SubscriptionID, _ events: [BillingEvent], policy: FoldPolicy) -> Folded {
        var subscription = Subscription(id: id)
        var stale: Set<Int64> = []
        for event in events.inFoldOrder() {
            let before = subscription
            subscription.apply(event, policy: policy)
            if subscription == before { stale.insert(event.order.arrival) }
        }
        return Folded(subscription: subscription, stale: stale)
    }

    mutating func apply(_ event: BillingEvent, policy: FoldPolicy) {
        let moment = event.order.moment
        let isInferred = event.kind == .snapshot
        endIfDatePassed(at: moment)
        if event.order.wasAheadOfDelivery {
            notices.insert(.dateAheadOfDelivery)
        } else {
            notices.remove(.dateAheadOfDelivery)
        }
        setFacts(event.facts)

        switch event.kind {
        case .created, .updated, .snapshot:
            if let status = event.facts.status.value {
                apply(status, of: event, isInferred: isInferred, policy: policy)
            }
        case .paymentSucceeded, .renewed:
            recordPayment(event, policy: policy)
        case .paymentFailed:
            recordFailure(at: moment, isPaymentFailure: true, isInferred: false)
        case .suspended:
            suspend(event, isInferred: false)
            senderStatus = .suspended
        case .unsuspended:
            restore(event)
            if unpaid?.isPaymentFailure == false { unpaid = nil }
            senderStatus = .active
        case .cancelled:
            cancel(event, isInferred: false, policy: policy)
            senderStatus = .cancelled
        case .terminated:
            stop(.terminated, at: moment, isInferred: false)
            senderStatus = .cancelled
        case .cancellationScheduled:
            scheduleCancellation(event)
        case .cancellationWithdrawn:
            endsAt = nil
            notices.remove(.cancellationWithoutDate)
        case .paymentRefunded:
            refund = Refund(kind: .refund, at: moment)
        case .paymentDisputed:
            recordDispute(event)
        case .customerUpdated, .customerDeleted:
            break
        }
    }

    /// A date that lies behind the event took effect before it: the term had ended when this was said.
    private mutating func endIfDatePassed(at moment: Timestamp) {
        guard case .live = term, let end = effectiveEnd, end <= moment else { return }
        term = .stopped(Stop(cause: .endDatePassed, at: end, isInferred: false))
    }

    private mutating func setFacts(_ facts: EventFacts) {
        if let id = facts.customerID.value { customerID = id }
        facts.email.apply(to: &email)
        facts.name.apply(to: &name)
        facts.product.apply(to: &product)
        facts.tier.apply(to: &tierHint)
        facts.endsAt.apply(to: &endsAt)
        if let quantity = facts.quantity.value { self.quantity = quantity }
        for (key, value) in facts.properties {
            properties[key] = value
        }
        switch facts.paidThrough {
        case .unstated: break
        case .cleared: paidThrough = .forever
        case .value(let date): paidThrough = .until(date)
        }
    }

    private mutating func apply(
        _ status: SenderStatus,
        of event: BillingEvent,
        isInferred: Bool,
        policy: FoldPolicy
    ) {
        let isChange = status != senderStatus
        if case .unknown(let word) = status {
            notices.insert(.unknownStatus(word))
            return
        }
        notices = notices.filter { if case .unknownStatus = $0 { false } else { true } }
        switch status {
        case .pending:
            if case .live = term { term = .pending }
        case .active:
            if case .pending = term { activate(event) } else if isChange { restore(event) }
            settleDebtIfPaid()
        case .pastDue:
            recordFailure(at: event.order.moment, isPaymentFailure: false, isInferred: isInferred)
        case .suspended:
            suspend(event, isInferred: isInferred)
        case .cancelled:
            cancel(event, isInferred: isInferred, policy: policy)
        case .unknown:
            break
        }
        senderStatus = status
    }

    private mutating func activate(_ event: BillingEvent) {
        // `null` said of something unpaid means "no date yet", not "for ever".
        if term == .pending, paidThrough == .forever, !event.facts.paidThrough.isStated { paidThrough = .unknown }
        term = .live(since: event.order.moment)
        notices.subtract([.firstPaymentFailed, .latePaymentKeptEnded, .undatedPaymentKeptEnded])
    }

    /// Undoes a stop because the sender's view changed to *active*, unless a date that has passed says otherwise.
    private mutating func restore(_ event: BillingEvent) {
        guard case .stopped(let stop) = term, stop.cause != .endDatePassed else { return }
        if let end = effectiveEnd, end <= event.order.moment { return }
        activate(event)
    }

    /// *Active* clears past due only with a date later than the one that was unpaid.
    private mutating func settleDebtIfPaid() {
        guard let debt = unpaid else { return }
        switch paidThrough {
        case .forever: unpaid = nil
        case .until(let date) where date > debt.dueDate: unpaid = nil
        case .until, .unknown: break
        }
    }

    private mutating func recordPayment(_ event: BillingEvent, policy: FoldPolicy) {
        let moment = event.order.moment
        lastPayment = moment
        refund = nil
        if case .stopped(let stop) = term, stop.isEnd {
            if event.order.isUndated {
                notices.insert(.undatedPaymentKeptEnded)
                return
            }
            if !policy.reopensOnLatePayment {
                notices.insert(.latePaymentKeptEnded)
                return
            }
        }
        unpaid = nil
        if let endsAt, endsAt <= moment { self.endsAt = nil }
        if !event.facts.paidThrough.isStated, let date = paidThrough.date, date <= moment { paidThrough = .unknown }
        switch term {
        case .pending, .stopped: activate(event)
        case .live: break
        }
        senderStatus = event.facts.status.value ?? .active
    }

    private mutating func recordFailure(at moment: Timestamp, isPaymentFailure: Bool, isInferred: Bool) {
        switch term {
        case .pending:
            if isPaymentFailure { notices.insert(.firstPaymentFailed) }
        case .live:
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
        case .stopped:
            break
        }
    }

    private mutating func suspend(_ event: BillingEvent, isInferred: Bool) {
        if event.facts.reason.value == "manual" {
            stop(.suspendedByHand, at: event.order.moment, isInferred: isInferred)
        } else {
            recordFailure(at: event.order.moment, isPaymentFailure: false, isInferred: isInferred)
        }
    }

    private mutating func cancel(_ event: BillingEvent, isInferred: Bool, policy: FoldPolicy) {
        let moment = event.order.moment
        if let end = event.facts.endsAt.value, end > moment { return }
        if policy.cancelsAtPeriodEnd, let paid = paidThrough.date, paid > moment {
            endsAt = paid
            return
        }
        stop(.cancelled, at: moment, isInferred: isInferred)
    }

    /// Stops what runs; what has stopped keeps its first cause, but an end outweighs a suspension.
    private mutating func stop(_ cause: Stop.Cause, at moment: Timestamp, isInferred: Bool) {
        let new = Stop(cause: cause, at: moment, isInferred: isInferred)
        guard case .stopped(var old) = term, old.isEnd || !new.isEnd else {
            term = .stopped(new)
            return
        }
        old.isInferred = old.isInferred && isInferred
        term = .stopped(old)
    }

    private mutating func scheduleCancellation(_ event: BillingEvent) {
        if endsAt == nil { endsAt = paidThrough.date }
        if endsAt == nil {
            notices.insert(.cancellationWithoutDate)
        } else {
            notices.remove(.cancellationWithoutDate)
        }
        endIfDatePassed(at: event.order.moment)
    }

    private mutating func recordDispute(_ event: BillingEvent) {
        if event.facts.reason.value == "won" {
            if refund?.kind == .dispute { refund = nil }
        } else {
            refund = Refund(kind: .dispute, at: event.order.moment)
        }
    }
}

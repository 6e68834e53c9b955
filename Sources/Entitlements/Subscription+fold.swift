/// The rules that decide, while events are folded, what a word of the sender's means.
package struct FoldPolicy: Hashable, Sendable, Codable {
    package struct Terms: Hashable, Sendable, Codable {
        package var reopensOnLatePayment: Bool
        package var cancelsAtPeriodEnd: Bool
        /// Whether money that goes back ends it; `nil` where not.
        package var endsOnRefund: Bool?

        fileprivate init(_ policy: Policy, tier: Tier? = nil) {
            reopensOnLatePayment = (tier?.latePayment ?? policy.latePayment) == .reactivate
            cancelsAtPeriodEnd = (tier?.cancel ?? policy.cancel) == .periodEnd
            if (tier?.onRefund ?? policy.onRefund) == .end { endsOnRefund = true }
        }
    }

    private var general: Terms
    /// Of each product and tier by its name; empty where no tier has terms of its own.
    private var products: [String: Terms] = [:]
    private var tiers: [String: Terms] = [:]

    /// The usual policy, where nothing is sold on terms of its own.
    package init() {
        general = Terms(Policy())
    }

    package init(_ policy: Policy, catalog: Catalog) {
        general = Terms(policy)
        guard catalog.tiers.contains(where: { Terms(policy, tier: $0) != general }) else { return }
        for tier in catalog.tiers {
            let terms = Terms(policy, tier: tier)
            tiers[tier.id.rawValue] = terms
            for product in tier.products { products[product.rawValue] = terms }
        }
    }

    /// The terms of the tier that a subscription stands for as it is now.
    func terms(of subscription: Subscription) -> Terms {
        subscription.product.flatMap { products[$0.rawValue] }
            ?? subscription.tierHint.flatMap { tiers[$0.rawValue] }
            ?? general
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
        let paidBefore = paidThrough.date
        setFacts(event.facts, isInferred: isInferred)

        switch event.kind {
        case .created, .updated, .snapshot:
            if let status = event.facts.status.value {
                apply(status, of: event, paidBefore: paidBefore, policy: policy)
            }
        case .paymentSucceeded, .renewed:
            recordPayment(event, policy: policy)
        case .paymentFailed:
            recordFailure(at: moment, isPaymentFailure: true, isInferred: false)
        case .suspended:
            suspend(event, isInferred: false)
            hear(.suspended, inList: false)
        case .unsuspended:
            restore(event, policy: policy)
            if unpaid?.isPaymentFailure == false { unpaid = nil }
            settleDebtIfPaid()
            hear(.active, inList: false)
        case .cancelled:
            cancel(event, isInferred: false, policy: policy)
            hear(.cancelled, inList: false)
        case .terminated:
            stop(.terminated, at: moment, isInferred: false)
            hear(.cancelled, inList: false)
        case .cancellationScheduled:
            scheduleCancellation(event)
        case .cancellationWithdrawn:
            endsAt = nil
            onlyListed.remove(.endsAt)
            notices.remove(.cancellationWithoutDate)
        case .paymentRefunded:
            if refund?.kind != .refund { refund = Refund(kind: .refund, at: moment) }
            notices.subtract(Notice.ofMoneyThatOpenedNothing)
        case .paymentDisputed:
            recordDispute(event)
        case .customerUpdated, .customerDeleted:
            break
        }
        endIfDatePassed(at: moment)
    }

    mutating func hear(_ status: SenderStatus, inList: Bool) {
        senderStatus = status
        isStoppedByList = inList && (status == .suspended || status == .cancelled)
    }

    /// A date that lies behind the event took effect before it: the term had ended when this was said.
    private mutating func endIfDatePassed(at moment: Timestamp) {
        guard case .live = term, let end = effectiveEnd, end <= moment else { return }
        term = .stopped(Stop(cause: .endDatePassed, at: end, isInferred: onlyListed.contains(.endsAt)))
    }

    private mutating func setFacts(_ facts: EventFacts, isInferred: Bool) {
        let before = (product, endsAt, quantity)
        defer {
            note(.product, isStated: facts.product.isStated, hasChanged: product != before.0, isInferred: isInferred)
            note(.endsAt, isStated: facts.endsAt.isStated, hasChanged: endsAt != before.1, isInferred: isInferred)
            note(.quantity, isStated: facts.quantity.isStated, hasChanged: quantity != before.2, isInferred: isInferred)
        }
        if let id = facts.customerID.value, !id.isEmpty {
            if let customerID, customerID != id { (email, name) = (nil, nil) }
            customerID = id
        }
        facts.email.apply(to: &email)
        facts.name.apply(to: &name)
        facts.product.apply(to: &product)
        facts.tier.apply(to: &tierHint)
        facts.endsAt.apply(to: &endsAt)
        if facts.quantity.isStated { quantity = facts.quantity.value ?? 1 }
        for (key, value) in facts.properties {
            properties[key] = value
        }
        switch facts.paidThrough {
        case .unstated: break
        case .cleared: paidThrough = .forever
        case .value(let date): paidThrough = .until(date)
        }
    }

    /// Keeps apart what only a list says: a list that repeats a fact adds nothing to it, an event that states it makes it told.
    private mutating func note(_ fact: ListedFact, isStated: Bool, hasChanged: Bool, isInferred: Bool) {
        if isInferred {
            if hasChanged { onlyListed.insert(fact) }
        } else if isStated {
            onlyListed.remove(fact)
        }
    }

    private mutating func apply(
        _ status: SenderStatus,
        of event: BillingEvent,
        paidBefore: Timestamp?,
        policy: FoldPolicy
    ) {
        let isInferred = event.kind == .snapshot
        if case .unknown(let word) = status {
            notices.insert(.unknownStatus(word))
            return
        }
        notices = notices.filter { if case .unknownStatus = $0 { false } else { true } }
        switch status {
        case .pending:
            // Nobody loses access that is paid for by being called unpaid: it ends as what is past due does.
            recordFailure(at: event.order.moment, isPaymentFailure: false, isInferred: isInferred)
        case .active:
            if case .pending = term {
                activate(event)
            } else if isReturn(event, paidBefore: paidBefore) {
                takeBackDebtOfList()
                restore(event, policy: policy)
            }
            settleDebtIfPaid()
        case .pastDue:
            beginAsPastDue(event)
            recordFailure(at: event.order.moment, isPaymentFailure: false, isInferred: isInferred)
        case .suspended:
            suspend(event, isInferred: isInferred)
        case .cancelled:
            cancel(event, isInferred: isInferred, policy: policy)
        case .unknown:
            break
        }
        hear(status, inList: isInferred)
    }

    /// Whether the word *active* is news; a list repeats it for as long as nobody told the sender, so a list opens only what a list
    /// had stopped, or what it shows to be paid for longer than was known.
    private func isReturn(_ event: BillingEvent, paidBefore: Timestamp?) -> Bool {
        guard event.kind == .snapshot else { return senderStatus != .active || takesBackEnd(event) }
        if isStoppedByList { return true }
        guard let paidBefore, let paid = event.facts.paidThrough.value else { return false }
        return paid > paidBefore
    }

    /// That something is unpaid, too, a list takes back if nobody but a list said so.
    private mutating func takeBackDebtOfList() {
        if isStoppedByList, let debt = unpaid, debt.isInferred, !debt.isPaymentFailure { unpaid = nil }
    }

    /// Whether it moves or clears the date that has ended the subscription: a date ends it without a word that *active* could answer.
    private func takesBackEnd(_ event: BillingEvent) -> Bool {
        guard case .stopped(let stop) = term, stop.cause == .endDatePassed, event.facts.endsAt.isStated else {
            return false
        }
        return effectiveEnd.map { $0 > event.order.moment } ?? true
    }

    /// What is past due when we first hear of it was paid once: it was there before us, and its grace runs from the date that it was
    /// paid through.
    private mutating func beginAsPastDue(_ event: BillingEvent) {
        guard term == .pending, senderStatus == nil, !notices.contains(.firstPaymentFailed), let due = paidThrough.date
        else { return }
        let since = min(due, event.order.moment)
        term = .live(since: since)
        recordFailure(at: since, isPaymentFailure: false, isInferred: event.kind == .snapshot)
    }

    mutating func activate(_ event: BillingEvent) {
        // `null` said of something unpaid means "no date yet", not "for ever".
        if term == .pending, paidThrough == .forever, !event.facts.paidThrough.isStated { paidThrough = .unknown }
        term = .live(since: event.order.moment)
        notices.subtract(Notice.ofMoneyThatOpenedNothing.union([.firstPaymentFailed]))
    }

    /// Undoes a stop because the sender's view changed to *active*, unless a date that has passed says otherwise.
    private mutating func restore(_ event: BillingEvent, policy: FoldPolicy) {
        guard case .stopped(let stop) = term else { return }
        // Paymenter says "active" of what was paid late before it tells of the payment (recording 51), so the policy counts here, too.
        if stop.isEnd, !stop.isInferred, !policy.terms(of: self).reopensOnLatePayment {
            notices.insert(.latePaymentKeptEnded)
            return
        }
        if stop.cause == .endDatePassed, !event.facts.endsAt.isStated { return }
        if let end = effectiveEnd, end <= event.order.moment { return }
        if stop.isEnd, !stop.isInferred, event.order.isUndated {
            notices.insert(.undatedReturnKeptEnded)
            return
        }
        activate(event)
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
        // An event cancels as it says; a mere word leaves a date that is known and ahead.
        if let end = event.kind == .cancelled ? event.facts.endsAt.value : endsAt, end > moment { return }
        if policy.terms(of: self).cancelsAtPeriodEnd, let paid = paidThrough.date, paid > moment {
            note(.endsAt, isStated: true, hasChanged: endsAt != paid, isInferred: isInferred)
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
        onlyListed.remove(.endsAt)
        if endsAt == nil {
            notices.insert(.cancellationWithoutDate)
        } else {
            notices.remove(.cancellationWithoutDate)
        }
    }
}

package import Billing
package import Entitlements
package import Ledger

/// What Paymenter's API shows of a service, held against what the ledger knows.
package enum PaymenterFinding: Hashable, Sendable {
    /// Nothing that is news.
    case same
    /// Something that nobody has told, to be recorded.
    case learned(EventFacts)
    /// Something else than its sender told: it is asked again and not overruled. A sentence for each.
    case contradicts([String])
    /// An active service of a product that no tier has, which may be no business of ours.
    case unsold

    /// Compares; `sells` says whether a tier has a product.
    package init(_ service: PaymenterService, known: KnownSubscription?, sells: (ProductID) -> Bool) {
        guard let known else {
            // Of what is not active nobody has access to lose or to get; and without a tier nothing can be given.
            guard service.facts.status.value == .active else {
                self = .same
                return
            }
            let isSold = [service.product, service.productNumber].contains { $0.map(sells) ?? false }
            self = isSold ? .learned(service.facts) : .unsold
            return
        }
        guard BillingSource.isToldBySender(known.sources) else {
            self = service.addsNothing(to: known) ? .same : .learned(service.facts)
            return
        }
        if let missing = service.missing(in: known.subscription) {
            self = .learned(missing)
            return
        }
        let contradictions = service.contradictions(with: known)
        self = contradictions.isEmpty ? .same : .contradicts(contradictions)
    }
}

extension PaymenterService {
    /// Whether everything that is shown is known already, of a subscription that only the API has told of.
    fileprivate func addsNothing(to known: KnownSubscription) -> Bool {
        let facts = facts
        let subscription = known.subscription
        let isPaidThrough =
            switch facts.paidThrough {
            case .unstated: true
            case .cleared: subscription.paidThrough == .forever
            case .value(let date): subscription.paidThrough == .until(date)
            }
        return isPaidThrough && facts.status.value == subscription.senderStatus
            && facts.customerID.value == subscription.customerID && facts.quantity.value == subscription.quantity
            && (facts.product.value ?? subscription.product) == subscription.product
            && (facts.email.value ?? known.customerEmail) == known.customerEmail
            && (facts.name.value ?? subscription.name) == subscription.name
            && properties.allSatisfy { subscription.properties[$0.key] == $0.value }
    }

    /// What the sender has never told; `nil` if there is nothing of the kind.
    fileprivate func missing(in subscription: Subscription) -> EventFacts? {
        var missing = EventFacts()
        if subscription.customer == nil {
            missing.customerID = facts.customerID
            missing.email = facts.email
            missing.name = facts.name
        }
        if subscription.product == nil, subscription.tierHint == nil { missing.product = facts.product }
        if subscription.paidThrough == .unknown, expiryDay != nil { missing.paidThrough = facts.paidThrough }
        return missing == EventFacts() ? nil : missing
    }

    /// Where the API and the sender's last words differ.
    fileprivate func contradictions(with known: KnownSubscription) -> [String] {
        let subscription = known.subscription
        var found: [String] = []
        func compare(_ what: String, shown: String, told: String?) {
            found.append("\(what) is \(shown) there, and \(told ?? "nothing") was told")
        }
        if !agrees(on: subscription.senderStatus) {
            compare("the status", shown: status, told: subscription.senderStatus?.word)
        }
        if let id = subscription.customerID, id != customerID { compare("the customer", shown: customerID, told: id) }
        if subscription.quantity != quantity {
            compare("the quantity", shown: "\(quantity)", told: "\(subscription.quantity)")
        }
        if let product, let told = subscription.product, told != product, told != productNumber {
            compare("the product", shown: product.rawValue, told: told.rawValue)
        }
        if facts.status.value == .active, !agrees(on: subscription.paidThrough) {
            let told = subscription.paidThrough.date?.iso8601 ?? "no date"
            compare("what is paid for", shown: expiryDay.map { "until \($0.iso8601)" } ?? "without end", told: told)
        }
        if let email, let told = known.customerEmail, asciiFolded(told) != asciiFolded(email) {
            found.append("the customer's e-mail is another there")
        }
        return found
    }

    /// Paymenter has no word for past due: such a service is active there, or suspended.
    private func agrees(on told: SenderStatus?) -> Bool {
        switch told {
        case .pastDue: ["active", "suspended"].contains(status)
        case .pending, .active, .suspended, .cancelled, .unknown, nil: facts.status.value == told
        }
    }

    private func agrees(on told: PaidThrough) -> Bool {
        switch told {
        case .unknown, .forever: expiryDay == nil
        case .until(let date): shows(date)
        }
    }
}

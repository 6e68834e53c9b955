package import Entitlements

extension PaymenterService {
    /// What the API shows, as facts; what it cannot show is not stated.
    package var facts: EventFacts {
        var facts = EventFacts()
        facts.customerID = .value(customerID)
        if let email, !email.isEmpty { facts.email = .value(email) }
        if let name, !name.isEmpty { facts.name = .value(name) }
        if let product { facts.product = .value(product) }
        facts.status = .value(SenderStatus(word: status))
        facts.quantity = .value(quantity)
        facts.properties = properties
        if let paidThrough {
            facts.paidThrough = .value(paidThrough)
        } else if facts.status.value == .active {
            // Before the first payment nothing stands there either, so only an active service was bought for ever.
            facts.paidThrough = .cleared
        }
        return facts
    }

    /// The end of the day that is shown: nobody loses a part of it because the time of day is not shown.
    package var paidThrough: Timestamp? {
        expiryDay.map { $0 + .days(1) }
    }

    /// Whether a date as the extension tells it, with its time of day, is the one that is shown; a day may have 25 hours.
    package func shows(_ date: Timestamp) -> Bool {
        guard let expiryDay else { return false }
        return expiryDay <= date && date <= expiryDay + .seconds(25 * 3600)
    }
}

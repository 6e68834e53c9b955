package import Entitlements

/// A place in the list of overrides, the newest first.
package struct OverrideMark: Hashable, Sendable, LosslessStringConvertible {
    package var createdAt: Timestamp
    package var id: OverrideID

    package init(_ override: Override) {
        createdAt = override.createdAt
        id = override.id
    }

    package init?(_ description: String) {
        guard let (moment, id) = momentAndName(description) else { return nil }
        createdAt = moment
        self.id = OverrideID(id)
    }

    package var description: String { "\(createdAt.milliseconds).\(id.rawValue)" }
}

/// A place in the list of customers for whom time alone changes something.
package struct ChangeMark: Hashable, Sendable, LosslessStringConvertible {
    package var at: Timestamp
    package var customer: CustomerKey

    package init(at: Timestamp, customer: CustomerKey) {
        self.at = at
        self.customer = customer
    }

    package init?(_ description: String) {
        guard let (moment, name) = momentAndName(description), let customer = CustomerKey(name) else { return nil }
        self.init(at: moment, customer: customer)
    }

    package var description: String { "\(at.milliseconds).\(customer)" }
}

/// The two halves of `1764064800000.name`.
private func momentAndName(_ text: String) -> (Timestamp, String)? {
    guard let dot = text.firstIndex(of: "."), let milliseconds = Int64(text[..<dot]) else { return nil }
    return (Timestamp(milliseconds: milliseconds), String(text[text.index(after: dot)...]))
}

/// How long a new payer waited until everything that they bought was read back.
package struct AccessTime: Hashable, Sendable {
    package var at: Timestamp
    package var waited: Duration

    package init(at: Timestamp, waited: Duration) {
        self.at = at
        self.waited = waited
    }
}

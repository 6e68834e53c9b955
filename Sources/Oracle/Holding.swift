/// Who gives a permission, and through which product.
struct Giver: Hashable, Comparable, Sendable {
    enum Source: Hashable, Sendable {
        case subscription(Int)
        case person(Int)
    }

    var source: Source
    var tier: String
    var product: String

    static func < (left: Self, right: Self) -> Bool { left.order < right.order }

    private var order: (Int, Int, String, String) {
        switch source {
        case .subscription(let number): (0, number, tier, product)
        case .person(let number): (1, number, tier, product)
        }
    }
}

/// What a customer should have, by server and permission, and who gives it.
typealias Holding = [Int: [String: Set<Giver>]]

/// A permission that nobody gives any more and that was not yet seen gone.
struct Loss: Hashable, Sendable {
    var since: Moment
    var ending: Ending
    var givers: Set<Giver>
}

/// What a person at our own service decided about a customer.
package struct Decree: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case grant(tier: String)
        case ban
        case hold
    }

    package var number: Int
    package var customer: Int
    package var kind: Kind
    package var from: Moment
    package var until: Moment?

    package init(number: Int, customer: Int, kind: Kind, from: Moment, until: Moment?) {
        self.number = number
        self.customer = customer
        self.kind = kind
        self.from = from
        self.until = until
    }

    func isInForce(at moment: Moment) -> Bool {
        from <= moment && until.map { $0 > moment } ?? true
    }
}

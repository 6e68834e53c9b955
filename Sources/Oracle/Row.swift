/// An account on one server.
package struct Seat: Hashable, Comparable, Sendable {
    package var user: Int
    package var server: Int

    package init(user: Int, server: Int) {
        self.user = user
        self.server = server
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.server, left.user) < (right.server, right.user)
    }
}

/// What a panel shows of one account.
package struct Account: Hashable, Sendable {
    package var user: Int
    package var email: String
    package var externalID: String?

    package init(user: Int, email: String, externalID: String?) {
        self.user = user
        self.email = email
        self.externalID = externalID
    }
}

/// What the service shows people of one customer.
package enum Shown: Hashable, Sendable {
    case fine
    case waiting
    case needsAttention
    case blocked
    case holdsLosses
}

/// What people gave by hand on one seat.
struct HandMade: Hashable, Sendable {
    /// Surely given by hand, so it has to stay.
    var certain: Set<String> = []
    /// Given by hand where the engine cannot tell, or perhaps not any more: it may stay.
    var possible: Set<String> = []

    /// Takes note of what people made of a row, which the engine had ever given `ours`.
    mutating func change(from before: Set<String>, to after: Set<String>, ours: Set<String>) {
        let gone = certain.subtracting(after)
        possible.formUnion(gone)
        certain.subtract(gone)
        let added = after.subtracting(before).subtracting(["websocket.connect"])
        certain.formUnion(added.subtracting(ours))
        possible.formUnion(added)
        if !after.isEmpty { possible.insert("websocket.connect") }
    }
}

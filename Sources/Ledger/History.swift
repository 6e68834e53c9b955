package import Entitlements

/// What a person did, as the ledger holds it.
package struct StoredAction: Hashable, Sendable {
    package var number: Int64
    package var action: PersonAction

    package init(number: Int64, action: PersonAction) {
        self.number = number
        self.action = action
    }
}

/// Something in a customer's history: what was said, decided or done.
package enum HistoryEntry: Hashable, Sendable {
    case event(StoredEvent)
    case action(StoredAction)
    case operation(PanelOperation)

    /// Its place in history.
    package var mark: HistoryMark {
        switch self {
        case .event(let stored):
            HistoryMark(moment: stored.event.order.receivedAt, kind: .event, number: stored.event.order.arrival)
        case .action(let stored): HistoryMark(moment: stored.action.at, kind: .action, number: stored.number)
        case .operation(let operation):
            HistoryMark(moment: operation.startedAt, kind: .operation, number: operation.number)
        }
    }
}

/// A place in a customer's history; what is said at a moment comes before what is decided, and that before what is done.
package struct HistoryMark: Hashable, Comparable, Sendable, LosslessStringConvertible {
    package enum Kind: Int, Hashable, Sendable {
        case event, action, operation
    }

    package var moment: Timestamp
    package var kind: Kind
    package var number: Int64

    package init(moment: Timestamp, kind: Kind, number: Int64) {
        self.moment = moment
        self.kind = kind
        self.number = number
    }

    package init?(_ description: String) {
        let parts = description.split(separator: ".").map { Int64($0) }
        guard parts.count == 3, let moment = parts[0], let rank = parts[1], let number = parts[2],
            let kind = Int(exactly: rank).flatMap(Kind.init)
        else { return nil }
        self.init(moment: Timestamp(milliseconds: moment), kind: kind, number: number)
    }

    package var description: String { "\(moment.milliseconds).\(kind.rawValue).\(number)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.moment, left.kind.rawValue, left.number) < (right.moment, right.kind.rawValue, right.number)
    }

    /// Entries of a kind that come before this place are those of its moment with a smaller number than this, and all earlier ones.
    package func bound(of kind: Kind) -> Int64 {
        if kind == self.kind { return number }
        return kind.rawValue < self.kind.rawValue ? .max : .min
    }
}

/// What became of the wish to fold a stored delivery again.
package enum Replay: Hashable, Sendable {
    /// It was refused or ignored before, and is read anew.
    case queued
    /// Its events are there; what they concern was folded again from them.
    case folded(Set<CustomerKey>)
    /// It waits anyway.
    case waiting
    /// Another delivery with its id was applied.
    case idTaken
    /// Its body is no longer kept.
    case forgotten
    case notThere
}

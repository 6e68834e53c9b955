import Entitlements

/// A place in the list of servers.
struct ServerMark: Comparable, LosslessStringConvertible {
    var panel: String
    var id: Int

    init(_ server: ServerView) {
        panel = server.panel
        id = server.id
    }

    init?(_ description: String) {
        let parts = description.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let id = Int(parts[0]) else { return nil }
        self.id = id
        panel = String(parts[1])
    }

    var description: String { "\(id).\(panel)" }

    static func < (left: Self, right: Self) -> Bool {
        (left.panel, left.id) < (right.panel, right.id)
    }
}

extension [ServerView] {
    /// So many of those after a place, and where the next page goes on if there is one.
    func page(after mark: ServerMark?, size: Int) -> (items: [ServerView], next: ServerMark?) {
        let items = Array(filter { server in mark.map { ServerMark(server) > $0 } ?? true }.prefix(size))
        return (items, items.last.flatMap { ServerMark($0) == last.map(ServerMark.init) ? nil : ServerMark($0) })
    }
}

/// A place in the list of subscriptions: those of nobody come first, the others by customer.
enum SubscriptionMark: LosslessStringConvertible {
    case ownerless(SubscriptionID)
    case customer(CustomerKey)

    private static let prefix = "subscription:"

    var ownerless: SubscriptionID? {
        if case .ownerless(let id) = self { id } else { nil }
    }

    init?(_ description: String) {
        if description.hasPrefix(Self.prefix) {
            self = .ownerless(SubscriptionID(String(description.dropFirst(Self.prefix.count))))
        } else if let key = CustomerKey(description) {
            self = .customer(key)
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .ownerless(let id): "\(Self.prefix)\(id.rawValue)"
        case .customer(let key): key.description
        }
    }
}

/// A place in a list of customers.
extension CustomerKey: LosslessStringConvertible {}

/// A place in the list of servers of customers' own.
extension DedicatedSlot: LosslessStringConvertible {
    package init?(_ description: String) {
        let parts = description.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let number = Int(parts[0]) else { return nil }
        self.init(subscription: SubscriptionID(String(parts[2])), panel: PanelName(String(parts[1])), number: number)
    }

    package var description: String { "\(number).\(panel.rawValue).\(subscription.rawValue)" }
}

/// A string that names one kind of thing, so that a customer's id cannot be passed where a server's is meant.
package struct Identifier<Subject>: Hashable, Comparable, Sendable, Codable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    package let rawValue: String

    package init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    package init(stringLiteral value: String) {
        rawValue = value
    }

    package init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    package var description: String { rawValue }

    package static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

package enum ProductSubject {}
package enum PanelSubject {}
package enum ServerGroupSubject {}
package enum OverrideSubject {}

/// The billing system's id of one thing that a customer bought (a Paymenter *service*).
package typealias SubscriptionID = Identifier<Subscription>
/// What the billing system calls a product, as its deliveries spell it.
package typealias ProductID = Identifier<ProductSubject>
/// A tier's key in the configuration.
package typealias TierID = Identifier<Tier>
/// A panel's key in the configuration.
package typealias PanelName = Identifier<PanelSubject>
/// A server group's key in the configuration.
package typealias ServerGroupID = Identifier<ServerGroupSubject>
/// An override's id, given by us.
package typealias OverrideID = Identifier<OverrideSubject>
/// The id and uuid under which a panel knows a server.
package struct PanelServerID: Hashable, Comparable, Sendable, Codable {
    package let panel: PanelName
    /// The panel's numeric id; it belongs to another server after the panel was restored, so it is always compared with the uuid.
    package let number: Int

    package init(panel: PanelName, number: Int) {
        self.panel = panel
        self.number = number
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.panel, left.number) < (right.panel, right.number)
    }
}

/// Whom a subscription belongs to: the billing system's customer id, or, where the sender gives none, the e-mail with its
/// ASCII letters folded and nothing else changed.
package enum CustomerKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    case id(String)
    case email(String)

    /// The key for an e-mail as a sender wrote it.
    package static func folding(email: String) -> CustomerKey {
        .email(asciiFolded(email))
    }

    /// `id:77` or `email:ada@example.com`: the form in which the ledger stores it.
    package var description: String {
        switch self {
        case .id(let id): "id:\(id)"
        case .email(let email): "email:\(email)"
        }
    }

    /// `77` or `ada@example.com`: what people know them by.
    package var name: String {
        switch self {
        case .id(let id), .email(let id): id
        }
    }

    /// Reads the stored form; `nil` if it is none.
    package init?(_ description: some StringProtocol) {
        if description.hasPrefix("id:") {
            self = .id(String(description.dropFirst(3)))
        } else if description.hasPrefix("email:") {
            self = .email(String(description.dropFirst(6)))
        } else {
            return nil
        }
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.description < right.description
    }
}

extension CustomerKey: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let key = CustomerKey(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "This is no customer's key.")
        }
        self = key
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The text with `A`-`Z` as `a`-`z`; every other byte stays, so no two addresses that a mail server may tell apart become one.
package func asciiFolded(_ text: String) -> String {
    String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
}

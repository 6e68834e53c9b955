/// How a console addresses a player: a name of the game, with the prefix of Bedrock players, or a uuid, and nothing else that anybody can type.
///
/// Two names that differ by case alone are one player, as they are to the game.
package struct PlayerName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// As it is sent: letters, digits and `_`, the owner's Bedrock prefix before them, or a uuid.
    package let text: String
    /// Who it is.
    package let key: String

    /// The longest name of the game.
    static let longest = 16

    /// Takes a name as a customer typed it; `nil` unless it is one, to the byte.
    package init?(typed: String, bedrockPrefix: String? = nil) {
        if let uuid = Self.uuid(typed) {
            self.init(checked: uuid)
        } else if Self.isName(typed.utf8[...]) {
            self.init(checked: typed)
        } else if let prefix = bedrockPrefix, BedrockPrefix.isOne(prefix), typed.utf8.starts(with: prefix.utf8),
            Self.isName(typed.utf8.dropFirst(prefix.utf8.count))
        {
            self.init(checked: typed)
        } else {
            return nil
        }
    }

    /// Takes a name that was kept; `nil` if it holds anything that no name holds, whatever the prefix was then.
    package init?(kept text: String) {
        let isClean = text.utf8.allSatisfy { Self.isOfName($0) || BedrockPrefix.marks.contains($0) }
        guard !text.isEmpty, text.utf8.count <= 36, isClean else { return nil }
        self.init(checked: text)
    }

    private init(checked text: String) {
        self.text = text
        key = asciiFolded(text)
    }

    /// Whether it is a uuid, by which who never joined can be addressed too.
    package var isUUID: Bool { Self.uuid(text) != nil }

    package var description: String { text }

    package static func == (left: Self, right: Self) -> Bool { left.key == right.key }

    package static func < (left: Self, right: Self) -> Bool { left.key < right.key }

    package func hash(into hasher: inout Hasher) { hasher.combine(key) }

    private static func isName(_ bytes: Substring.UTF8View) -> Bool {
        (1...longest).contains(bytes.count) && bytes.allSatisfy(isOfName)
    }

    fileprivate static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// A uuid in its usual form, from that or from its 32 digits alone.
    private static func uuid(_ text: String) -> String? {
        let isHexadecimal: (UInt8) -> Bool = { isOfName($0) && Character(UnicodeScalar($0)).isHexDigit }
        let bytes = Array(asciiFolded(text).utf8)
        let hyphens = [8, 13, 18, 23]
        if bytes.count == 36, hyphens.allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
            bytes.indices.allSatisfy({ hyphens.contains($0) || isHexadecimal(bytes[$0]) })
        {
            return String(decoding: bytes, as: UTF8.self)
        }
        guard bytes.count == 32, bytes.allSatisfy(isHexadecimal) else { return nil }
        let parts = [bytes[0..<8], bytes[8..<12], bytes[12..<16], bytes[16..<20], bytes[20..<32]]
        return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
    }
}

/// What a server puts before the names of Bedrock players, such as `.`.
package enum BedrockPrefix {
    static let marks = Set(".-+*".utf8)

    /// Whether a text may be one: up to four letters, digits, `_`, `.`, `-`, `+` and `*`.
    package static func isOne(_ text: String) -> Bool {
        (1...4).contains(text.utf8.count)
            && text.utf8.allSatisfy { PlayerName.isOfName($0) || marks.contains($0) }
    }
}

extension PlayerName: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let name = PlayerName(kept: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "This is no player's name.")
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Where players' names stand, and what they may look like.
package struct PlayerNaming: Hashable, Sendable {
    /// The property of a subscription that holds the name; without one nobody has a name.
    package var property: String?
    package var bedrockPrefix: String?

    package init(property: String? = nil, bedrockPrefix: String? = nil) {
        self.property = property
        self.bedrockPrefix = bedrockPrefix
    }

    /// What a subscription says of its player.
    package enum Answer: Hashable, Sendable {
        case named(PlayerName)
        case missing
        case malformed(String)
    }

    package func player(of subscription: Subscription) -> Answer {
        guard let property, let typed = subscription.properties[property], !typed.isEmpty else { return .missing }
        return PlayerName(typed: typed, bedrockPrefix: bedrockPrefix).map { .named($0) } ?? .malformed(typed)
    }

    /// The players to whom a customer's ban extends: those for whom they had bought something by then.
    ///
    /// Whoever may type a name must not be able to keep its owner out of the game: an order that was never paid says nothing of its player,
    /// nor does one that was made after the ban.
    package func players(of customer: CustomerRecord, bannedSince ban: Timestamp) -> Set<PlayerName> {
        let bought = customer.subscriptions.filter { subscription in
            let payment = subscription.lastPayment
            return switch subscription.term {
            case .pending: false
            case .live(let since): since <= ban || payment.map { $0 <= ban } ?? false
            case .stopped(let stop):
                payment.map { $0 <= ban } ?? (subscription.paidThrough.date != nil && stop.at <= ban)
            }
        }
        return players(of: CustomerRecord(key: customer.key, subscriptions: bought))
    }

    /// All players that a customer's subscriptions name, whatever became of these.
    package func players(of customer: CustomerRecord) -> Set<PlayerName> {
        Set(
            customer.subscriptions.compactMap { subscription in
                if case .named(let player) = player(of: subscription) { player } else { nil }
            }
        )
    }
}

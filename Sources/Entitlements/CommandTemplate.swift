/// A line for a server's console, as the owner writes it, with places for what is known of the player.
///
/// It is taken apart when the configuration is read; what is filled in later cannot change where it begins or ends.
package struct CommandTemplate: Hashable, Sendable, CustomStringConvertible {
    package enum Placeholder: String, Hashable, Sendable, CaseIterable {
        case player
        case uuid
        case tier
        case expires = "expires_unix"
    }

    private enum Piece: Hashable, Sendable {
        case text(String)
        case placeholder(Placeholder)
    }

    package let text: String
    private let pieces: [Piece]

    package static let longest = 500

    package init(_ text: String) throws(CommandProblem) {
        guard !text.allSatisfy(\.isWhitespace) else { throw .empty }
        guard text.utf8.count <= Self.longest else { throw .tooLong }
        guard !text.unicodeScalars.contains(where: \.breaksLines) else { throw .controlCharacter }
        self.text = text
        pieces = try Self.pieces(of: text)
    }

    package var description: String { text }

    package func uses(_ placeholder: Placeholder) -> Bool {
        pieces.contains(.placeholder(placeholder))
    }

    /// The line for a player; `nil` where it asks for a uuid and only a name is known.
    func command(for player: PlayerName, tier: TierID, expires: Timestamp) -> ConsoleCommand? {
        if uses(.uuid), !player.isUUID { return nil }
        let parts = pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .placeholder(.player), .placeholder(.uuid): player.text
            case .placeholder(.tier): tier.rawValue
            case .placeholder(.expires): "\(expires.unixSeconds)"
            }
        }
        return ConsoleCommand(parts.joined())
    }

    /// Braces around one word are a placeholder; others, as in the JSON of `tellraw`, stand for themselves.
    private static func pieces(of text: String) throws(CommandProblem) -> [Piece] {
        var pieces: [Piece] = []
        var plain = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            plain += rest[..<open]
            let inside = rest[rest.index(after: open)...].prefix { $0 != "}" && $0 != "{" }
            rest = rest[open...]
            guard isWord(inside), inside.endIndex < text.endIndex, text[inside.endIndex] == "}" else {
                plain.append(rest.removeFirst())
                continue
            }
            guard let known = Placeholder(rawValue: String(inside)) else {
                throw .unknownPlaceholder("{\(inside)}")
            }
            if !plain.isEmpty { pieces.append(.text(plain)) }
            plain = ""
            pieces.append(.placeholder(known))
            rest = text[text.index(after: inside.endIndex)...]
        }
        plain += rest
        return plain.isEmpty ? pieces : pieces + [.text(plain)]
    }

    private static func isWord(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == " " }
    }
}

/// Why a text is no template.
package enum CommandProblem: Error, Hashable, Sendable {
    case empty
    case tooLong
    case controlCharacter
    case unknownPlaceholder(String)
}

extension CommandTemplate: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// One line as it goes to a console: only templates, and the two commands of LuckPerms below, make one.
package struct ConsoleCommand: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    fileprivate init(_ text: String) {
        precondition(!text.unicodeScalars.contains(where: \.breaksLines), "a console command is one line")
        self.text = text
    }

    package var description: String { text }

    /// Gives a group until a moment; LuckPerms leaves a longer one as it is.
    static func give(_ group: LuckPermsGroup, to player: PlayerName, until end: Timestamp) -> ConsoleCommand {
        ConsoleCommand("lp user \(player.text) parent addtemp \(group.name) \(end.unixSeconds) replace")
    }

    /// Takes a group that was given until a moment; one that is there for ever is a person's own and stays.
    static func take(_ group: LuckPermsGroup, from player: PlayerName) -> ConsoleCommand {
        ConsoleCommand("lp user \(player.text) parent removetemp \(group.name)")
    }
}

/// A group of LuckPerms: letters in lower case, digits, `_`, `.` and `-`, at most 36.
package struct LuckPermsGroup: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let name: String

    package init?(_ name: String) {
        let isClean = name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard (1...36).contains(name.utf8.count), isClean else { return nil }
        self.name = name
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let group = LuckPermsGroup(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "This is no group of LuckPerms.")
        }
        self = group
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }

    package var description: String { name }

    package static func < (left: Self, right: Self) -> Bool { left.name < right.name }
}

extension Unicode.Scalar {
    /// Whether it could end a line, or hide or turn round what is read: control and format characters, line and paragraph separators.
    fileprivate var breaksLines: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: true
        default: false
        }
    }
}

extension Timestamp {
    /// Whole seconds since 1970, rounded up, so that nothing ends early.
    package var unixSeconds: Int64 {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return rest > 0 ? seconds + 1 : seconds
    }

    /// Where nothing ends, a rank is given until the year 2099.
    package static let farthest = Timestamp(seconds: 4_070_908_800)
}

/// A text with places that a subscription fills in, such as `{product} #{subscription}`.
///
/// It fills values into JSON and never into a shell; still nothing that was filled in is read as a place again.
package struct DedicatedTemplate: Hashable, Sendable, CustomStringConvertible {
    package enum Piece: Hashable, Sendable {
        case text(String)
        case place(Place)
    }

    /// What can be filled in.
    package enum Place: Hashable, Sendable {
        case product, subscription, tier, customer
        /// The how manieth of the servers of one subscription it is, from 1.
        case number
        /// A checkout field by its name.
        case property(String)

        /// Reads what stands between the braces; `nil` if it is none.
        package init?(_ word: some StringProtocol) {
            switch word {
            case "product": self = .product
            case "subscription": self = .subscription
            case "tier": self = .tier
            case "customer": self = .customer
            case "number": self = .number
            default:
                guard word.hasPrefix("property."), word.count > 9 else { return nil }
                self = .property(String(word.dropFirst(9)))
            }
        }
    }

    package let description: String
    package let pieces: [Piece]

    package static let usualName = DedicatedTemplate(
        description: "{product} #{subscription}",
        pieces: [.place(.product), .text(" #"), .place(.subscription)]
    )

    private init(description: String, pieces: [Piece]) {
        self.description = description
        self.pieces = pieces
    }

    /// Reads a template; a brace that opens no place of those that there are is refused.
    package init(_ text: String) throws(Malformed) {
        var pieces: [Piece] = []
        var rest = text[...]
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            if brace > rest.startIndex { pieces.append(.text(String(rest[..<brace]))) }
            let word = rest[brace...].dropFirst().prefix { $0 != "}" && $0 != "{" }
            guard rest[brace] == "{", word.endIndex < rest.endIndex, rest[word.endIndex] == "}",
                let place = Place(word)
            else { throw Malformed(at: String(rest[brace...].prefix(40))) }
            pieces.append(.place(place))
            rest = rest[rest.index(after: word.endIndex)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        self.init(description: text, pieces: pieces)
    }

    package struct Malformed: Error {
        package var at: String
    }

    /// Whether every place is one of those.
    package func uses(only allowed: (Place) -> Bool) -> Bool {
        pieces.allSatisfy { piece in
            switch piece {
            case .text: true
            case .place(let place): allowed(place)
            }
        }
    }

    /// The text with its places filled in; `nil` if something is not known.
    package func filled(_ value: (Place) throws(UnfitValue) -> String?) throws(UnfitValue) -> String? {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let literal): text += literal
            case .place(let place):
                guard let filling = try value(place) else { return nil }
                text += filling
            }
        }
        return text
    }
}

/// A checkout field holds something that goes into no server.
package struct UnfitValue: Error, Hashable, Sendable {
    package var property: String

    package init(property: String) {
        self.property = property
    }
}

/// The panel's own bound for names and variables (`app/Models/Server.php:150`, `EggVariable`).
private let longestValue = 191

/// The value of a checkout field, if it can be shown and is not too long; empty counts as not given.
func fitValue(_ value: String?, of property: String) throws(UnfitValue) -> String? {
    guard let value, !value.isEmpty else { return nil }
    let isPrintable = value.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
    guard isPrintable, value.unicodeScalars.count <= longestValue else { throw UnfitValue(property: property) }
    return value
}

/// A server's name: one line that can be shown, of what the panel takes.
func fitName(_ text: String) -> String {
    let visible = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
    return String(String.UnicodeScalarView(visible.prefix(longestValue)))
}

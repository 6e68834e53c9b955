/// A sentence in which the names of other pages lead there, and commands are set as such.
struct PageSentence: Sendable {
    struct Part: Sendable {
        let text: String
        let link: String?
        /// Said beside it, since a template looks for what is nil in what stands around.
        let isLink: Bool
        let isCommand: Bool

        init(text: String, link: String? = nil, isCommand: Bool = false) {
            self.text = text
            self.link = link
            isLink = link != nil
            self.isCommand = isCommand
        }
    }

    private(set) var parts: [Part] = []

    /// What the service's own sentences send people to, the longer names first.
    private static let places: [(name: String, address: String)] = [
        ("Deliveries, those that are conflicting", "/deliveries?state=conflicting"),
        ("Deliveries, those that are refused", "/deliveries?state=refused"),
        ("Deliveries", "/deliveries"), ("Needs attention", "/attention"), ("Servers × tiers", "/matrix"),
        ("Drift", "/drift"), ("Panel", "/panel"),
    ]

    init(_ sentence: String) {
        var rest = sentence[...]
        if let panel = sentence.firstMatch(of: /^Panel [^ :]+(?=:)/) {
            parts.append(Part(text: String(panel.output), link: "/panel"))
            rest = sentence[panel.range.upperBound...]
        }
        while let command = rest.firstMatch(of: /`([^`]+)`/) {
            addWords(rest[..<command.range.lowerBound])
            parts.append(Part(text: String(command.output.1), isCommand: true))
            rest = rest[command.range.upperBound...]
        }
        addWords(rest)
    }

    private mutating func addWords(_ words: Substring) {
        var rest = words
        while let found = Self.next(in: rest) {
            parts.append(Part(text: String(rest[..<found.range.lowerBound])))
            parts.append(Part(text: String(rest[found.range]), link: found.address))
            rest = rest[found.range.upperBound...]
        }
        if !rest.isEmpty { parts.append(Part(text: String(rest))) }
    }

    private static func next(in text: Substring) -> (range: Range<Substring.Index>, address: String)? {
        guard let see = text.firstRange(of: #/[Ss]ee /#) else { return nil }
        let behind = text[see.upperBound...]
        guard let place = places.first(where: { behind.hasPrefix($0.name) }) else { return next(in: behind) }
        return (behind.startIndex..<behind.index(behind.startIndex, offsetBy: place.name.count), place.address)
    }
}

/// A sentence in which the names of other pages lead there.
struct LinkedSentence: Sendable {
    struct Part: Sendable {
        var text: String
        var address: String?
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
            parts.append(Part(text: String(panel.output), address: "/panel"))
            rest = sentence[panel.range.upperBound...]
        }
        while let found = Self.next(in: rest) {
            parts.append(Part(text: String(rest[..<found.range.lowerBound])))
            parts.append(Part(text: String(rest[found.range]), address: found.address))
            rest = rest[found.range.upperBound...]
        }
        parts.append(Part(text: String(rest)))
    }

    private static func next(in text: Substring) -> (range: Range<Substring.Index>, address: String)? {
        guard let see = text.firstRange(of: #/[Ss]ee /#) else { return nil }
        let behind = text[see.upperBound...]
        guard let place = places.first(where: { behind.hasPrefix($0.name) }) else { return next(in: behind) }
        return (behind.startIndex..<behind.index(behind.startIndex, offsetBy: place.name.count), place.address)
    }
}

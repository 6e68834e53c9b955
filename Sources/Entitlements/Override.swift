/// Something that a person decided about a customer.
package struct Override: Hashable, Sendable, Codable {
    package enum Kind: Hashable, Sendable, Codable {
        /// Access of a tier, paid or not.
        case grant(TierID)
        /// No access, whatever is paid.
        case ban
        /// Leave this customer alone.
        case hold
    }

    package var id: OverrideID
    package var kind: Kind
    package var reason: String
    /// The name of the token that made it.
    package var author: String
    package var createdAt: Timestamp
    /// When it ends by itself; `nil` means when a person ends it.
    package var until: Timestamp?
    package var endedAt: Timestamp?

    /// How long a hold lasts when nobody says.
    package static let holdDuration: Duration = .days(7)
    /// How long a grant without an end goes on before a person is asked whether it is still meant.
    package static let reviewedAfter: Duration = .days(180)

    package init(
        id: OverrideID,
        kind: Kind,
        reason: String,
        author: String,
        createdAt: Timestamp,
        until: Timestamp?,
        endedAt: Timestamp? = nil
    ) {
        self.id = id
        self.kind = kind
        self.reason = reason
        self.author = author
        self.createdAt = createdAt
        self.until = until
        self.endedAt = endedAt
    }

    package func isInForce(at now: Timestamp) -> Bool {
        createdAt <= now && endedAt == nil && until.map { $0 > now } ?? true
    }

    /// The word, and of a grant the tier.
    package var words: String {
        switch kind {
        case .grant(let tier): "grant of tier \(tier)"
        case .ban, .hold: word
        }
    }

    /// `grant`, `ban` or `hold`.
    package var word: String {
        switch kind {
        case .grant: "grant"
        case .ban: "ban"
        case .hold: "hold"
        }
    }
}

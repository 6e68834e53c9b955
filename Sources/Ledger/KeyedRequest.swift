/// A change that somebody asks for under a key of theirs, so that a repeat is known as one.
package struct KeyedRequest: Hashable, Sendable {
    package var author: String
    package var key: String
    /// Stands for exactly what is asked for.
    package var fingerprint: String
    /// What ids that the change makes are derived from.
    package var seed: String

    package init(author: String, key: String, fingerprint: String, seed: String) {
        self.author = author
        self.key = key
        self.fingerprint = fingerprint
        self.seed = seed
    }
}

/// What an author's key stands for already.
package enum RequestStanding: Hashable, Sendable {
    case new
    /// The same was begun before, from this seed, and came to no answer.
    case cutOff(seed: String)
    case answered(KeptAnswer)
    /// The key was used for something else.
    case another
}

/// The answer to a change, kept for its repeats.
package struct KeptAnswer: Hashable, Sendable {
    package var status: Int
    package var contentType: String?
    /// Where the answer led to, if it led anywhere.
    package var location: String?
    package var body: [UInt8]

    package init(status: Int, contentType: String? = nil, location: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.location = location
        self.body = body
    }
}

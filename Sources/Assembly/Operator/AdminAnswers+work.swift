extension AdminAnswer {
    /// How far something is that takes long.
    package struct Work: Decodable, Sendable {
        package var what: String
        package var done: Int
        package var total: Int?
    }
}

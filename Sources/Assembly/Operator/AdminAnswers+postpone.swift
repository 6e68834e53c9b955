extension AdminAnswer {
    /// What postponing would do.
    package struct Postponement: Decodable, Sendable {
        package var ends: [String]
        package var decisions: [String]
        package var changes: [Plan.Change]
        package var others: [Plan.Other]

        /// What would end, and what is decided instead.
        package var lines: [String] {
            ends.map(shown) + decisions.map { "  → \(shown($0))" }
                + changes.flatMap { change in
                    [("given", change.add), ("taken away", change.remove)].filter { !$0.1.isEmpty }.map {
                        "  \(shown(change.name)): \(shown($0.1.joined(separator: ", "))) is \($0.0) at once."
                    }
                }
                + others.map { "  \(shown($0.sentence))" }
        }
    }
}

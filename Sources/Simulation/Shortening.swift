package import Oracle

extension Simulation {
    /// Finds the shortest story, within a number of tries, that still breaks the same rule.
    package static func shorten(
        _ story: Story,
        breaking rule: Violation.Rule,
        mutation: @escaping @Sendable () -> Mutation = { .none },
        tries: Int = 150
    ) async throws -> Story {
        var search = Search(story: story, rule: rule, mutation: mutation, left: tries)
        for person in story.people { try await search.try { $0.leavingOut(person) } }
        var size = max(1, search.story.acts.count / 2)
        while size > 0, search.left > 0 {
            var from = 0
            while from < search.story.acts.count, search.left > 0 {
                let range = from..<min(from + size, search.story.acts.count)
                let isShorter = try await search.try { story in
                    var story = story
                    story.acts.removeSubrange(range)
                    return story
                }
                if !isShorter { from += size }
            }
            size /= 2
        }
        return search.story
    }
}

/// Keeps the shortest story found so far.
private struct Search {
    var story: Story
    let rule: Violation.Rule
    let mutation: @Sendable () -> Mutation
    var left: Int

    @discardableResult
    mutating func `try`(_ change: (Story) -> Story) async throws -> Bool {
        guard left > 0 else { return false }
        left -= 1
        let shorter = change(story)
        let report = try await Simulation.run(shorter, mutation: mutation())
        guard report.violations.contains(where: { $0.rule == rule }) else { return false }
        story = shorter
        return true
    }
}

extension Story {
    fileprivate func leavingOut(_ person: Person) -> Story {
        var story = self
        story.people.removeAll { $0.number == person.number }
        story.acts.removeAll { $0.customer == person.number }
        return story
    }
}

extension AdminAnswer {
    /// Something that a person did.
    package struct Action: Decodable, Sendable {
        package var number: Int64
        package var at: String
        package var author: String
        package var what: String
        package var customer: String?
        package var reason: String?
    }

    /// Somebody for whom something changes by time alone.
    package struct Upcoming: Decodable, Sendable {
        package var customer: String
        package var email: String?
        package var at: String
        package var changes: [String]
    }

    /// Whom a request concerned.
    package struct Marked: Decodable, Sendable {
        package var status: String
        package var customers: [String]
    }

    /// Somebody for whom something would be done.
    package struct Plan: Decodable, Sendable {
        package var customer: String
        package var email: String?
        package var state: String
        package var reasons: [String]
        package var holdsLosses: Bool
        package var onHold: Bool
        package var changes: [Change]
        package var others: [Other]

        /// Whether anything would be taken away.
        package var takesAway: Bool {
            changes.contains { !$0.remove.isEmpty } || others.contains(where: \.takesAway)
        }

        /// Whether only a pause keeps it from being taken away.
        package var losesAfterPause: Bool { takesAway && !holdsLosses && !onHold }

        /// A server of their own, or a rank in game.
        package struct Other: Decodable, Sendable {
            package var sentence: String
            package var takesAway: Bool
        }

        package struct Change: Decodable, Sendable {
            package var name: String
            package var add: [String]
            package var remove: [String]
        }
    }
}

extension AdminAnswer.Action {
    package static func table(_ actions: [Self], coloured: Bool) -> [String] {
        var table = TextTable("TIME", "WHO", "WHAT", "CUSTOMER", "REASON")
        for action in actions {
            table.add([action.at, action.author, action.what, action.customer ?? "", action.reason ?? ""])
        }
        return table.lines(coloured: coloured)
    }
}

extension AdminAnswer.Override {
    package static func table(_ overrides: [Self], coloured: Bool) -> [String] {
        var table = TextTable("ID", "CUSTOMER", "KIND", "TIER", "UNTIL", "BY", "REASON")
        for override in overrides {
            let end = override.endedAt.map { "ended \($0)" } ?? override.until ?? ""
            table.add([
                override.id, override.customer, override.kind, override.tier ?? "", end, override.author,
                override.reason,
            ])
        }
        return table.lines(coloured: coloured)
    }
}

extension AdminAnswer.Upcoming {
    package var lines: [String] {
        ["\(shown(email ?? customer)):"] + changes.map { "  \(shown($0))" }
    }
}

extension AdminAnswer.Marked {
    /// What became of a replay, for people.
    package func sentence(_ event: Int64) -> String {
        switch status {
        case "queued": "Delivery \(event) is read anew."
        case "waiting": "Delivery \(event) waits to be folded anyway."
        default: "Delivery \(event) is folded again; concerned: \(counted(customers.count, "customer"))."
        }
    }
}

extension AdminAnswer.Plan {
    /// Who, how they stand and why, and each change, for people.
    package func lines(coloured: Bool) -> [String] {
        let style = TextStyle.state(state)
        let name = shown(email.map { "\($0) (\(customer))" } ?? customer)
        let head = "\(name): \(style.applied(to: shown(state.replacing("_", with: " ")), coloured))"
        return [head] + reasons.map { "  ! \(shown($0))" } + changeLines
    }

    /// What would be done, line by line.
    package var changeLines: [String] {
        changes.map(\.line) + others.map { "  \(shown($0.sentence))" }
    }
}

extension AdminAnswer.Plan.Change {
    fileprivate var line: String {
        let give = add.isEmpty ? [] : ["give \(add.joined(separator: ", "))"]
        let take = remove.isEmpty ? [] : ["take \(remove.joined(separator: ", "))"]
        return "  on \(shown(name)): \(shown((give + take).joined(separator: "; ")))"
    }
}

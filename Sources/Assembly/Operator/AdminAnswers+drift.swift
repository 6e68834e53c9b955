extension AdminAnswer {
    /// Where panels show something else than we give.
    package struct Drift: Decodable, Sendable {
        package var panels: [String: Panel]
        package var notGiven: [Plan]

        package struct Panel: Decodable, Sendable {
            package var auditedAt: String
            package var counts: [String: Int]
            package var findings: [Finding]
            package var cut: Bool
        }

        package struct Finding: Decodable, Sendable {
            package var id: String
            package var kind: String
            package var customer: String?
            package var user: Int
            package var username: String?
            package var name: String
            package var permissions: [String]
            package var accept: String?
            package var repair: String?

            package var takesAway: Bool { kind == "unpaid" || kind == "given_back" }

            /// What differs, made harmless.
            package var sentence: String {
                let who = customer ?? username ?? "user \(user)"
                return "\(shown(who)) on \(shown(name)): \(words) \(shown(permissions.joined(separator: ", ")))"
            }
        }

        /// The line of that id, as it is now.
        package static func finding(_ id: String, from client: AdminClient) async throws -> Finding {
            let drift = try await client.get(Self.self, ["drift"])
            guard let found = drift.panels.values.flatMap(\.findings).first(where: { $0.id == id }) else {
                throw CommandFailure(
                    .didNotHold,
                    "No panel shows \(shown(id)) any more. Look at `paydactyl drift` again."
                )
            }
            return found
        }
    }
}

extension AdminAnswer.Drift {
    package func lines(coloured: Bool) -> [String] {
        var lines: [String] = []
        for (name, panel) in panels.sorted(by: { $0.key < $1.key }) {
            lines.append("Panel \(shown(name)), as read at \(shown(panel.auditedAt)):")
            lines += panel.lines(coloured: coloured)
        }
        if panels.isEmpty { lines.append("No panel was read yet.") }
        if !notGiven.isEmpty {
            lines.append("Paid for and not given yet:")
            lines += notGiven.flatMap { $0.lines(coloured: coloured) }
        }
        return lines
    }
}

extension AdminAnswer.Drift.Panel {
    fileprivate func lines(coloured: Bool) -> [String] {
        guard !findings.isEmpty else { return ["  nothing differs, and nobody else has access."] }
        var table = TextTable("LINE", "WHAT", "WHO", "SERVER", "PERMISSIONS")
        for finding in findings {
            let who = finding.customer ?? finding.username ?? "user \(finding.user)"
            table.add([finding.id, finding.words, who, finding.name, finding.permissions.joined(separator: ", ")])
        }
        let total = counts.values.reduce(0, +)
        return table.lines(coloured: coloured) + (cut ? ["There are \(total); the first are shown."] : [])
    }
}

extension AdminAnswer.Drift.Finding {
    var words: String {
        switch kind {
        case "missing": "lacks"
        case "unpaid": "nobody pays for"
        case "given_back": "given back by hand"
        case "hand_made": "given by hand"
        case "stranger": "given by hand to others"
        default: kind
        }
    }
}

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
            package var kind: String
            package var customer: String?
            package var user: Int
            package var username: String?
            package var name: String
            package var permissions: [String]
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
        var table = TextTable("WHAT", "WHO", "SERVER", "PERMISSIONS")
        for finding in findings {
            let who = finding.customer ?? finding.username ?? "user \(finding.user)"
            table.add([finding.words, who, finding.name, finding.permissions.joined(separator: ", ")])
        }
        let total = counts.values.reduce(0, +)
        return table.lines(coloured: coloured) + (cut ? ["There are \(total); the first are shown."] : [])
    }
}

extension AdminAnswer.Drift.Finding {
    fileprivate var words: String {
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

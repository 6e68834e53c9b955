extension AdminAnswer {
    /// A way back, before it is decided.
    package struct RollbackPlan: Decodable, Sendable {
        package var to: String
        package var fingerprint: String
        package var operations: Int
        package var customers: Int
        package var changes: [Change]
        package var left: [LeftAsIs]
        package var scope: String

        package struct Change: Decodable, Sendable {
            package var customer: String
            package var name: String
            package var now: [String]
            package var back: [String]
        }
    }

    package struct LeftAsIs: Decodable, Sendable {
        package var customer: String
        package var name: String?
        package var why: String
    }

    /// A rollback that was decided.
    package struct Rollback: Decodable, Sendable {
        package var number: Int64
        package var to: String
        package var author: String
        package var reason: String
        package var at: String
        package var waiting: Int
        package var done: Int
        package var left: Int
        package var leftAsIs: [LeftAsIs]?
        package var scope: String
    }
}

extension AdminAnswer.RollbackPlan {
    /// What would happen, one line a row, for people.
    package var lines: [String] {
        let head =
            "Back to \(shown(to)), behind \(counted(operations, "operation")): \(counted(changes.count, "row")) of "
            + "\(counted(customers, "customer")) would change."
        let lines = changes.map { change in
            "  \(AdminAnswer.customerWords(change.customer)) on \(shown(change.name)): \(words(change.now)) -> \(words(change.back))"
        }
        return [head, shown(scope)] + lines + left.map(\.line)
    }

    private func words(_ permissions: [String]) -> String {
        permissions.isEmpty ? "no access" : shown(permissions.joined(separator: ", "))
    }
}

extension AdminAnswer.LeftAsIs {
    fileprivate var line: String {
        "  left as it is: \(AdminAnswer.customerWords(customer))\(name.map { " on \(shown($0))" } ?? ""): \(shown(why))"
    }
}

extension AdminAnswer.Rollback {
    /// How far it is, for people.
    package var progress: String {
        "\(done + left) of \(done + left + waiting)"
    }

    package var lines: [String] {
        let head =
            "Rollback \(number) to \(shown(to)): \(counted(done, "row")) brought back, \(left) left as they are, \(waiting) waiting."
        return [head] + (leftAsIs ?? []).map(\.line) + [shown(scope)]
    }

    package static func table(_ rollbacks: [Self], coloured: Bool) -> [String] {
        var table = TextTable("NUMBER", "AT", "BACK TO", "BY", "DONE", "LEFT", "WAITING", "REASON")
        for rollback in rollbacks {
            table.add([
                "\(rollback.number)", rollback.at, rollback.to, rollback.author, "\(rollback.done)", "\(rollback.left)",
                "\(rollback.waiting)", rollback.reason,
            ])
        }
        return table.lines(coloured: coloured)
    }
}

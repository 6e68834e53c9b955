package import Foundation
import PanelSimulator

/// How the demonstration came out: who has what, and whether the panel shows that and nothing else.
package struct DemoSummary: Sendable {
    private struct Line {
        var subscriber: Subscriber
        var customer: AdminAnswer.Customer
        var access: ShownAccess
        var isRight: Bool
    }

    private var table: [Line] = []
    private var faults: [String] = []

    package var isRight: Bool { faults.isEmpty }

    init(_ teller: StoryTeller) async throws {
        if teller.failures > 0 { faults.append("\(teller.failures) steps did not come out as told above.") }
        for subscriber in Subscriber.all {
            let customer = try await teller.client.get(AdminAnswer.Customer.self, ["customers", subscriber.customer])
            let access = teller.access(of: subscriber)
            let expected = teller.expected[subscriber] ?? .none
            table.append(
                Line(subscriber: subscriber, customer: customer, access: access, isRight: access == expected)
            )
            if access != expected {
                faults.append("\(subscriber.name) has \(access) on the panel instead of \(expected).")
            }
            let accounts = teller.panel.users.filter { $0.email == subscriber.email }.count
            if accounts != 1 { faults.append("\(subscriber.name) has \(accounts) accounts instead of one.") }
        }
        let known = Set(Subscriber.all.map(\.email))
        for (server, people) in teller.panel.access {
            for stranger in people.keys where !known.contains(stranger) {
                faults.append("\(stranger) has access to \(server).")
            }
        }
    }

    /// The same for programs.
    package func json() throws -> Data {
        struct Report: Encodable {
            struct Subscriber: Encodable {
                var name: String
                var product: String
                var tier: String?
                var state: String
                var access: [String: [String]]
                var isRight: Bool
            }

            var holds: Bool
            var subscribers: [Subscriber]
            var faults: [String]
        }
        let report = Report(
            holds: isRight,
            subscribers: table.map { line in
                Report.Subscriber(
                    name: line.subscriber.name,
                    product: line.subscriber.product,
                    tier: line.customer.tier,
                    state: line.customer.state,
                    access: line.access.servers.mapValues { $0.sorted() },
                    isRight: line.isRight
                )
            },
            faults: faults
        )
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(report)
    }

    func lines(coloured: Bool) -> [String] {
        var table = TextTable("", "SUBSCRIBER", "PRODUCT", "TIER", "STATE", "ON THE PANEL")
        for line in self.table {
            table.add(
                [
                    line.isRight ? "✓" : "✗", line.subscriber.name, line.subscriber.product, line.customer.tier ?? "",
                    line.customer.stateWords, line.access.description,
                ],
                styles: [0: line.isRight ? .green : .red, 4: line.customer.stateStyle]
            )
        }
        let verdict =
            isRight
            ? TextStyle.green.applied(to: "The panel shows what it should, and nothing else.", coloured)
            : TextStyle.red.applied(to: "It did not come out as it should:", coloured)
        return [""] + table.lines(coloured: coloured) + ["", verdict] + faults.map { "  \($0)" }
    }
}

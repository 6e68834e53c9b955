import ArgumentParser
import Assembly
import Foundation

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the service at a glance.")

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let answer = try await client.get(["status"])
            if service.json { return Screen.output.write(json: answer) }
            let status = try AdminClient.read(AdminAnswer.Status.self, from: answer)
            Screen.output.write(status.lines(coloured: Screen.output.isColoured))
        }
    }
}

struct Customers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List customers.")

    @Option(help: "Only those who are converged, working, blocked or needs_attention.")
    var state: String?

    @Option(help: "Only those whose id, e-mail or name holds this.")
    var search: String?

    @Option(help: "How many, 1 to 500.")
    var limit = 50

    @Option(help: "Begin behind this one: what the page before ended with.")
    var after: String?

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let query = [
                (name: "state", value: state), (name: "search", value: search), (name: "after", value: after),
                (name: "limit", value: "\(limit)"),
            ]
            let answer = try await client.get(["customers"], query)
            if service.json { return Screen.output.write(json: answer) }
            let list = try AdminClient.read(AdminAnswer.List<AdminAnswer.Customer>.self, from: answer)
            guard !list.items.isEmpty else { return Screen.output.write("There are no such customers.") }
            Screen.output.write(AdminAnswer.Customer.table(list.items, coloured: Screen.output.isColoured))
            if let next = list.next { Screen.output.write("There are more: --after \(shown(next))") }
        }
    }
}

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Say what a customer has, why, and what comes next.")

    @Argument(help: "The customer's id or e-mail.")
    var customer: String

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let answer = try await client.get(["customers", customer])
            if service.json { return Screen.output.write(json: answer) }
            let found = try AdminClient.read(AdminAnswer.Customer.self, from: answer)
            Screen.output.write(found.explained(coloured: Screen.output.isColoured))
        }
    }
}

struct Timeline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what was said of a customer, and what was done.")

    @Argument(help: "The customer's id or e-mail.")
    var customer: String

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let answer = try await client.get(["customers", customer, "timeline"])
            if service.json { return Screen.output.write(json: answer) }
            let list = try AdminClient.read(AdminAnswer.List<AdminAnswer.TimelineEntry>.self, from: answer)
            guard !list.items.isEmpty else { return Screen.output.write("Nothing was said or done yet.") }
            Screen.output.write(AdminAnswer.TimelineEntry.table(list.items, coloured: Screen.output.isColoured))
        }
    }
}

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what waits or is held: every customer who is not converged, and why."
    )

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            var open: [AdminAnswer.Customer] = []
            var pages: [Data] = []
            for state in ["needs_attention", "blocked", "working"] {
                var after: String?
                repeat {
                    let query = [
                        (name: "state", value: state), (name: "limit", value: "500"), (name: "after", value: after),
                    ]
                    let answer = try await client.get(["customers"], query)
                    let list = try AdminClient.read(AdminAnswer.List<AdminAnswer.Customer>.self, from: answer)
                    pages.append(answer)
                    open += list.items
                    after = list.next
                } while after != nil
            }
            if service.json { return Screen.output.write(json: try JSONPages.joined(pages)) }
            guard !open.isEmpty else {
                return Screen.output.write("Nothing waits: everybody has what they should have.")
            }
            Screen.output.write(AdminAnswer.Customer.listed(open, coloured: Screen.output.isColoured))
        }
    }
}

/// The pages of a list as one.
enum JSONPages {
    static func joined(_ pages: [Data]) throws -> Data {
        var items: [Any] = []
        for page in pages {
            let object = try JSONSerialization.jsonObject(with: page) as? [String: Any]
            items += object?["items"] as? [Any] ?? []
        }
        return try JSONSerialization.data(
            withJSONObject: ["items": items],
            options: [.sortedKeys, .withoutEscapingSlashes]
        )
    }
}

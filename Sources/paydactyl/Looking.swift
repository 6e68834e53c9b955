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

    @Flag(help: "Only whom a ban keeps out.")
    var banned = false

    @Option(help: "Only those who have this tier now, bought or granted.")
    var tier: String?

    @Option(help: "Only those whose id, e-mail or name holds this.")
    var search: String?

    @Option(help: "How many, 1 to 500.")
    var limit = 50

    @Option(help: "Begin behind this one: what the page before ended with.")
    var after: String?

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let query = [
            (name: "state", value: state), (name: "banned", value: banned ? "true" : nil), (name: "tier", value: tier),
            (name: "search", value: search),
            (name: "after", value: after), (name: "limit", value: "\(limit)"),
        ]
        try await service.writePage(
            of: "customers",
            query,
            goesOnWith: "--after",
            ifEmpty: "There are no such customers."
        ) { AdminAnswer.Customer.table($0, coloured: Screen.output.isColoured) }
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
    static let configuration = CommandConfiguration(
        abstract: "Show what was said of a customer, decided by people, and done, in order."
    )

    @Argument(help: "The customer's id or e-mail.")
    var customer: String

    @Option(help: "How many entries, 1 to 500.")
    var limit = 200

    @Option(help: "Go on before this place: what the page before ended with.")
    var before: String?

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let query = [(name: "limit", value: Optional("\(limit)")), (name: "before", value: before)]
            let answer = try await client.get(["customers", customer, "timeline"], query)
            if service.json { return Screen.output.write(json: answer) }
            let list = try AdminClient.read(AdminAnswer.List<AdminAnswer.TimelineEntry>.self, from: answer)
            guard !list.items.isEmpty else { return Screen.output.write("Nothing was said or done yet.") }
            Screen.output.write(AdminAnswer.TimelineEntry.table(list.items, coloured: Screen.output.isColoured))
            if let next = list.next { Screen.output.write("There are older ones: --before \(shown(next))") }
        }
    }
}

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what would be done now, and what waits or is held: each customer concerned, line by line."
    )

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            var open: [AdminAnswer.Plan] = []
            let pages = try await AdminAnswer.Plan.all(client) { open += $0 }
            if service.json { return Screen.output.write(json: try JSONPages.joined(pages)) }
            guard !open.isEmpty else {
                return Screen.output.write("Nothing waits: everybody has what they should have.")
            }
            Screen.output.write(open.flatMap { $0.lines(coloured: Screen.output.isColoured) })
        }
    }
}

extension AdminAnswer.Plan {
    /// Looks at all for whom something waits, page by page; returns the pages.
    static func all(_ client: AdminClient, _ look: ([Self]) -> Void) async throws -> [Data] {
        var pages: [Data] = []
        var after: String?
        repeat {
            let query = [(name: "limit", value: "500"), (name: "after", value: after)]
            let answer = try await client.get(["plan"], query)
            let list = try AdminClient.read(AdminAnswer.List<Self>.self, from: answer)
            pages.append(answer)
            look(list.items)
            after = list.next
        } while after != nil
        return pages
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

import ArgumentParser
import Assembly
import Foundation

struct Overrides: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List grants, bans and holds that are in force.")

    @Argument(help: "Only those of this customer, by id or e-mail.")
    var customer: String?

    @Flag(help: "Those that are over, too.")
    var all = false

    @Option(help: "Only these: grant, ban or hold.")
    var kind: String?

    @Option(help: "How many, 1 to 500.")
    var limit = 50

    @Option(help: "Begin before this one: what the page before ended with.")
    var before: String?

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let query = [
            (name: "customer", value: customer), (name: "all", value: all ? "true" : nil), (name: "kind", value: kind),
            (name: "limit", value: "\(limit)"), (name: "before", value: before),
        ]
        try await service.writePage(
            of: "overrides",
            query,
            goesOnWith: "--before",
            ifEmpty: "No grant, ban or hold is in force."
        ) { AdminAnswer.Override.table($0, coloured: Screen.output.isColoured) }
    }
}

struct Log: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what people decided and asked for, the newest first."
    )

    @Option(help: "Only what this person or program did, by the name of its token.")
    var author: String?

    @Option(help: "Only what was done to this customer, by id or e-mail.")
    var customer: String?

    @Option(help: "How many, 1 to 500.")
    var limit = 50

    @Option(help: "Begin before this number: what the page before ended with.")
    var before: String?

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.writePage(
            of: "audit-log",
            [
                (name: "author", value: author), (name: "customer", value: customer),
                (name: "limit", value: "\(limit)"), (name: "before", value: before),
            ],
            goesOnWith: "--before",
            ifEmpty: author == nil && customer == nil
                ? "Nobody decided anything yet." : "The log has nothing of the kind."
        ) { AdminAnswer.Action.table($0, coloured: Screen.output.isColoured) }
    }
}

struct Upcoming: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what changes by time alone: ends of grace, of what is paid for, of grants and holds."
    )

    @Option(help: "Only what changes until then: a moment, or a day, which means its end.")
    var until: String?

    @Option(help: "How many customers, 1 to 500.")
    var limit = 50

    @Option(help: "Begin after this one: what the page before ended with.")
    var after: String?

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.writePage(
            of: "upcoming",
            [(name: "until", value: until), (name: "limit", value: "\(limit)"), (name: "after", value: after)],
            goesOnWith: "--after",
            ifEmpty: "Nothing changes by time alone."
        ) { (items: [AdminAnswer.Upcoming]) in items.flatMap(\.lines) }
    }
}

struct Acknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Say of a delivery that is refused or conflicting that nothing is to be done: it needs nobody any more."
    )

    @Argument(help: "The delivery's number.")
    var event: Int64

    @Option(help: "Why; somebody will ask.")
    var reason: String

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let answer = try await client.post(["events", "\(event)", "acknowledge"], ["reason": .string(reason)])
            service.write(answer, orSay: "Delivery \(event) is acknowledged.")
        }
    }
}

struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fold a stored delivery again, also one that was refused; harmless to repeat."
    )

    @Argument(help: "The delivery's number, as `timeline` and `events` show it.")
    var event: Int64

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let answer = try await client.post(["events", "\(event)", "replay"])
            if service.json { return Screen.output.write(json: answer) }
            let marked = try AdminClient.read(AdminAnswer.Marked.self, from: answer)
            Screen.output.write(marked.sentence(event))
        }
    }
}

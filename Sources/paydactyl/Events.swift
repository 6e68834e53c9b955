import ArgumentParser
import Assembly

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List what billing systems delivered, the newest first; or show one delivery with its body."
    )

    @Argument(help: "The number of one delivery.")
    var number: Int64?

    @Option(help: "Only those that are waiting, applied, ignored, refused or conflicting.")
    var state: String?

    @Option(help: "How many, 1 to 500.")
    var limit = 50

    @Option(help: "Begin before this number: what the page before ended with.")
    var before: String?

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        if let number { return try await service.with { try await show(number, $0) } }
        let query = [
            (name: "state", value: state), (name: "limit", value: "\(limit)"), (name: "before", value: before),
        ]
        try await service.writePage(
            of: "events",
            query,
            goesOnWith: "--before",
            ifEmpty: "There are no such deliveries."
        ) { AdminAnswer.Delivery.table($0, coloured: Screen.output.isColoured) }
    }

    private func show(_ number: Int64, _ client: AdminClient) async throws {
        let answer = try await client.get(["events", "\(number)"])
        if service.json { return Screen.output.write(json: answer) }
        let delivery = try AdminClient.read(AdminAnswer.Delivery.self, from: answer)
        Screen.output.write(delivery.lines(coloured: Screen.output.isColoured))
    }
}

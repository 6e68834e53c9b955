import ArgumentParser
import Assembly
import Foundation

struct Postpone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Put off what time alone would take from a customer: until a day they keep the tiers that end before it.",
        discussion:
            "What `paydactyl upcoming` shows. Shows what would end and what it decides; --plan shows that alone."
    )

    @Argument(help: "The customer's id or e-mail.")
    var customer: String

    @Option(help: "The last day, such as 2026-12-24, or the moment, such as 2026-12-24T18:00:00Z.")
    var until: String

    @Option(help: "Why; somebody will ask. Not needed with --plan.")
    var reason: String?

    @Flag(help: "Show what it would do, and do nothing.")
    var plan = false

    @OptionGroup var service: ServiceOptions

    func validate() throws {
        guard plan || reason != nil else { throw ValidationError("Say why with --reason, or look with --plan.") }
    }

    func run() async throws {
        try await service.with { client in
            let path = ["customers", customer, "postpone"]
            let looked = try await client.get(path, [(name: "until", value: until)])
            guard let reason, !plan else {
                if service.json { return Screen.output.write(json: looked) }
                return Screen.output.write(try AdminClient.read(AdminAnswer.Postponement.self, from: looked).lines)
            }
            let done = try await client.post(path, ["until": .string(until), "reason": .string(reason)])
            if service.json { return Screen.output.write(json: done) }
            Screen.output.write(try AdminClient.read(AdminAnswer.Postponement.self, from: looked).lines)
            let made = try AdminClient.read(AdminAnswer.List<AdminAnswer.Override>.self, from: done).items
            Screen.output.write(
                "Postponed: \(counted(made.count, "decision")) in force until \(shown(made.first?.until ?? until))."
            )
        }
    }
}

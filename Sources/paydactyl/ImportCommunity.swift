import ArgumentParser
import Assembly
import Foundation

struct ImportCommunity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "community",
        abstract:
            "Take over an existing community: show who pays and who has access; with --adopt, let the payers in. Asks first.",
        discussion: """
            Without --adopt nothing is changed. Begin with mode: observe. Without --csv all active services of Paymenter are taken
            (billing.paymenter.api); a table has the columns subscription_id, customer_email, product_id, paid_through (a date, or never), and may
            have customer_id, customer_name, quantity and property:NAME.
            """
    )

    @Option(help: "A table of those who pay now, instead of Paymenter's own list.")
    var csv: String?

    @Flag(help: "Let the subscriptions into the ledger.")
    var adopt = false

    @Flag(
        help:
            "With --adopt: what payers have by hand of what their tier gives counts as given by us, and goes when they stop paying."
    )
    var takeOver = false

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var service: ServiceOptions

    func validate() throws {
        guard adopt || !takeOver else { throw ValidationError("--take-over goes with --adopt.") }
    }

    func run() async throws {
        let table = try csv.map(Self.read)
        try await service.with { client in
            var body: [String: JSONFragment] = table.map { ["csv": .string($0)] } ?? [:]
            body["adopt"] = .boolean(false)
            let bar = ProgressBar(json: service.json)
            let looking = body
            let looked = try await bar.during(client) { try await client.post(["import"], looking) }
            let report = try AdminClient.read(AdminAnswer.Import.self, from: looked)
            if !adopt {
                if service.json { return Screen.output.write(json: looked) }
                return Screen.output.write(report.lines(coloured: Screen.output.isColoured))
            }
            if !service.json { Screen.output.write(report.lines(coloured: Screen.output.isColoured)) }
            let payers = report.paysAndHas.count + report.paysAndLacks.count
            try Asking.confirm("Let \(counted(payers, "subscription")) into the ledger?\(warning)", yes: yes)
            body["adopt"] = .boolean(true)
            body["take_over"] = .boolean(takeOver)
            let adopting = body
            let done = try await bar.during(client) { try await client.post(["import"], adopting) }
            if service.json { return Screen.output.write(json: done) }
            let adopted = try AdminClient.read(AdminAnswer.Import.self, from: done)
            Screen.output.write(
                "\(counted(adopted.adopted, "subscription")) taken over; hand-made permissions made ours on "
                    + "\(counted(adopted.takenOver, "server"))."
            )
        }
    }

    private var warning: String {
        takeOver ? " What they have by hand of what their tier gives will go when they stop paying." : ""
    }

    private static func read(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.usage, "\(path) cannot be read: it is not there, or not for you to read.")
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw CommandFailure(.usage, "\(path) is no UTF-8 text.")
        }
        guard data.count <= 200_000 else {
            throw CommandFailure(.usage, "\(path) is larger than 200 kB; take it over in parts.")
        }
        return text
    }
}

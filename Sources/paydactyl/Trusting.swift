import ArgumentParser
import Assembly

struct Unlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Go on with a panel that was locked because it looked like another one. Asks first."
    )

    @Argument(help: "The panel's name in the configuration.")
    var panel: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            try Asking.confirm(
                "Is panel \(panel) the one that the ledger knows, with the same accounts and servers?",
                yes: yes
            )
            let answer = try await client.post(["panels", panel, "unlock"])
            if service.json { return Screen.output.write(json: answer) }
            Screen.output.write(
                "Panel \(shown(panel)) is worked with again; an audit begins, and locks it again if most accounts or servers there are others than they were. Accounts that are gone are made anew."
            )
        }
    }
}

struct Enforce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Go on with a ledger that was restored, after reading the plan. Asks first."
    )

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            try Asking.confirm("Was the plan read, and may all of it be done?", yes: yes)
            let answer = try await client.post(["enforce"])
            service.write(answer, orSay: "The service goes by its configuration again.")
        }
    }
}

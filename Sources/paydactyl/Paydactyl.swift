import ArgumentParser
import Assembly

@main
struct Paydactyl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paydactyl",
        abstract: "Gives those who pay the access they paid for, on a Pterodactyl panel.",
        version: paydactylVersion,
        subcommands: [Serve.self]
    )
}

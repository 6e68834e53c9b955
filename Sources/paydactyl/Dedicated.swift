import ArgumentParser
import Assembly
import Foundation

struct ConfirmDeletion: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a server be deleted whose subscription ended long ago, with everything on it. Asks first."
    )

    @Argument(help: "The subscription whose server it is.")
    var subscription: String

    @Option(help: "Which of several servers of the subscription.")
    var number: Int?

    @OptionGroup var decision: DecisionOptions

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let servers = try await client.dedicated(of: subscription).filter {
                $0.deletionWaitsSince != nil && (number == nil || $0.number == number)
            }
            guard let server = servers.first, let id = server.server else {
                throw CommandFailure(
                    .didNotHold,
                    "No server of subscription \(shown(subscription)) waits to be deleted."
                )
            }
            guard servers.count == 1 else {
                let numbers = servers.map { "\($0.number)" }.joined(separator: ", ")
                throw CommandFailure(.usage, "Several servers of it wait; say which with --number: \(numbers).")
            }
            let question = "\(shown(server.sentence)) Delete it with everything on it?"
            try Asking.confirm(question, yes: decision.yes)
            let answer = try await client.post(
                ["dedicated", subscription, "confirm-deletion"],
                [
                    "panel": .string(server.panel), "number": .integer(Int64(server.number)),
                    "server": .integer(Int64(id)), "reason": .string(decision.reason),
                ]
            )
            service.write(
                answer,
                orSay: "It is deleted now; `paydactyl timeline` of its customer shows when it is gone."
            )
        }
    }
}

struct HandOver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give the servers of a subscription that changed its customer to the new one. Asks first."
    )

    @Argument(help: "The subscription.")
    var subscription: String

    @OptionGroup var decision: DecisionOptions

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let servers = try await client.dedicated(of: subscription)
            guard !servers.isEmpty else {
                throw CommandFailure(.didNotHold, "Subscription \(shown(subscription)) has no server to hand over.")
            }
            let names = servers.map { shown($0.name) }.joined(separator: ", ")
            try Asking.confirm(
                "Give \(names) to the customer whose subscription \(shown(subscription)) is now?",
                yes: decision.yes
            )
            let answer = try await client.post(
                ["dedicated", subscription, "hand-over"],
                ["reason": .string(decision.reason)]
            )
            service.write(answer, orSay: "Handed over; the panel's owner follows.")
        }
    }
}

struct LetGo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a server out of Paydactyl's hands, as it is: nothing is done to it any more. Asks first."
    )

    @Argument(help: "The subscription whose server it is.")
    var subscription: String

    @Option(help: "Which of several servers of the subscription.")
    var number: Int?

    @Flag(help: "Have another made for the subscription, also where one was let go of before.")
    var makeAnother = false

    @Option(help: "The panel, where one was let go of before and is to be made again.")
    var panel = "main"

    @OptionGroup var decision: DecisionOptions

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let servers = try await client.dedicated(of: subscription).filter { number == nil || $0.number == number }
            guard servers.count <= 1 else {
                let numbers = servers.map { "\($0.number)" }.joined(separator: ", ")
                throw CommandFailure(.usage, "It has several servers; say which with --number: \(numbers).")
            }
            var body: [String: JSONFragment] = [
                "make_another": .boolean(makeAnother), "reason": .string(decision.reason),
            ]
            let place = makeAnother ? "Another is made for the subscription." : "None is made in its place."
            if let server = servers.first, let id = server.server {
                body["panel"] = .string(server.panel)
                body["number"] = .integer(Int64(server.number))
                body["server"] = .integer(Int64(id))
                try Asking.confirm(
                    "\(shown(server.sentence)) Let go of it? It stays as it is, without our external id. \(place)",
                    yes: decision.yes
                )
            } else if makeAnother, servers.isEmpty {
                body["panel"] = .string(panel)
                body["number"] = .integer(Int64(number ?? 1))
            } else {
                throw CommandFailure(.didNotHold, "Subscription \(shown(subscription)) has no server to let go of now.")
            }
            let answer = try await client.post(["dedicated", subscription, "let-go"], body)
            service.write(answer, orSay: servers.isEmpty ? place : "It is in your hands. \(place)")
        }
    }
}

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take over what was there before Paydactyl.",
        subcommands: [ImportCommunity.self, ImportServer.self],
        defaultSubcommand: ImportCommunity.self
    )
}

struct ImportServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Make a server of the panel a subscription's own. Shows what it would do, and asks first."
    )

    @Argument(help: "The subscription.")
    var subscription: String

    @Argument(help: "The server's id, short identifier or uuid.")
    var server: String

    @Option(help: "Which of several servers of the subscription it becomes.")
    var number: Int = 1

    @Option(help: "Where the server is another account's: yes makes it the customer's, no leaves it.")
    var changeOwner: YesOrNo?

    @OptionGroup var decision: DecisionOptions

    @OptionGroup var service: ServiceOptions

    enum YesOrNo: String, ExpressibleByArgument {
        case yes, no
    }

    func run() async throws {
        try await service.with { client in
            let path = ["dedicated", subscription, "import"]
            var body: [String: JSONFragment] = ["server": .string(server), "number": .integer(Int64(number))]
            let plan = try AdminClient.read(AdminAnswer.Adoption.self, from: try await client.post(path, body))
            if plan.ownerDiffers, changeOwner == nil {
                throw CommandFailure(
                    .usage,
                    "\(plan.words) The server is not the customer's: say --change-owner yes or --change-owner no."
                )
            }
            try Asking.confirm("\(plan.words) Do it?", yes: decision.yes)
            body["confirm"] = .string(plan.uuid)
            body["reason"] = .string(decision.reason)
            if let changeOwner { body["change_owner"] = .boolean(changeOwner == .yes) }
            let answer = try await client.post(path, body)
            service.write(
                answer,
                orSay: "\(shown(plan.name)) becomes the server of subscription \(shown(subscription))."
            )
        }
    }
}

extension AdminClient {
    fileprivate func dedicated(of subscription: String) async throws -> [AdminAnswer.Dedicated] {
        try await get(AdminAnswer.List<AdminAnswer.Dedicated>.self, ["dedicated", subscription]).items
    }
}

extension AdminAnswer.Adoption {
    fileprivate var words: String {
        let changed = changes.isEmpty ? "nothing" : changes.map { shown($0) }.joined(separator: "; ")
        return
            "\(shown(name)) (\(shown(uuid))). What changes: \(changed). What stays: \(stays.map { shown($0) }.joined(separator: "; "))."
    }
}

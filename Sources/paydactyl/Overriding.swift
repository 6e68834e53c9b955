import ArgumentParser
import Assembly
import Foundation

struct Grant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a customer a tier that they did not buy, until a date."
    )

    @Argument(help: "The customer's id or e-mail.")
    var customer: String

    @Argument(help: "The tier.")
    var tier: String

    @Option(help: "The last day, such as 2026-12-24, or the moment, such as 2026-12-24T18:00:00Z.")
    var until: String

    @Option(help: "Why; somebody will ask.")
    var reason: String

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let body: [String: JSONFragment] = [
                "customer": .string(customer), "kind": "grant", "tier": .string(tier), "until": .string(until),
                "reason": .string(reason),
            ]
            try await NewOverride.add(body, client, json: service.json)
        }
    }
}

struct Ban: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take all access from a customer, whatever they pay. Asks first."
    )

    @Argument(help: "The customer's id or e-mail.")
    var customer: String

    @Option(help: "The last day, such as 2026-12-24, or the moment; without it, until somebody ends it.")
    var until: String?

    @OptionGroup var decision: DecisionOptions

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            if !decision.yes {
                let found = try await client.get(AdminAnswer.Customer.self, ["customers", customer])
                try Asking.confirm("Ban \(found.label)? \(found.whatBanDoes)", yes: false)
            }
            var body: [String: JSONFragment] = [
                "customer": .string(customer), "kind": "ban", "reason": .string(decision.reason),
            ]
            if let until { body["until"] = .string(until) }
            try await NewOverride.add(body, client, json: service.json)
        }
    }
}

struct Hold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Leave a customer alone for a while (7 days), whatever billing says."
    )

    @Argument(help: "The customer's id or e-mail.")
    var customer: String

    @Option(help: "The last day, such as 2026-12-24, or the moment, such as 2026-12-24T18:00:00Z.")
    var until: String?

    @Option(help: "Why; somebody will ask.")
    var reason: String

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            var body: [String: JSONFragment] = [
                "customer": .string(customer), "kind": "hold", "reason": .string(reason),
            ]
            if let until { body["until"] = .string(until) }
            try await NewOverride.add(body, client, json: service.json)
        }
    }
}

private enum NewOverride {
    static func add(_ body: [String: JSONFragment], _ client: AdminClient, json: Bool) async throws {
        let answer = try await client.post(["overrides"], body)
        if json { return Screen.output.write(json: answer) }
        let made = try AdminClient.read(AdminAnswer.Override.self, from: answer)
        let until = made.until.map { " until \(shown($0))" } ?? ""
        let tier = made.tier.map { " of tier \(shown($0))" } ?? ""
        let obstacle = made.obstacle.map { " \(shown($0))" } ?? ""
        Screen.output.write(
            "A \(shown(made.kind))\(tier) is in force for \(shown(made.customerWords))\(until).\(obstacle)"
        )
    }
}

struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "End the bans and holds of a customer (--only ban or hold: those), or with --grant one of their grants. Asks first if they lose by it."
    )

    @Argument(help: "The customer's id or e-mail.")
    var customer: String

    @Option(help: "The grant to end, by its tier or its id; bans and holds stay then.")
    var grant: String?

    @Option(help: "End only what is of this kind: ban or hold.")
    var only: Kind?

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case ban, hold
    }

    @OptionGroup var decision: DecisionOptions

    @OptionGroup var service: ServiceOptions

    func validate() throws {
        guard grant == nil || only == nil else { throw ValidationError("--grant and --only exclude each other.") }
    }

    func run() async throws {
        try await service.with { client in
            let found = try await client.get(AdminAnswer.Customer.self, ["customers", customer])
            let ended = (found.overrides ?? []).filter { isMeant($0) }
            guard !ended.isEmpty else {
                let what = grant.map { "grant \($0)" } ?? only?.rawValue ?? "ban or hold"
                throw CommandFailure(.didNotHold, "No \(shown(what)) of \(found.label) is in force.")
            }
            if grant != nil {
                let tiers = ended.compactMap(\.tier).joined(separator: ", ")
                try Asking.confirm(
                    "End what \(found.label) was granted (\(tiers))? What only that gives, goes.",
                    yes: decision.yes
                )
            } else if !decision.yes {
                try await askWhatIsLost(of: found, without: ended, client)
            }
            // A ban first: while a hold is still there, its end changes nothing, so nothing is taken and given back.
            for override in ended.sorted(by: { $0.kind < $1.kind }) {
                try await client.delete(["overrides", override.id], [(name: "reason", value: decision.reason)])
            }
            if service.json {
                return Screen.output.write(json: try JSONEncoder().encode(["released": ended.map(\.id)]))
            }
            Screen.output.write("Ended for \(found.label): \(ended.map { shown($0.kind) }.joined(separator: ", ")).")
        }
    }

    /// A hold may be all that keeps what nobody pays for; while one stays, nothing is lost.
    private func askWhatIsLost(
        of customer: AdminAnswer.Customer,
        without ended: [AdminAnswer.Override],
        _ client: AdminClient
    ) async throws {
        let plan = try await client.get(
            AdminAnswer.Plan.self,
            ["customers", customer.key, "plan"],
            ended.map { (name: "ending", value: $0.id) }
        )
        guard plan.takesAway, !plan.onHold else { return }
        Screen.error.write(plan.changeLines)
        try Asking.confirm("Release \(customer.label)? They lose what stands above.", yes: false)
    }

    private func isMeant(_ override: AdminAnswer.Override) -> Bool {
        if let only { return override.kind == only.rawValue }
        guard let grant else { return ["ban", "hold"].contains(override.kind) }
        return override.kind == "grant" && [override.id, override.tier].contains(grant)
    }
}

extension AdminAnswer.Customer {
    /// When a ban takes effect: a hold keeps even that waiting.
    fileprivate var whatBanDoes: String {
        guard let hold = overrides?.first(where: { $0.kind == "hold" }) else { return "All their access ends at once." }
        let end = hold.until.map { " until \($0)" } ?? ""
        return "They are on hold\(end): nothing happens before that ends; release them first to have it at once."
    }
}

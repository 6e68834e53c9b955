import ArgumentParser
import Assembly
import Foundation

struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let losses happen that are held, of some customers or of all. Asks first."
    )

    @Argument(help: "Ids or e-mails; without any, everybody whose losses are held.")
    var customers: [String] = []

    @Flag(help: "Do not ask.")
    var yes = false

    @Option(help: "What the API called what it showed; if something else is held by now, nothing happens.")
    var fingerprint: String?

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            var body = Selection.body(customers)
            if let fingerprint { body["fingerprint"] = .string(fingerprint) }
            if !yes { body["fingerprint"] = .string(try await shownAndAsked(client)) }
            let answer = try await client.post(["breaker", "approve"], body)
            try Selection.report(answer, "approved", "The losses of %@ go ahead.", json: service.json)
        }
    }

    /// Shows what is held, asks, and returns what stands for exactly that.
    private func shownAndAsked(_ client: AdminClient) async throws -> String {
        let query = customers.map { (name: "customer", value: Optional($0)) }
        let held = try await client.get(AdminAnswer.Held.self, ["breaker"], query)
        if !held.held.isEmpty {
            Screen.error.write(held.lines)
            try Asking.confirm("Let \(counted(held.heldCustomers, "customer")) lose this?", yes: false)
        }
        return fingerprint ?? held.fingerprint
    }
}

struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep losses that are held from happening: their customers are put on hold for 7 days."
    )

    @Argument(help: "Ids or e-mails; without any, everybody whose losses are held.")
    var customers: [String] = []

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let answer = try await client.post(["breaker", "discard"], Selection.body(customers))
            try Selection.report(
                answer,
                "discarded",
                "Now on hold, keeping what they have: %@.",
                json: service.json
            )
        }
    }
}

/// Some customers, or all.
private enum Selection {
    static func body(_ customers: [String]) -> [String: JSONFragment] {
        customers.isEmpty ? [:] : ["customers": .strings(customers)]
    }

    static func report(_ answer: Data, _ key: String, _ sentence: String, json: Bool) throws {
        if json { return Screen.output.write(json: answer) }
        let count = try AdminClient.read([String: Int].self, from: answer)[key] ?? 0
        Screen.output.write(
            count == 0 ? "Nothing was held." : sentence.replacing("%@", with: counted(count, "customer"))
        )
    }
}

struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Work on a customer again now, or on the one whom an operation was for."
    )

    @Argument(help: "The customer's id or e-mail.")
    var customer: String?

    @Option(help: "The number of an operation instead.")
    var operation: Int64?

    @OptionGroup var service: ServiceOptions

    func validate() throws {
        if (customer == nil) == (operation == nil) {
            throw ValidationError("Name a customer, or an operation with --operation.")
        }
    }

    func run() async throws {
        let path = customer.map { ["customers", $0, "retry"] } ?? ["operations", "\(operation ?? 0)", "retry"]
        try await Asked.post(path, "The customer is worked on again.", service)
    }
}

struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop all changes on the panels; deliveries are still taken."
    )

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await Asked.post(["pause"], "Paused: nothing changes on the panels until `paydactyl resume`.", service)
    }
}

struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Go on after a pause. Asks first if somebody loses something by it."
    )

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            if !yes { try await askWhatIsLost(client) }
            let answer = try await client.post(["resume"])
            service.write(answer, orSay: "Resumed.")
        }
    }

    /// What was to be taken away during the pause is taken at once.
    private func askWhatIsLost(_ client: AdminClient) async throws {
        var losing: [AdminAnswer.Plan] = []
        _ = try await AdminAnswer.Plan.all(client) { losing += $0.filter(\.losesAfterPause) }
        guard !losing.isEmpty else { return }
        Screen.error.write(losing.prefix(Self.listed).flatMap { $0.lines(coloured: Screen.error.isColoured) })
        let others = losing.count - Self.listed
        if others > 0 { Screen.error.write("and \(counted(others, "customer")) more: see `paydactyl plan`") }
        try Asking.confirm("Go on? \(counted(losing.count, "customer")) would lose something.", yes: false)
    }

    private static let listed = 20
}

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the panels as a whole now, repair what differs, and wait until they are read."
    )

    @Flag(help: "Do not wait.")
    var noWait = false

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            let before = try await client.get(AdminAnswer.Status.self, ["status"]).panels
            let answer = try await client.post(["audit"])
            guard !noWait else {
                return service.write(answer, orSay: "The audit begins; `paydactyl status` shows when it has finished.")
            }
            let after = try await follow(since: before, client)
            if service.json { Screen.output.write(json: answer) } else { Screen.output.write(Self.lines(after)) }
            if let reason = after.values.compactMap(\.reason).first {
                throw CommandFailure(.didNotHold, "A panel could not be read as a whole: \(shown(reason))")
            }
        }
    }

    private static let patience: Duration = .seconds(600)

    /// Waits until every panel that can be worked with was read since.
    private func follow(since before: [String: AdminAnswer.Status.Panel], _ client: AdminClient) async throws
        -> [String: AdminAnswer.Status.Panel]
    {
        let bar = ProgressBar(json: service.json)
        defer { bar.clear() }
        let begin = ContinuousClock.now
        while true {
            let now = try await client.get(AdminAnswer.Status.self, ["status"]).panels
            let isRead = now.allSatisfy { name, panel in
                panel.circuit != "closed" || panel.lastAudit?.number != before[name]?.lastAudit?.number
            }
            if isRead { return now }
            guard begin.duration(to: .now) < Self.patience else {
                throw CommandFailure(.didNotHold, "The panels are not read yet; that goes on without this command.")
            }
            try await bar.showUnderWay(client)
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    private static func lines(_ panels: [String: AdminAnswer.Status.Panel]) -> [String] {
        panels.sorted { $0.key < $1.key }.filter { $0.value.circuit == "closed" }.compactMap { name, panel in
            panel.lastAudit.map { audit in
                let servers = panel.servers.map { ", \(counted($0, "server"))" } ?? ""
                return "Panel \(shown(name)) was read\(servers); customers who differed: \(audit.drifted)."
            }
        }
    }
}

/// A request without a body, whose answer is not worth reading.
private enum Asked {
    static func post(_ path: [String], _ sentence: String, _ service: ServiceOptions) async throws {
        try await service.with { client in
            let answer = try await client.post(path)
            service.write(answer, orSay: sentence)
        }
    }
}

import ArgumentParser
import Assembly
import Foundation

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring access back to what it was at a time: shows the plan, then asks.",
        discussion: """
            Each row goes back to what stood there, if it still is as we left it; what somebody changed since is left alone. The customers \
            concerned are on hold afterwards (7 days, --hold-until), so that nothing happens to them until a person has mended the cause. \
            No account is deleted or changed, and ranks in game stay as they are.
            """
    )

    @Option(help: "The moment, such as 2026-12-24T18:00:00Z; a day alone means its end.")
    var to: String

    @Option(help: "Why; somebody will ask. Needed to apply it.")
    var reason: String?

    @Option(help: "Until when the customers concerned are left alone.")
    var holdUntil: String?

    @Flag(help: "Only show the plan.")
    var plan = false

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var service: ServiceOptions

    func validate() throws {
        if !plan, reason == nil { throw ValidationError("Say why with --reason, or only look with --plan.") }
    }

    func run() async throws {
        try await service.with { client in
            let answer = try await client.post(["rollback", "plan"], ["to": .string(to)])
            let planned = try AdminClient.read(AdminAnswer.RollbackPlan.self, from: answer)
            if plan, service.json { return Screen.output.write(json: answer) }
            if plan || !service.json { Screen.output.write(planned.lines) }
            guard !plan, let reason else { return }
            guard !planned.changes.isEmpty else {
                throw CommandFailure(.didNotHold, "There is nothing to roll back.")
            }
            try Asking.confirm("Go back to \(planned.to), as shown?", yes: yes)
            var body: [String: JSONFragment] = [
                "to": .string(to), "fingerprint": .string(planned.fingerprint), "reason": .string(reason),
            ]
            if let holdUntil { body["hold_until"] = .string(holdUntil) }
            let begun = try await client.post(["rollback", "apply"], body)
            try await follow(try AdminClient.read(AdminAnswer.Rollback.self, from: begun), client)
        }
    }

    /// Shows how far it is until it is over, or until nothing has moved for a while; it goes on without being watched.
    private func follow(_ begun: AdminAnswer.Rollback, _ client: AdminClient) async throws {
        var seen = begun
        var still = 0
        let bar = ProgressBar(json: service.json)
        while seen.waiting > 0, still < 60 {
            try await Task.sleep(for: .milliseconds(500))
            let now = try await client.get(AdminAnswer.Rollback.self, ["rollbacks", "\(begun.number)"])
            still = now.waiting == seen.waiting ? still + 1 : 0
            bar.show("rows gone back", done: now.done + now.left, total: now.done + now.left + now.waiting)
            seen = now
        }
        bar.clear()
        if service.json {
            return Screen.output.write(json: try await client.get(["rollbacks", "\(begun.number)"]))
        }
        Screen.output.write(seen.lines)
        guard seen.waiting == 0 else {
            throw CommandFailure(
                .didNotHold,
                "Rollback \(seen.number) is not through yet and goes on by itself; `paydactyl rollbacks` shows it."
            )
        }
    }
}

struct Rollbacks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List rollbacks and how far they are, or stop one.")

    @Option(help: "Stop this one: what it has not done yet stays as it is.")
    var stop: Int64?

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.with { client in
            if let stop {
                let answer = try await client.post(["rollbacks", "\(stop)", "stop"])
                if service.json { return Screen.output.write(json: answer) }
                let stopped = try AdminClient.read([String: Int].self, from: answer)["stopped"] ?? 0
                return Screen.output.write("Rollback \(stop) stopped; left as they are: \(counted(stopped, "row")).")
            }
            let answer = try await client.get(["rollbacks"])
            if service.json { return Screen.output.write(json: answer) }
            let list = try AdminClient.read(AdminAnswer.List<AdminAnswer.Rollback>.self, from: answer)
            guard !list.items.isEmpty else { return Screen.output.write("Nothing was ever rolled back.") }
            Screen.output.write(AdminAnswer.Rollback.table(list.items, coloured: Screen.output.isColoured))
        }
    }
}

import ArgumentParser
import Assembly

struct Paydactyl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paydactyl",
        abstract: "Gives those who pay the access they paid for, on a Pterodactyl panel.",
        discussion: """
            Exit codes: 0 done, 1 it did not hold, 2 usage or configuration error, 3 the service cannot be reached or does not allow it.
            """,
        version: paydactylVersion,
        groupedSubcommands: [
            CommandGroup(name: "Run", subcommands: [Serve.self, Check.self, Config.self, OpenAPI.self, Backup.self]),
            CommandGroup(
                name: "Look (at the running service)",
                subcommands: [
                    Status.self, Customers.self, Explain.self, Timeline.self, Plan.self, Drift.self, Upcoming.self,
                    Overrides.self, Events.self,
                    Log.self,
                ]
            ),
            CommandGroup(
                name: "Decide",
                subcommands: [
                    Grant.self, Ban.self, Hold.self, Postpone.self, Release.self, Approve.self, Discard.self,
                    ConfirmDeletion.self,
                    HandOver.self, LetGo.self, AcceptDrift.self, RepairDrift.self, Import.self, Retry.self, Replay.self,
                    Acknowledge.self, Regrant.self, Pause.self, Resume.self,
                    Audit.self, Rollback.self, Rollbacks.self, Unlock.self, Enforce.self,
                ]
            ),
            CommandGroup(
                name: "Try",
                subcommands: [Demo.self, Rehearse.self, Simulate.self, SimulatePanel.self, Send.self]
            ),
        ]
    )
}

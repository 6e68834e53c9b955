import Billing
import Entitlements
import Foundation
package import Logging
import Observability
import Provisioning
import PterodactylAPI
import SQLiteLedger
package import ServiceConfiguration
import Synchronization
package import UnixSignals

/// The whole life of a subscription, played on the owner's real panel with customers who are made up.
///
/// It is the real engine, in this process, under an instance of its own and on a ledger of its own, so that a running service neither
/// notices nor is noticed. Whatever happens, it cleans up; what a kill leaves is in the journal, for the next run.
package struct Rehearsal: Sendable {
    private let configuration: ServiceConfiguration
    private let folder: RehearsalFolder
    private let grace: Duration?
    private let patience: Duration
    private let logger: Logger
    private let write: @Sendable ([String]) -> Void
    /// Called before each step; what it throws interrupts there.
    private let onStep: @Sendable (String) async throws -> Void

    package init(
        _ configuration: ServiceConfiguration,
        grace: Duration? = nil,
        patience: Duration = .seconds(120),
        logger: Logger = Logger(label: "rehearsal", factory: { _ in SwiftLogNoOpLogHandler() }),
        onStep: @escaping @Sendable (String) async throws -> Void = { _ in },
        write: @escaping @Sendable ([String]) -> Void
    ) {
        self.configuration = configuration
        folder = RehearsalFolder(besides: configuration.store)
        self.grace = grace
        self.patience = patience
        self.logger = logger
        self.onStep = onStep
        self.write = write
    }

    /// Plays to the end, or until a signal or a failure ends it, and cleans up.
    package func run(customers: Int, group: String?, signals: [UnixSignal] = []) async throws -> RehearsalReport {
        let group = try chosen(group)
        return try await owningFolder {
            if let before = try folder.journal() {
                write(["An earlier rehearsal left something on the panel, which is cleaned up first."])
                let outcome = try await cleanUp(before)
                guard outcome.left.isEmpty else { throw Self.notClean(outcome) }
                write(["An earlier rehearsal was cleaned up: \(counted(outcome.deleted, "account")) deleted.", ""])
            }
            return try await withPanel(group.panel.rawValue) { panel, configured in
                let preparation = RehearsalPreparation(configuration, configured, group: group, client: panel)
                let servers = try await preparation.servers()
                return try await perform(
                    customers: customers,
                    group,
                    servers,
                    on: panel,
                    configured.url.absoluteString,
                    signals
                )
            }
        }
    }

    /// Takes away what an interrupted rehearsal left; returns a sentence about it.
    package func cleanUp() async throws -> String {
        guard try folder.journal() != nil else { return "No rehearsal left anything." }
        return try await owningFolder {
            guard let journal = try folder.journal() else { return "No rehearsal left anything." }
            let outcome = try await cleanUp(journal)
            guard outcome.left.isEmpty else { throw Self.notClean(outcome) }
            return "Cleaned up: \(counted(outcome.deleted, "account")) deleted, and nothing of it is left on the panel."
        }
    }

    private static func notClean(_ outcome: RehearsalCleanup.Outcome) -> CommandFailure {
        CommandFailure(
            .didNotHold,
            (["An earlier rehearsal is not cleaned up."] + outcome.left).joined(separator: "\n")
        )
    }

    // MARK: - Preparing

    private func chosen(_ name: String?) throws -> ServerGroup {
        let groups = configuration.catalog.groups
        let names = groups.keys.map(\.rawValue).sorted().joined(separator: ", ")
        if let name {
            guard let group = groups[ServerGroupID(name)] else {
                throw CommandFailure(.usage, "There is no server group \(name); there are \(names).")
            }
            return group
        }
        guard groups.count == 1, let only = groups.values.first else {
            throw CommandFailure(.usage, "Say on which servers to rehearse: --group with one of \(names).")
        }
        return only
    }

    /// One rehearsal at a time: a second one would clean up the first.
    private func owningFolder<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try folder.make()
        let hold: SQLiteLedger
        do {
            hold = try SQLiteLedger(path: folder.hold, exclusively: true)
        } catch {
            throw CommandFailure(
                .didNotHold,
                "Another rehearsal is running, or \(folder.url.path) cannot be used: \(error)"
            )
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        let isClean = try folder.journal() == nil
        if isClean { try folder.remove() }
        try hold.close()
        return try result.get()
    }

    private func withPanel<Value: Sendable>(
        _ name: String,
        _ body: (PterodactylPanel, ServiceConfiguration.Panel) async throws -> Value
    ) async throws -> Value {
        guard let configured = configuration.panels[PanelName(name)] else {
            throw CommandFailure(.usage, "The configuration has no panel \(name).")
        }
        let http = PanelHTTPClient()
        let result: Result<Value, any Error>
        do {
            let connection = try PanelConnection(
                name: PanelName(name),
                RehearsalScript.gentle(configured),
                transport: http.transport,
                clock: .system,
                logger: logger
            )
            result = .success(try await body(connection.client, configured))
        } catch {
            result = .failure(error)
        }
        try await http.shutdown()
        return try result.get()
    }

    // MARK: - Playing

    private func perform(
        customers: Int,
        _ group: ServerGroup,
        _ servers: [Server],
        on panel: PterodactylPanel,
        _ url: String,
        _ signals: [UnixSignal]
    ) async throws -> RehearsalReport {
        let secrets = PassingSecrets()
        let script = try RehearsalScript(
            configuration,
            group: group,
            servers: servers,
            ledger: folder.ledger,
            secrets: secrets,
            customers: customers,
            grace: grace
        )
        let run = "r" + String(UInt32.random(in: .min ... .max), radix: 16)
        let journal = RehearsalJournal(
            of: run,
            customers: customers,
            instance: configuration.instance,
            panel: group.panel.rawValue,
            panelURL: url,
            group: group.id.rawValue,
            servers: servers.map(\.identifier.text)
        )
        var report = RehearsalReport(
            beganAt: ServiceClock.system.now().iso8601,
            panel: journal.panel,
            panelUrl: url,
            group: journal.group,
            servers: servers.map(\.name),
            tiers: script.tierNames,
            customers: customers
        )
        try folder.write(journal)
        let interruption = Interruption()
        async let _: Void = tellOfSignals(signals, interruption)
        do {
            try await play(script, journal, secrets, on: panel, signals, into: &report)
        } catch  where interruption.hasCome || error is CancellationError {
            // Whatever fails then does so because its service is ending.
            report.ended = "It was interrupted."
        } catch let failure as CommandFailure {
            report.ended = failure.description
        } catch {
            report.ended = "\(error)"
        }
        write(["", "Cleaning up."])
        let outcome = await RehearsalCleanup(panel: panel, journal: journal, patience: patience, write: write).run()
        report.accountsDeleted = outcome.deleted
        report.left = outcome.left
        if outcome.left.isEmpty { try folder.clear() }
        if report.holds { try LaunchRecord.rehearsed.keep(configuration) }
        return report
    }

    /// Whoever ends it early hears why it takes a while.
    private func tellOfSignals(_ signals: [UnixSignal], _ interruption: Interruption) async {
        guard !signals.isEmpty else { return }
        for await _ in await UnixSignalsSequence(trapping: signals) {
            interruption.come()
            write([
                "",
                "Interrupted. What is begun ends, and all that was made is deleted before this ends; that may take a",
                "minute or two while the panel's limit of calls is used up. A kill now would leave it to the next run.",
            ])
            return
        }
    }

    private func play(
        _ script: RehearsalScript,
        _ journal: RehearsalJournal,
        _ secrets: PassingSecrets,
        on panel: PterodactylPanel,
        _ signals: [UnixSignal],
        into report: inout RehearsalReport
    ) async throws {
        let ports = AsyncStream.makeStream(of: Int.self)
        let steps = AsyncStream.makeStream(of: (RehearsalReport.Step, [Duration]).self)
        let service = PaydactylService(configuration: script.configuration, logger: logger) {
            ports.continuation.yield($0)
        }
        let result: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { ports.continuation.finish() }
                    try await service.run(signals: signals)
                    throw CancellationError()
                }
                group.addTask {
                    for await port in ports.stream {
                        try await playSteps(script, journal, secrets, on: panel, port: port) {
                            steps.continuation.yield($0)
                        }
                        return
                    }
                    throw CancellationError()
                }
                defer { group.cancelAll() }
                try await group.next()
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        steps.continuation.finish()
        var times: [Duration] = []
        for await (step, measured) in steps.stream {
            report.steps.append(step)
            times += measured
        }
        report.timeToAccess = .init(times)
        try result.get()
    }

    private func playSteps(
        _ script: RehearsalScript,
        _ journal: RehearsalJournal,
        _ secrets: PassingSecrets,
        on panel: PterodactylPanel,
        port: Int,
        _ tell: @Sendable ((RehearsalReport.Step, [Duration])) -> Void
    ) async throws {
        let url = "http://127.0.0.1:\(port)"
        let address = try AdminClient.Address(url: url, token: .init(secrets.token))
        try await AdminClient.with(address) { client in
            try await DeliverySender.with(url: url, secret: .init(secrets.webhook)) { sender in
                let play = RehearsalPlay(
                    script: script,
                    members: journal.members,
                    servers: journal.servers.map { ServerIdentifier($0) },
                    panel: panel,
                    client: client,
                    sender: sender,
                    patience: patience
                )
                for step in RehearsalStep.allCases {
                    write(["… \(step.words)"])
                    try await onStep(step.rawValue)
                    let (result, times) = try await play.play(step)
                    tell((result, times))
                    guard result.held else { return }
                }
            }
        }
    }

    private func cleanUp(_ journal: RehearsalJournal) async throws -> RehearsalCleanup.Outcome {
        try await withPanel(journal.panel) { panel, configured in
            guard configured.url.absoluteString == journal.panelURL,
                journal.instance == rehearsalInstance(of: configuration.instance)
            else {
                throw CommandFailure(
                    .usage,
                    """
                    The rehearsal that left something ran on \(journal.panelURL) as \(journal.instance); this configuration means another \
                    panel or instance.
                    """
                )
            }
            let outcome = await RehearsalCleanup(panel: panel, journal: journal, patience: patience, write: write)
                .run()
            if outcome.left.isEmpty { try folder.clear() }
            return outcome
        }
    }
}

/// Whether a signal has ended the rehearsal.
private final class Interruption: Sendable {
    private let state = Mutex(false)

    var hasCome: Bool { state.withLock(\.self) }

    func come() { state.withLock { $0 = true } }
}

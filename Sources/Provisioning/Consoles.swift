package import Entitlements
import PterodactylAPI
import Synchronization

/// What is known of servers' consoles, so that one that takes nothing now costs no further calls.
final class Consoles: Sendable {
    enum Condition: Hashable, Sendable {
        case running(since: Timestamp)
        /// Why it takes no commands.
        case closed(String)
    }

    struct Reading: Hashable, Sendable {
        var condition: Condition
        var at: Timestamp
    }

    /// How long a reading is good for: a server may stop at any time, and one that is away is asked rarely.
    static let trust: Duration = .seconds(15)
    static let patience: Duration = .seconds(60)

    private let readings = Mutex<[PanelServerID: Reading]>([:])
    /// One reading at a time: whoever waits finds the answer of who asked before.
    let asking = SerialGate()

    func last(of server: PanelServerID) -> Reading? {
        readings.withLock { $0[server] }
    }

    func note(_ condition: Condition, of server: PanelServerID, at now: Timestamp) {
        readings.withLock { $0[server] = Reading(condition: condition, at: now) }
    }

    /// The last reading, while it is good.
    func current(of server: PanelServerID, at now: Timestamp) -> Condition? {
        guard let reading = last(of: server) else { return nil }
        let lasts =
            switch reading.condition {
            case .running: Self.trust
            case .closed: Self.patience
            }
        // A reading of later than now was taken by a clock that was wrong.
        return (reading.at..<reading.at + lasts).contains(now) ? reading.condition : nil
    }
}

extension PanelConnection {
    /// Why a server's console took no commands when it was last asked; `nil` if it did, or was not asked.
    package func whyConsoleIsClosed(of server: PanelServerID) -> String? {
        if case .closed(let why) = consoles.last(of: server)?.condition { why } else { nil }
    }

    /// Whether a server's console takes commands now: one that still starts would swallow them.
    func console(of server: PanelServer, clock: ServiceClock) async throws -> Consoles.Condition {
        if let known = consoles.current(of: server.id, at: clock.now()) { return known }
        return try await consoles.asking.pass {
            if let known = consoles.current(of: server.id, at: clock.now()) { return known }
            return try await readConsole(of: server, clock: clock)
        }
    }

    func readConsole(of server: PanelServer, clock: ServiceClock) async throws -> Consoles.Condition {
        let condition: Consoles.Condition
        do {
            let resources = try await client.resources(server: ServerIdentifier(server.identifier))
            let uptime = Duration.milliseconds(resources.uptimeMilliseconds ?? 0)
            condition =
                resources.state == "running"
                ? .running(since: clock.now() - uptime) : .closed("it is \(resources.state)")
        } catch let error as PanelError where error.closesConsole {
            condition = .closed("\(error)")
        }
        consoles.note(condition, of: server.id, at: clock.now())
        return condition
    }
}

extension PanelError {
    /// Whether it says that one server takes no commands for now, and nothing of the panel or of the command.
    var closesConsole: Bool {
        switch kind {
        case .serverOffline, .conflict, .daemon: true
        default: false
        }
    }
}

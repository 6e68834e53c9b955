package import Entitlements
package import Logging
package import PterodactylAPI
import Synchronization

/// One configured panel as the reconciler works with it: the client, the circuit, the servers as last read.
package final class PanelConnection: Sendable {
    package let name: PanelName
    package let client: PterodactylPanel
    let logger: Logger
    /// Concurrent creations of accounts deadlock on the panel (recording `race-users-different-users-no-password-deadlock`).
    let creation = SerialGate()
    /// Concurrent creations of servers may pick the same allocation, and all but one fail (facts: 5 to 7 of 20).
    let serverCreation = SerialGate()
    /// What is known of its servers' consoles.
    let consoles = Consoles()
    /// Rings when the circuit opens, so that whoever probes it learns when.
    let troubled = Signal()

    struct State {
        var circuit = Circuit()
        var inventory: Inventory?
        var servers: [PanelServer] = []
        /// Rows beyond the first of one account on one server, by server and the panel's user id.
        var extraRows: [PanelServerID: [Int: Int]] = [:]
        var lastAudit: AuditSummary?
        var audits = 0
        /// Why the last reading of the whole was cut short, if it was and the circuit does not say so.
        var readingFailed: String?
        /// Whether a person said that it is the panel that it was, which a whole reading has yet to bear out.
        var wasUnlocked = false
        /// Accounts of ours whose ids are other people's by now, by the uuid that each had.
        var givenAway: [Int: String] = [:]
        /// Servers that the last complete reading did not show.
        var missing: Set<PanelServerID> = []
        /// Linked accounts that were root admins at the last reading; `nil` before the first.
        var admins: Set<Int>?
        /// Accounts of customers that are not all gone at once from the panel that is meant: at the start those that give access, then
        /// those that the last reading showed.
        var expected: Set<Int> = []
        /// Passes over a customer in a row at which the panel broke.
        var broken = 0
        /// External ids of ours that the last reading showed and that belong to no customer of the ledger.
        var strangers: Set<String> = []
        var userPages = PageSize(500)
        var serverPages = PageSize(25)
    }

    let state = Mutex(State())

    package init(name: PanelName, client: PterodactylPanel, logger: Logger) {
        self.name = name
        self.client = client
        self.logger = logger
    }

    package var circuit: Circuit {
        state.withLock { $0.circuit }
    }

    /// Why nothing is sent to it, and what happens next; `nil` while its circuit is closed.
    var standstill: String? {
        let circuit = circuit
        switch circuit.state {
        case .closed: return nil
        case .open(let reason, _, _):
            let reason = reason.hasSuffix(".") ? String(reason.dropLast()) : reason
            return
                "Panel \(name) cannot be worked with: \(reason). Nothing is lost; it goes on by itself once the panel answers as it should."
        case .locked(let reason, _):
            return "Panel \(name) cannot be worked with: \(reason)"
        }
    }

    /// Why its servers are not known: what stands in the way of reading them, where that is known.
    var whyUnread: String {
        if let standstill { return standstill }
        let unread = "The servers of panel \(name) have not been read yet"
        return state.withLock { $0.readingFailed }.map { "\(unread), which is tried again: \($0)" } ?? "\(unread)."
    }

    /// Notes why it could not be read as a whole; `nil` where it could.
    func noteReading(_ failure: String?) {
        state.withLock { $0.readingFailed = failure }
    }

    /// The servers as last read, with the groups of the rules that were in force then; `nil` before the first reading.
    package var inventory: Inventory? {
        state.withLock { $0.inventory }
    }

    package var lastAudit: AuditSummary? {
        state.withLock { $0.lastAudit }
    }

    /// How often it was read as a whole since the start.
    package var audits: Int {
        state.withLock { $0.audits }
    }

    package func setInventory(_ servers: [PanelServer], catalog: Catalog) {
        let inventory = Inventory(servers, catalog: catalog)
        state.withLock { state in
            state.servers = servers
            state.inventory = inventory
        }
    }

    /// Evaluates the groups anew under other rules.
    package func regroup(catalog: Catalog) {
        let servers = state.withLock { $0.inventory == nil ? nil : $0.servers }
        if let servers { setInventory(servers, catalog: catalog) }
    }

    func setLastAudit(_ summary: AuditSummary, extraRows: [PanelServerID: [Int: Int]]) {
        state.withLock { state in
            state.lastAudit = summary
            state.audits += 1
            state.extraRows = extraRows
        }
    }

    func wasMissingBefore(_ server: PanelServerID) -> Bool {
        state.withLock { $0.missing.contains(server) }
    }

    func setMissing(_ servers: Set<PanelServerID>) {
        state.withLock { $0.missing = servers }
    }

    /// Keeps which linked accounts are root admins, and returns which were before.
    func replaceAdmins(with admins: Set<Int>) -> Set<Int>? {
        state.withLock { state in
            defer { state.admins = admins }
            return state.admins
        }
    }

    /// Keeps which accounts should not all be gone when it is looked at next.
    func expect(_ accounts: Set<Int>) {
        state.withLock { $0.expected = accounts }
    }

    /// Expects an account no more, because we are about to delete it or know that it is gone.
    func expectNoMore(_ account: Int) {
        state.withLock { _ = $0.expected.remove(account) }
    }

    /// The accounts of which it has to show one at least; `nil` where that would say nothing, or a person has vouched for it.
    var demanded: Set<Int>? {
        state.withLock { state in
            state.wasUnlocked || state.expected.count < Self.fewestTelling ? nil : state.expected
        }
    }

    /// One or two may well be deleted by hand together.
    private static let fewestTelling = 3

    /// The page sizes that the panel last bore, to begin the next reading with.
    var pageSizes: (users: PageSize, servers: PageSize) {
        get { state.withLock { ($0.userPages, $0.serverPages) } }
        set {
            state.withLock { state in
                state.userPages = newValue.users
                state.serverPages = newValue.servers
            }
        }
    }

    /// Notes that the panel broke at one customer's pass; says whether it is time to ask whether it breaks at everything.
    func countBroken() -> Bool {
        state.withLock { state in
            state.broken += 1
            return state.broken.isMultiple(of: Self.brokenInARow)
        }
    }

    private static let brokenInARow = 3

    /// Notes that it did what it was asked.
    func countWorking() {
        state.withLock { $0.broken = 0 }
    }

    /// External ids of ours, as last read, that belong to no customer of the ledger.
    package internal(set) var strangers: Set<String> {
        get { state.withLock { $0.strangers } }
        set { state.withLock { $0.strangers = newValue } }
    }

    /// How far the panel's clock is from ours, as its latest answer told.
    var clockSkew: Duration? {
        client.clockReading?.skew
    }

    /// How far our clock and the panel's may be apart before nothing is taken away for time's sake.
    private static let skewBorne: Duration = .seconds(300)

    /// Whether our clock and the panel's are so far apart that nothing is taken away for time's sake.
    var doubtsTime: Bool { doubtOfTime != nil }

    /// How far they are apart, if that is too far, in a sentence.
    package var doubtOfTime: String? {
        guard let skew = clockSkew, skew > Self.skewBorne || skew < .zero - Self.skewBorne else { return nil }
        return """
            Our clock and that of panel \(name) differ by \(max(skew, .zero - skew).inWords): what only time takes away stays until they agree.
            """
    }

    /// How many rows too many the last audit saw, once: whoever takes the number removes them.
    func takeExtraRows(of account: Int, on server: PanelServerID) -> Int {
        state.withLock { $0.extraRows[server]?.removeValue(forKey: account) ?? 0 }
    }

    /// Opens the circuit because the panel itself is wrong.
    func fail(_ error: PanelError, schedule: RetrySchedule, clock: ServiceClock) {
        let now = clock.now()
        let opened = state.withLock { state in
            let wasClosed = state.circuit.isClosed
            state.circuit.fail(error.description, schedule: schedule, jitter: clock.jitter(), now: now)
            return wasClosed
        }
        if opened {
            troubled.ring()
            logger.error(
                "The panel cannot be worked with; nothing is sent until it answers as it should.",
                metadata: ["panel": "\(name)", "error": "\(error)"]
            )
        }
    }

    /// Notes that it answered as it should; says whether the circuit was open.
    func succeed() -> Bool {
        state.withLock { $0.circuit.succeed() }
    }
}

/// What an audit of one panel found.
package struct AuditSummary: Hashable, Sendable {
    package var startedAt: Timestamp
    package var finishedAt: Timestamp
    package var users = 0
    package var servers = 0
    package var calls = 0
    /// Customers who were marked because the panel shows something else than was last read.
    package var drifted: Set<CustomerKey> = []
    package var drift = DriftReport()

    package init(startedAt: Timestamp, finishedAt: Timestamp) {
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}

extension PanelAccount {
    init(_ user: PanelUser) {
        self.init(
            id: user.id.number,
            uuid: user.uuid.text,
            externalID: user.externalID,
            email: user.email,
            username: user.username,
            isRootAdmin: user.rootAdmin
        )
    }
}

import Oracle
import PanelSimulator
import SQLiteLedger

/// A panel's database as somebody kept it, and what is in it by its ids.
struct PanelCopy: Sendable {
    var backup: PanelBackup
    var users: [Int: PanelUser]
    var servers: [Int: PanelServer]

    init(of panel: SimulatedPanel) {
        backup = panel.backup()
        users = Dictionary(panel.users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        servers = Dictionary(panel.servers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether a panel has at least as many of those ids for the same accounts of ours, and for the same servers, as for others.
    func isMostly(in panel: SimulatedPanel) -> Bool {
        let now = PanelCopy(of: panel)
        let ours = users.filter { $0.value.externalID?.hasPrefix("paydactyl:") ?? false }
        let accounts = ours.compactMap { id, user in now.users[id].map { $0.uuid == user.uuid } }
        let places = servers.compactMap { id, server in now.servers[id].map { $0.uuid == server.uuid } }
        return [accounts, places].allSatisfy { isSame in isSame.count(where: \.self) * 2 >= isSame.count }
    }
}

/// What befalls ledger and panel as a whole.
extension StoryRun {
    mutating func befall(_ blow: Blow, _ act: Act) throws {
        switch blow {
        case .enforce: return try enforce(act)
        case .unlock: return try unlock(act)
        case .copyLedger, .copyPanel, .restoreLedger, .restorePanel, .undoRestore, .keepRestored, .misdirect, .redirect:
            break
        }
        // As with what people change by hand, nobody could keep apart what happens between a look and a write.
        guard engine != nil, isIdle else { return later(act, .seconds(1)) }
        world.note("\(blow)")
        switch blow {
        case .copyLedger:
            try file.keepCopy(at: time.now)
            memory = world.remember(decrees)
        case .copyPanel:
            panelCopy = PanelCopy(of: world.panel)
        case .restoreLedger(let saysSo): try restoreLedger(saysSo: saysSo)
        case .restorePanel(let strangers, let servers): restorePanel(strangers: strangers, servers: servers)
        case .undoRestore: undoRestore()
        case .keepRestored: keepRestored()
        case .misdirect:
            isAstray = true
            world.with { $0.isMisdirected = true }
        case .redirect: endWandering { $0.isMisdirected = false }
        case .enforce, .unlock: break
        }
    }

    /// Enters what people say at the end at the latest.
    mutating func enterLastWords() {
        for blow in [Blow.redirect, .undoRestore, .enforce] {
            agenda.enter(.act(Act(at: story.end, what: .blow(blow))), at: story.end)
        }
        for minutes in [1, 30, 60] {
            let moment = story.end + .minutes(Int64(minutes))
            agenda.enter(.act(Act(at: moment, what: .blow(.unlock))), at: moment)
        }
    }

    // MARK: The ledger

    private mutating func restoreLedger(saysSo: Bool) throws {
        guard let memory else { return }
        bury()
        try ledger.close()
        try file.putCopyBack()
        ledger = try file.open()
        if !saysSo { try onTheSpot { [ledger] in try await ledger.repin("", as: LedgerCopy.mark) } }
        decrees = memory.decrees
        world.goBack(to: memory, saysSo: saysSo)
        try start()
    }

    private mutating func enforce(_ act: Act) throws {
        guard let engine, try engine.enforce() else { return later(act) }
        let now = time.now
        world.with { state in
            state.oracle.ledgerIsTrusted()
            state.fairSince = max(state.fairSince, now)
        }
        world.note("enforce")
    }

    // MARK: The panel

    private mutating func restorePanel(strangers count: Int, servers: Int) {
        guard let panelCopy, truePanel == nil else { return }
        let panel = world.panel
        let before = PanelCopy(of: panel)
        truePanel = before
        isAstray = true
        var strangers: Set<Int> = []
        world.replacePanel {
            panel.restore(panelCopy.backup)
            for number in 1...count {
                let email = "newcomer\(number)@example.test"
                let user = panel.addUser(PanelUser(username: "newcomer\(number)", email: email)).id
                panel.addSubuser(user: user, server: 1, permissions: ["control.console"])
                strangers.insert(user)
            }
            // What was said in game on a server that had the id before would be taken for said there.
            for number in 1..<(story.givesRanks ? 1 : servers + 1) {
                panel.addServer(PanelServer(name: "Newcomer's \(number)"))
            }
        }
        let isOurs = strangers.contains { before.users[$0]?.externalID?.hasPrefix("paydactyl:") ?? false }
        world.with { state in
            state.oracle.found(strangers.sorted())
            state.hasReusedIDs = isOurs
        }
        lastHand = time.now
    }

    private mutating func undoRestore() {
        guard let panelCopy, let truePanel else { return }
        self.truePanel = nil
        let panel = world.panel
        world.replacePanel { panel.restore(truePanel.backup) }
        world.forget(Set(panel.users.map(\.id)).subtracting(panelCopy.users.keys))
        lastHand = time.now
        endWandering { $0.hasReusedIDs = false }
    }

    /// From now on this is the panel; e-mails that the engine had changed it takes for changed back by people.
    private mutating func keepRestored() {
        guard let truePanel else { return }
        let panel = world.panel
        guard truePanel.isMostly(in: panel) else { return undoRestore() }
        self.truePanel = nil
        world.forget(Set(panel.users.filter { truePanel.users[$0.id]?.email != $0.email }.map(\.id)))
        lastHand = time.now
        endWandering { $0.hasReusedIDs = false }
    }

    private func endWandering(_ change: (inout World.State) -> Void) {
        let now = time.now
        world.with { state in
            change(&state)
            state.mustShunSince = nil
            state.fairSince = now
        }
    }

    /// A person looks at a panel that is itself again.
    private mutating func unlock(_ act: Act) throws {
        guard let engine else { return later(act) }
        guard !world.with({ $0.isMisdirected }), truePanel == nil else { return }
        isAstray = false
        guard try engine.unlock() else { return }
        let now = time.now
        world.with { $0.fairSince = now }
        world.note("unlock")
    }
}

import Oracle
import PanelSimulator
import SQLiteLedger

/// A panel's database as somebody kept it, and whose accounts are in it.
struct PanelCopy: Sendable {
    var backup: PanelBackup
    var users: Set<Int>
}

/// What befalls ledger and panel as a whole.
extension StoryRun {
    mutating func befall(_ blow: Blow, _ act: Act) throws {
        switch blow {
        case .enforce: return try enforce(act)
        case .unlock: return try unlock(act)
        case .copyLedger, .copyPanel, .restoreLedger, .restorePanel, .undoRestore, .misdirect, .redirect: break
        }
        // As with what people change by hand, nobody could keep apart what happens between a look and a write.
        guard engine != nil, isIdle else { return later(act, .seconds(1)) }
        world.note("\(blow)")
        switch blow {
        case .copyLedger:
            try file.keepCopy(at: time.now)
            memory = world.remember(decrees)
        case .copyPanel:
            let panel = world.panel
            panelCopy = PanelCopy(backup: panel.backup(), users: Set(panel.users.map(\.id)))
        case .restoreLedger(let saysSo): try restoreLedger(saysSo: saysSo)
        case .restorePanel(let strangers): restorePanel(strangers: strangers)
        case .undoRestore: undoRestore()
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

    private mutating func restorePanel(strangers count: Int) {
        guard let panelCopy, truePanel == nil else { return }
        let panel = world.panel
        let before = Dictionary(panel.users.map { ($0.id, $0.externalID) }, uniquingKeysWith: { first, _ in first })
        truePanel = panel.backup()
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
        }
        let isOurs = strangers.contains { before[$0].flatMap(\.self)?.hasPrefix("paydactyl:") ?? false }
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
        world.replacePanel { panel.restore(truePanel) }
        world.forget(Set(panel.users.map(\.id)).subtracting(panelCopy.users))
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

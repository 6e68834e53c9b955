import Entitlements
import Ledger
import PterodactylAPI

/// What one customer's lane has to do with one panel.
struct PanelWork {
    let panel: PanelConnection
    let inventory: Inventory
    let desired: [PanelServerID: DesiredServer]
    var grants: [PanelServerID: Grant]
    var link: AccountLink?
    /// Whether the account was made in this pass, so that it can have no rows yet.
    var accountIsNew = false
    /// Whether an audit asks for it.
    let looksBack: Bool
    /// Servers whose row could not be read now: nothing is planned for them in this pass.
    var unreadable: Set<PanelServerID> = []
    /// Servers of their own that the customer should have here.
    let wishes: [DedicatedSlot: DedicatedWish]
    var dedicated: [DedicatedSlot: DedicatedServer]
    /// Servers of the customer's own as read in this pass.
    var dedicatedRead: [DedicatedSlot: Server] = [:]
    /// Servers of the customer's own that the panel does not show now: nothing is planned for them in this pass.
    var dedicatedMissing: Set<DedicatedSlot> = []

    init(panel: PanelConnection, inventory: Inventory, run: LaneRun) {
        self.panel = panel
        self.inventory = inventory
        desired = desiredAccess(of: run.decision, catalog: run.rules.catalog, inventory: inventory)
        let own = run.file.grants.filter { $0.server.panel == panel.name }
        grants = Dictionary(own.map { ($0.server, $0) }, uniquingKeysWith: { first, _ in first })
        link = run.file.links[panel.name]
        wishes = desiredDedicated(of: run.decision, customer: run.file.record, catalog: run.rules.catalog)
            .filter { $0.key.panel == panel.name && !run.file.dedicatedLeft.contains($0.key) }
        let servers = run.file.dedicated.filter { $0.slot.panel == panel.name }
        dedicated = Dictionary(servers.map { ($0.slot, $0) }, uniquingKeysWith: { first, _ in first })
        looksBack = run.claim.mustLook
    }

    /// Whether the customer has or should have anything here.
    var isNeeded: Bool {
        needsAccount || grants.values.contains(where: \.isActive) || !dedicated.isEmpty
    }

    /// Whether the customer should have something here that is given to an account.
    var needsAccount: Bool {
        !desired.isEmpty || !wishes.isEmpty
    }

    /// Servers where we gave something once and nothing is left of it, but where somebody gave it back by hand, or an audit says so.
    var former: [PanelServerID] {
        guard link != nil else { return [] }
        return grants.values.filter { grant in
            guard !grant.isActive, desired[grant.server] == nil else { return false }
            return looksBack ? !grant.everGranted.isEmpty : !grant.givenBackByHand.isEmpty
        }.map(\.server)
    }

    /// All servers concerned, in a fixed order.
    var servers: [PanelServerID] {
        Set(desired.keys).union(grants.values.filter(\.isActive).map(\.server)).union(former).sorted()
    }

    func grant(on server: PanelServerID) -> Grant {
        grants[server] ?? Grant(server: server, serverUUID: inventory.servers[server]?.uuid ?? "")
    }

    func plan(_ server: PanelServerID, for run: LaneRun, approved: Bool = false) -> ServerPlan {
        planServer(
            grant: grant(on: server),
            desired: desired[server],
            decision: run.decision,
            settle: run.rules.policy.settle,
            approved: approved,
            // Before the first audit nobody knows whether ledger and panel still belong together.
            gate: panel.lastAudit == nil ? run.gate.delayed : run.gate,
            doubtsTime: panel.doubtsTime,
            now: run.now
        )
    }

    /// What there would be to do if nothing had to wait for anything.
    private func eventualPlan(_ server: PanelServerID, for run: LaneRun) -> ServerPlan {
        planServer(
            grant: grant(on: server),
            desired: desired[server],
            decision: run.decision,
            settle: .zero,
            approved: true,
            now: run.now
        )
    }

    /// Whether the account has everything on the server without being its subuser.
    func hasEverything(on server: PanelServerID) -> Bool {
        guard let account = link?.account else { return false }
        return account.isRootAdmin || inventory.servers[server]?.owner == account.id
    }

    /// Whether what was last read already is what should be, so that the panel need not be asked.
    func settledWithoutPanel(for run: LaneRun) -> Bool {
        guard let link, !run.claim.mustLook, !run.mustFollowEmail(link) else { return false }
        return servers.allSatisfy { server in
            if hasEverything(on: server) { return true }
            guard let grant = grants[server], grant.observed != .unread, inventory.servers[server] != nil else {
                return false
            }
            let plan = plan(server, for: run)
            return plan.change == nil && plan.doubted.isEmpty
        } && dedicatedIsSettled(for: run)
    }

    /// What would be done, in words, from what was last read.
    func pendingChanges(for run: LaneRun) -> [String] {
        var lines: [String] = []
        if link == nil, needsAccount {
            lines.append(
                "find or create a panel account for \(run.file.record.email ?? "an e-mail that is not known yet")"
            )
        }
        for server in servers where !hasEverything(on: server) {
            let name = inventory.servers[server]?.name ?? "server \(server.number)"
            switch eventualPlan(server, for: run).change {
            case .add(let permissions): lines.append("give \(permissions.listed) on \(name)")
            case .update(let permissions): lines.append("set \(permissions.listed) on \(name)")
            case .remove: lines.append("take all access on \(name)")
            case nil:
                // Of a row that has to be read first nobody knows more than what is to go.
                let leaving = grant(on: server).leaving
                if !leaving.isEmpty { lines.append("take back \(leaving.listed) on \(name)") }
            }
        }
        lines += pendingDedicated(for: run)
        return lines
    }
}

extension Set<Permission> {
    /// Sorted, so that the same set always reads the same.
    var listed: String {
        sorted().map(\.key).joined(separator: ", ")
    }
}

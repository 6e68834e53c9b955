package import Entitlements
import Ledger
import Logging
package import PterodactylAPI

/// One reading of a whole panel, page by page; only one page is held at a time.
struct AuditPass {
    let panel: PanelConnection
    let context: LaneContext
    private var summary: AuditSummary
    private var servers: [PanelServer] = []
    /// The list of servers as it was kept last.
    private var knownServers: [PanelServer] = []
    private var unlinked: UnlinkedUsers
    private var extraRows: [PanelServerID: [Int: Int]] = [:]
    private var pages: (users: PageSize, servers: PageSize)

    init(panel: PanelConnection, context: LaneContext) {
        self.panel = panel
        self.context = context
        pages = panel.pageSizes
        unlinked = UnlinkedUsers(instance: context.rules.rules.instance)
        let now = context.clock.now()
        summary = AuditSummary(startedAt: now, finishedAt: now)
    }

    /// How its progress is called.
    static func workName(of panel: PanelName) -> String { "audit of \(panel)" }

    /// Says whether everyone's access is to be computed anew, because the servers changed or the panel is back.
    mutating func run() async throws -> Bool {
        if !panel.circuit.isClosed {
            // Listings ask the application API alone, and lanes need the other as well.
            summary.calls += 1
            _ = try await panel.client.ownAccount()
        }
        let linked = try await context.ledger.linkedAccounts(on: panel.name)
        knownServers = try await context.ledger.servers(on: panel.name)
        try await readUsers(linked)
        try await readServers(linked)
        let changed = try await keepServers()
        panel.pageSizes = (pages.users.afterPass(), pages.servers.afterPass())
        // Before anybody is marked: a lane that found the circuit still open would be over without the look that it was marked for.
        let isBorneOut = panel.settleWord(isBorneOut: true)
        let isBack = panel.succeed() || isBorneOut
        if changed {
            try await context.ledger.mark(nil, priority: .change, now: context.clock.now())
        }
        if !summary.drifted.isEmpty {
            try await context.ledger.mark(summary.drifted, priority: .audit, now: context.clock.now())
        }
        summary.finishedAt = context.clock.now()
        panel.setLastAudit(summary, extraRows: extraRows)
        context.logger.info(
            "A panel was audited.",
            metadata: [
                "panel": "\(panel.name)", "audit.calls": "\(summary.calls)", "audit.users": "\(summary.users)",
                "audit.servers": "\(summary.servers)", "audit.drifted": "\(summary.drifted.count)",
            ]
        )
        return changed || isBack
    }

    private mutating func readUsers(_ linked: [Int: LinkedAccount]) async throws {
        var unseen = Set(linked.keys)
        var admins: Set<Int> = []
        var strangers: Set<String> = []
        // Accounts of ours whose id is another's by now, and of these those that went to ours which were made anew.
        var (same, others, remade) = (0, [Int: String](), 0)
        let prefix = "paydactyl:\(context.rules.rules.instance):"
        let client = panel.client
        while let page = try await nextPage("users", \.users, { try await client.usersPage($0, perPage: $1) }) {
            summary.users += page.things.count
            for user in page.things {
                unseen.remove(user.id.number)
                guard let link = linked[user.id.number] else {
                    if let id = user.externalID, id.hasPrefix(prefix) { strangers.insert(id) }
                    unlinked.add(user.id.number, username: user.username, externalID: user.externalID)
                    continue
                }
                guard user.uuid.text == link.uuid else {
                    let isLookedAt = panel.wasUnlocked || panel.isGivenAway(user.id.number, uuid: link.uuid)
                    guard isLookedAt else { throw StrangePanel(isAnother: user.id) }
                    others[user.id.number] = link.uuid
                    let own = LaneRun.externalID(instance: context.rules.rules.instance, customer: link.customer)
                    if let id = user.externalID, id.hasPrefix(prefix), id != own { remade += 1 }
                    continue
                }
                same += 1
                if user.rootAdmin { admins.insert(user.id.number) }
            }
        }
        let seen = Set(linked.keys).subtracting(unseen)
        if let demanded = panel.demanded, demanded.isDisjoint(with: seen) {
            throw StrangePanel(without: demanded.count)
        }
        panel.expect(seen)
        // What is gone, as a person has looked, may be given out anew.
        let gone = linked.filter { id, link in
            unseen.contains(id) && (panel.wasUnlocked || panel.isGivenAway(id, uuid: link.uuid))
        }
        // A person's word does not make another panel of it, but what a restored backup gave to others it does not get back either.
        if let other = others.keys.min(), others.count - remade > same + remade {
            throw StrangePanel(isAnother: PanelUser.ID(other))
        }
        panel.giveUp(others.merging(gone.mapValues(\.uuid)) { other, _ in other })
        summary.drifted.formUnion(others.keys.compactMap { linked[$0]?.customer })
        try await look(at: strangers)
        // Who became a root admin needs no rows any more, and who is none any more needs them again.
        let changed = panel.replaceAdmins(with: admins).map { $0.symmetricDifference(admins) } ?? []
        summary.drifted.formUnion(unseen.union(changed).compactMap { linked[$0]?.customer })
    }

    /// Accounts of ours that are linked to nobody: a link may be under way; a customer that is not there is another matter.
    private func look(at unlinked: Set<String>) async throws {
        let strangers = try await RestoredLedger.strangers(
            among: unlinked,
            on: panel.name,
            instance: context.rules.rules.instance,
            ledger: context.ledger
        )
        panel.strangers = strangers
        guard !strangers.isEmpty, context.rules.standby == nil else { return }
        try await RestoredLedger.stop(strangers.count, on: panel.name, rules: context.rules, ledger: context.ledger)
        context.logger.error(
            "The ledger is older than the panel; nothing is changed until a person says so.",
            metadata: ["panel": "\(panel.name)", "strangers": "\(strangers.count)"]
        )
    }

    private mutating func readServers(_ linked: [Int: LinkedAccount]) async throws {
        let includes: Set<ServerInclude> = [.user, .subusers, .node, .egg]
        var owned = try await context.ledger.dedicatedServers(on: panel.name)
        let known = Dictionary(knownServers.map { ($0.id.number, $0.uuid) }, uniquingKeysWith: { first, _ in first })
        var (same, others) = (0, [Int]())
        let client = panel.client
        while let page = try await nextPage(
            "servers",
            \.servers,
            { try await client.serversPage($0, perPage: $1, including: includes) }
        ) {
            summary.servers += page.things.count
            for server in page.things {
                let number = server.id.number
                let own = owned.removeValue(forKey: number)
                // One that is in the list was let in before, whatever a customer who was not looked at since still has by its id.
                if let uuid = known[number] ?? own?.server.identity?.uuid {
                    if server.uuid.text == uuid { same += 1 } else { others.append(number) }
                }
                if let other = others.first, !panel.wasUnlocked { throw StrangePanel(isAnotherServer: other) }
                let listed = PanelServer(server, on: panel.name, instance: context.rules.rules.instance)
                servers.append(listed)
                if let own { compare(server, with: own) }
                try await compare(server.subusers ?? [], on: listed.id, linked)
            }
        }
        // As with accounts: a person's word does not make another panel of it.
        if let other = others.first, others.count > same { throw StrangePanel(isAnotherServer: other) }
        summary.drifted.formUnion(owned.values.map(\.customer))
    }

    /// A customer's own server that is not as it was last read is read in its customer's lane.
    private mutating func compare(_ server: Server, with owned: OwnedServer) {
        let isSame =
            owned.server.identity.map { $0 == PanelIdentity(server) } ?? true
            && owned.server.observed == DedicatedSighting(server) && owned.server.externalID == server.externalID
        if !isSame { summary.drifted.insert(owned.customer) }
    }

    private mutating func compare(_ rows: [SubuserRow], on server: PanelServerID, _ linked: [Int: LinkedAccount])
        async throws
    {
        var expected = try await context.ledger.grants(on: server)
        var seen: Set<Int> = []
        for row in rows {
            let user = row.userID.number
            guard seen.insert(user).inserted else {
                guard let customer = linked[user]?.customer else { continue }
                extraRows[server, default: [:]][user, default: 0] += 1
                summary.drifted.insert(customer)
                continue
            }
            let permissions = Set(row.permissions.map { Permission($0) })
            guard let customer = linked[user]?.customer else {
                if let finding = unlinked.finding(permissions, of: user, on: server) { summary.drift.add(finding) }
                continue
            }
            let grant = expected.removeValue(forKey: user)
            if let grant, grant.isOtherwise(than: permissions) { summary.drifted.insert(customer) }
            note(drift(of: permissions, beside: grant), user, customer, server)
        }
        for (user, grant) in expected where grant.isActive {
            guard let customer = linked[user]?.customer else { continue }
            if !(grant.observed.permissions ?? []).isEmpty { summary.drifted.insert(customer) }
            note(drift(of: nil, beside: grant), user, customer, server)
        }
    }

    private mutating func note(
        _ found: [DriftKind: Set<Permission>],
        _ user: Int,
        _ customer: CustomerKey,
        _ server: PanelServerID
    ) {
        for (kind, permissions) in found.sorted(by: { $0.key < $1.key }) {
            summary.drift.add(
                DriftReport.Finding(
                    kind: kind,
                    server: server,
                    user: user,
                    username: nil,
                    customer: customer,
                    permissions: permissions
                )
            )
        }
    }

    /// Reads the next page, in smaller pages if the panel cannot bear the size; `nil` after the last.
    private mutating func nextPage<Thing: Sendable>(
        _ things: String,
        _ path: WritableKeyPath<(users: PageSize, servers: PageSize), PageSize>,
        _ read: (Int, Int) async throws -> Page<Thing>
    ) async throws -> Page<Thing>? {
        while let number = pages[keyPath: path].next {
            do {
                summary.calls += 1
                let page = try await read(number, pages[keyPath: path].perPage)
                pages[keyPath: path].advance(past: page.next == nil)
                context.work.note(
                    Self.workName(of: panel.name),
                    "Panel \(panel.name) is read: \(things)",
                    done: min(page.total, page.number * page.perPage),
                    total: page.total,
                    now: context.clock.now()
                )
                return page
            } catch let error as PanelError where error.asksForSmallerPages && pages[keyPath: path].perPage > 1 {
                pages[keyPath: path].shrink()
            }
        }
        return nil
    }

    /// Keeps the list of servers; one that is missing stays until a second complete reading misses it too and the panel itself says that
    /// it is gone.
    private mutating func keepServers() async throws -> Bool {
        let before = knownServers
        let present = Set(servers.map(\.id))
        if before.count > 1, present.isDisjoint(with: before.map(\.id)), !panel.wasUnlocked {
            throw StrangePanel(what: "None of its \(before.count) servers is there any more")
        }
        for missing in before where !present.contains(missing.id) {
            summary.calls += 1
            if let found = try await panel.client.server(id: Server.ID(missing.id.number)),
                found.uuid.text == missing.uuid
            {
                servers.append(missing)
            } else if panel.wasMissingBefore(missing.id) == false {
                servers.append(missing)
            }
        }
        panel.setMissing(Set(before.map(\.id)).subtracting(present))
        servers.sort { $0.id < $1.id }
        if servers == before, panel.inventory != nil { return false }
        if servers != before {
            try await context.ledger.replaceServers(on: panel.name, with: servers, now: context.clock.now())
        }
        panel.setInventory(servers, catalog: context.rules.rules.catalog)
        return true
    }
}

extension PanelServer {
    /// A server as groups see it, from what the panel says of it.
    package init(_ server: Server, on panel: PanelName, instance: String) {
        self.init(
            id: PanelServerID(panel: panel, number: server.id.number),
            uuid: server.uuid.text,
            identifier: server.identifier.text,
            externalID: server.externalID,
            name: server.name,
            description: server.description,
            nodeNames: Set(["\(server.node)", server.nodeName].compactMap(\.self)),
            eggNames: Set(["\(server.egg)", server.eggName].compactMap(\.self)),
            owner: server.ownerID.number,
            ownerEmail: server.owner?.email,
            ownerIsRootAdmin: server.owner?.rootAdmin ?? false,
            isDedicated: server.externalID?.hasPrefix("paydactyl:\(instance):") ?? false
        )
    }
}

extension Grant {
    /// Whether a row shows something that a lane should look at: another one than was left there, or, where nothing is ours any more, what
    /// we once gave and took back, given back by hand.
    fileprivate func isOtherwise(than row: Set<Permission>) -> Bool {
        guard isActive else {
            var seen = self
            seen.observed = .present(row)
            return seen != self && !seen.givenBackByHand.isEmpty
        }
        return row != observed.permissions ?? []
    }
}

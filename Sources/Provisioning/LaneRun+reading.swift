import Entitlements
import Ledger
import PterodactylAPI

/// What there is now, and what came of operations whose answer was lost.
extension LaneRun {
    /// Operations of an earlier pass whose answer was lost: the reading that follows tells what came of them, so they are closed here.
    ///
    /// A creation is not: it is closed once what it was to make was looked for.
    mutating func settleUnknown(on panel: PanelConnection) async throws {
        let lost = file.unsettled.filter { $0.panel == panel.name && !$0.kind.isCreation }
        guard !lost.isEmpty else { return }
        var step = LaneWrite()
        for operation in lost {
            var operation = operation
            operation.finish(
                .retry,
                "The answer was lost; the panel is read again and what is missing is done.",
                at: context.clock.now()
            )
            step.outcomes.append(operation)
            if let server = operation.server, let index = file.grants.firstIndex(where: { $0.server == server }) {
                file.grants[index].observed = .unread
                step.grants.append(file.grants[index])
            }
            if let server = operation.server, let index = file.dedicated.firstIndex(where: { $0.panelServer == server })
            {
                file.dedicated[index].observed = nil
                step.dedicated.append(file.dedicated[index])
            }
        }
        try await write(step)
        file.unsettled.removeAll { $0.panel == panel.name && !$0.kind.isCreation }
    }

    /// A creation whose answer was lost is settled once the account was looked for: found and linked, made anew, or not there.
    mutating func settledCreations(on panel: PanelConnection, wasFound: Bool? = nil) -> [PanelOperation] {
        let wasFound = wasFound ?? (file.links[panel.name] != nil && !created.contains(panel.name))
        let lost = file.unsettled.filter { $0.panel == panel.name && $0.kind == .createAccount }
        file.unsettled.removeAll { $0.panel == panel.name && $0.kind == .createAccount }
        return lost.map { operation in
            var operation = operation
            let answer = wasFound ? "the account was found afterwards" : "the panel has no such account"
            operation.finish(wasFound ? .done : .retry, "The answer was lost; \(answer).", at: context.clock.now())
            return operation
        }
    }

    /// Reads the rows that a plan would change, and those that were never read; an audit's mark asks for all.
    mutating func read(_ work: inout PanelWork) async throws {
        guard let account = work.link?.account else { return }
        for server in work.servers where !work.hasEverything(on: server) {
            guard let known = work.inventory.servers[server] else {
                try await forgetMissingServer(server, &work)
                continue
            }
            var grant = work.grant(on: server)
            if work.accountIsNew {
                grant.observed = .absent
                work.grants[server] = grant
                continue
            }
            let isKnown = grant.observed != .unread && !claim.mustLook
            if isKnown, work.plan(server, for: self).change == nil { continue }
            do {
                let isFirst = grant.handMade == nil && grant.everGranted.isEmpty
                grant.observed = try await readRow(of: account, on: known, work.panel, isFirst: isFirst)
                work.grants[server] = grant
            } catch let error as PanelError where !error.isPanelWide {
                // One server that is suspended or installing must not keep the others waiting.
                work.unreadable.insert(server)
                note(error, while: "reading who may use \(known.name)", on: work.panel, about: server)
            }
        }
    }

    func readRow(
        of account: PanelAccount,
        on server: PanelServer,
        _ panel: PanelConnection,
        isFirst: Bool = false
    ) async throws -> ObservedRow {
        let uuid = PanelUUID(account.uuid)
        let identifier = ServerIdentifier(server.identifier)
        if panel.takeExtraRows(of: account.id, on: server.id) > 0 {
            try await removeExtraRows(of: uuid, on: identifier, panel)
        }
        return try await row(of: uuid, on: identifier, panel, isFirst: isFirst)
    }

    /// A key that does not see the server is told of no row either: where a row was once, nobody takes that for its end.
    ///
    /// Where there was none yet, giving one shows it.
    func row(
        of uuid: PanelUUID,
        on server: ServerIdentifier,
        _ panel: PanelConnection,
        isFirst: Bool = false
    ) async throws -> ObservedRow {
        if let row = try await panel.client.subuser(server: server, uuid: uuid) {
            return .present(Set(row.permissions.map { Permission($0) }))
        }
        if !isFirst { _ = try await panel.client.visibleServer(server) }
        return .absent
    }

    /// Reads the rows that an audit found to differ, where nothing may be changed, so that what is shown is what is there.
    mutating func look(_ work: inout PanelWork) async throws {
        guard let account = work.link?.account else { return }
        for (server, grant) in work.grants.sorted(by: { $0.key < $1.key }) where grant.isActive {
            guard let known = work.inventory.servers[server] else { continue }
            let identifier = ServerIdentifier(known.identifier)
            work.grants[server]?.observed = try await row(of: PanelUUID(account.uuid), on: identifier, work.panel)
        }
    }

    /// A server that the audits no longer see is forgotten once the panel itself says that it is gone; its rows went with it.
    private mutating func forgetMissingServer(_ server: PanelServerID, _ work: inout PanelWork) async throws {
        guard try await work.panel.client.server(id: Server.ID(server.number)) == nil else {
            report.waiting.append("Server \(server.number) is read again with the next audit.")
            return
        }
        try await forgetGrant(on: server)
        work.grants[server] = nil
    }

    mutating func forgetGrant(on server: PanelServerID) async throws {
        var step = LaneWrite()
        step.forgotten = [server]
        try await write(step)
        file.grants.removeAll { $0.server == server }
    }

    /// Leaves one row of those that a race made; each removal takes the first, so that one is there all the time.
    ///
    /// They are counted here once more, since the listing that showed them is older than this pass.
    private func removeExtraRows(of uuid: PanelUUID, on server: ServerIdentifier, _ panel: PanelConnection)
        async throws
    {
        let rows = try await panel.client.subusers(server: server).filter { $0.uuid == uuid }
        for _ in rows.dropFirst().prefix(20) {
            try await panel.client.removeSubuser(server: server, uuid: uuid)
        }
    }
}

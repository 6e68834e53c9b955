import Entitlements
import Ledger
import Logging
import Observability
import PterodactylAPI

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

    mutating func reconcileServers(_ work: inout PanelWork) async throws {
        try await read(&work)
        let plans = try await plan(work)
        // What was read counts as new until it is written down.
        let stored = Dictionary(file.grants.map { ($0.server, $0) }, uniquingKeysWith: { first, _ in first })
        var step = LaneWrite()
        var changes: [(ServerPlan, ServerPlan.Change)] = []
        for plan in plans {
            if let change = plan.change {
                changes.append((plan, change))
                var underWay = plan.grant
                underWay.observed = .unread
                step.grants.append(underWay)
                step.intents.append(intent(for: plan, change, work))
            } else if plan.grant != stored[plan.grant.server], plan.grant.isActive || stored[plan.grant.server] != nil {
                step.grants.append(plan.grant)
            }
        }
        // What was read to be gone already has no plan any more.
        let planned = Set(plans.map(\.grant.server))
        step.grants += work.grants.values.filter { grant in
            !planned.contains(grant.server) && stored[grant.server].map { $0 != grant } ?? false
        }
        step.outcomes = settledCreations(on: work.panel)
        step.losses = Set(plans.filter { $0.change != nil }.flatMap(\.counted.keys))
        guard !step.isEmpty else { return }
        let operations = try await write(step)
        keep(step.grants)
        if !operations.isEmpty { CrashPoint.accessIntentsWritten.reached() }
        for ((plan, change), operation) in zip(changes, operations) {
            try await apply(change, plan, operation, work)
        }
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
    private mutating func read(_ work: inout PanelWork) async throws {
        guard let account = work.link?.account else { return }
        for server in work.servers where !work.hasEverything(on: server) {
            guard let known = work.inventory.servers[server] else {
                try await forgetMissingServer(server, &work)
                continue
            }
            var grant = work.grant(on: server)
            guard grant.serverUUID == known.uuid else {
                throw StrangePanel(
                    what:
                        "Server \(server.number) (\"\(known.name)\") is another than the one on which access was given (its uuid differs)"
                )
            }
            if work.accountIsNew {
                grant.observed = .absent
                work.grants[server] = grant
                continue
            }
            let isKnown = grant.observed != .unread && !claim.mustLook
            if isKnown, work.plan(server, for: self).change == nil { continue }
            do {
                grant.observed = try await readRow(of: account, on: known, work.panel)
                work.grants[server] = grant
            } catch let error as PanelError where !error.isPanelWide {
                // One server that is suspended or installing must not keep the others waiting.
                work.unreadable.insert(server)
                note(error, while: "reading who may use \(known.name)", on: work.panel)
            }
        }
    }

    func readRow(of account: PanelAccount, on server: PanelServer, _ panel: PanelConnection) async throws
        -> ObservedRow
    {
        let uuid = PanelUUID(account.uuid)
        let identifier = ServerIdentifier(server.identifier)
        if panel.takeExtraRows(of: account.id, on: server.id) > 0 {
            try await removeExtraRows(of: uuid, on: identifier, panel)
        }
        let row = try await panel.client.subuser(server: identifier, uuid: uuid)
        return row.map { .present(Set($0.permissions.map { Permission($0) })) } ?? .absent
    }

    /// A server that the audits no longer see is forgotten once the panel itself says that it is gone; its rows went with it.
    private mutating func forgetMissingServer(_ server: PanelServerID, _ work: inout PanelWork) async throws {
        guard try await work.panel.client.server(id: Server.ID(server.number)) == nil else {
            report.waiting.append("Server \(server.number) is read again with the next audit.")
            return
        }
        var step = LaneWrite()
        step.forgotten = [server]
        try await write(step)
        work.grants[server] = nil
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

    /// Plans every server; what is held is held for all of them together, so that an approval is for what was shown.
    private mutating func plan(_ work: PanelWork) async throws -> [ServerPlan] {
        let servers = work.servers.filter {
            !work.hasEverything(on: $0) && work.inventory.servers[$0] != nil && !work.unreadable.contains($0)
        }
        var plans = servers.map { work.plan($0, for: self) }
        let lines = plans.flatMap { heldDescription($0, work) }
        if !lines.isEmpty {
            let held = Self.fingerprint(of: lines)
            if file.approvedFingerprint?.split(separator: "+").contains(held[...]) ?? false {
                plans = servers.map { work.plan($0, for: self, approved: true) }
            } else {
                heldFingerprints.append(held)
                report.held += lines.map { "Held until a person approves it: \($0)" }
            }
        }
        noteWaits(of: plans, work)
        return plans
    }

    private func heldDescription(_ plan: ServerPlan, _ work: PanelWork) -> [String] {
        let name = work.inventory.servers[plan.grant.server]?.name ?? "server \(plan.grant.server.number)"
        return plan.held.sorted { $0.key < $1.key }.map { kind, permissions in
            "\(permissions.listed) on \(name) would be taken away, because \(kind.because)."
        }
    }

    private mutating func noteWaits(of plans: [ServerPlan], _ work: PanelWork) {
        for plan in plans {
            for (kind, noticedAt) in plan.awaited {
                report.noteAwaited(
                    AwaitedLoss(kind: kind, noticedAt: noticedAt, isHeld: plan.held[kind] != nil)
                )
            }
        }
        let waiting = plans.filter(\.awaitsOthers).flatMap(\.awaited.values)
        if let noticedAt = waiting.max() {
            report.awaitsOthers = true
            report.wait(
                until: now + Self.pause(since: noticedAt, now: now),
                "Access ends on panel \(work.panel.name) once it is known whom else the same cause concerns."
            )
        }
        if let settlesAt = plans.compactMap(\.settlesAt).min() {
            report.wait(
                until: settlesAt,
                "Access ends on panel \(work.panel.name) once the change has settled (\(settlesAt.iso8601))."
            )
        }
        if plans.contains(where: { !$0.doubted.isEmpty }), let skew = work.panel.clockSkew {
            report.blocked.append(
                """
                Our clock and that of panel \(work.panel.name) differ by \(max(skew, .zero - skew).inWords): access that only time ends stays \
                until they agree.
                """
            )
        }
        if plans.contains(where: { !$0.returnedByHand.isEmpty }) { lookAgainLater() }
        for plan in plans where !plan.returnedByHand.isEmpty {
            let name = work.inventory.servers[plan.grant.server]?.name ?? "server \(plan.grant.server.number)"
            report.attention.append(
                "Somebody gave \(plan.returnedByHand.listed) on \(name) back by hand after it had ended. Take it away by hand, or grant it."
            )
        }
    }

    /// How long a loss waits before it looks again whether everybody was looked at: the longer it takes, the less often, so that many
    /// who look again do not keep those away whom they wait for.
    static func pause(since noticedAt: Timestamp, now: Timestamp) -> Duration {
        min(max((now - noticedAt) / 2, .seconds(1)), .seconds(60))
    }

    private func intent(for plan: ServerPlan, _ change: ServerPlan.Change, _ work: PanelWork) -> PanelOperation {
        let server = plan.grant.server
        let name = work.inventory.servers[server]?.name ?? "server \(server.number)"
        let found = work.grant(on: server)
        return intent(change, on: work.panel, from: found, of: work.link?.account, named: name)
    }

    /// The operation that makes a change of a row, with what was found there and what it is to leave.
    func intent(
        _ change: ServerPlan.Change,
        on panel: PanelConnection,
        from found: Grant,
        of account: PanelAccount?,
        named name: String,
        because reason: String = ""
    ) -> PanelOperation {
        let (kind, words): (PanelOperation.Kind, String) =
            switch change {
            case .add(let set): (.addSubuser, "give \(set.listed) on \(name)")
            case .update(let set): (.updateSubuser, "set \(set.listed) on \(name)")
            case .remove: (.removeSubuser, "take all access on \(name)")
            }
        return operation(
            kind,
            on: panel,
            server: found.server,
            words + reason,
            before: account.map { .access(of: $0.uuid, grant: found) },
            after: account.map { .row(of: $0.uuid, change.row) }
        )
    }

    private mutating func apply(
        _ change: ServerPlan.Change,
        _ plan: ServerPlan,
        _ operation: PanelOperation,
        _ work: PanelWork
    ) async throws {
        guard let account = work.link?.account, let server = work.inventory.servers[plan.grant.server] else { return }
        if let reason = work.panel.standstill {
            try await record(operation, .retry, "Not tried. \(reason)")
            report.block(reason)
            return
        }
        var grant = plan.grant
        do {
            grant.observed = try await carryOut(change, account, server, work.panel)
            CrashPoint.accessAnswered.reached()
        } catch let error as PanelError {
            try await record(operation, state(after: error), "\(error)")
            note(error, while: operation.detail, on: work.panel)
            return
        } catch let ghost as GhostAccount {
            try await record(operation, .refused, ghost.description)
            report.attention.append(ghost.description)
            return
        }
        try await finish(operation, of: account, grant, change)
    }

    mutating func finish(
        _ operation: PanelOperation,
        of account: PanelAccount,
        _ grant: Grant,
        _ change: ServerPlan.Change,
        rolledBack: [RolledBack] = []
    ) async throws {
        var step = LaneWrite()
        var operation = operation
        let stored = grant.observed.permissions.map { "stored: \($0.listed)" } ?? "read back: no subuser"
        let isAsPlanned = change.isFulfilled(by: grant.observed)
        operation.finish(isAsPlanned ? .done : .refused, stored, at: context.clock.now())
        operation.after = .row(of: account.uuid, grant.observed)
        if !isAsPlanned {
            report.attention.append("\(operation.detail.capitalisedFirst): the panel kept something else (\(stored)).")
        }
        step.outcomes = [operation]
        step.grants = [grant]
        step.rolledBack = rolledBack
        try await write(step)
        CrashPoint.accessOutcomeWritten.reached()
        keep([grant])
        context.metrics.record(operation)
        if let server = operation.server { context.panels[server.panel]?.countWorking() }
        logger.notice(
            "Access was changed.",
            metadata: [
                "operation": "\(operation.number)", "operation.kind": "\(operation.kind.rawValue)",
                "panel.server": "\(grant.server.number)", "answer": "\(stored)",
            ]
        )
    }

    /// Makes the change and returns the row as the panel then holds it.
    func carryOut(
        _ change: ServerPlan.Change,
        _ account: PanelAccount,
        _ server: PanelServer,
        _ panel: PanelConnection
    ) async throws -> ObservedRow {
        let identifier = ServerIdentifier(server.identifier)
        let uuid = PanelUUID(account.uuid)
        switch change {
        case .add(let permissions):
            let row = try await panel.client.addSubuser(
                server: identifier,
                email: account.email,
                permissions: Set(permissions.map(\.key))
            )
            guard row.uuid == uuid else {
                try await panel.client.removeSubuser(server: identifier, uuid: row.uuid)
                throw GhostAccount(expected: account, server: server.name)
            }
            return .present(Set(row.permissions.map { Permission($0) }))
        case .update(let permissions):
            let row = try await panel.client.updateSubuser(
                server: identifier,
                uuid: uuid,
                permissions: Set(permissions.map(\.key))
            )
            return .present(Set(row.permissions.map { Permission($0) }))
        case .remove:
            return try await remove(uuid, from: identifier, panel)
        }
    }

    /// Removes until a reading shows nothing: of two rows of one user, the panel deletes one (recording `race-subusers-duplicate-rows-delete`).
    private func remove(_ uuid: PanelUUID, from server: ServerIdentifier, _ panel: PanelConnection) async throws
        -> ObservedRow
    {
        for _ in 0..<20 {
            do {
                try await panel.client.removeSubuser(server: server, uuid: uuid)
            } catch let error as PanelError where error.kind == .notFound {
                return .absent
            }
            guard try await panel.client.subuser(server: server, uuid: uuid) != nil else { return .absent }
        }
        return .unread
    }

    mutating func keep(_ grants: [Grant]) {
        for grant in grants {
            file.grants.removeAll { $0.server == grant.server }
            file.grants.append(grant)
        }
    }
}

/// The panel gave the permissions to another account than the customer's, which was undone.
struct GhostAccount: Error, CustomStringConvertible {
    var expected: PanelAccount
    var server: String

    var description: String {
        """
        On \(server), the panel gave the permissions to another account than \(expected.username), because nobody has the e-mail \
        \(expected.email) any more. That was undone. Look whether the account was deleted or its e-mail changed on the panel.
        """
    }
}

extension ServerPlan.Change {
    /// The row that it is to make.
    var row: ObservedRow {
        switch self {
        case .add(let permissions), .update(let permissions): .present(permissions)
        case .remove: .absent
        }
    }

    /// Whether a row is what the change was to make of it.
    func isFulfilled(by row: ObservedRow) -> Bool {
        row == self.row
    }
}

extension LossKind {
    /// Completes "… would be taken away, because …".
    var because: String {
        switch self {
        case .decided: "a person decided it"
        case .told: "the billing system said so, but more customers lose access at once than policy.breaker allows"
        case .inferred:
            "it follows from silence or from a list, no event said so, and more customers lose access than policy.breaker allows"
        case .configuration: "the configuration changed or the server left its group"
        }
    }
}

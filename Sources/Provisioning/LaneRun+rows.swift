import Entitlements
import Ledger
import Logging
import Observability
import PterodactylAPI

/// Changing one row: written down, tried, read back, recorded.
extension LaneRun {
    func intent(for plan: ServerPlan, _ change: ServerPlan.Change, _ work: PanelWork) -> PanelOperation {
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

    mutating func apply(
        _ change: ServerPlan.Change,
        _ plan: ServerPlan,
        _ operation: PanelOperation,
        _ work: PanelWork
    ) async throws {
        guard let account = work.link?.account, let server = work.inventory.servers[plan.grant.server] else { return }
        if let reason = work.panel.standstill {
            try await record(operation, .retry, "Not tried. \(reason)")
            report.block(reason, by: .panel(work.panel.name))
            return
        }
        var grant = plan.grant
        do {
            grant.observed = try await carryOut(change, account, server, work.panel)
            CrashPoint.accessAnswered.reached()
        } catch let error as PanelError {
            try await record(operation, state(after: error), "\(error)")
            // Nothing was given, so what is found there once the server is seen is as it was before us.
            if !error.effectUnknown, work.grant(on: server.id).everGranted.isEmpty {
                try await forgetGrant(on: server.id)
            }
            note(error, while: operation.detail, on: work.panel, about: server.id)
            return
        } catch let ghost as GhostAccount {
            try await record(operation, .refused, ghost.description)
            report.attention.append(ghost.need)
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
            report.attention.append(
                Need(
                    """
                    \(operation.detail.capitalisedFirst): the panel kept something else (\(stored)). Something else changes permissions there, \
                    or the panel's version does not know one of them.
                    """,
                    do: "Find out what does, then look again."
                )
            )
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
                return try await row(of: uuid, on: server, panel)
            }
            guard try await panel.client.subuser(server: server, uuid: uuid) != nil else { return .absent }
        }
        return .unread
    }
}

/// The panel gave the permissions to another account than the customer's, which was undone.
struct GhostAccount: Error, CustomStringConvertible {
    var expected: PanelAccount
    var server: String

    var need: Need {
        Need(
            """
            On \(server), the panel gave the permissions to another account than \(expected.username), because nobody has the e-mail \
            \(expected.email) any more. That was undone.
            """,
            do: "Look whether the account was deleted or its e-mail changed on the panel."
        )
    }

    var description: String { need.sentence }
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

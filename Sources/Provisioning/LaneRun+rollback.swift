import Entitlements
import Ledger
import Logging
import Observability
import PterodactylAPI

extension LaneRun {
    /// Brings rows back as a person asked, each only from what our last operation left; whatever else is found there stays.
    ///
    /// A hold does not keep it: it was put there with the rollback, so that nothing else happens to this customer.
    mutating func goBack(on panel: PanelConnection, _ inventory: Inventory) async throws {
        let steps = file.waysBack.filter { $0.way.server.panel == panel.name }
        if let reason = generalStandstill {
            report.block(
                "\(reason) Waiting: \(steps.count == 1 ? "a row" : "\(steps.count) rows") to roll back.",
                by: .standstill
            )
            return
        }
        if let reason = panel.standstill { return report.block(reason, by: .panel(panel.name)) }
        try await settleUnknown(on: panel)
        let account = try await accountToGoBack(on: panel)
        for step in steps {
            guard let account, account.uuid == step.way.account else {
                try await close(step, .left, "The customer's account is another than it was then.")
                continue
            }
            guard let server = inventory.servers[step.way.server], server.uuid == step.way.target.serverUUID else {
                try await close(step, .left, "The server is gone, or is another than it was then.")
                continue
            }
            try await goBack(step, account, server, panel)
        }
    }

    /// The linked account as it is now; its e-mail is needed to add it anywhere.
    private func accountToGoBack(on panel: PanelConnection) async throws -> PanelAccount? {
        guard let link = file.links[panel.name] else { return nil }
        guard let user = try await panel.client.user(id: PanelUser.ID(link.account.id)) else { return nil }
        guard user.uuid.text == link.account.uuid else {
            guard panel.isGivenAway(link.account.id, uuid: link.account.uuid) else {
                throw StrangePanel(isAnother: user.id)
            }
            return nil
        }
        return PanelAccount(user)
    }

    private mutating func goBack(
        _ step: WaitingStep,
        _ account: PanelAccount,
        _ server: PanelServer,
        _ panel: PanelConnection
    ) async throws {
        do {
            let row = try await readRow(of: account, on: server, panel)
            let target = step.way.target
            guard row != target.observed else {
                return try await close(step, .done, "It is so already.", grant: restored(step, observed: row))
            }
            guard row == step.way.expected, let change = row.change(to: target.observed.permissions) else {
                return try await close(step, .left, changedSince(found: row, left: step.way.expected))
            }
            try await take(step, change, from: row, account, server, panel)
        } catch let error as PanelError where !error.isPanelWide {
            note(
                error,
                while: "rolling back what \(account.username) may do on \(server.name)",
                on: panel,
                about: server.id
            )
        }
    }

    private func restored(_ step: WaitingStep, observed row: ObservedRow) -> Grant {
        step.way.target.restored(over: current(step.way.server), observed: row)
    }

    private func current(_ server: PanelServerID) -> Grant? {
        file.grants.first { $0.server == server }
    }

    /// Makes the change, written down before it is tried, read back after it.
    private mutating func take(
        _ step: WaitingStep,
        _ change: ServerPlan.Change,
        from row: ObservedRow,
        _ account: PanelAccount,
        _ server: PanelServer,
        _ panel: PanelConnection
    ) async throws {
        var found = current(server.id) ?? Grant(server: server.id, serverUUID: server.uuid)
        found.observed = row
        let because = ", as it was (rollback \(step.rollback))"
        var write = LaneWrite()
        write.intents = [intent(change, on: panel, from: found, of: account, named: server.name, because: because)]
        write.grants = [restored(step, observed: .unread)]
        guard let operation = try await self.write(write).first else { return }
        keep(write.grants)
        CrashPoint.accessIntentsWritten.reached()
        do {
            let grant = restored(step, observed: try await carryOut(change, account, server, panel))
            CrashPoint.accessAnswered.reached()
            let isBack = change.isFulfilled(by: grant.observed)
            let outcome =
                isBack
                ? RolledBack(step, .done, "now \(grant.observed.words)")
                : RolledBack(
                    step,
                    .left,
                    "The panel took the change and showed another row right after it: \(grant.observed.words). Look on it who else changes that."
                )
            try await finish(operation, of: account, grant, change, rolledBack: [outcome])
            file.waysBack.removeAll { $0 == step }
        } catch let error as PanelError {
            let state = state(after: error)
            try await record(operation, state, "\(error)")
            note(error, while: operation.detail, on: panel, about: server.id)
            if state == .refused { try await close(step, .left, "The panel refused it: \(error)") }
        } catch let ghost as GhostAccount {
            try await record(operation, .refused, ghost.description)
            try await close(step, .left, ghost.description)
        }
    }

    private mutating func close(
        _ step: WaitingStep,
        _ outcome: RolledBack.Outcome,
        _ answer: String,
        grant: Grant? = nil
    ) async throws {
        var write = LaneWrite()
        write.rolledBack = [RolledBack(step, outcome, answer)]
        if let grant { write.grants = [grant] }
        try await self.write(write)
        keep(write.grants)
        file.waysBack.removeAll { $0 == step }
    }
}

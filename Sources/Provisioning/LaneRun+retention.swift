import Entitlements
import Ledger
import Logging
import Observability
import PterodactylAPI

extension LaneRun {
    /// How long an account without access is kept; `nil` for ever.
    private var accountRetention: Duration? {
        switch file.record.accountRetention(catalog: rules.catalog, policy: rules.policy) {
        case .lasting(let time): time
        case .forever: nil
        }
    }

    /// Notes when the last access on a panel ended, or that there is some again.
    mutating func noteAccessEnd(on panel: PanelConnection) async throws {
        guard var link = file.links[panel.name] else { return }
        let hasAny =
            report.hasAccess == true || file.grants.contains { $0.server.panel == panel.name && $0.isActive }
            || file.dedicated.contains { $0.slot.panel == panel.name }
        if hasAny, link.accessEndedAt != nil {
            link.accessEndedAt = nil
            try await save(link, on: panel)
        } else if !hasAny, link.accessEndedAt == nil {
            link.accessEndedAt = now
            try await save(link, on: panel)
        }
        scheduleRetirement(of: link)
    }

    private mutating func scheduleRetirement(of link: AccountLink) {
        guard link.isOurs, let ended = link.accessEndedAt, let retention = accountRetention else { return }
        report.change(at: ended + retention)
    }

    /// Deletes an account that we made once `account_retention` has passed since its last access ended, if it holds nothing else.
    mutating func retireAccount(on panel: PanelConnection, link: AccountLink?) async throws {
        try await settleUnknown(on: panel)
        var link = link
        if link == nil { link = try await lostAccount(on: panel) }
        guard let link else { return }
        if panel.isGivenAway(link.account.id, uuid: link.account.uuid), panel.circuit.isClosed, standstill == nil {
            let user = try await panel.client.user(id: PanelUser.ID(link.account.id))
            guard user?.uuid.text == link.account.uuid else { return try await unlink(panel) }
        }
        try await noteAccessEnd(on: panel)
        guard link.isOurs, let ended = link.accessEndedAt, let retention = accountRetention,
            ended + retention <= now
        else { return }
        report.due.removeAll { $0 == ended + retention }
        if let reason = standstill {
            report.block(
                "\(reason) Waiting: delete the panel account \(link.account.username), which has had no access since \(ended.iso8601).",
                by: standstillCause
            )
            return
        }
        guard panel.circuit.isClosed else { return }
        do {
            try await delete(link, on: panel)
        } catch let error as PanelError {
            note(error, while: "deleting the account \(link.account.username)", on: panel)
        }
    }

    /// The account whose creation was under way when the access that it was for ended, now linked, so that it is retired like any other.
    private mutating func lostAccount(on panel: PanelConnection) async throws -> AccountLink? {
        guard file.unsettled.contains(where: { $0.kind == .createAccount && $0.panel == panel.name }) else {
            return nil
        }
        if let reason = standstill ?? panel.circuit.reason {
            report.block(
                "\(reason) Waiting: look whether panel \(panel.name) made the account that was asked for.",
                by: standstill == nil ? .panel(panel.name) : standstillCause
            )
            return nil
        }
        do {
            let user = try await panel.client.user(externalID: externalID)
            var step = LaneWrite()
            step.outcomes = settledCreations(on: panel, wasFound: user != nil)
            let link = user.map {
                AccountLink(account: PanelAccount($0), isOurs: true, customerEmail: file.record.email)
            }
            if let link { step.links = [panel.name: link] }
            try await write(step)
            file.links[panel.name] = link
            return link
        } catch let error as PanelError {
            note(error, while: "looking for the account on panel \(panel.name)", on: panel)
            return nil
        }
    }

    private mutating func delete(_ link: AccountLink, on panel: PanelConnection) async throws {
        guard let user = try await panel.client.user(id: PanelUser.ID(link.account.id)) else {
            return try await unlink(panel)
        }
        guard user.uuid.text == link.account.uuid else {
            guard panel.isGivenAway(link.account.id, uuid: link.account.uuid) else {
                throw StrangePanel(isAnother: user.id)
            }
            return try await unlink(panel)
        }
        guard try await holdsOnlyOurs(link, on: panel) else {
            // It became somebody's by hand; that may change again.
            if let retention = accountRetention { report.due.append(now + max(retention, .days(1))) }
            return
        }
        // What was just read told the panel's time, too.
        if let sentence = panel.doubtOfTime {
            report.block("\(sentence) Waiting: delete the panel account \(user.username).", by: .clock)
            lookAgainLater()
            return
        }
        panel.expectNoMore(link.account.id)
        let done = try await attempt(
            operation(
                .deleteAccount,
                on: panel,
                "delete account \(user.username) (\(user.email))",
                before: .account(PanelAccount(user))
            ),
            on: panel
        ) { try await panel.client.deleteUser(id: user.id) }
        guard case (_, var operation)? = done else { return }
        operation.after = .noAccount
        var step = LaneWrite()
        step.outcomes = [operation]
        step.unlinked = [panel.name]
        try await write(step)
        CrashPoint.accountOutcomeWritten.reached()
        file.links[panel.name] = nil
    }

    private mutating func unlink(_ panel: PanelConnection) async throws {
        var step = LaneWrite()
        step.unlinked = [panel.name]
        try await write(step)
        file.links[panel.name] = nil
    }
}

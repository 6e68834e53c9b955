import Entitlements
import Ledger
import Observability
import PterodactylAPI

/// Takes the steps of one plan for a server of a customer's own, one after the other, until one does not succeed.
struct DedicatedRun {
    let plan: DedicatedPlan
    /// The server as it was read in this pass.
    var read: Server?
    let link: AccountLink?
    let panel: PanelConnection
    var server: DedicatedServer?

    init(plan: DedicatedPlan, read: Server?, link: AccountLink?, panel: PanelConnection) {
        self.plan = plan
        self.read = read
        self.link = link
        self.panel = panel
        server = plan.server
    }

    mutating func carryOut(in run: inout LaneRun) async throws {
        for step in plan.steps {
            if let reason = panel.standstill {
                run.report.block(reason, by: .panel(panel.name))
                return
            }
            do {
                guard try await take(step, in: &run) else { return }
            } catch let missing as NotOnPanel {
                run.report.attention.append(
                    Need(
                        """
                        The server of subscription \(plan.slot.subscription) cannot be made as tiers.\(tier).dedicated says: on panel \
                        \(panel.name), \(missing).
                        """,
                        do: "Correct tiers.\(tier).dedicated in the configuration, or make on the panel what it names."
                    )
                )
                run.lookAgainLater()
                return
            }
        }
    }

    var tier: TierID {
        if case .create(_, let reason) = plan.steps.first { return reason.tier }
        return server?.reason.tier ?? "?"
    }

    /// What the breaker counts with the step that takes something away.
    private var losses: Set<LossKind> { Set([plan.counted].compactMap(\.self)) }

    /// Says whether it was taken.
    private mutating func take(_ step: DedicatedPlan.Step, in run: inout LaneRun) async throws -> Bool {
        switch step {
        case .create(let request, let reason): try await create(request, reason, in: &run)
        case .lookForCreation: try await lookForCreation(in: &run)
        case .adopt: try await adopt(in: &run)
        case .change(let request, let reason, let owner): try await change(request, reason, owner, in: &run)
        case .suspend: try await setSuspended(true, in: &run)
        case .unsuspend: try await setSuspended(false, in: &run)
        case .delete: try await delete(in: &run)
        case .letGo: try await letGo(in: &run)
        }
    }

    // MARK: Changing one

    private mutating func change(
        _ request: DedicatedRequest,
        _ reason: GrantReason,
        _ owner: Int,
        in run: inout LaneRun
    ) async throws -> Bool {
        guard var server, let read else { return false }
        let newOwner = owner == server.owner ? nil : owner
        var change = DedicatedChange(server: read, asked: server.asked, wanted: request, owner: newOwner)
        let egg =
            change.changesStartup
            ? try await PanelCatalogue(panel.client).egg(request.egg, nest: request.nest) : nil
        let parts = change.words(startup: egg.flatMap(change.startup) != nil)
        server.observed = nil
        let intent = run.operation(
            .changeServer,
            on: panel,
            server: server.panelServer,
            "change \(server.name): \(parts.isEmpty ? "nothing differs" : parts.joined(separator: ", "))",
            before: .server(read)
        )
        guard let written = try await run.begin(intent, server, losses: losses) else { return false }
        do {
            if let update = change.details { change.server = try await panel.client.updateDetails(id: read.id, update) }
            if let update = change.build { change.server = try await panel.client.updateBuild(id: read.id, update) }
            if let update = egg.flatMap(change.startup) {
                change.server = try await panel.client.updateStartup(id: read.id, update)
            }
            CrashPoint.serverAnswered.reached()
        } catch let error as PanelError {
            try await run.fail(written, error, server, on: panel)
            return false
        }
        server.asked = request
        server.reason = reason
        server.owner = owner
        server.observed = DedicatedSighting(change.server)
        self.server = server
        self.read = change.server
        let isKept = change.details == nil && change.build == nil && egg.flatMap(change.startup) == nil
        if !isKept {
            run.report.attention.append(
                Need("\(written.detail.capitalisedFirst): the panel kept something else.", do: "Look at it there.")
            )
        }
        try await run.finish(written, isKept ? .done : .refused, change.stored, server)
        return true
    }

    private mutating func adopt(in run: inout LaneRun) async throws -> Bool {
        guard var server, case .adopting(let identity, let changesOwner) = server.origin else { return false }
        guard let found = try await panel.client.server(id: Server.ID(identity.number)) else {
            return try await giveUpAdoption(of: server, because: "the panel has it no longer", in: &run)
        }
        guard found.uuid.text == identity.uuid else {
            guard panel.hasLetIn(found) else { throw StrangePanel(isAnotherServer: identity.number) }
            return try await giveUpAdoption(of: server, because: "its id is another server's by now", in: &run)
        }
        guard found.externalID == nil || found.externalID == server.externalID else {
            let reason = "it carries the external id \(found.externalID ?? "") by now"
            return try await giveUpAdoption(of: server, because: reason, in: &run)
        }
        if changesOwner, link == nil { return false }
        var update = DetailsUpdate(of: found)
        update.externalID = server.externalID
        if changesOwner, let account = link?.account { update.owner = PanelUser.ID(account.id) }
        let intent = run.operation(
            .adoptServer,
            on: panel,
            server: server.panelServer,
            "make \(found.name) the server of subscription \(plan.slot.subscription)",
            before: .server(found)
        )
        guard let written = try await run.begin(intent, server) else { return false }
        do {
            let changed = try await panel.client.updateDetails(id: found.id, update)
            CrashPoint.serverAnswered.reached()
            server.found(changed)
            // An owner who is to stay is not the account, and is left alone until that changes.
            server.owner = link?.account.id ?? changed.ownerID.number
            try await run.finish(written, .done, "external_id: \(changed.externalID ?? "none")", server)
            run.report.due.append(run.now)
            return true
        } catch let error as PanelError {
            try await run.fail(written, error, server, on: panel)
            return false
        }
    }

    private func giveUpAdoption(of server: DedicatedServer, because reason: String, in run: inout LaneRun) async throws
        -> Bool
    {
        var step = LaneWrite()
        step.forgottenDedicated = [server.slot]
        try await run.write(step)
        run.forget(server.slot)
        run.report.attention.append(
            Need(
                "Server \(server.identity?.number ?? 0) was not imported for subscription \(plan.slot.subscription): \(reason).",
                do:
                    "Settle on the panel which server it is to be, and say `paydactyl import server \(plan.slot.subscription) NUMBER` again."
            )
        )
        return false
    }

    /// Takes our external id off, unless the server has it no longer; after that it is nothing to us.
    private func letGo(in run: inout LaneRun) async throws -> Bool {
        guard let server, let identity = server.identity else { return false }
        // Its place may be filled anew.
        run.report.due.append(run.now)
        let found = try await panel.client.server(id: Server.ID(identity.number))
        guard let found, found.uuid.text == identity.uuid, found.externalID == server.externalID else {
            var step = LaneWrite()
            step.forgottenDedicated = [server.slot]
            try await run.write(step)
            run.forget(server.slot)
            return true
        }
        var update = DetailsUpdate(of: found)
        update.externalID = nil
        let intent = run.operation(
            .releaseServer,
            on: panel,
            server: server.panelServer,
            "take our external id off \(found.name), which is in a person's hands from now on",
            before: .server(found)
        )
        guard let written = try await run.begin(intent, server) else { return false }
        do {
            let changed = try await panel.client.updateDetails(id: found.id, update)
            CrashPoint.serverAnswered.reached()
            guard changed.externalID == nil else {
                try await run.finish(written, .refused, "external_id: \(changed.externalID ?? "")", server)
                run.report.attention.append(
                    Need("\(written.detail.capitalisedFirst): the panel kept it.", do: "Clear it there.")
                )
                return false
            }
        } catch let error as PanelError {
            try await run.fail(written, error, server, on: panel)
            return false
        }
        try await run.abandon(written, .done, "external_id: none", server.slot)
        return true
    }

    // MARK: Suspending and deleting one

    private mutating func setSuspended(_ suspends: Bool, in run: inout LaneRun) async throws -> Bool {
        guard var server, let read else { return false }
        server.observed = nil
        let intent = run.operation(
            suspends ? .suspendServer : .unsuspendServer,
            on: panel,
            server: server.panelServer,
            suspends ? "suspend \(server.name)" : "end the suspension of \(server.name)",
            before: .server(read)
        )
        guard let written = try await run.begin(intent, server, losses: suspends ? losses : []) else { return false }
        do {
            if suspends {
                try await panel.client.suspendServer(id: read.id)
            } else {
                try await panel.client.unsuspendServer(id: read.id)
            }
            CrashPoint.serverAnswered.reached()
            guard let now = try await panel.client.server(id: read.id), now.suspended == suspends else {
                try await run.finish(written, .retry, "The panel took it back.", server)
                run.report.retrying.append("\(written.detail.capitalisedFirst) did not last; it is tried again.")
                return false
            }
            server.observed = DedicatedSighting(now)
            if !suspends { server.suspendedAt = nil }
            self.server = server
            self.read = now
            try await run.finish(written, .done, suspends ? "read back: suspended" : "read back: not suspended", server)
            return true
        } catch let error as PanelError {
            try await run.fail(written, error, server, on: panel)
            return false
        }
    }

    private mutating func delete(in run: inout LaneRun) async throws -> Bool {
        guard let server, let read else { return false }
        guard read.externalID == server.externalID, read.suspended else {
            run.report.attention.append(
                Need(
                    "\(read.name) is not deleted, because it is not as we left it: suspended and with our external id.",
                    do: """
                        Put that back on the panel, or keep the server and say `paydactyl let-go \(plan.slot.subscription)`.
                        """
                )
            )
            return false
        }
        let intent = run.operation(
            .deleteServer,
            on: panel,
            server: server.panelServer,
            "delete \(server.name) of subscription \(plan.slot.subscription)",
            before: .server(read)
        )
        guard let written = try await run.begin(intent, server) else { return false }
        do {
            try await panel.client.deleteServer(id: read.id)
            CrashPoint.serverAnswered.reached()
            guard try await panel.client.server(id: read.id) == nil else {
                try await run.finish(written, .retry, "The panel has it still.", server)
                run.report.retrying.append("The panel has \(server.name) still; its deletion is tried again.")
                return false
            }
        } catch let error as PanelError {
            try await run.fail(written, error, server, on: panel)
            return false
        }
        let allowed = server.deletionConfirmedBy.map { "allowed by \($0)" } ?? "delete_without_asking"
        try await run.abandon(written, .done, "gone; \(allowed)", server.slot)
        return true
    }
}

extension PanelImage {
    fileprivate static func server(_ server: Server) -> PanelImage {
        .server(externalID: server.externalID, DedicatedSighting(server))
    }
}

extension DedicatedServer {
    /// What stands in an operation that makes it as what was there before, and by which that operation is found again.
    var nothingBefore: PanelImage { .noServer(externalID: externalID) }

    /// It is this one of the panel's.
    mutating func found(_ found: Server) {
        origin = .known(PanelIdentity(found))
        owner = found.ownerID.number
        observed = DedicatedSighting(found)
    }
}

extension DedicatedChange {
    /// What changes, in words.
    func words(startup: Bool) -> [String] {
        var words: [String] = []
        if let details {
            if details.name != server.name { words.append("name \(details.name)") }
            if details.owner != server.ownerID { words.append("owner user \(details.owner)") }
        }
        if let build { words.append(build.words) }
        if startup { words.append("what it runs") }
        return words
    }

    var stored: String { "stored: \(DedicatedSighting(server).words)" }
}

extension BuildUpdate {
    fileprivate var words: String {
        """
        memory \(limits.memory), swap \(limits.swap), disk \(limits.disk), io \(limits.io), cpu \(limits.cpu), databases \
        \(featureLimits.databases), backups \(featureLimits.backups), allocations \(featureLimits.allocations)
        """
    }
}

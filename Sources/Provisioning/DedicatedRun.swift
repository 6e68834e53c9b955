import Entitlements
import Ledger
import Logging
import Observability
import PterodactylAPI

/// Takes the steps of one plan for a server of a customer's own, one after the other, until one does not succeed.
struct DedicatedRun {
    let plan: DedicatedPlan
    /// The server as it was read in this pass.
    private(set) var read: Server?
    let link: AccountLink?
    let panel: PanelConnection
    private var server: DedicatedServer?

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
                run.report.block(reason)
                return
            }
            do {
                guard try await take(step, in: &run) else { return }
            } catch let missing as NotOnPanel {
                run.report.attention.append(
                    "The server of subscription \(plan.slot.subscription) cannot be made as tiers.\(tier).dedicated says: on panel \(panel.name), \(missing)."
                )
                run.lookAgainLater()
                return
            }
        }
    }

    private var tier: TierID {
        if case .create(_, let reason) = plan.steps.first { return reason.tier }
        return server?.reason.tier ?? "?"
    }

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
        }
    }

    // MARK: Making one

    private mutating func create(_ request: DedicatedRequest, _ reason: GrantReason, in run: inout LaneRun) async throws
        -> Bool
    {
        // Where there is no account, the report says why.
        guard let account = link?.account else { return false }
        var server = DedicatedServer(
            slot: plan.slot,
            externalID: LaneRun.externalID(instance: run.rules.instance, slot: plan.slot),
            reason: reason,
            asked: request,
            owner: account.id,
            origin: .asked(DedicatedCreation(askedAt: run.now))
        )
        if let found = try await panel.client.server(externalID: server.externalID) {
            return try await take(found, as: server, of: account, in: &run)
        }
        let egg = try await PanelCatalogue(panel.client).egg(request.egg, nest: request.nest)
        return try await panel.serverCreation.pass {
            guard let placement = try await placement(of: request, in: &run) else { return false }
            let new = NewServer(
                request,
                externalID: server.externalID,
                owner: account.id,
                egg: egg,
                placement: placement
            )
            let intent = run.operation(
                .createServer,
                on: panel,
                "make server \(request.name) for subscription \(plan.slot.subscription)",
                before: server.nothingBefore
            )
            server.origin = .asked(DedicatedCreation(askedAt: run.context.clock.now()))
            guard let written = try await run.begin(intent, server) else { return false }
            do {
                let made = try await panel.client.createServer(new)
                CrashPoint.serverAnswered.reached()
                server.found(made)
                try await run.finish(written, .done, "made server \(made.id)", server)
                return true
            } catch let error as PanelError {
                try await explain(error, of: written, server, in: &run)
                return false
            }
        }
    }

    /// A server that carries our external id though the ledger has none: ours from before the ledger, if it is the customer's.
    private func take(
        _ found: Server,
        as server: DedicatedServer,
        of account: PanelAccount,
        in run: inout LaneRun
    ) async throws -> Bool {
        guard found.ownerID.number == account.id else {
            run.report.attention.append(
                """
                Server \(found.name) on panel \(panel.name) carries the external id of subscription \(plan.slot.subscription) but belongs to \
                user \(found.ownerID), not to this customer. Settle whose it is, with `paydactyl import server` if it is this one's.
                """
            )
            run.lookAgainLater()
            return false
        }
        var server = server
        server.found(found)
        var step = LaneWrite()
        step.dedicated = [server]
        try await run.write(step)
        run.keep([server])
        return true
    }

    private func placement(of request: DedicatedRequest, in run: inout LaneRun) async throws -> NewServer.Placement? {
        let wanted = request.placement
        let catalogue = PanelCatalogue(panel.client)
        guard let name = wanted.node else {
            let locations = try await catalogue.locations(wanted.locations)
            return .deploy(locations: locations, dedicatedIP: wanted.dedicatedIP, portRange: wanted.ports)
        }
        let node = try await catalogue.node(name)
        let free = try await catalogue.freeAllocation(
            on: node.id,
            ports: wanted.portRanges,
            dedicatedIP: wanted.dedicatedIP
        )
        guard let free else {
            run.report.blocked.append(noPort(for: request))
            return nil
        }
        return .allocation(default: free.id, additional: [])
    }

    private func noPort(for request: DedicatedRequest) -> String {
        let wanted = request.placement
        let ports = wanted.ports.isEmpty ? "" : " in \(wanted.ports.joined(separator: ", "))"
        let address = wanted.dedicatedIP ? ", on an address that no other server uses," : ""
        return """
            No free port\(ports)\(address) is left \(wanted.words) for \(request.name). Add allocations on panel \(panel.name) or free \
            some; it is tried again by itself.
            """
    }

    private func noNode(for request: DedicatedRequest) -> String {
        """
        No node \(request.placement.words) has room for \(request.name): it needs \(request.limits.memory) MiB of memory and \
        \(request.limits.disk) MiB of disk. Make room on panel \(panel.name) or add a node; it is tried again by itself.
        """
    }

    private func explain(
        _ error: PanelError,
        of operation: PanelOperation,
        _ server: DedicatedServer,
        in run: inout LaneRun
    ) async throws {
        if error.isTaken("external_id") || error.effectUnknown {
            try await run.finish(operation, .unknown, "\(error)", server)
            run.report.retrying.append(
                "It is not certain whether panel \(panel.name) made \(server.asked.name): \(error). It is looked for."
            )
            return
        }
        let doing = operation.detail
        switch error.code {
        case "NoViableNodeException":
            try await run.abandon(operation, .blocked, "\(error)", server.slot)
            run.report.blocked.append(noNode(for: server.asked))
        case "NoViableAllocationException":
            try await run.abandon(operation, .blocked, "\(error)", server.slot)
            run.report.blocked.append(noPort(for: server.asked))
        default:
            let state = error.fields.contains { $0.field == "allocation.default" } ? .retry : run.state(after: error)
            try await run.abandon(operation, state, "\(error)", server.slot)
            if state == .retry, !error.isPanelWide, !error.fields.isEmpty {
                run.report.retrying.append(
                    "Somebody took the port that \(server.asked.name) was to have; it is tried again."
                )
            } else {
                run.note(error, while: doing, on: panel)
            }
        }
    }

    private mutating func lookForCreation(in run: inout LaneRun) async throws -> Bool {
        guard var server, case .asked(var creation) = server.origin else { return false }
        let found = try await panel.client.server(externalID: server.externalID)
        let lost = run.file.unsettled.filter { $0.kind == .createServer && $0.before == server.nothingBefore }
        var step = LaneWrite()
        switch creation.conclude(from: found.map { PanelIdentity($0) }, now: run.context.clock.now()) {
        case .lookAgain(let moment):
            server.origin = .asked(creation)
            step.dedicated = [server]
            run.report.wait(
                until: moment,
                "It is not certain yet whether panel \(panel.name) made \(server.asked.name); it is looked at again."
            )
        case .found:
            if let found { server.found(found) }
            step.dedicated = [server]
            step.outcomes = lost.map { $0.settled(.done, "The answer was lost; the server was found afterwards.", run) }
            run.report.due.append(run.now)
        case .absent:
            step.forgottenDedicated = [server.slot]
            step.outcomes = lost.map { $0.settled(.retry, "The answer was lost; the panel has no such server.", run) }
            run.report.retrying.append("Panel \(panel.name) did not make \(server.asked.name); it is asked again.")
        }
        try await run.write(step)
        run.file.unsettled.removeAll { operation in step.outcomes.contains { $0.number == operation.number } }
        if step.forgottenDedicated.isEmpty { run.keep([server]) } else { run.forget(server.slot) }
        return true
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
        guard let written = try await run.begin(intent, server) else { return false }
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
                "\(written.detail.capitalisedFirst): the panel kept something else. Look at it there."
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
            throw StrangePanel(
                what: "Server \(identity.number) is another than the one that was to be imported (its uuid differs)"
            )
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
            "Server \(server.identity?.number ?? 0) was not imported for subscription \(plan.slot.subscription): \(reason)."
        )
        return false
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
        let losses = suspends ? Set([plan.counted].compactMap(\.self)) : []
        guard let written = try await run.begin(intent, server, losses: losses) else { return false }
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
                "\(read.name) is not deleted, because it is not as we left it: suspended and with our external id."
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

extension DedicatedPlacement {
    /// Completes "no node …".
    fileprivate var words: String {
        if let node { return "on node \(node)" }
        return locations.isEmpty ? "anywhere" : "in \(locations.joined(separator: ", "))"
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

extension PanelOperation {
    fileprivate func settled(_ state: State, _ answer: String, _ run: LaneRun) -> PanelOperation {
        var operation = self
        operation.finish(state, answer, at: run.context.clock.now())
        return operation
    }
}

extension LaneRun {
    /// Writes an operation on a server down together with the server as it is meant to become.
    fileprivate mutating func begin(
        _ intent: PanelOperation,
        _ server: DedicatedServer,
        losses: Set<LossKind> = []
    ) async throws -> PanelOperation? {
        var step = LaneWrite()
        step.intents = [intent]
        step.dedicated = [server]
        step.losses = losses
        let written = try await write(step).first
        keep([server])
        CrashPoint.serverIntentWritten.reached()
        return written
    }

    /// Writes down what came of an operation together with the server as it is now.
    fileprivate mutating func finish(
        _ operation: PanelOperation,
        _ state: PanelOperation.State,
        _ answer: String,
        _ server: DedicatedServer
    ) async throws {
        var operation = operation
        operation.after = server.observed.map { .server(externalID: server.externalID, $0) }
        var step = LaneWrite()
        step.dedicated = [server]
        try await conclude(operation, state, answer, step)
        keep([server])
    }

    /// Writes down what came of an operation after which there is no server.
    fileprivate mutating func abandon(
        _ operation: PanelOperation,
        _ state: PanelOperation.State,
        _ answer: String,
        _ slot: DedicatedSlot
    ) async throws {
        var step = LaneWrite()
        step.forgottenDedicated = [slot]
        try await conclude(operation, state, answer, step)
        forget(slot)
    }

    fileprivate mutating func fail(
        _ operation: PanelOperation,
        _ error: PanelError,
        _ server: DedicatedServer,
        on panel: PanelConnection
    ) async throws {
        try await finish(operation, state(after: error), "\(error)", server)
        note(error, while: operation.detail, on: panel)
    }

    private func conclude(
        _ operation: PanelOperation,
        _ state: PanelOperation.State,
        _ answer: String,
        _ step: LaneWrite
    ) async throws {
        var operation = operation
        operation.finish(state, answer, at: context.clock.now())
        var step = step
        step.outcomes = [operation]
        try await write(step)
        CrashPoint.serverOutcomeWritten.reached()
        context.metrics.record(operation)
        logger.log(
            level: state == .done ? .notice : .warning,
            "A customer's own server was worked on.",
            metadata: [
                "operation": "\(operation.number)", "operation.kind": "\(operation.kind.rawValue)",
                "operation.state": "\(state.rawValue)", "answer": "\(answer)",
            ]
        )
    }

    fileprivate mutating func forget(_ slot: DedicatedSlot) {
        file.dedicated.removeAll { $0.slot == slot }
    }
}

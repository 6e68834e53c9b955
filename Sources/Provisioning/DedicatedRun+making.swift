import Entitlements
import Ledger
import Observability
import PterodactylAPI

/// Making a server of a customer's own.
extension DedicatedRun {
    mutating func create(_ request: DedicatedRequest, _ reason: GrantReason, in run: inout LaneRun) async throws
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
                run.report.due.append(run.now + DedicatedPlan.busyLooked.lowerBound)
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
                Need(
                    """
                    Server \(found.name) on panel \(panel.name) carries the external id of subscription \(plan.slot.subscription) but belongs \
                    to user \(found.ownerID), not to this customer.
                    """,
                    do: "Settle whose it is, with `paydactyl import server` if it is this one's."
                )
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
        run.report.due.append(run.now + DedicatedPlan.busyLooked.lowerBound)
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
            run.report.block(noPort(for: request), by: .room(panel.name, tier))
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
            run.report.block(noNode(for: server.asked), by: .room(panel.name, tier))
        case "NoViableAllocationException":
            try await run.abandon(operation, .blocked, "\(error)", server.slot)
            run.report.block(noPort(for: server.asked), by: .room(panel.name, tier))
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

    mutating func lookForCreation(in run: inout LaneRun) async throws -> Bool {
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
}

extension DedicatedPlacement {
    /// Completes "no node …".
    fileprivate var words: String {
        if let node { return "on node \(node)" }
        return locations.isEmpty ? "anywhere" : "in \(locations.joined(separator: ", "))"
    }
}

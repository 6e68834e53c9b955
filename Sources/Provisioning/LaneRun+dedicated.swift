package import Entitlements
import Ledger
import PterodactylAPI

extension LaneRun {
    /// The external id of a subscription's own server; of several, those after the first have their number behind it.
    package static func externalID(instance: String, slot: DedicatedSlot) -> String {
        let first = externalID(instance: instance, id: slot.subscription.rawValue)
        return slot.number == 1 ? first : "\(first):\(slot.number)"
    }

    /// Brings the customer's own servers on a panel to what they should be.
    mutating func reconcileDedicated(_ work: inout PanelWork) async throws {
        try await readDedicated(&work)
        let plans = planDedicated(work)
        var step = LaneWrite()
        for plan in plans where plan.steps.isEmpty {
            // What was read counts, too: the ledger is to know that an installation has ended, or that a server is not missing any more.
            guard let server = plan.server, !file.dedicated.contains(server) else { continue }
            step.dedicated.append(server)
        }
        if !step.isEmpty { try await write(step) }
        keep(step.dedicated)
        for plan in plans where !plan.steps.isEmpty {
            var run = DedicatedRun(plan: plan, read: work.dedicatedRead[plan.slot], link: work.link, panel: work.panel)
            try await run.carryOut(in: &self)
        }
    }

    /// Reads the servers about which something is to be done or not known; an audit's mark asks for all.
    private mutating func readDedicated(_ work: inout PanelWork) async throws {
        for (slot, server) in work.dedicated.sorted(by: { $0.key < $1.key }) {
            guard case .known(let identity) = server.origin, work.mustRead(slot, for: self) else { continue }
            guard let found = try await work.panel.client.server(id: Server.ID(identity.number)) else {
                try await miss(server, &work)
                continue
            }
            guard found.uuid.text == identity.uuid else {
                try await forget(server, whoseIDHas: found, &work)
                continue
            }
            if found.externalID != server.externalID {
                report.attention.append(
                    Need(
                        "\(found.name), the server of subscription \(slot.subscription), no longer carries our external id on the panel.",
                        do: "Put \(server.externalID) back there, or server groups may take it in."
                    )
                )
            }
            work.dedicatedRead[slot] = found
            work.dedicated[slot]?.observed = DedicatedSighting(found)
            work.dedicated[slot]?.missedAt = nil
        }
    }

    /// The panel itself says that a server is gone; the second time, later, it is believed.
    private mutating func miss(_ server: DedicatedServer, _ work: inout PanelWork) async throws {
        var server = server
        var step = LaneWrite()
        work.dedicated[server.slot] = nil
        work.dedicatedMissing.insert(server.slot)
        if let missed = server.missedAt, missed + DedicatedCreation.rollbackBorne <= now {
            step.forgottenDedicated = [server.slot]
            file.dedicated.removeAll { $0.slot == server.slot }
            report.retrying.append(
                "\(server.name), the server of subscription \(server.slot.subscription), was deleted on the panel."
            )
        } else {
            server.missedAt = server.missedAt ?? now
            server.observed = nil
            step.dedicated = [server]
            keep(step.dedicated)
            report.wait(
                until: now + DedicatedCreation.rollbackBorne,
                "\(server.name) is missing on the panel; it is looked at again."
            )
        }
        try await write(step)
    }

    /// Plans every server; what is held is held for all of them together, so that an approval is for what was shown.
    private mutating func planDedicated(_ work: PanelWork) -> [DedicatedPlan] {
        let slots = work.dedicatedSlots
        var plans = slots.map { work.plan($0, for: self) }
        let lines = plans.flatMap { plan in
            plan.held.sorted { $0.key < $1.key }.map { kind, what in "\(what), because \(kind.because)." }
        }
        if !lines.isEmpty, isApproved(lines) { plans = slots.map { work.plan($0, for: self, approved: true) } }
        note(plans, work)
        return plans
    }

    private mutating func note(_ plans: [DedicatedPlan], _ work: PanelWork) {
        for plan in plans {
            report.attention += plan.attention
            report.waiting += plan.waiting
            report.due += plan.due
            let loss = "\(plan.server?.name ?? "A server") is \(plan.loss?.participle ?? "changed")"
            for (kind, noticedAt) in plan.awaited {
                report.noteAwaited(AwaitedLoss(kind: kind, noticedAt: noticedAt, isHeld: plan.held[kind] != nil))
                guard plan.awaitsOthers else { continue }
                report.awaitsOthers = true
                report.wait(
                    until: now + Self.pause(since: noticedAt, now: now),
                    "\(loss) once it is known whom else the same cause concerns."
                )
            }
            if let settlesAt = plan.settlesAt {
                report.wait(
                    until: settlesAt,
                    "\(loss) once the change has settled (\(settlesAt.iso8601))."
                )
            }
            if plan.isDoubted, let sentence = work.panel.doubtOfTime { report.block(sentence, by: .clock) }
        }
    }

    mutating func keep(_ servers: [DedicatedServer]) {
        for server in servers {
            file.dedicated.removeAll { $0.slot == server.slot }
            file.dedicated.append(server)
        }
    }
}

extension PanelWork {
    /// All slots concerned, in a fixed order, without those whose server the panel does not show now.
    var dedicatedSlots: [DedicatedSlot] {
        Set(wishes.keys).union(dedicated.keys).subtracting(dedicatedMissing).sorted()
    }

    func plan(
        _ slot: DedicatedSlot,
        for run: LaneRun,
        settle: Duration? = nil,
        gate: LossGate? = nil,
        approved: Bool = false
    ) -> DedicatedPlan {
        var circumstances = DedicatedCircumstances(
            decision: run.decision,
            customer: run.file.record,
            catalog: run.rules.catalog,
            settle: settle ?? run.rules.policy.settle,
            account: link?.account.id,
            elsewhere: run.file.dedicatedElsewhere,
            now: run.now
        )
        circumstances.approved = approved
        // Before the first audit nobody knows whether ledger and panel still belong together.
        circumstances.gate = gate ?? (panel.lastAudit == nil ? run.gate.delayed : run.gate)
        circumstances.doubtsTime = panel.doubtsTime
        return planDedicated(dedicated[slot], at: slot, wish: wishes[slot], in: circumstances)
    }

    /// Whether what was last read does not do: it is not known, something is under way or to be done, or an audit asks.
    func mustRead(_ slot: DedicatedSlot, for run: LaneRun) -> Bool {
        guard let observed = dedicated[slot]?.observed, !run.claim.mustLook else { return true }
        // What is held may have been approved, and is then done to the server as it is now.
        return observed.activity != .none || !plan(slot, for: run, approved: true).steps.isEmpty
    }

    /// Whether there is nothing to do about the customer's own servers, as last read.
    func dedicatedIsSettled(for run: LaneRun) -> Bool {
        dedicatedSlots.allSatisfy { slot in
            guard let server = dedicated[slot], server.observed?.activity == DedicatedSighting.Activity.none else {
                return false
            }
            let plan = plan(slot, for: run)
            return plan.steps.isEmpty && plan.server == server && !plan.isDoubted && plan.held.isEmpty
        }
    }

    /// What would be done about the customer's own servers if nothing had to wait, in words.
    func pendingDedicated(for run: LaneRun) -> [String] {
        dedicatedSlots.flatMap { slot -> [String] in
            let plan = plan(slot, for: run, settle: .zero, gate: .open, approved: true)
            let name = plan.server?.name ?? "a server"
            return plan.steps.map { step in
                switch step {
                case .create(let request, _): "make server \(request.name) for subscription \(slot.subscription)"
                case .lookForCreation: "look whether the panel made \(name)"
                case .adopt: "make \(name) the server of subscription \(slot.subscription)"
                case .change: "change \(name)"
                case .suspend: "suspend \(name)"
                case .unsuspend: "end the suspension of \(name)"
                case .delete: "delete \(name)"
                case .letGo: "take our external id off \(name), which is in a person's hands"
                }
            }
        }
    }
}

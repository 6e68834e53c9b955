import Entitlements
package import Ledger
import Logging
import Observability
import PterodactylAPI

/// One pass over one player's rank on one target: what should be, what was sent, what is sent now.
package struct RankRun {
    let claim: RankClaim
    let context: LaneContext
    let rules: ProvisioningRules
    let now: Timestamp
    let file: RankFile
    private var record: RankRecord

    package init?(_ claim: RankClaim, in context: LaneContext) async throws {
        guard let file = try await context.ledger.rankFile(of: claim.key) else { return nil }
        self.claim = claim
        self.context = context
        self.file = file
        rules = context.rules.rules
        now = context.clock.now()
        record = file.situation.record
    }

    package mutating func run() async throws -> RankOutcome {
        try await closeLostCommands()
        let plan = planRank(file.situation, catalog: rules.catalog, now: now)
        guard !plan.steps.isEmpty else { return outcome(of: plan) }
        if rules.mode == .observe { return blocked("The service only observes (mode: observe).") }
        if let reason = context.rules.standby { return blocked("The service only observes. \(reason)") }
        if context.rules.isPaused { return blocked("The service is paused.") }
        let map = context.rankMap
        if map.isGone(claim.key.target) { return try await forget(plan) }
        guard let name = map.panel(of: claim.key.target), let panel = context.panels[name] else {
            return blocked(SpeakerProblem.noTarget.need(at: claim.key.target).sentence)
        }
        if let reason = panel.standstill { return blocked(reason) }
        guard panel.inventory != nil else { return blocked(panel.whyUnread) }
        switch map.speaker(of: claim.key.target) {
        case .failure(let problem):
            return attention(problem.need(at: claim.key.target))
        case .success(let server):
            do {
                return try await send(plan, to: server, panel)
            } catch let error as PanelError {
                return note(error, of: server, panel)
            }
        }
    }

    /// Commands of an earlier pass whose answer was lost are sent again: each names the moment at which it ends, so twice is once.
    private func closeLostCommands() async throws {
        guard !file.unsettled.isEmpty else { return }
        var step = RankWrite(record: record)
        step.outcomes = file.unsettled.map { operation in
            var operation = operation
            operation.finish(.retry, "The answer was lost; what should be is sent again.", at: context.clock.now())
            return operation
        }
        try await write(step)
    }

    /// The server is gone, and with it what was sent to it.
    private mutating func forget(_ plan: RankPlan) async throws -> RankOutcome {
        record = RankRecord()
        try await write(RankWrite(record: record))
        return RankOutcome(state: .converged, isSent: true)
    }

    private mutating func send(_ plan: RankPlan, to server: PanelServer, _ panel: PanelConnection) async throws
        -> RankOutcome
    {
        if case .closed(let why) = try await panel.console(of: server, clock: context.clock) {
            return closed(server, why)
        }
        for step in plan.steps {
            if let failure = try await carryOut(step, on: server, panel) { return failure }
        }
        return outcome(of: plan)
    }

    /// Writes a step down, sends its commands and writes down that they were sent; the outcome if that failed.
    private mutating func carryOut(_ step: RankStep, on server: PanelServer, _ panel: PanelConnection) async throws
        -> RankOutcome?
    {
        let before = record.sent[step.slot].map(\.words) ?? "nothing"
        record.begin(step)
        var intent = RankWrite(record: record)
        intent.intents = step.commands.map { command in
            PanelOperation(
                customer: step.customer,
                panel: panel.name,
                kind: .sendCommand,
                server: server.id,
                detail: "send \"\(command)\" to the console of \(server.name)",
                before: .described(words: before),
                startedAt: context.clock.now()
            )
        }
        var operations = try await write(intent)
        CrashPoint.commandIntentsWritten.reached()
        for (place, command) in step.commands.enumerated() {
            do {
                try await panel.client.sendCommand(command.text, server: ServerIdentifier(server.identifier))
                CrashPoint.commandAnswered.reached()
                operations[place].finish(.done, "sent; a console does not answer", at: context.clock.now())
                operations[place].after = .described(words: "sent")
            } catch let error as PanelError {
                try await fail(&operations, at: place, error)
                return note(error, of: server, panel)
            }
        }
        record.finish(step, at: context.clock.now())
        var done = RankWrite(record: record)
        done.outcomes = operations
        try await write(done)
        CrashPoint.commandOutcomeWritten.reached()
        log(step, on: server, operations)
        return nil
    }

    private func fail(_ operations: inout [PanelOperation], at place: Int, _ error: PanelError) async throws {
        let state: PanelOperation.State =
            switch error.kind {
            case .conflict, .serverOffline: .blocked
            case .forbidden, .invalid, .refused: .refused
            default: .retry
            }
        operations[place].finish(state, "\(error)", at: context.clock.now())
        for later in operations.indices where later > place {
            operations[later].finish(.retry, "Not tried after what failed before it.", at: context.clock.now())
        }
        for operation in operations { context.metrics.record(operation) }
        var step = RankWrite(record: record)
        step.outcomes = operations
        try await write(step)
    }

    private func log(_ step: RankStep, on server: PanelServer, _ operations: [PanelOperation]) {
        for operation in operations { context.metrics.record(operation) }
        context.logger.notice(
            "A rank was sent.",
            metadata: [
                "player": "\(claim.key.player)", "rank.target": "\(claim.key.target)", "rank.event": "\(step.event)",
                "panel.server": "\(server.id.number)", "customer": "\(step.customer)",
                "operation": "\(operations.map { "\($0.number)" }.joined(separator: " "))",
            ]
        )
    }

    @discardableResult
    private func write(_ step: RankWrite) async throws -> [PanelOperation] {
        try await context.ledger.write(step, under: claim, now: context.clock.now())
    }
}

extension RankRun {
    private func outcome(of plan: RankPlan) -> RankOutcome {
        var outcome = RankOutcome(
            state: .converged,
            reasons: plan.problems.map(\.sentence),
            dueAt: plan.dueAt,
            isSent: true
        )
        if !plan.problems.isEmpty { outcome.state = .needsAttention }
        if let banned = file.situation.bannedWith, file.situation.shares.contains(where: { !$0.share.perks.isEmpty }) {
            outcome.state = .blocked
            outcome.reasons.append(
                "Customer \(banned) had bought for this player too, and is banned: the player gets no rank from anybody while that ban stands."
            )
        }
        return outcome
    }

    /// The console takes nothing now: the queue stays, and the server is asked rarely whether it is back.
    private func closed(_ server: PanelServer, _ why: String) -> RankOutcome {
        blocked("\(server.name) takes no commands (\(why)). Nothing is lost; it is sent once the server runs.")
    }

    private func blocked(_ reason: String) -> RankOutcome {
        let last = rules.policy.retry.wait(afterAttempts: .max, jitter: context.clock.jitter())
        return RankOutcome(
            state: .blocked,
            reasons: [reason],
            dueAt: now + max(last, Consoles.patience),
            attempt: claim.attempt
        )
    }

    private func attention(_ need: Need) -> RankOutcome {
        var outcome = blocked(need.sentence)
        outcome.state = .needsAttention
        return outcome
    }

    private func note(_ error: PanelError, of server: PanelServer, _ panel: PanelConnection) -> RankOutcome {
        if error.isPanelWide {
            panel.fail(error, schedule: rules.policy.retry, clock: context.clock)
            return blocked(panel.standstill ?? "\(error)")
        }
        if error.closesConsole {
            panel.consoles.note(.closed("\(error)"), of: server.id, at: context.clock.now())
            return closed(server, "\(error)")
        }
        switch error.kind {
        case .rateLimited(let retryAfter):
            let wait = retryAfter ?? .seconds(60)
            return RankOutcome(
                state: .working,
                reasons: ["The rate limit of panel \(panel.name) is used up; it goes on in \(wait.inWords)."],
                dueAt: now + wait,
                attempt: claim.attempt
            )
        case .forbidden, .invalid, .refused:
            return attention(
                Need(
                    "Sending to the console of \(server.name) was refused: \(error).",
                    do: "Give the owner of the client key control.console there, as an administrator has it."
                )
            )
        default: return retry("Sending to the console of \(server.name) failed and is tried again: \(error)", server)
        }
    }

    private func retry(_ reason: String, _ server: PanelServer) -> RankOutcome {
        let isLate = claim.workingSince + rules.policy.attentionAfter <= now
        let need = Need(reason, do: "Look on the panel whether \(server.name) and its node are well.")
        return RankOutcome(
            state: isLate ? .needsAttention : .working,
            reasons: [isLate ? need.sentence : reason],
            dueAt: now + rules.policy.retry.wait(afterAttempts: claim.attempt + 1, jitter: context.clock.jitter()),
            attempt: claim.attempt + 1
        )
    }
}

extension SpeakerProblem {
    func need(at target: RankTargetID) -> Need {
        switch self {
        case .serverGone:
            Need("The server is gone.", do: "Look on the panel whether it was deleted or moved to another one.")
        case .noTarget:
            Need(
                "The configuration has no rank target \(target) any more; what it gave ends by itself at its date.",
                do: "Define it again to change it."
            )
        case .notInGroup:
            Need(
                "The speaker of rank target \(target) is no server of its group.",
                do: "Correct rank_targets.\(target).speaker."
            )
        case .ambiguous:
            Need(
                "Several servers of rank target \(target) are called like its speaker.",
                do: "Name it by its identifier in rank_targets.\(target).speaker."
            )
        }
    }
}

extension SentPerk {
    /// What it was, for the record of what was there before.
    fileprivate var words: String {
        "\(group.map { "group \($0)" } ?? "tier \(tier)") until \(expires.iso8601)"
    }
}

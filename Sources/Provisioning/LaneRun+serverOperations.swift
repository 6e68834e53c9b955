import Entitlements
import Ledger
import Logging
import Observability
import PterodactylAPI

extension PanelOperation {
    func settled(_ state: State, _ answer: String, _ run: LaneRun) -> PanelOperation {
        var operation = self
        operation.finish(state, answer, at: run.context.clock.now())
        return operation
    }
}

extension LaneRun {
    /// Writes an operation on a server down together with the server as it is meant to become.
    mutating func begin(
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
    mutating func finish(
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
    mutating func abandon(
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

    mutating func fail(
        _ operation: PanelOperation,
        _ error: PanelError,
        _ server: DedicatedServer,
        on panel: PanelConnection
    ) async throws {
        try await finish(operation, state(after: error), "\(error)", server)
        let id = server.identity.map { PanelServerID(panel: panel.name, number: $0.number) }
        note(error, while: operation.detail, on: panel, about: id)
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

    mutating func forget(_ slot: DedicatedSlot) {
        file.dedicated.removeAll { $0.slot == slot }
    }
}

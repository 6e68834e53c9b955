package import Entitlements

/// A rollback's place in the ledger, ascending.
package typealias RollbackNumber = Int64

/// A way back that a person has seen and wants.
package struct NewRollback: Hashable, Sendable {
    /// Stands for exactly the plan that was shown.
    package var fingerprint: String
    package var to: Timestamp
    package var steps: [RollbackStep]
    /// What leaves each customer concerned as the rollback leaves them.
    package var holds: [CustomerKey: Override]
    package var author: String
    package var reason: String

    package init(
        fingerprint: String,
        to: Timestamp,
        steps: [RollbackStep],
        holds: [CustomerKey: Override],
        author: String,
        reason: String
    ) {
        self.fingerprint = fingerprint
        self.to = to
        self.steps = steps
        self.holds = holds
        self.author = author
        self.reason = reason
    }
}

/// A rollback and how far it is.
package struct RollbackProgress: Hashable, Sendable {
    package var number: RollbackNumber
    package var fingerprint: String
    package var to: Timestamp
    package var author: String
    package var reason: String
    package var at: Timestamp
    package var waiting: Int
    package var done: Int
    /// Steps that were not taken, because somebody had changed the row, or the panel would not.
    package var left: Int

    package init(
        number: RollbackNumber,
        fingerprint: String,
        to: Timestamp,
        author: String,
        reason: String,
        at: Timestamp,
        waiting: Int,
        done: Int,
        left: Int
    ) {
        self.number = number
        self.fingerprint = fingerprint
        self.to = to
        self.author = author
        self.reason = reason
        self.at = at
        self.waiting = waiting
        self.done = done
        self.left = left
    }
}

/// A step of a rollback that a customer's lane has still to take.
package struct WaitingStep: Hashable, Sendable {
    package var rollback: RollbackNumber
    package var way: WayBack

    package init(rollback: RollbackNumber, way: WayBack) {
        self.rollback = rollback
        self.way = way
    }
}

/// What became of a step.
package struct RolledBack: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable {
        case done
        case left
    }

    package var rollback: RollbackNumber
    package var server: PanelServerID
    package var outcome: Outcome
    package var answer: String

    package init(_ step: WaitingStep, _ outcome: Outcome, _ answer: String) {
        rollback = step.rollback
        server = step.way.server
        self.outcome = outcome
        self.answer = answer
    }
}

/// Another rollback still has steps to go.
package struct RollbackUnderWay: Error, Hashable, CustomStringConvertible {
    package var number: RollbackNumber

    package init(number: RollbackNumber) {
        self.number = number
    }

    package var description: String {
        "Rollback \(number) is still under way; wait for its end, or stop it."
    }
}

extension RecordedOperation {
    package init(_ operation: PanelOperation) {
        self.init(
            customer: operation.customer,
            server: operation.server,
            detail: operation.detail,
            before: operation.before,
            after: operation.after
        )
    }
}

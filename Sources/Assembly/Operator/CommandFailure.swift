/// Why a command did not do what it was asked, in a sentence for the person who asked, and how the program exits.
package struct CommandFailure: Error, CustomStringConvertible {
    /// The exit codes beside 0.
    package enum Outcome: Int32, Sendable {
        /// It did not hold: a check failed, something is not there, the service refused.
        case didNotHold = 1
        /// The command or the configuration is wrong.
        case usage = 2
        /// The service cannot be reached, or does not allow it.
        case unreachable = 3
    }

    package var outcome: Outcome
    package var description: String
    /// Whether the service may have got the request all the same.
    package var mayHaveArrived = false

    package init(_ outcome: Outcome, _ description: String) {
        self.outcome = outcome
        self.description = description
    }
}

import ArgumentParser
import Assembly
import Foundation
import NIOCore
import NIOPosix
import ServiceConfiguration

/// Runs a command, tells failures as sentences on standard error, and gives them their exit codes.
@main
enum Program {
    static func main() async {
        // Requests are read, worked on and answered on the same threads, without a change of thread between each; it saves a tenth of an
        // intake's time. Nothing here blocks a thread: SQLite has its own. Where it cannot be had, all is as usual.
        _ = NIOSingletons.unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor()
        do {
            var command = try Paydactyl.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        switch error {
        case let failure as CommandFailure: end(failure.outcome, failure.description)
        case let error as ConfigurationError: end(.usage, error.description)
        case let error as StartupError: end(.didNotHold, error.description)
        default: break
        }
        let code = Paydactyl.exitCode(for: error)
        // Help and the version are no failures, and a command that told its failure itself only hands on the code.
        if code.isSuccess || error is ExitCode { Paydactyl.exit(withError: error) }
        end(code == .validationFailure ? .usage : .didNotHold, Paydactyl.fullMessage(for: error))
    }

    private static func end(_ outcome: CommandFailure.Outcome, _ text: String) -> Never {
        Screen.error.write(text.split(separator: "\n", omittingEmptySubsequences: false).map { shown($0) })
        exit(outcome.rawValue)
    }
}

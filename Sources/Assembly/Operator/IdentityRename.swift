import Foundation
import SQLiteLedger
package import ServiceConfiguration

/// Makes a ledger that was made for other panels or another instance the configured ones' own, because a person said that they are the same.
package struct IdentityRename: Sendable {
    private let configuration: ServiceConfiguration
    private let path: String

    /// Throws where there is no ledger yet, since a first start records what is configured anyway.
    package init(_ configuration: ServiceConfiguration) throws {
        guard case .sqlite(let path) = configuration.store else {
            throw CommandFailure(.usage, "store: only sqlite: is supported.")
        }
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.didNotHold, "There is no ledger at \(path), so nothing is to be renamed.")
        }
        self.configuration = configuration
        self.path = path
    }

    package func run() async throws {
        do {
            let ledger = try SQLiteLedger(path: path, exclusively: true)
            try await PinnedIdentity(configuration).replace(in: ledger)
            try ledger.close()
        } catch {
            throw CommandFailure(.didNotHold, "The ledger \(path) cannot be changed: \(error)")
        }
    }
}

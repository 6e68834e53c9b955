import Entitlements
import Foundation
import Provisioning
import SQLiteLedger
package import ServiceConfiguration

/// Copies the ledger of a configuration, while its service runs or not.
package struct LedgerBackup: Sendable {
    private let path: String
    private let configuration: ServiceConfiguration

    package init(_ configuration: ServiceConfiguration) {
        self.configuration = configuration
        switch configuration.store {
        case .sqlite(let path): self.path = path
        }
    }

    /// Copies it to a file that is not there yet, and returns how many bytes the copy has.
    package func make(to target: String) throws -> Int64 {
        do {
            let bytes = try LedgerCopy.make(of: path, to: target, at: ServiceClock.system.now()).bytes
            try LaunchRecord.copied.keep(configuration)
            return bytes
        } catch {
            throw CommandFailure(.didNotHold, "\(error)")
        }
    }
}

import Crypto
import Foundation
package import Ledger
import Observability
package import ServiceConfiguration

/// What a ledger was made for: instance, panel addresses and keys.
///
/// Under others, its ids could be other people's.
package struct PinnedIdentity: Sendable {
    private let values: [(name: String, complaint: String, value: String)]

    package init(_ configuration: ServiceConfiguration) {
        var values = [(name: "instance", complaint: "instance is another", value: configuration.instance)]
        for (name, panel) in configuration.panels.sorted(by: { $0.key < $1.key }) {
            values.append(
                (name: "panel \(name) url", complaint: "panels.\(name).url is another", value: panel.url.absoluteString)
            )
            let keys = panel.applicationKey.reveal() + "\n" + panel.clientKey.reveal()
            let digest = Data(SHA256.hash(data: Data(keys.utf8))).base64EncodedString()
            values.append(
                (
                    name: "panel \(name) keys", complaint: "panels.\(name).application_key or client_key is another",
                    value: digest
                )
            )
        }
        self.values = values
    }

    /// Records it at first start; later throws a `StartupError` if anything differs.
    package func check(against ledger: some Ledger) async throws {
        for (name, complaint, value) in values {
            guard case .different = try await ledger.pin(value, as: name) else { continue }
            throw StartupError(
                """
                \(complaint) than the one this ledger was made with, and what the ledger knows could belong to somebody else there. \
                If it is the same panel and community, run `paydactyl config rename` once; otherwise use another ledger (store).
                """
            )
        }
    }

    /// Takes the configured values as the ledger's own, because a person said that panel and community are the same.
    package func replace(in ledger: some Ledger) async throws {
        for (name, _, value) in values {
            try await ledger.repin(value, as: name)
        }
    }
}

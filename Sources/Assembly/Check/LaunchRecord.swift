import Crypto
import Entitlements
import Foundation
import Observability
import ServiceConfiguration

/// What was last done to be sure of a launch; the moment stands in a file beside the ledger, for the checklist.
enum LaunchRecord: String {
    /// A rehearsal held.
    case rehearsed
    /// The ledger was copied.
    case copied
    /// A test alert reached every target.
    case alerted

    private func file(_ store: ServiceConfiguration.Store) -> URL {
        switch store {
        case .sqlite(let path): URL(fileURLWithPath: "\(path).\(rawValue)")
        }
    }

    /// What it was done with, as it is configured: another panel or another target was not tried yet.
    private func subject(_ configuration: ServiceConfiguration) -> String {
        let parts: [String] =
            switch self {
            case .copied: []
            case .rehearsed:
                configuration.panels.map { "\($0.key) \($0.value.url.absoluteString)" }.sorted()
            case .alerted:
                [configuration.alerts.discord?.reveal(), configuration.alerts.generic?.url].compactMap(\.self)
            }
        // An address of a target is a secret.
        return SHA256.hash(data: Data(parts.joined(separator: "\n").utf8)).hexadecimal(16)
    }

    func keep(_ configuration: ServiceConfiguration, at moment: Date = Date()) throws {
        let text = "\(moment.formatted(.iso8601)) \(subject(configuration))\n"
        try Data(text.utf8).write(to: file(configuration.store), options: .atomic)
    }

    /// When it was last done with what is configured now, if ever.
    func last(_ configuration: ServiceConfiguration) throws -> Date? {
        let file = file(configuration.store)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let words = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        let moment = try Date(String(words.first ?? ""), strategy: .iso8601)
        return words.dropFirst().first.map { $0 == subject(configuration) } ?? false ? moment : nil
    }
}

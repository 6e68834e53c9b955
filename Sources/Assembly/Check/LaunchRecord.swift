import Foundation
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

    func keep(_ store: ServiceConfiguration.Store, at moment: Date = Date()) throws {
        let text = moment.formatted(.iso8601) + "\n"
        try Data(text.utf8).write(to: file(store), options: .atomic)
    }

    /// When it was last done, if ever.
    func last(_ store: ServiceConfiguration.Store) throws -> Date? {
        let file = file(store)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        return try Date(text.trimmingCharacters(in: .whitespacesAndNewlines), strategy: .iso8601)
    }
}

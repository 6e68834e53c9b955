import Entitlements
package import Foundation

/// How a rehearsal came out, to be kept.
package struct RehearsalReport: Encodable, Sendable {
    package struct Step: Encodable, Sendable {
        package var name: String
        package var words: String
        package var held: Bool
        package var milliseconds: Int64
        /// What was seen instead, where it did not hold.
        package var detail: String?
    }

    package struct TimeToAccess: Encodable, Sendable {
        package var payments: Int
        package var medianMilliseconds: Int64
        package var longestMilliseconds: Int64

        /// `nil` where nothing was measured.
        init?(_ times: [Duration]) {
            let sorted = times.map(\.milliseconds).sorted()
            guard let longest = sorted.last else { return nil }
            payments = sorted.count
            medianMilliseconds = sorted[sorted.count / 2]
            longestMilliseconds = longest
        }
    }

    package var version = paydactylVersion
    package var beganAt: String
    package var panel: String
    package var panelUrl: String
    package var group: String
    package var servers: [String]
    package var tiers: [String]
    package var customers: Int
    package var steps: [Step] = []
    package var timeToAccess: TimeToAccess?
    package var accountsDeleted = 0
    /// What could not be cleaned up; the journal stays as long as this is not empty.
    package var left: [String] = []
    /// Why it ended before its last step.
    package var ended: String?

    /// Whether every step came out right and nothing is left.
    package var holds: Bool { !steps.isEmpty && steps.allSatisfy(\.held) && ended == nil && left.isEmpty }

    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try encoder.encode(Kept(report: self))
    }

    private struct Kept: Encodable {
        var report: RehearsalReport

        private enum Key: String, CodingKey { case holds }

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(report.holds, forKey: .holds)
        }
    }

    package func lines(coloured: Bool) -> [String] {
        var lines = [
            TextStyle.bold.applied(to: "Rehearsal of \(beganAt), Paydactyl \(version)", coloured),
            "\(counted(customers, "customer")) on panel \(shown(panel)) (\(shown(panelUrl))), group \(shown(group)): \(shown(servers.joined(separator: ", ")))",
            "tiers: \(shown(tiers.joined(separator: ", then ")))", "",
        ]
        lines += steps.flatMap { $0.lines(coloured: coloured) }
        if let time = timeToAccess {
            lines += [
                "",
                "From payment to access, over \(time.payments) payments: \(time.medianMilliseconds) ms in the middle, \(time.longestMilliseconds) ms at the longest.",
            ]
        }
        if let ended { lines += ["", "It ended before its end: \(shown(ended))"] }
        lines += left.map { TextStyle.red.applied(to: "LEFT", coloured) + "  " + shown($0) }
        let cleaned =
            left.isEmpty
            ? "Cleaned up: \(counted(accountsDeleted, "account")) deleted, and nothing of it is left on the panel."
            : "Not all is cleaned up; `paydactyl rehearse --clean-up` tries again."
        return lines + ["", cleaned, holds ? "The rehearsal held." : "The rehearsal did not hold."]
    }
}

extension RehearsalReport.Step {
    package func lines(coloured: Bool) -> [String] {
        let mark = held ? TextStyle.green.applied(to: "✓", coloured) : TextStyle.red.applied(to: "✗", coloured)
        return ["\(mark) \(words) (\(milliseconds) ms)"] + [detail].compactMap { $0.map { "    " + shown($0) } }
    }
}

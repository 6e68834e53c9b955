package import Billing
package import Entitlements
package import Foundation
package import Observability
import Provisioning

/// Where alerts are sent.
package enum AlertTarget: Sendable {
    /// A webhook of a Discord channel.
    case discord(Redacted<String>)
    /// Anything that takes Standard Webhooks.
    case generic(url: String, secret: WebhookSecret)

    package var name: String {
        switch self {
        case .discord: "discord"
        case .generic: "generic"
        }
    }
}

/// What is posted to a target.
package struct AlertPost: Sendable {
    /// May hold a secret, as Discord's does.
    package var url: Redacted<String>
    package var headers: [(String, String)]
    package var body: Data
}

/// What a target answered.
package struct AlertAnswer: Sendable {
    package var status: Int
    package var retryAfter: Duration?

    package init(status: Int, retryAfter: Duration? = nil) {
        self.status = status
        self.retryAfter = retryAfter
    }
}

/// Where alerts go, and whose they are; replaced as a whole when the configuration is read anew.
package struct AlertSettings: Sendable {
    package var targets: [AlertTarget]
    /// The console's public address, for links.
    package var consoleURL: String?

    package init(targets: [AlertTarget], consoleURL: String?) {
        self.targets = targets
        self.consoleURL = consoleURL
    }
}

extension AlertMessage {
    package func post(to target: AlertTarget, instance: String, consoleURL: String?, now: Timestamp) throws -> AlertPost
    {
        let link = consoleURL.map { "\($0)\(alert.page)" }
        switch target {
        case .discord(let url):
            let body = DiscordBody(content: discordText(instance: instance, link: link))
            return AlertPost(
                url: url,
                headers: [("content-type", "application/json")],
                body: try JSONEncoder().encode(body)
            )
        case .generic(let url, let secret):
            let body = GenericBody(
                type: "alert.\(kind.rawValue)",
                timestamp: at.iso8601,
                data: GenericBody.Facts(
                    instance: instance,
                    cause: alert.cause,
                    sentence: alert.sentence.withoutDirectionMarks,
                    cases: alert.cases.map(\.withoutDirectionMarks),
                    remedy: alert.remedy.withoutDirectionMarks,
                    since: alert.since.iso8601,
                    link: link
                )
            )
            let data = try JSONEncoder().encode(body)
            let signed = StandardWebhooks.headers(id: id, at: now, body: data, secret: secret)
            return AlertPost(
                url: Redacted(url),
                headers: [("content-type", "application/json")] + signed.map { ($0.key.rawValue, $0.value) },
                body: data
            )
        }
    }

    private struct DiscordBody: Encodable {
        struct Mentions: Encodable {
            /// Nobody is called, whatever a name holds.
            var parse: [String] = []
        }

        var username = "Paydactyl"
        var content: String
        // The name is Discord's.
        // swift-format-ignore: AlwaysUseLowerCamelCase
        var allowed_mentions = Mentions()
    }

    private struct GenericBody: Encodable {
        struct Facts: Encodable {
            var instance: String
            var cause: String
            var sentence: String
            var cases: [String]
            var remedy: String
            var since: String
            var link: String?
        }

        var type: String
        var timestamp: String
        var data: Facts
    }

    private func discordText(instance: String, link: String?) -> String {
        let mark =
            switch kind {
            case .begun: "❗"
            case .grown: "❗ Still, and more of it:"
            case .over: "✅ Over:"
            case .summary: "📋"
            }
        let head = "\(mark) **\(instance.plainForDiscord(within: 100))** \(alert.sentence.plainForDiscord(within: 600))"
        guard kind != .over else { return head }
        let what = "Since \(alert.since.iso8601). \(alert.remedy.plainForDiscord(within: 600))"
        let end = [what] + [link.map { "<\($0)>" }].compactMap(\.self)
        return ([head] + discordCases(beside: [head] + end) + end).joined(separator: "\n")
    }

    /// Discord takes 2,000 characters at most.
    private static let discordMost = 1900

    /// The cases, each as long as all of them can be: what to do and where must be read as well.
    private func discordCases(beside lines: [String]) -> [String] {
        guard !alert.cases.isEmpty else { return [] }
        let room = Self.discordMost - lines.map { $0.utf16.count + 1 }.reduce(0, +)
        let each = room / alert.cases.count - "• \n".utf16.count
        guard each > 10 else { return [] }
        return alert.cases.map { "• \($0.plainForDiscord(within: each))" }
    }
}

extension String {
    /// What others wrote, as Discord shows it letter by letter: no formatting, no link, no mention, one line; cut where it is longer.
    fileprivate func plainForDiscord(within most: Int) -> String {
        var plain = ""
        for scalar in unicodeScalars {
            let shown = Self.plainForDiscord(scalar)
            guard plain.utf16.count + shown.utf16.count < most else { return plain + "…" }
            plain += shown
        }
        return plain
    }

    private static func plainForDiscord(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\\", "*", "_", "`", "~", "|", ">", "<", "[", "]", "(", ")", "#", "@", ":", "-": "\\\(scalar)"
        case _ where scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format: " "
        default: String(scalar)
        }
    }
}

import Billing
import Entitlements
import Foundation
import Observability
import Testing
import Web

/// Marks that turn the direction of writing, on their way to people.
struct DirectionMarkTests {
    @Test func `no alert carries one, to whichever target`() throws {
        let turned = "Ada\u{202E}@example.test"
        let alert = Alert(
            cause: "attention",
            sentence: "1 customer needs a person: \(turned)",
            cases: [turned],
            remedy: "Ask \(turned).",
            since: Timestamp(seconds: 1_790_000_000),
            page: "/attention"
        )
        let message = AlertMessage(id: "alert_1", kind: .begun, alert: alert, at: alert.since)
        let secret = try WebhookSecret("whsec_" + Data("a secret of thirty-two bytes, yes".utf8).base64EncodedString())
        let targets: [AlertTarget] = [
            .discord(Redacted("https://discord.example/hook")), .generic(url: "https://a.example", secret: secret),
        ]
        for target in targets {
            let post = try message.post(to: target, instance: "test", consoleURL: nil, now: alert.since)
            let text = String(decoding: post.body, as: UTF8.self)
            #expect(text.contains("Ada") && !text.contains("\u{202E}"), "\(target.name): \(text)")
            #expect(!text.lowercased().contains("\\u202e"), "\(target.name): \(text)")
        }
    }
}

import Entitlements
import Foundation
import Provisioning
import PterodactylAPI
import ServiceConfiguration
import Web

/// Sends a test alert to every target, because a person asked for it.
struct AlertCheck {
    let configuration: ServiceConfiguration

    func findings() async throws -> [CheckReport.Finding] {
        let settings = try AlertSettings(configuration)
        guard !settings.targets.isEmpty else {
            return [.fail("test alert", "No target is configured", remedy: "Set alerts.discord or alerts.generic.")]
        }
        let client = AlertHTTPClient()
        var findings: [CheckReport.Finding] = []
        for target in settings.targets { findings.append(await send(to: target, by: client)) }
        try await client.shutdown()
        if findings.allSatisfy({ $0.verdict == .ok }) { try LaunchRecord.alerted.keep(configuration) }
        return findings
    }

    private func send(to target: AlertTarget, by client: AlertHTTPClient) async -> CheckReport.Finding {
        let subject = "test alert"
        let remedy = "Look at alerts.\(target.name) and at what answers there."
        do {
            let post = try message.post(
                to: target,
                instance: configuration.instance,
                consoleURL: configuration.alerts.consoleURL,
                now: message.at
            )
            let answer = try await client.send(post)
            guard (200..<300).contains(answer.status) else {
                return .fail(subject, "\(target.name) answered \(answer.status)", remedy: remedy)
            }
            return .ok(subject, "\(target.name) took it; see that it is shown there")
        } catch {
            // Not the error itself: the address of a target is a secret, and an error may repeat it.
            let why = ConnectionTrouble(error).map { ": \($0)" } ?? " (\(type(of: error)))"
            return .fail(subject, "\(target.name) was not reached\(why)", remedy: remedy)
        }
    }

    private var message: AlertMessage {
        let now = ServiceClock.system.now()
        return AlertMessage(
            id: "test-\(now.milliseconds)",
            kind: .begun,
            alert: Alert(
                cause: "test",
                sentence: "This is a test by `paydactyl check --send-alert`: alerts reach you here.",
                remedy: "Nothing is to be done.",
                since: now,
                page: "/"
            ),
            at: now
        )
    }
}

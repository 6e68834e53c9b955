import Entitlements
import Foundation
package import PanelSimulator
import ServiceConfiguration

/// The community of the demonstration: its panel, its servers, and its configuration with the time shortened.
package enum DemoWorld {
    static let frostPath = ["Frost Path: Survival", "Frost Path: Skyblock"]
    static let firePath = ["Fire Path: Survival", "Fire Path: Nether"]
    static let beta = ["Ember Isles [beta]"]
    package static let serverNames = frostPath + firePath + beta + ["Lobby"]

    /// How long access outlives a failed payment; a real policy says days.
    static let grace: Duration = .seconds(3)

    /// A panel with servers of those names; those with a `[tag]` in their name have it in their description, too.
    package static func panel(servers: [String] = serverNames) -> PanelWorld {
        var world = PanelWorld.empty()
        for name in servers {
            let tag = name.firstIndex(of: "[").map { String(name[$0...]) } ?? ""
            world.addServer(name, description: tag)
        }
        world.installTime = .seconds(5)
        return world
    }

    /// The sample configuration with its placeholders filled in and its policy shortened.
    static func configuration(panel url: String, store: String, secrets: PassingSecrets) throws -> ServiceConfiguration
    {
        let text = ServiceConfiguration.example
            .replacing("https://panel.change-me.example", with: url)
            .replacing("ptla_change-me", with: PanelWorld.applicationKey)
            .replacing("ptlc_change-me", with: PanelWorld.clientKey)
            .replacing("whsec_change-me", with: secrets.webhook)
            .replacing("change-me-a-long-random-token", with: secrets.token)
        var configuration = try ServiceConfiguration.read(text)
        configuration.store = .sqlite(path: store)
        configuration.listen.port = 0
        configuration.policy.gracePeriod = grace
        configuration.policy.settle = .milliseconds(500)
        configuration.policy.auditEvery = .seconds(30)
        configuration.policy.retry = RetrySchedule(steps: [.milliseconds(200), .seconds(1), .seconds(2)])
        // So many lose access at once only in a demonstration; elsewhere that waits for a person.
        configuration.policy.breaker.maxCustomers = 10
        return configuration
    }
}

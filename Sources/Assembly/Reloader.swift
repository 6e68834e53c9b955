import Billing
import Entitlements
import Ledger
import Logging
import Provisioning
import ServiceConfiguration
import ServiceLifecycle
import UnixSignals
import Web

/// Reads the configuration anew at SIGHUP. A file with an error changes nothing; a loss that a change would cause waits for approval.
struct Reloader: Service {
    var running: ServiceConfiguration
    var reread: @Sendable () throws -> ServiceConfiguration
    var rules: CurrentRules
    var web: Current<WebRules>
    var decoders: Current<[String: DeliveryDecoder]>
    var panels: [PanelConnection]
    var ledger: any Ledger
    var lanes: Signal
    var clock: ServiceClock
    var logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var running = running
            for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
                running = await reload(from: running)
            }
        }
    }

    private func reload(from old: ServiceConfiguration) async -> ServiceConfiguration {
        do {
            let new = try reread()
            let changes = new.changes(from: old)
            try await take(new)
            logger.notice(
                "The configuration was read anew.",
                metadata: ["changed": "\(changes.atOnce.joined(separator: ", "))"]
            )
            if !changes.atRestart.isEmpty {
                logger.warning(
                    "Some keys that changed take effect only after a restart.",
                    metadata: ["keys": "\(changes.atRestart.joined(separator: ", "))"]
                )
            }
            return new
        } catch {
            logger.error("The configuration has an error; the old one stays in force.", metadata: ["error": "\(error)"])
            return old
        }
    }

    private func take(_ new: ServiceConfiguration) async throws {
        var web = try WebRules(new)
        web.transport.endsTLS = self.web.value.transport.endsTLS
        var provisioning = ProvisioningRules(new)
        provisioning.instance = rules.rules.instance
        try await ledger.refold(policy: FoldPolicy(new.policy), now: clock.now())
        self.web.replace(with: web)
        decoders.replace(with: ["paymenter": DeliveryDecoder(new)])
        rules.replace(with: provisioning)
        for panel in panels { panel.regroup(catalog: new.catalog) }
        try await ledger.mark(nil, priority: .change, now: clock.now())
        lanes.ring()
    }
}

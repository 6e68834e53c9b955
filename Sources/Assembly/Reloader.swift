import Billing
import Entitlements
import Ledger
import Logging
import Provisioning
import ServiceConfiguration
import ServiceLifecycle
import UnixSignals
import Web

/// Reads the configuration anew at SIGHUP.
///
/// A file with an error changes nothing; a loss that a change would cause waits for approval.
struct Reloader: Service {
    /// What the program was started with: keys that need a restart are compared with these.
    var started: ServiceConfiguration
    var reread: @Sendable () throws -> ServiceConfiguration
    /// Asks for a reload; `nil` for SIGHUP.
    var requests: AsyncStream<Void>?
    var rules: CurrentRules
    var web: Current<WebRules>
    var alerts: Current<AlertSettings>
    var decoders: Current<[String: DeliveryDecoder]>
    var panels: [PanelConnection]
    var ledger: any Ledger
    var lanes: Signal
    var ranks: Signal
    var clock: ServiceClock
    var logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var running = started
            if let requests {
                for await _ in requests { running = await reload(from: running) }
            } else {
                for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
                    running = await reload(from: running)
                }
            }
        }
    }

    private func reload(from old: ServiceConfiguration) async -> ServiceConfiguration {
        let new: ServiceConfiguration
        do {
            new = try reread()
        } catch {
            logger.error("The configuration has an error; the old one stays in force.", metadata: ["error": "\(error)"])
            tell(
                Need(
                    "The configuration that was read at \(clock.now().iso8601) has an error, so the one before it stays in force. \(sentence(of: error)).",
                    do: "Mend it, look with `paydactyl check`, and reload the service again."
                )
            )
            return old
        }
        do {
            try await take(new)
        } catch {
            logger.error(
                "The configuration was read but could not be taken over completely; send SIGHUP again.",
                metadata: ["error": "\(error)"]
            )
            tell(
                Need(
                    "The configuration was read at \(clock.now().iso8601), but could not be taken over completely: \(error)",
                    do: "Reload the service again."
                )
            )
            return old
        }
        log(new, after: old)
        return new
    }

    private func sentence(of error: any Error) -> String {
        guard let problems = (error as? ConfigurationError)?.problems, let first = problems.first else {
            return "\(error)"
        }
        return problems.count == 1 ? "\(first)" : "\(first) (the first of \(problems.count) problems)"
    }

    private func tell(_ need: Need?) {
        var rules = web.value
        rules.reloading = need
        web.replace(with: rules)
    }

    private func log(_ new: ServiceConfiguration, after old: ServiceConfiguration) {
        for warning in new.warnings { logger.warning("\(warning)") }
        let changed = new.changes(from: old).atOnce.joined(separator: ", ")
        logger.notice(
            "The configuration was read anew.",
            metadata: ["changed": "\(changed.isEmpty ? "nothing that takes effect at once" : changed)"]
        )
        let waiting = new.changes(from: started).atRestart.joined(separator: ", ")
        guard !waiting.isEmpty else { return tell(nil) }
        logger.warning("Some keys that changed take effect only after a restart.", metadata: ["keys": "\(waiting)"])
        tell(
            Need(
                "What changed in the configuration at \(waiting) takes effect only after a restart.",
                do: "Restart the service when it suits you; nothing is lost by it."
            )
        )
    }

    private func take(_ new: ServiceConfiguration) async throws {
        var web = try WebRules(new)
        web.transport.endsTLS = self.web.value.transport.endsTLS
        let newAlerts = try AlertSettings(new)
        var provisioning = ProvisioningRules(new)
        provisioning.instance = rules.rules.instance
        try await provisioning.recallFormerTerms(in: ledger, now: clock.now())
        try await ledger.refold(policy: FoldPolicy(new.policy, catalog: new.catalog), now: clock.now())
        self.web.replace(with: web)
        alerts.replace(with: newAlerts)
        decoders.replace(with: DeliveryDecoder.all(new))
        rules.replace(with: provisioning)
        for panel in panels { panel.regroup(catalog: new.catalog) }
        try await ledger.markEveryone(now: clock.now())
        lanes.ring()
        ranks.ring()
    }
}

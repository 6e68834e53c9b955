import Billing
import Entitlements
import Foundation
import PterodactylAPI
import SQLiteLedger
package import ServiceConfiguration

/// Looks at a configuration, then at the panels that it names, without changing anything there.
package struct ConfigurationCheck: Sendable {
    private let configuration: ServiceConfiguration
    private let file: String
    private let sendsAlert: Bool

    package init(_ configuration: ServiceConfiguration, file: String, sendsAlert: Bool = false) {
        self.sendsAlert = sendsAlert
        self.configuration = configuration
        self.file = file
    }

    package func run() async throws -> CheckReport {
        var findings = ownFindings
        if sendsAlert { findings += try await AlertCheck(configuration: configuration).findings() }
        findings += await LaunchCheck(configuration: configuration).findings()
        let http = PanelHTTPClient()
        for (name, panel) in configuration.panels.sorted(by: { $0.key < $1.key }) {
            findings += await PanelCheck(name: name, panel, in: configuration, transport: http.transport).run()
        }
        findings += await paymenterAPI(http.transport)
        try await http.shutdown()
        findings += await clocks()
        findings.append(Self.trial)
        return CheckReport(findings)
    }

    /// Asks Paymenter's API one page, if it is to be asked.
    private func paymenterAPI(_ transport: PanelTransport) async -> [CheckReport.Finding] {
        guard let configured = configuration.billing.paymenter.api else { return [] }
        let subject = "billing.paymenter.api"
        do {
            let api = PaymenterAPI(configured, transport: PaymenterTransport(transport))
            let page = try await api.services(page: 1)
            if !configuration.billing.stripeSecrets.isEmpty { _ = try await api.invoice("1") }
            return [.ok(subject, "answers, and shows \(page.things.count)\(page.hasNext ? " and more" : "") services")]
        } catch {
            let remedy = """
                Is billing.paymenter.api.url right, may this machine reach it, and is the token that of an admin key that may view services, \
                users, products, properties and invoices?
                """
            return [.fail(subject, "\(error)", remedy: remedy)]
        }
    }

    /// Paymenter's own days beside the grace, as the extension reported them to the service, if that runs here.
    private func clocks() async -> [CheckReport.Finding] {
        let subject = "policy.grace_period"
        guard let settings = await reportedSettings() else {
            return [
                .warn(
                    subject,
                    "When Paymenter itself suspends and terminates was not reported, so it cannot be held against the grace",
                    remedy: """
                        With the service running here, run `php artisan paydactyl:snapshot` in Paymenter, and check again. Of another billing \
                        system, compare its own days yourself.
                        """
                )
            ]
        }
        let conflicts = settings.conflicts(policy: configuration.policy, tiers: configuration.catalog.tiers)
        guard conflicts.isEmpty else {
            let remedy = """
                Change policy.grace_period (or a tier's grace_period), or in Paymenter's settings the days after which it suspends and \
                terminates, so that they go together.
                """
            return conflicts.map { .warn(subject, $0, remedy: remedy) }
        }
        return [.ok(subject, settings.course(grace: configuration.policy.gracePeriod))]
    }

    private func reportedSettings() async -> SenderSettings? {
        guard let token = configuration.admin.tokens.first?.token else { return nil }
        do {
            let address = try AdminClient.Address(url: ServiceAddress.local(configuration.listen), token: token)
            let status = try await AdminClient.with(address) { try await $0.get(AdminAnswer.Status.self, ["status"]) }
            return status.billingSettings.map {
                SenderSettings(suspendAfterDays: $0.suspendAfterDays, terminateAfterDays: $0.terminateAfterDays)
            }
        } catch {
            // A check is made before the service runs as well; then nobody has reported anything yet.
            return nil
        }
    }

    private static let trial = CheckReport.Finding.warn(
        "version \(paydactylVersion)",
        "This version is for trial.",
        remedy: "Begin with mode: observe, and keep a copy of the panel's database."
    )

    private var ownFindings: [CheckReport.Finding] {
        let products = configuration.catalog.tiers.flatMap(\.products).count
        var findings: [CheckReport.Finding] = [
            .ok(
                "configuration",
                "\(file): \(configuration.catalog.tiers.count) tiers, \(products) products, "
                    + "\(configuration.catalog.groups.count) server groups, mode \(configuration.mode.rawValue)"
            )
        ]
        findings += configuration.warnings.map { .warn("configuration", $0, remedy: "Mend it in \(file).") }
        findings.append(store)
        return findings
    }

    private var store: CheckReport.Finding {
        switch configuration.store {
        case .sqlite(let path):
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            let files = FileManager.default
            let place = files.fileExists(atPath: path) ? path : folder
            guard files.isWritableFile(atPath: folder), files.isWritableFile(atPath: place) else {
                return .fail(
                    "store",
                    "\(path) cannot be written",
                    remedy: "Make the folder \(folder), writable for the user that the service runs as."
                )
            }
            if let foreign = SQLiteLedger.foreign(path) {
                return .fail(
                    "store",
                    "\(path) is no ledger: it is \(foreign), so the service will not start on it",
                    remedy: foreign.remedy
                )
            }
            return .ok("store", "\(path) can be written")
        }
    }
}

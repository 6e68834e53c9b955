import Entitlements
import Foundation
import PterodactylAPI
package import ServiceConfiguration

/// Looks at a configuration, then at the panels that it names, without changing anything there.
package struct ConfigurationCheck: Sendable {
    private let configuration: ServiceConfiguration
    private let file: String

    package init(_ configuration: ServiceConfiguration, file: String) {
        self.configuration = configuration
        self.file = file
    }

    package func run() async throws -> CheckReport {
        var findings = ownFindings
        let http = PanelHTTPClient()
        for (name, panel) in configuration.panels.sorted(by: { $0.key < $1.key }) {
            findings += await PanelCheck(name: name, panel, in: configuration, transport: http.transport).run()
        }
        try await http.shutdown()
        findings.append(Self.trial)
        return CheckReport(findings)
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
        findings += configuration.warnings.map { .warn("configuration", $0) }
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
            return .ok("store", "\(path) can be written")
        }
    }
}

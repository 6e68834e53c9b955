import Entitlements
import PterodactylAPI

/// What the server groups of one panel come to there.
struct GroupCheck {
    typealias Finding = CheckReport.Finding

    let panel: PanelName
    let catalog: Catalog
    let servers: [Entitlements.PanelServer]

    var findings: [Finding] {
        catalog.groups.values.filter { $0.panel == panel }.sorted { $0.id < $1.id }.flatMap(findings)
    }

    private func findings(_ group: ServerGroup) -> [Finding] {
        let matched = servers.filter(group.contains)
        let subject = "group \(group.id)"
        var findings: [Finding] = []
        if matched.isEmpty {
            let tiers = catalog.tiers.filter { $0.access.contains { $0.group == group.id } }.map(\.id.rawValue)
            findings.append(
                .warn(
                    subject,
                    "It matches no server\(tiers.isEmpty ? "" : ", so tier \(tiers.joined(separator: ", ")) gives nothing by it")",
                    remedy:
                        "Compare its rule with the names of servers as the panel shows them; upper and lower case count."
                )
            )
        } else {
            let all = group.match.names.contains { $0.pattern == "*" } ? " (* takes in what comes later, too)" : ""
            findings.append(
                .ok(
                    subject,
                    "\(matched.count == 1 ? "1 server" : "\(matched.count) servers"): \(Self.list(matched.map(\.name)))\(all)"
                )
            )
        }
        findings += servers.filter(group.refuses).map { server in
            .warn(
                subject,
                "\(server.name) matches, but its owner \(server.ownerEmail ?? "(unknown)") is no root admin: it is left out",
                remedy:
                    "Owners can rename their servers. Trust this one by its e-mail in owners, or name the server by identifiers: [\(server.identifier)]."
            )
        }
        return findings
    }

    static func list(_ names: [String]) -> String {
        let shown = names.prefix(12).joined(separator: ", ")
        return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
    }
}

import Entitlements

/// What the rules about ranks in game come to on one panel.
struct RankCheck {
    typealias Finding = CheckReport.Finding

    let panel: PanelName
    let catalog: Catalog
    let servers: [Entitlements.PanelServer]

    var findings: [Finding] {
        catalog.rankTargets.filter { catalog.groups[$0.servers]?.panel == panel }.map(speaker)
            + catalog.tiers.flatMap(places) + doubledServers
    }

    private func members(_ group: ServerGroupID) -> [Entitlements.PanelServer] {
        catalog.groups[group].map { group in servers.filter(group.contains) } ?? []
    }

    private func speaker(of target: RankTarget) -> Finding {
        let subject = "rank target \(target.name)"
        let members = members(target.servers)
        switch target.speaker(among: members) {
        case .success(let server):
            return .ok(subject, "\(server.name) speaks for \(GroupCheck.list(members.map(\.name)))")
        case .failure(.ambiguous):
            return .fail(
                subject,
                "Several servers of group \(target.servers) are called \(target.speaker)",
                remedy: "Name the speaker by its identifier."
            )
        case .failure:
            return .fail(
                subject,
                "No server of group \(target.servers) is called \(target.speaker), so no rank can be sent",
                remedy: "Write the name, external id or identifier of one of: \(GroupCheck.list(members.map(\.name)))."
            )
        }
    }

    private func places(of tier: Tier) -> [Finding] {
        let rank = tier.luckPerms.map { ("its rank \($0.group)", $0.servers) }
        let commands = tier.commands.map { ("its commands", $0.servers) }
        return [rank, commands].compactMap(\.self).compactMap { what, group in
            guard catalog.groups[group]?.panel == panel, members(group).isEmpty else { return nil }
            return .warn(
                "tier \(tier.id)",
                "Group \(group) matches no server, so \(what) goes nowhere",
                remedy: "Correct the group, or name another."
            )
        }
    }

    /// Servers that two targets take in: the first by name has them.
    private var doubledServers: [Finding] {
        servers.compactMap { server in
            let targets = catalog.rankTargets.filter { catalog.groups[$0.servers]?.contains(server) ?? false }
            guard targets.count > 1, let first = targets.first else { return nil }
            let names = targets.map(\.name.rawValue).joined(separator: ", ")
            return .warn(
                "server \(server.name)",
                "It is in several rank targets (\(names)): it counts as part of \(first.name)",
                remedy: "Leave it out of the others with except."
            )
        }
    }
}

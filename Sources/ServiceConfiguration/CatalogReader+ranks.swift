import Entitlements

extension CatalogReader {
    func luckPerms(_ tier: Section, groups: Set<String>) -> TierRank? {
        guard tier.has("luckperms") else { return nil }
        let section = tier.section("luckperms")
        let group = section.required("group", "write a group of LuckPerms", Values.luckPermsGroup)
        let servers = reference(section, "servers", kind: "server group", defined: groups)
        guard let group, let servers else { return nil }
        return TierRank(group: group, servers: ServerGroupID(servers))
    }

    func commands(_ tier: Section, groups: Set<String>) -> TierCommands? {
        guard tier.has("commands") else { return nil }
        let section = tier.section("commands")
        let servers = reference(section, "servers", kind: "server group", defined: groups)
        let events = ["grant", "renew", "change", "end", "refund"]
        if !events.contains(where: section.has) {
            tier.report("commands", "sends nothing; write at least one of \(events.joined(separator: ", "))")
        }
        let lines = events.map { section.values($0, Values.command) ?? [] }
        guard let servers else { return nil }
        return TierCommands(
            servers: ServerGroupID(servers),
            grant: lines[0],
            renew: lines[1],
            change: lines[2],
            end: lines[3],
            refund: lines[4]
        )
    }

    func rankTarget(_ name: String, _ section: Section, groups: Set<String>) -> RankTarget? {
        let servers = reference(section, "servers", kind: "server group", defined: groups)
        let speaker = section.required(
            "speaker",
            "write the name, external id or identifier of the server whose console takes the commands",
            Values.label
        )
        guard let servers, let speaker else { return nil }
        return RankTarget(name: RankTargetName(name), servers: ServerGroupID(servers), speaker: speaker)
    }
}

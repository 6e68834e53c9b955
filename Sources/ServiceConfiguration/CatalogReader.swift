import Entitlements

/// Reads the server groups and tiers, and holds their references to what is defined.
struct CatalogReader {
    let root: Section
    let panels: Set<String>
    let permissionSets: [String: Set<Permission>?]

    private var groupNames: Set<String> {
        Set(root.members("server_groups").map(\.name))
    }

    /// The catalog; `nil` if anything in it, or before it, was reported.
    func read() -> Catalog? {
        let groups = root.members("server_groups").map { group($0.name, $0.section) }
        let members = root.members("tiers")
        if members.isEmpty {
            root.report("tiers", "is missing; write at least one, such as knight: {rank: 1, products: [knight], …}")
        }
        let groupNames = groupNames
        let tiers = members.map { tier($0.name, $0.section, groups: groupNames) }
        let targets = root.members("rank_targets").map { rankTarget($0.name, $0.section, groups: groupNames) }
        refuseRepeatedProducts(members.map(\.section))
        guard root.findings.problems.isEmpty else { return nil }
        return Catalog(
            tiers: tiers.compactMap { $0 },
            groups: groups.compactMap { $0 },
            rankTargets: targets.compactMap { $0 }
        )
    }

    private func group(_ name: String, _ section: Section) -> ServerGroup? {
        let panel = section.panel(among: panels)
        let group = match(section)
        if group.isEmpty, !hasMatchKey(section) {
            section.findings.report(section.source, section.path, "matches nothing; \(Self.matchForm)")
        }
        return ServerGroup(
            id: ServerGroupID(name),
            panel: panel,
            match: group,
            except: exception(section),
            owners: Set(section.values("owners", Values.email) ?? [])
        )
    }

    private func exception(_ section: Section) -> ServerMatch? {
        guard section.has("except") else { return nil }
        let except = section.section("except")
        if !hasMatchKey(except) {
            section.report("except", "matches nothing; \(Self.matchForm)")
        }
        return match(except)
    }

    private func match(_ section: Section) -> ServerMatch {
        for key in Self.matchKeys where section.texts(key)?.isEmpty == true {
            section.report(key, "is empty; write something or remove the key")
        }
        var match = ServerMatch()
        match.names = (section.values("names", Values.label) ?? []).map(Glob.init)
        match.externalIDs = Set(section.values("external_ids", Values.label) ?? [])
        match.identifiers = Set(section.values("identifiers", Values.serverIdentifier) ?? [])
        match.nodes = Set(section.values("nodes", Values.label) ?? [])
        match.eggs = Set(section.values("eggs", Values.label) ?? [])
        match.tags = Set(section.values("tags", Values.tag) ?? [])
        return match
    }

    private static let matchKeys = ["names", "external_ids", "identifiers", "nodes", "eggs", "tags"]
    private static let matchForm = "write at least one of \(matchKeys.joined(separator: ", "))"

    private func hasMatchKey(_ section: Section) -> Bool {
        Self.matchKeys.contains(where: section.has)
    }
}

extension Section {
    /// The panel that a section names, `main` where it names none.
    func panel(among panels: Set<String>) -> PanelName {
        let panel = text("panel")
        let name = panel?.text ?? "main"
        if !panels.contains(name), !panels.isEmpty {
            let allowed = panels.sorted().joined(separator: ", ")
            let missing = panel.map { Shown.value($0.text) } ?? "'main' (which is meant where none is written)"
            report("panel", "there is no panel \(missing); write one of \(allowed)")
        }
        return PanelName(name)
    }
}

extension CatalogReader {
    private func tier(_ name: String, _ section: Section, groups: Set<String>) -> Tier? {
        let rank = section.required("rank", "write a whole number", Values.wholeNumber(in: 0...1_000_000))
        let lines = section.elements("access").filter(\.isSection).compactMap { access($0, groups: groups) }
        let luckPerms = luckPerms(section, groups: groups)
        let commands = commands(section, groups: groups)
        let dedicated = DedicatedReader(tier: section, panels: panels).read()
        if !section.has("access"), dedicated == nil, luckPerms == nil, commands == nil {
            section.findings.warn("\(section.path) opens no server")
        }
        guard let rank else { return nil }
        return Tier(
            id: TierID(name),
            rank: rank,
            role: section.value("role", Values.label),
            products: (section.values("products", Values.label) ?? []).map { ProductID($0) },
            access: lines,
            lasts: section.value("lasts", Values.duration),
            gracePeriod: section.value("grace_period", Values.duration),
            onRefund: section.value("on_refund", Values.word(RefundPolicy.self)),
            latePayment: section.value("late_payment", Values.word(LatePaymentPolicy.self)),
            cancel: section.value("cancel", Values.word(CancelPolicy.self)),
            accountRetention: section.value("account_retention", Values.retention),
            dedicated: dedicated,
            luckPerms: luckPerms,
            commands: commands
        )
    }

    private func access(_ section: Section, groups: Set<String>) -> TierAccess? {
        let group = reference(section, "servers", kind: "server group", defined: groups)
        let set = reference(section, "permissions", kind: "permission set", defined: Set(permissionSets.keys))
        guard let group, let set, let permissions = permissionSets[set] ?? nil else { return nil }
        return TierAccess(group: ServerGroupID(group), permissions: permissions)
    }

    /// A name that must be defined elsewhere in the file.
    func reference(_ section: Section, _ key: String, kind: String, defined: Set<String>) -> String? {
        section.required(key, "write the name of a \(kind)") { (text) throws(Invalid) in
            guard !defined.contains(text) else { return text }
            let names = defined.sorted().prefix(10).joined(separator: ", ")
            let hint =
                nearest(to: text, among: defined).map { "did you mean \($0)?" }
                ?? (names.isEmpty ? "none is defined" : "defined are \(names)")
            throw Invalid("\(Shown.value(text)) is no \(kind); \(hint)")
        }
    }

    private func refuseRepeatedProducts(_ tiers: [Section]) {
        var owners: [String: String] = [:]
        for tier in tiers {
            for product in tier.texts("products") ?? [] {
                if let owner = owners[product.text] {
                    let place = owner == tier.path ? "stands twice in \(owner)" : "is already sold by \(owner)"
                    root.findings.report(
                        product.source,
                        product.path,
                        "\(Shown.value(product.text)) \(place); a product belongs to one tier"
                    )
                } else {
                    owners[product.text] = tier.path
                }
            }
        }
    }
}

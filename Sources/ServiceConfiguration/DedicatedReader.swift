import Entitlements

/// Reads what a tier says of the server of one's own that comes with it.
struct DedicatedReader {
    let tier: Section
    let panels: Set<String>

    /// `nil` if the tier sells none, or something was wrong, which is then reported.
    func read() -> DedicatedOffer? {
        guard tier.has("dedicated") else { return nil }
        let section = tier.section("dedicated")
        let egg = section.required("egg", "write the name or id of an egg, such as Paper", Values.label)
        let limits = limits(section)
        let panel = section.panel(among: panels)
        guard let egg, let limits else { return nil }
        var offer = DedicatedOffer(
            panel: panel,
            egg: egg,
            nest: section.value("nest", Values.label),
            placement: placement(section),
            dockerImage: section.value("docker_image", Self.image),
            startup: section.value("startup", Self.startup),
            environment: environment(section),
            name: section.value("name", Self.name) ?? .usualName,
            limits: limits,
            features: features(section)
        )
        offer.startsOnCompletion = section.value("start_on_completion", Values.truth) ?? true
        offer.skipsScripts = section.value("skip_scripts", Values.truth) ?? false
        offer.oomKiller = section.value("oom_killer", Values.truth) ?? true
        if let after = section.value("delete_after", Values.duration) { offer.deletion.after = after }
        offer.deletion.asks = !(section.value("delete_without_asking", Values.truth) ?? false)
        return offer
    }

    private func limits(_ section: Section) -> DedicatedLimits? {
        if !section.has("limits") {
            section.report(
                "limits",
                "is missing; write {memory: 4096, disk: 10240, cpu: 200}, in MiB and percent of a core"
            )
            return nil
        }
        let limits = section.section("limits")
        let memory = limits.required("memory", "write MiB, such as 4096; 0 means no limit", Self.size)
        let disk = limits.required("disk", "write MiB, such as 10240; 0 means no limit", Self.size)
        let cpu = limits.required("cpu", "write percent of one core, such as 200; 0 means no limit", Self.size)
        guard let memory, let disk, let cpu else { return nil }
        return DedicatedLimits(
            memory: memory,
            swap: limits.value("swap", Values.wholeNumber(in: -1...Self.largest)) ?? 0,
            disk: disk,
            io: limits.value("io", Values.wholeNumber(in: 10...1000)) ?? 500,
            cpu: cpu,
            threads: limits.value("threads", Self.threads)
        )
    }

    private func features(_ section: Section) -> DedicatedFeatures {
        let features = section.section("feature_limits")
        func count(_ key: String) -> Int { features.value(key, Values.wholeNumber(in: 0...10_000)) ?? 0 }
        return DedicatedFeatures(
            databases: count("databases"),
            backups: count("backups"),
            allocations: count("allocations")
        )
    }

    private func placement(_ section: Section) -> DedicatedPlacement {
        var placement = DedicatedPlacement()
        placement.locations = section.values("locations", Values.label) ?? []
        placement.node = section.value("node", Values.label)
        placement.ports = section.values("port_range", Self.ports) ?? []
        placement.dedicatedIP = section.value("dedicated_ip", Values.truth) ?? false
        if placement.node != nil, !placement.locations.isEmpty {
            section.report("node", "stands beside locations; a node has its location already, so keep one of them")
        }
        return placement
    }

    private func environment(_ section: Section) -> [String: DedicatedTemplate] {
        let members = section.members("environment").map(\.name)
        let variables = section.section("environment")
        var environment: [String: DedicatedTemplate] = [:]
        for name in members {
            if let template = variables.value(name, Self.template) { environment[name] = template }
        }
        return environment
    }

    private static let largest = 100_000_000

    private static func size(_ text: String) throws(Invalid) -> Int {
        try Values.wholeNumber(in: 0...largest)(text)
    }

    private static func template(_ text: String) throws(Invalid) -> DedicatedTemplate {
        guard text.utf8.count <= 500 else { throw Invalid("is longer than 500 bytes") }
        do {
            return try DedicatedTemplate(text)
        } catch {
            throw Invalid(
                "\(Shown.value(error.at)) cannot be filled in; write {product}, {subscription}, {tier}, {customer}, {number} or {property.NAME}"
            )
        }
    }

    private static func name(_ text: String) throws(Invalid) -> DedicatedTemplate {
        let template = try template(try Values.label(text))
        // What somebody typed at the checkout is nobody's to read in every list of the panel.
        let allowed: (DedicatedTemplate.Place) -> Bool = { if case .property = $0 { false } else { true } }
        guard template.uses(only: allowed) else {
            throw Invalid("\(Shown.value(text)) holds a checkout field, which goes into the environment only")
        }
        return template
    }

    /// A port or a range of at most 1,000, which is what the panel searches (recording `app-servers-create-port-range-too-big`).
    private static func ports(_ text: String) throws(Invalid) -> String {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
            (1024...65_535).contains(first), (first...65_535).contains(last), last - first <= 1000
        else {
            throw Invalid(
                "\(Shown.value(text)) is no range of ports; write 25565 or 25565-25999, from 1024 to 65535 and at most 1,000 of them"
            )
        }
        return text
    }

    private static func threads(_ text: String) throws(Invalid) -> String {
        guard text.wholeMatch(of: /[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*/) != nil, text.utf8.count <= 191 else {
            throw Invalid("\(Shown.value(text)) names no cores; write 0, 0,2 or 0-3")
        }
        return text
    }

    private static func image(_ text: String) throws(Invalid) -> String {
        guard !text.isEmpty, text.utf8.count <= 191,
            text.utf8.allSatisfy({ Values.isDigitOrLetter($0) || "_.-/:@~".utf8.contains($0) })
        else { throw Invalid("\(Shown.value(text)) is no image; write one such as ghcr.io/pterodactyl/yolks:java_21") }
        return text
    }

    /// The panel fills its own `{{…}}` in.
    private static func startup(_ text: String) throws(Invalid) -> String {
        guard !text.isEmpty, text.utf8.count <= 2000,
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw Invalid("is no start-up command; write one line of at most 2000 bytes") }
        return text
    }
}

/// The server of one's own that a tier sells: one is made for every subscription of it, or as many as were bought.
package struct DedicatedOffer: Hashable, Sendable {
    package var panel: PanelName
    /// What it runs; name or id, as the panel shows it.
    package var egg: String
    /// Where the egg is looked for; name or id, `nil` for all nests.
    package var nest: String?
    package var placement: DedicatedPlacement
    /// `nil` means the egg's own.
    package var dockerImage: String?
    /// `nil` means the egg's own.
    package var startup: String?
    package var environment: [String: DedicatedTemplate]
    package var name: DedicatedTemplate
    package var limits: DedicatedLimits
    package var features: DedicatedFeatures
    package var startsOnCompletion = true
    package var skipsScripts = false
    package var oomKiller = true
    package var deletion = DedicatedDeletion()

    package init(
        panel: PanelName = "main",
        egg: String,
        nest: String? = nil,
        placement: DedicatedPlacement = DedicatedPlacement(),
        dockerImage: String? = nil,
        startup: String? = nil,
        environment: [String: DedicatedTemplate] = [:],
        name: DedicatedTemplate = .usualName,
        limits: DedicatedLimits,
        features: DedicatedFeatures = DedicatedFeatures()
    ) {
        self.panel = panel
        self.egg = egg
        self.nest = nest
        self.placement = placement
        self.dockerImage = dockerImage
        self.startup = startup
        self.environment = environment
        self.name = name
        self.limits = limits
        self.features = features
    }

    /// How many servers one subscription may ask for: a number beyond it is more likely a mistake than a sale.
    package static let largestQuantity = 50
}

/// Where a new server goes; a server that is there never moves.
package struct DedicatedPlacement: Hashable, Sendable, Codable {
    /// Names or ids; empty means any.
    package var locations: [String] = []
    /// Name or id; then `locations` says nothing.
    package var node: String?
    /// Ports such as `25565` or `25565-25570`; empty means any.
    package var ports: [String] = []
    package var dedicatedIP = false

    package init() {}
}

/// What a server may use of its node.
package struct DedicatedLimits: Hashable, Sendable, Codable {
    /// MiB; 0 means no limit.
    package var memory: Int
    /// MiB; -1 means no limit.
    package var swap: Int
    /// MiB; 0 means no limit.
    package var disk: Int
    /// Weight of its disk accesses, 10 to 1000.
    package var io: Int
    /// Percent of one core; 0 means no limit.
    package var cpu: Int
    package var threads: String?

    package init(memory: Int, swap: Int = 0, disk: Int, io: Int = 500, cpu: Int, threads: String? = nil) {
        self.memory = memory
        self.swap = swap
        self.disk = disk
        self.io = io
        self.cpu = cpu
        self.threads = threads
    }
}

/// How many of each extra a server's owner may make.
package struct DedicatedFeatures: Hashable, Sendable, Codable {
    package var databases: Int
    package var backups: Int
    package var allocations: Int

    package init(databases: Int = 0, backups: Int = 0, allocations: Int = 0) {
        self.databases = databases
        self.backups = backups
        self.allocations = allocations
    }
}

/// When a server that nobody pays for any more is deleted.
package struct DedicatedDeletion: Hashable, Sendable {
    package var after: Duration = .days(14)
    package var asks = true

    package init() {}
}

/// A server as it shall be made, or was last asked for, with everything filled in.
package struct DedicatedRequest: Hashable, Sendable, Codable {
    package var egg: String
    package var nest: String?
    package var dockerImage: String?
    package var startup: String?
    package var environment: [String: String]
    package var name: String
    package var limits: DedicatedLimits
    package var features: DedicatedFeatures
    package var placement: DedicatedPlacement
    package var startsOnCompletion: Bool
    package var skipsScripts: Bool
    package var oomKiller: Bool

    /// What the panel changes in one call.
    package enum Part: String, Hashable, Comparable, CaseIterable, Sendable {
        case build, startup, name

        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// What differs from another request; where a server stands and how it was first started change nothing later.
    package func parts(differingFrom other: DedicatedRequest) -> Set<Part> {
        var parts: Set<Part> = []
        if (limits, features, oomKiller) != (other.limits, other.features, other.oomKiller) { parts.insert(.build) }
        let isSameSoftware =
            (egg, nest, dockerImage, startup) == (other.egg, other.nest, other.dockerImage, other.startup)
            && environment == other.environment && skipsScripts == other.skipsScripts
        if !isSameSoftware { parts.insert(.startup) }
        if name != other.name { parts.insert(.name) }
        return parts
    }

    /// What is less than in `other`, in words; empty if nothing is.
    package func reductions(from other: DedicatedRequest) -> [String] {
        func less(_ what: String, _ new: Int, _ old: Int, unlimited: Int? = nil) -> String? {
            let rank: (Int) -> Int = { $0 == unlimited ? .max : $0 }
            return rank(new) < rank(old) ? "\(what) \(old) → \(new)" : nil
        }
        return [
            less("memory", limits.memory, other.limits.memory, unlimited: 0),
            less("swap", limits.swap, other.limits.swap, unlimited: -1),
            less("disk", limits.disk, other.limits.disk, unlimited: 0),
            less("cpu", limits.cpu, other.limits.cpu, unlimited: 0),
            less("databases", features.databases, other.features.databases),
            less("backups", features.backups, other.features.backups),
            less("allocations", features.allocations, other.features.allocations),
        ].compactMap(\.self)
    }
}

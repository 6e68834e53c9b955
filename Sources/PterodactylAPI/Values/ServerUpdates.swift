/// The whole of a server's build that a change sends; the panel takes the limits whole or not at all.
public struct BuildUpdate: Hashable, Sendable, Encodable {
    public var allocation: Allocation.ID
    public var limits: ServerLimits
    public var featureLimits: FeatureLimits
    /// Nil leaves it as it is.
    public var oomDisabled: Bool?
    public var addAllocations: [Allocation.ID] = []
    public var removeAllocations: [Allocation.ID] = []

    public init(allocation: Allocation.ID, limits: ServerLimits, featureLimits: FeatureLimits) {
        self.allocation = allocation
        self.limits = limits
        self.featureLimits = featureLimits
    }

    /// The build as it was just read, to be changed field by field.
    public init(of server: Server) {
        self.init(allocation: server.allocation, limits: server.limits, featureLimits: server.featureLimits)
    }

    private enum CodingKeys: String, CodingKey {
        case allocation, limits
        case featureLimits = "feature_limits"
        case oomDisabled = "oom_disabled"
        case addAllocations = "add_allocations"
        case removeAllocations = "remove_allocations"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(allocation, forKey: .allocation)
        try container.encode(limits, forKey: .limits)
        try container.encode(featureLimits, forKey: .featureLimits)
        try container.encodeIfPresent(oomDisabled, forKey: .oomDisabled)
        if !addAllocations.isEmpty { try container.encode(addAllocations, forKey: .addAllocations) }
        if !removeAllocations.isEmpty { try container.encode(removeAllocations, forKey: .removeAllocations) }
    }
}

/// The whole of a server's details that a change sends; the panel would clear the external id and the description if they were left out
/// (recording `app-servers-details-without-external-id`).
public struct DetailsUpdate: Hashable, Sendable, Encodable {
    public var name: String
    public var owner: PanelUser.ID
    /// Nil clears it.
    public var externalID: String?
    public var description: String

    public init(name: String, owner: PanelUser.ID, externalID: String?, description: String) {
        self.name = name
        self.owner = owner
        self.externalID = externalID
        self.description = description
    }

    /// The details as they were just read, to be changed field by field.
    public init(of server: Server) {
        self.init(
            name: server.name,
            owner: server.ownerID,
            externalID: server.externalID,
            description: server.description
        )
    }

    private enum CodingKeys: String, CodingKey {
        case name, description
        case owner = "user"
        case externalID = "external_id"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(owner, forKey: .owner)
        try container.encode(externalID, forKey: .externalID)
        try container.encode(description, forKey: .description)
    }
}

/// The whole of a server's start-up that a change sends.
public struct StartupUpdate: Hashable, Sendable, Encodable {
    public var startup: String
    public var environment: [String: String]
    public var egg: Egg.ID
    public var image: String
    public var skipScripts: Bool

    public init(
        startup: String,
        environment: [String: String],
        egg: Egg.ID,
        image: String,
        skipScripts: Bool = false
    ) {
        self.startup = startup
        self.environment = environment
        self.egg = egg
        self.image = image
        self.skipScripts = skipScripts
    }

    /// The start-up as it was just read, to be changed field by field.
    public init(of server: Server) {
        self.init(
            startup: server.container.startupCommand,
            environment: server.container.ownEnvironment,
            egg: server.egg,
            image: server.container.image
        )
    }

    private enum CodingKeys: String, CodingKey {
        case startup, environment, egg, image
        case skipScripts = "skip_scripts"
    }
}

/// What a new server is made of.
public struct NewServer: Hashable, Sendable {
    /// Where it goes.
    public enum Placement: Hashable, Sendable {
        /// Onto any node of these places that has room, at a free port; ports such as `25565` or `25565-25570`.
        case deploy(locations: [Location.ID], dedicatedIP: Bool, portRange: [String])
        /// At exactly these allocations.
        case allocation(default: Allocation.ID, additional: [Allocation.ID])
    }

    public var externalID: String?
    public var name: String
    public var description: String?
    public var owner: PanelUser.ID
    public var egg: Egg.ID
    public var dockerImage: String
    public var startup: String
    public var environment: [String: String]
    public var limits: ServerLimits
    public var featureLimits: FeatureLimits
    public var placement: Placement
    public var skipScripts = false
    public var oomDisabled = true
    public var startOnCompletion = false

    public init(
        externalID: String?,
        name: String,
        description: String? = nil,
        owner: PanelUser.ID,
        egg: Egg.ID,
        dockerImage: String,
        startup: String,
        environment: [String: String],
        limits: ServerLimits,
        featureLimits: FeatureLimits,
        placement: Placement
    ) {
        self.externalID = externalID
        self.name = name
        self.description = description
        self.owner = owner
        self.egg = egg
        self.dockerImage = dockerImage
        self.startup = startup
        self.environment = environment
        self.limits = limits
        self.featureLimits = featureLimits
        self.placement = placement
    }
}

extension NewServer: Encodable {
    private enum Key: String, CodingKey {
        case name, description, user, egg, startup, environment, limits, deploy, allocation
        case externalID = "external_id"
        case dockerImage = "docker_image"
        case featureLimits = "feature_limits"
        case skipScripts = "skip_scripts"
        case oomDisabled = "oom_disabled"
        case startOnCompletion = "start_on_completion"
    }

    /// The panel wants all three keys.
    private struct Deploy: Encodable {
        var locations: [Location.ID]
        var dedicated_ip: Bool
        var port_range: [String]
    }

    private struct Chosen: Encodable {
        var `default`: Allocation.ID
        var additional: [Allocation.ID]
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(externalID, forKey: .externalID)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(description, forKey: .description)
        try container.encode(owner, forKey: .user)
        try container.encode(egg, forKey: .egg)
        try container.encode(dockerImage, forKey: .dockerImage)
        try container.encode(startup, forKey: .startup)
        try container.encode(environment, forKey: .environment)
        try container.encode(limits, forKey: .limits)
        try container.encode(featureLimits, forKey: .featureLimits)
        try container.encode(skipScripts, forKey: .skipScripts)
        try container.encode(oomDisabled, forKey: .oomDisabled)
        try container.encode(startOnCompletion, forKey: .startOnCompletion)
        switch placement {
        case .deploy(let locations, let dedicatedIP, let portRange):
            let deploy = Deploy(locations: locations, dedicated_ip: dedicatedIP, port_range: portRange)
            try container.encode(deploy, forKey: .deploy)
        case .allocation(let chosen, let additional):
            try container.encode(Chosen(default: chosen, additional: additional), forKey: .allocation)
        }
    }
}

/// A server of the panel, as the application API shows it.
public struct Server: Hashable, Sendable, Identifiable {
    public var id: ID
    public var uuid: PanelUUID
    /// Its short form, by which the client API and people name it.
    public var identifier: ServerIdentifier
    public var externalID: String?
    public var name: String
    public var description: String
    /// Nil when it is installed and nothing is under way.
    public var status: ServerStatus?
    public var suspended: Bool
    public var limits: ServerLimits
    public var featureLimits: FeatureLimits
    public var ownerID: PanelUser.ID
    public var node: Node.ID
    public var allocation: Allocation.ID
    public var nest: Nest.ID
    public var egg: Egg.ID
    public var container: ServerContainer
    /// What was asked for with it; nil where it was not asked for or the key may not see it.
    public var owner: PanelUser?
    public var subusers: [SubuserRow]?
    public var nodeName: String?
    public var nestName: String?
    public var eggName: String?
    public var allocations: [Allocation]?
}

/// What can be asked for together with a server.
public enum ServerInclude: String, Hashable, Sendable, CaseIterable {
    case user, subusers, node, nest, egg, allocations
}

extension Server: Decodable {
    private enum Key: String, CodingKey {
        case id, uuid, identifier, name, description, status, suspended, limits, user, node, allocation, nest, egg
        case container, relationships
        case externalID = "external_id"
        case featureLimits = "feature_limits"
    }

    private enum Related: String, CodingKey {
        case user, subusers, node, nest, egg, allocations
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        id = try values.decode(ID.self, forKey: .id)
        uuid = try values.decode(PanelUUID.self, forKey: .uuid)
        identifier = try values.decode(ServerIdentifier.self, forKey: .identifier)
        externalID = try values.decodeIfPresent(String.self, forKey: .externalID)
        name = try values.decode(String.self, forKey: .name)
        description = try values.decodeIfPresent(String.self, forKey: .description) ?? ""
        status = try values.decodeIfPresent(ServerStatus.self, forKey: .status)
        suspended = try values.decode(Bool.self, forKey: .suspended)
        limits = try values.decode(ServerLimits.self, forKey: .limits)
        featureLimits = try values.decode(FeatureLimits.self, forKey: .featureLimits)
        ownerID = try values.decode(PanelUser.ID.self, forKey: .user)
        node = try values.decode(Node.ID.self, forKey: .node)
        allocation = try values.decode(Allocation.ID.self, forKey: .allocation)
        nest = try values.decode(Nest.ID.self, forKey: .nest)
        egg = try values.decode(Egg.ID.self, forKey: .egg)
        container = try values.decode(ServerContainer.self, forKey: .container)
        let related = try values.related(keyedBy: Related.self, in: .relationships)
        owner = try related?.item(PanelUser.self, at: .user)
        subusers = try related?.list(of: SubuserRow.self, at: .subusers)
        nodeName = try related?.item(Named.self, at: .node)?.name
        nestName = try related?.item(Named.self, at: .nest)?.name
        eggName = try related?.item(Named.self, at: .egg)?.name
        allocations = try related?.list(of: Allocation.self, at: .allocations)
    }

    private struct Named: Decodable {
        var name: String
    }
}

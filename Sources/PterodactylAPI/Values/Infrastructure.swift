/// A machine that runs servers.
public struct Node: Hashable, Sendable, Identifiable, Decodable {
    public var id: ID
    public var uuid: PanelUUID
    public var name: String
    public var location: Location.ID
    public var fqdn: String
    public var isPublic: Bool
    public var isUnderMaintenance: Bool
    /// MiB.
    public var memory: Int
    /// MiB.
    public var disk: Int

    private enum CodingKeys: String, CodingKey {
        case id, uuid, name, fqdn, memory, disk
        case location = "location_id"
        case isPublic = "public"
        case isUnderMaintenance = "maintenance_mode"
    }
}

/// A place that nodes stand in.
public struct Location: Hashable, Sendable, Identifiable, Decodable {
    public var id: ID
    public var short: String
    public var long: String?
}

/// A family of eggs, such as Minecraft.
public struct Nest: Hashable, Sendable, Identifiable, Decodable {
    public var id: ID
    public var uuid: PanelUUID
    public var name: String
    public var description: String?
}

/// An address and port of a node that a server can listen on.
public struct Allocation: Hashable, Sendable, Identifiable, Decodable {
    public var id: ID
    public var ip: String
    public var alias: String?
    public var port: Int
    public var notes: String?
    public var assigned: Bool
}

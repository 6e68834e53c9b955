/// A server as the client API shows it to the owner of the key.
public struct ClientServer: Hashable, Sendable {
    public var identifier: ServerIdentifier
    public var uuid: PanelUUID
    public var id: Server.ID?
    public var name: String
    public var description: String
    public var node: String
    /// Whether the server belongs to the owner of the key.
    public var isOwner: Bool
    public var status: ServerStatus?
    public var isSuspended: Bool
    public var isInstalling: Bool
    public var isTransferring: Bool
    public var isNodeUnderMaintenance: Bool
    /// What the owner of the key may do on it, where `*` stands for everything; nil in listings, which do not say it.
    public var permissions: Set<String>?
}

extension ClientServer: Decodable {
    private enum Key: String, CodingKey {
        case identifier, uuid, name, description, node, status
        case id = "internal_id"
        case isOwner = "server_owner"
        case isSuspended = "is_suspended"
        case isInstalling = "is_installing"
        case isTransferring = "is_transferring"
        case isNodeUnderMaintenance = "is_node_under_maintenance"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        identifier = try values.decode(ServerIdentifier.self, forKey: .identifier)
        uuid = try values.decode(PanelUUID.self, forKey: .uuid)
        id = try values.decodeIfPresent(Server.ID.self, forKey: .id)
        name = try values.decode(String.self, forKey: .name)
        description = try values.decodeIfPresent(String.self, forKey: .description) ?? ""
        node = try values.decodeIfPresent(String.self, forKey: .node) ?? ""
        isOwner = try values.decode(Bool.self, forKey: .isOwner)
        status = try values.decodeIfPresent(ServerStatus.self, forKey: .status)
        isSuspended = try values.decodeIfPresent(Bool.self, forKey: .isSuspended) ?? (status == .suspended)
        isInstalling = try values.decodeIfPresent(Bool.self, forKey: .isInstalling) ?? (status == .installing)
        isTransferring = try values.decodeIfPresent(Bool.self, forKey: .isTransferring) ?? false
        isNodeUnderMaintenance = try values.decodeIfPresent(Bool.self, forKey: .isNodeUnderMaintenance) ?? false
    }
}

/// Which servers a listing of the client API holds.
public enum ClientServerScope: String, Hashable, Sendable {
    /// Those that the owner of the key owns or is a subuser of.
    case accessible = ""
    case owner
    /// All but those, for root admins.
    case admin
    /// All, for root admins; anybody else gets an empty list.
    case all = "admin-all"
}

/// The account that a client key belongs to.
public struct OwnAccount: Hashable, Sendable, Decodable {
    public var id: PanelUser.ID
    public var isAdmin: Bool
    public var username: String
    public var email: String

    private enum CodingKeys: String, CodingKey {
        case id, username, email
        case isAdmin = "admin"
    }
}

/// What to do to a server's process.
public enum PowerSignal: String, Hashable, Sendable, CaseIterable, Encodable {
    case start, stop, restart, kill
}

/// What a server's process is doing now.
public struct ServerResources: Hashable, Sendable {
    /// `running`, `offline`, `starting` or `stopping`.
    public var state: String
    public var isSuspended: Bool
    public var memoryBytes: Int?
    public var uptimeMilliseconds: Int?
}

extension ServerResources: Decodable {
    private enum Key: String, CodingKey {
        case resources
        case state = "current_state"
        case isSuspended = "is_suspended"
    }

    private struct Used: Decodable {
        var memory_bytes: Int?
        var uptime: Int?
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        state = try values.decode(String.self, forKey: .state)
        isSuspended = try values.decodeIfPresent(Bool.self, forKey: .isSuspended) ?? false
        let used = try values.decodeIfPresent(Used.self, forKey: .resources)
        memoryBytes = used?.memory_bytes
        uptimeMilliseconds = used?.uptime
    }
}

/// Where a server's console can be read, and the short-lived token for it.
public struct ConsoleAccess: Hashable, Sendable, Decodable {
    public var socket: String
    public var token: PanelKey

    private enum Key: String, CodingKey {
        case socket, token
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        socket = try values.decode(String.self, forKey: .socket)
        token = PanelKey(try values.decode(String.self, forKey: .token))
    }
}

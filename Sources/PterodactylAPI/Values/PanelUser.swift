/// An account of the panel, as the application API shows it.
public struct PanelUser: Hashable, Sendable, Identifiable {
    public var id: ID
    public var uuid: PanelUUID
    /// What another system calls this account; by the database not unique (recording `race-users-external-id-held-by-two-get`).
    public var externalID: String?
    public var username: String
    public var email: String
    public var firstName: String
    public var lastName: String
    public var language: String
    public var rootAdmin: Bool
    public var hasTwoFactor: Bool
    /// When it was made, in the panel's own spelling.
    public var createdAt: String?
    /// The servers that it owns; nil if they were not asked for or the key may not see servers.
    public var servers: [Server]?

    public init(
        id: ID,
        uuid: PanelUUID,
        externalID: String? = nil,
        username: String,
        email: String,
        firstName: String,
        lastName: String,
        language: String = "en",
        rootAdmin: Bool = false,
        hasTwoFactor: Bool = false,
        createdAt: String? = nil,
        servers: [Server]? = nil
    ) {
        self.id = id
        self.uuid = uuid
        self.externalID = externalID
        self.username = username
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.language = language
        self.rootAdmin = rootAdmin
        self.hasTwoFactor = hasTwoFactor
        self.createdAt = createdAt
        self.servers = servers
    }
}

extension PanelUser: Decodable {
    private enum Key: String, CodingKey {
        case id, uuid, username, email, language, relationships
        case externalID = "external_id"
        case firstName = "first_name"
        case lastName = "last_name"
        case rootAdmin = "root_admin"
        case hasTwoFactor = "2fa"
        case createdAt = "created_at"
    }

    private enum Related: String, CodingKey {
        case servers
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        id = try values.decode(ID.self, forKey: .id)
        uuid = try values.decode(PanelUUID.self, forKey: .uuid)
        externalID = try values.decodeIfPresent(String.self, forKey: .externalID)
        username = try values.decode(String.self, forKey: .username)
        email = try values.decode(String.self, forKey: .email)
        firstName = try values.decodeIfPresent(String.self, forKey: .firstName) ?? ""
        lastName = try values.decodeIfPresent(String.self, forKey: .lastName) ?? ""
        language = try values.decodeIfPresent(String.self, forKey: .language) ?? "en"
        rootAdmin = try values.decode(Bool.self, forKey: .rootAdmin)
        hasTwoFactor = try values.decodeIfPresent(Bool.self, forKey: .hasTwoFactor) ?? false
        createdAt = try values.decodeIfPresent(String.self, forKey: .createdAt)
        servers = try values.related(keyedBy: Related.self, in: .relationships)?.list(of: Server.self, at: .servers)
    }
}

/// Somebody with permissions on a server that is not theirs, as the client API shows them.
public struct Subuser: Hashable, Sendable, Decodable {
    /// The user's own UUID, the same on every server.
    public var uuid: PanelUUID
    public var username: String
    public var email: String
    public var permissions: Set<String>
    /// When they were added, in the panel's own spelling.
    public var createdAt: String?

    public init(uuid: PanelUUID, username: String, email: String, permissions: Set<String>, createdAt: String? = nil) {
        self.uuid = uuid
        self.username = username
        self.email = email
        self.permissions = permissions
        self.createdAt = createdAt
    }

    private enum Key: String, CodingKey {
        case uuid, username, email, permissions
        case createdAt = "created_at"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        uuid = try values.decode(PanelUUID.self, forKey: .uuid)
        username = try values.decode(String.self, forKey: .username)
        email = try values.decode(String.self, forKey: .email)
        permissions = Set(try values.decode(TextList.self, forKey: .permissions).texts)
        createdAt = try values.decodeIfPresent(String.self, forKey: .createdAt)
    }
}

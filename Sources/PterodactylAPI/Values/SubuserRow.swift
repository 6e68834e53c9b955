/// One row of the panel's subuser table, as it comes with a server; the table may hold two rows of one user (recording
/// `race-subusers-duplicate-rows-list`).
public struct SubuserRow: Hashable, Sendable, Decodable {
    public var id: Int
    public var userID: PanelUser.ID
    public var serverID: Server.ID
    public var permissions: Set<String>

    public init(id: Int, userID: PanelUser.ID, serverID: Server.ID, permissions: Set<String>) {
        self.id = id
        self.userID = userID
        self.serverID = serverID
        self.permissions = permissions
    }

    private enum Key: String, CodingKey {
        case id, permissions
        case userID = "user_id"
        case serverID = "server_id"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        id = try values.decode(Int.self, forKey: .id)
        userID = try values.decode(PanelUser.ID.self, forKey: .userID)
        serverID = try values.decode(Server.ID.self, forKey: .serverID)
        permissions = Set(try values.decode(TextList.self, forKey: .permissions).texts)
    }
}

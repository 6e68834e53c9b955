/// The permissions that a panel knows, in its groups and with its own words for them.
public struct PermissionCatalogue: Hashable, Sendable, Decodable {
    public struct Group: Hashable, Sendable, Decodable {
        public var description: String
        /// What each permission of the group allows, by the part of its key after the dot.
        public var keys: [String: String]
    }

    public var groups: [String: Group]

    /// Every key in full, such as `control.console`.
    public var keys: Set<String> {
        Set(groups.flatMap { name, group in group.keys.keys.map { "\(name).\($0)" } })
    }

    private enum CodingKeys: String, CodingKey {
        case groups = "permissions"
    }
}

/// A panel permission, such as `control.console`.
package struct Permission: Hashable, Comparable, Sendable, Codable, CustomStringConvertible, ExpressibleByStringLiteral
{
    package let key: String

    package init(_ key: String) {
        self.key = key
    }

    package init(stringLiteral value: String) {
        key = value
    }

    package init(from decoder: any Decoder) throws {
        key = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(key)
    }

    package var description: String { key }

    package static func < (left: Self, right: Self) -> Bool {
        left.key < right.key
    }

    /// The panel stores it with every subuser, asked for or not (recording `client-subusers-create-only-unknown-permissions`).
    package static let websocketConnect: Permission = "websocket.connect"

    /// The 40 permissions of Pterodactyl 1.11 (`app/Models/Permission.php:101-209`, recording `client-permissions`).
    ///
    /// The panel drops any
    /// other silently, so a configuration that names another is refused.
    package static let known: Set<Permission> = Set(
        keysByGroup.flatMap { group, keys in keys.map { Permission("\(group).\($0)") } }
    )

    private static let keysByGroup: [(String, [String])] = [
        ("websocket", ["connect"]),
        ("control", ["console", "start", "stop", "restart"]),
        ("user", ["create", "read", "update", "delete"]),
        ("file", ["create", "read", "read-content", "update", "delete", "archive", "sftp"]),
        ("backup", ["create", "read", "delete", "download", "restore"]),
        ("allocation", ["read", "create", "update", "delete"]),
        ("startup", ["read", "update", "docker-image"]),
        ("database", ["create", "read", "update", "delete", "view_password"]),
        ("schedule", ["create", "read", "update", "delete"]),
        ("settings", ["rename", "reinstall"]),
        ("activity", ["read"]),
    ]
}

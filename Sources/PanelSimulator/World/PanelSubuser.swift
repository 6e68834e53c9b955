/// One row that lets a user onto a server of somebody else.
package struct PanelSubuser: Sendable, Equatable {
    /// The id of the row.
    package var id: Int
    /// The user who is let on.
    package var userID: Int
    /// The server.
    package var serverID: Int
    /// What the user may do there.
    package var permissions: PermissionList
    /// Seconds since 1970 at which it was made.
    package var createdAt: Int
    /// Seconds since 1970 at which it was last changed.
    package var updatedAt: Int
}

/// A list of permissions as PHP keeps it: with the keys that were left when repeated entries were struck out.
///
/// A list with holes is shown as an object (`client-subusers-create-repeated-permission`).
package struct PermissionList: Sendable, Equatable {
    /// The PHP keys, rising.
    package private(set) var keys: [Int]
    /// The permissions, each once.
    package private(set) var values: [String]

    /// A list without holes, as it was stored.
    package init(stored values: [String]) {
        self.keys = Array(values.indices)
        self.values = values
    }

    /// What the panel makes of the permissions somebody asks for.
    ///
    /// Unknown ones are dropped, `websocket.connect` is added, repeated ones are struck out and leave a hole.
    package init(asked: [String]) {
        let cleaned = asked.filter(PanelPermissions.all.contains) + ["websocket.connect"]
        self.keys = []
        self.values = []
        var seen: Set<String> = []
        for (key, value) in cleaned.enumerated() where seen.insert(value).inserted {
            keys.append(key)
            values.append(value)
        }
    }

    /// The list as the panel shows it.
    var json: PanelJSON {
        guard keys != Array(keys.indices) else { return .array(values.map(PanelJSON.string)) }
        return .object(zip(keys, values).map { PanelJSON.Member(String($0), .string($1)) })
    }
}

/// A machine that runs servers.
package struct PanelNode: Sendable, Equatable {
    /// The numeric id.
    package var id: Int
    /// The universal id.
    package var uuid: String
    /// The name.
    package var name: String
    /// The location it stands in.
    package var locationID: Int
    /// The host name.
    package var fqdn: String
    /// Megabytes of memory.
    package var memory: Int
    /// Megabytes of disk.
    package var disk: Int
    /// Whether it is under maintenance.
    package var isUnderMaintenance: Bool
    /// Seconds since 1970 at which it was made.
    package var createdAt: Int
}

/// An address and port of a node, perhaps given to a server.
package struct PanelAllocation: Sendable, Equatable {
    /// The numeric id.
    package var id: Int
    /// The node it belongs to.
    package var nodeID: Int
    /// The address.
    package var ip: String
    /// The name shown in place of the address.
    package var alias: String?
    /// The port.
    package var port: Int
    /// The server that has it.
    package var serverID: Int?
}

/// A group of nodes.
package struct PanelLocation: Sendable, Equatable {
    /// The numeric id.
    package var id: Int
    /// The short code.
    package var short: String
    /// The description.
    package var long: String
    /// Seconds since 1970 at which it was made.
    package var createdAt: Int
}

/// A family of eggs.
package struct PanelNest: Sendable, Equatable {
    /// The numeric id.
    package var id: Int
    /// The universal id.
    package var uuid: String
    /// The name.
    package var name: String
    /// The description.
    package var description: String
    /// Seconds since 1970 at which it was made.
    package var createdAt: Int
}

/// A kind of server.
package struct PanelEgg: Sendable {
    /// One setting of an egg.
    package struct Variable: Sendable {
        /// The name that people see.
        package var name: String
        /// The name of the environment variable.
        package var key: String
        /// The value where none was set.
        package var defaultValue: String
        /// Whether subusers and owners see it.
        package var isViewable: Bool
        /// The validation rules, as Laravel writes them.
        package var rules: String
        /// The whole variable as the panel shows it.
        package var json: PanelJSON
    }

    /// The numeric id.
    package var id: Int
    /// The nest it belongs to.
    package var nestID: Int
    /// The universal id.
    package var uuid: String
    /// The name.
    package var name: String
    /// The start command, with placeholders.
    package var startup: String
    /// The container image that is taken where none is asked for.
    package var image: String
    /// The settings.
    package var variables: [Variable]
    /// The whole egg as the panel shows it, without its variables.
    package var json: PanelJSON
}

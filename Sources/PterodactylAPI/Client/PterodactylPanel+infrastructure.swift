extension PterodactylPanel {
    /// All nodes.
    public func nodes() async throws -> [Node] {
        try await all { try await page(of: Node.self, $0, perPage: 100, .application(.get, "nodes")) }
    }

    /// The node of this id, or nil if there is none.
    public func node(id: Node.ID) async throws -> Node? {
        try await itemIfFound(Node.self, of: .application(.get, "nodes/\(id)"))
    }

    /// The nodes with room for a server of this size (MiB), in these places or in any; empty if there is none.
    public func deployableNodes(memory: Int, disk: Int, locations: [Location.ID] = []) async throws -> [Node] {
        var call = Call.application(.get, "nodes/deployable").with("memory", String(memory)).with("disk", String(disk))
        for location in locations { call = call.with("location_ids[]", String(location.number)) }
        do {
            return try await list(of: Node.self, call)
        } catch let error as PanelError where error.code == "NoViableNodeException" {
            return []
        }
    }

    /// One page of a node's addresses and ports.
    public func allocationsPage(node: Node.ID, _ page: Int, perPage: Int) async throws -> Page<Allocation> {
        let call = Call.application(.get, "nodes/\(node)/allocations")
        return try await self.page(of: Allocation.self, page, perPage: perPage, call)
    }

    /// All places.
    public func locations() async throws -> [Location] {
        try await all { try await page(of: Location.self, $0, perPage: 100, .application(.get, "locations")) }
    }

    /// The place of this id, or nil if there is none.
    public func location(id: Location.ID) async throws -> Location? {
        try await itemIfFound(Location.self, of: .application(.get, "locations/\(id)"))
    }

    /// All nests.
    public func nests() async throws -> [Nest] {
        try await all { try await page(of: Nest.self, $0, perPage: 100, .application(.get, "nests")) }
    }

    /// The nest of this id, or nil if there is none.
    public func nest(id: Nest.ID) async throws -> Nest? {
        try await itemIfFound(Nest.self, of: .application(.get, "nests/\(id)"))
    }

    /// All eggs of a nest with their variables.
    public func eggs(nest: Nest.ID) async throws -> [Egg] {
        try await list(of: Egg.self, .application(.get, "nests/\(nest)/eggs").including(["variables"]))
    }

    /// One egg of a nest with its variables, or nil if there is none.
    public func egg(nest: Nest.ID, id: Egg.ID) async throws -> Egg? {
        let call = Call.application(.get, "nests/\(nest)/eggs/\(id)").including(["variables"])
        return try await itemIfFound(Egg.self, of: call)
    }
}

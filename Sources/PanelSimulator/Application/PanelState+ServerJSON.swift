extension PanelState {
    func egg(_ id: Int) -> PanelEgg? { world.eggs.first { $0.id == id } }
    func node(_ id: Int) -> PanelNode? { world.nodes.first { $0.id == id } }

    /// A server as the application API shows it, without includes.
    func serverObject(_ server: PanelServer) -> PanelJSON {
        ["object": "server", "attributes": .object(members(of: server))]
    }

    /// A server as the application API shows it, with what the caller asks to include.
    func json(_ server: PanelServer, _ call: Call) -> PanelJSON {
        let includes = call.request.includes
        var attributes = members(of: server)
        let relationships = includes.isEmpty ? [] : relationships(of: server, includes, call)
        if !relationships.isEmpty { attributes.append(PanelJSON.Member("relationships", .object(relationships))) }
        return ["object": "server", "attributes": .object(attributes)]
    }

    private func members(of server: PanelServer) -> [PanelJSON.Member] {
        let isInstalled = server.status != .installing && server.status != .installFailed
        let container: PanelJSON = [
            "startup_command": .string(server.startup),
            "image": .string(server.image),
            "installed": isInstalled ? 1 : 0,
            "environment": environment(of: server),
        ]
        let features: PanelJSON = [
            "databases": .int(server.featureLimits.databases),
            "allocations": .int(server.featureLimits.allocations),
            "backups": .int(server.featureLimits.backups),
        ]
        return [
            PanelJSON.Member("id", .int(server.id)),
            PanelJSON.Member("external_id", .optional(server.externalID)),
            PanelJSON.Member("uuid", .string(server.uuid)),
            PanelJSON.Member("identifier", .string(server.identifier)),
            PanelJSON.Member("name", .string(server.name)),
            PanelJSON.Member("description", .string(server.description)),
            PanelJSON.Member("status", .optional(server.status?.rawValue)),
            PanelJSON.Member("suspended", .bool(server.status == .suspended)),
            PanelJSON.Member("limits", Self.json(server.limits)),
            PanelJSON.Member("feature_limits", features),
            PanelJSON.Member("user", .int(server.ownerID)),
            PanelJSON.Member("node", .int(server.nodeID)),
            PanelJSON.Member("allocation", .int(server.allocationID)),
            PanelJSON.Member("nest", .int(egg(server.eggID)?.nestID ?? 1)),
            PanelJSON.Member("egg", .int(server.eggID)),
            PanelJSON.Member("container", container),
            PanelJSON.Member("updated_at", .string(Stamp.iso(server.updatedAt))),
            PanelJSON.Member("created_at", .string(Stamp.iso(server.createdAt))),
        ]
    }

    static func json(_ limits: PanelServer.Limits) -> PanelJSON {
        [
            "memory": .int(limits.memory),
            "swap": .int(limits.swap),
            "disk": .int(limits.disk),
            "io": .int(limits.io),
            "cpu": .int(limits.cpu),
            "threads": .optional(limits.threads),
            "oom_disabled": .bool(limits.isOOMDisabled),
        ]
    }

    private func environment(of server: PanelServer) -> PanelJSON {
        var members = (egg(server.eggID)?.variables ?? []).map { variable in
            PanelJSON.Member(variable.key, .string(server.environment[variable.key] ?? variable.defaultValue))
        }
        let location = node(server.nodeID).flatMap { node in world.locations.first { $0.id == node.locationID } }
        members += [
            PanelJSON.Member("STARTUP", .string(server.startup)),
            PanelJSON.Member("P_SERVER_LOCATION", .string(location?.short ?? "")),
            PanelJSON.Member("P_SERVER_UUID", .string(server.uuid)),
            PanelJSON.Member("P_SERVER_ALLOCATION_LIMIT", .int(server.featureLimits.allocations)),
        ]
        return .object(members)
    }

    private func relationships(
        of server: PanelServer,
        _ includes: Set<String>,
        _ call: Call
    ) -> [PanelJSON.Member] {
        var members: [PanelJSON.Member] = []
        func include(_ name: String, _ resource: PanelKey.Resource, _ value: () -> PanelJSON) {
            guard includes.contains(name) else { return }
            members.append(PanelJSON.Member(name, call.mayRead(resource) ? value() : .nullResource))
        }
        include("allocations", .allocations) { Self.list(allocations(ofServer: server.id).map(allocationObject)) }
        include("user", .users) {
            users[server.ownerID].map { ["object": "user", "attributes": Self.plainAttributes($0)] } ?? .nullResource
        }
        include("subusers", .users) { Self.list(subusers(ofServer: server.id).map(Self.rowObject)) }
        include("nest", .nests) { egg(server.eggID).flatMap { nestObject($0.nestID) } ?? .nullResource }
        include("egg", .eggs) { egg(server.eggID).map(eggObject) ?? .nullResource }
        include("variables", .servers) { Self.list(variables(of: server)) }
        include("location", .locations) {
            node(server.nodeID).flatMap { locationObject($0.locationID) } ?? .nullResource
        }
        include("node", .nodes) { node(server.nodeID).map { nodeObject($0) } ?? .nullResource }
        include("databases", .servers) { Self.list([]) }
        return members
    }

    private func variables(of server: PanelServer) -> [PanelJSON] {
        (egg(server.eggID)?.variables ?? []).map { variable in
            let value = server.environment[variable.key] ?? variable.defaultValue
            return ["object": "server_variable", "attributes": variable.json.adding("server_value", .string(value))]
        }
    }

    static func list(_ data: [PanelJSON]) -> PanelJSON {
        ["object": "list", "data": .array(data)]
    }

    /// A subuser row as the application API shows it.
    static func rowObject(_ row: PanelSubuser) -> PanelJSON {
        let attributes: PanelJSON = [
            "id": .int(row.id),
            "user_id": .int(row.userID),
            "server_id": .int(row.serverID),
            "permissions": row.permissions.json,
            "created_at": .string(Stamp.iso(row.createdAt)),
            "updated_at": .string(Stamp.iso(row.updatedAt)),
        ]
        return ["object": "subuser", "attributes": attributes]
    }

    func allocationObject(_ allocation: PanelAllocation) -> PanelJSON {
        let attributes: PanelJSON = [
            "id": .int(allocation.id),
            "ip": .string(allocation.ip),
            "alias": .optional(allocation.alias),
            "port": .int(allocation.port),
            "notes": nil,
            "assigned": .bool(allocation.serverID != nil),
        ]
        return ["object": "allocation", "attributes": attributes]
    }
}

extension PanelState {
    /// A server as the client API shows it to a caller.
    func view(_ server: PanelServer, _ call: Call) -> PanelJSON {
        let held = permissions(of: call.user, on: server) ?? []
        let seesStartup = held.contains("*") || held.contains("startup.read")
        let seesAllocations = held.contains("*") || held.contains("allocation.read")
        let egg = egg(server.eggID)
        var related: [PanelJSON.Member] = [
            PanelJSON.Member("allocations", clientAllocations(of: server, all: seesAllocations)),
            PanelJSON.Member("variables", seesStartup ? clientVariables(of: server) : .nullResource),
        ]
        if call.request.includes.contains("egg"), let egg {
            let attributes: PanelJSON = ["uuid": .string(egg.uuid), "name": .string(egg.name)]
            related.append(PanelJSON.Member("egg", ["object": "egg", "attributes": attributes]))
        }
        if call.request.includes.contains("subusers") {
            let seesUsers = held.contains("*") || held.contains("user.read")
            let list = Self.list(subusers(ofServer: server.id).compactMap(subuserObject))
            related.append(PanelJSON.Member("subusers", seesUsers ? list : .nullResource))
        }
        let attributes: PanelJSON = [
            "server_owner": .bool(server.ownerID == call.user.id),
            "identifier": .string(server.identifier),
            "internal_id": .int(server.id),
            "uuid": .string(server.uuid),
            "name": .string(server.name),
            "node": .string(node(server.nodeID)?.name ?? ""),
            "is_node_under_maintenance": .bool(node(server.nodeID)?.isUnderMaintenance ?? false),
            "sftp_details": ["ip": .string(node(server.nodeID)?.fqdn ?? ""), "port": 2022],
            "description": .string(server.description),
            "limits": Self.json(server.limits),
            "invocation": .string(invocation(of: server, hides: !seesStartup)),
            "docker_image": .string(server.image),
            "egg_features": ["eula", "java_version", "pid_limit"],
            "feature_limits": [
                "databases": .int(server.featureLimits.databases),
                "allocations": .int(server.featureLimits.allocations),
                "backups": .int(server.featureLimits.backups),
            ],
            "status": .optional(server.status?.rawValue),
            "is_suspended": .bool(server.status == .suspended),
            "is_installing": .bool(server.status == .installing || server.status == .installFailed),
            "is_transferring": .bool(server.isTransferring),
            "relationships": .object(related),
        ]
        return ["object": "server", "attributes": attributes]
    }

    /// The start command with its placeholders filled; who may not see the settings sees `[hidden]`.
    private func invocation(of server: PanelServer, hides: Bool) -> String {
        var text = server.startup
        let allocation = allocations[server.allocationID]
        let fixed = [
            "SERVER_MEMORY": String(server.limits.memory), "SERVER_IP": allocation?.ip ?? "",
            "SERVER_PORT": String(allocation?.port ?? 0),
        ]
        for (key, value) in fixed { text = text.replacing("{{\(key)}}", with: value) }
        for variable in egg(server.eggID)?.variables ?? [] {
            let value = server.environment[variable.key] ?? variable.defaultValue
            text = text.replacing("{{\(variable.key)}}", with: hides || !variable.isViewable ? "[hidden]" : value)
        }
        return text
    }

    private func clientAllocations(of server: PanelServer, all: Bool) -> PanelJSON {
        let shown = allocations(ofServer: server.id).filter { all || $0.id == server.allocationID }
        let data = shown.map { allocation -> PanelJSON in
            let attributes: PanelJSON = [
                "id": .int(allocation.id), "ip": .string(allocation.ip), "ip_alias": .optional(allocation.alias),
                "port": .int(allocation.port), "notes": nil,
                "is_default": .bool(allocation.id == server.allocationID),
            ]
            return ["object": "allocation", "attributes": attributes]
        }
        return Self.list(data)
    }

    private func clientVariables(of server: PanelServer) -> PanelJSON {
        let data = (egg(server.eggID)?.variables ?? []).filter(\.isViewable).map { variable -> PanelJSON in
            let attributes: PanelJSON = [
                "name": .string(variable.name),
                "description": variable.json["description"] ?? .null,
                "env_variable": .string(variable.key),
                "default_value": .string(variable.defaultValue),
                "server_value": .string(server.environment[variable.key] ?? variable.defaultValue),
                "is_editable": variable.json["user_editable"] ?? .bool(false),
                "rules": .string(variable.rules),
            ]
            return ["object": "egg_variable", "attributes": attributes]
        }
        return Self.list(data)
    }

    /// A subuser as the client API shows it.
    func subuserObject(_ row: PanelSubuser) -> PanelJSON? {
        guard let user = users[row.userID] else { return nil }
        let attributes: PanelJSON = [
            "uuid": .string(user.uuid),
            "username": .string(user.username),
            "email": .string(user.email),
            "image": .string("https://gravatar.com/avatar/\(Gravatar.digest(user.email))"),
            "2fa_enabled": false,
            "created_at": .string(Stamp.iso(user.createdAt)),
            "permissions": row.permissions.json,
        ]
        return ["object": "server_subuser", "attributes": attributes]
    }
}

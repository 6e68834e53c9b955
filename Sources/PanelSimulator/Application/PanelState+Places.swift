extension PanelState {
    func performPlace(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let request = call.request
        switch call.route.endpoint {
        case .listNodes:
            return try list(world.nodes.map(\.id), call) { id in node(id).map { nodeObject($0, call) } ?? .null }
        case .getNode: return .json(nodeObject(try findNode(call), call))
        case .getNodeConfiguration: return .json(configuration(of: try findNode(call)))
        case .listDeployableNodes: return try listDeployableNodes(call)
        case .listAllocations:
            let node = try findNode(call)
            let ids = allocations.values.filter { $0.nodeID == node.id }.map(\.id).sorted()
            return try list(ids, call) { id in allocations[id].map { allocationObject($0, call) } ?? .null }
        case .listLocations: return try list(world.locations.map(\.id), call) { locationObject($0, call) ?? .null }
        case .getLocation: return .json(try found(Int(call.parameters[0]).flatMap { locationObject($0, call) }))
        case .listNests:
            return try list(world.nests.map(\.id), call) { nestObject($0, request.includes) ?? .null }
        case .getNest: return .json(try found(Int(call.parameters[0]).flatMap { nestObject($0, request.includes) }))
        case .listEggs:
            let eggs = world.eggs.filter { String($0.nestID) == call.parameters[0] }
            return .json(Self.list(eggs.map { eggObject($0, request.includes) }))
        default:
            let egg = world.eggs.first {
                String($0.nestID) == call.parameters[0] && String($0.id) == call.parameters[1]
            }
            return .json(try found(egg.map { eggObject($0, request.includes) }))
        }
    }

    private func list(_ ids: [Int], _ call: Call, _ item: (Int) -> PanelJSON) throws(PanelFailure) -> PanelResponse {
        let path = String(call.request.path.drop { $0 == "/" })
        let page = try ListQuery(call.request, path: path).page(of: ids)
        return .json(page.json(url: url(of: call.request), item))
    }

    private func found(_ value: PanelJSON?) throws(PanelFailure) -> PanelJSON {
        guard let value else { throw .notFound }
        return value
    }

    private func findNode(_ call: Call) throws(PanelFailure) -> PanelNode {
        guard let id = Syntax.leadingNumber(call.parameters[0]), let node = node(id) else { throw .notFound }
        return node
    }

    private func usage(of node: PanelNode) -> (memory: Int, disk: Int) {
        var usage = (memory: 0, disk: 0)
        for server in servers.values where server.nodeID == node.id {
            usage.memory += server.limits.memory
            usage.disk += server.limits.disk
        }
        return usage
    }

    /// The nodes of some locations (none: all) that have room.
    func nodes(withMemory memory: Int, disk: Int, locations: [Int]) throws(PanelFailure) -> [PanelNode] {
        let viable = world.nodes.filter { node in
            let usage = usage(of: node)
            return (locations.isEmpty || locations.contains(node.locationID))
                && usage.memory + memory <= node.memory && usage.disk + disk <= node.disk
        }
        guard !viable.isEmpty else {
            throw .display(
                "NoViableNodeException",
                "No nodes satisfying the requirements specified for automatic deployment could be found."
            )
        }
        return viable
    }

    private func listDeployableNodes(_ call: Call) throws(PanelFailure) -> PanelResponse {
        var validation = Validation()
        let memory = call.request.query("memory").flatMap(Int.init)
        let disk = call.request.query("disk").flatMap(Int.init)
        if memory == nil { validation.required("memory") }
        if disk == nil { validation.required("disk") }
        try validation.check()
        let locations = call.request.query.filter { $0.name == "location_ids[]" }.compactMap { Int($0.value) }
        let nodes = try nodes(withMemory: memory ?? 0, disk: disk ?? 0, locations: locations)
        return .json(Self.list(nodes.map { nodeObject($0, sums: true) }))
    }

    func nodeObject(_ node: PanelNode, sums: Bool = false) -> PanelJSON {
        let usage = usage(of: node)
        var members: [PanelJSON.Member] = nodeMembers(node)
        if sums {
            members.append(PanelJSON.Member("sum_memory", .string(String(usage.memory))))
            members.append(PanelJSON.Member("sum_disk", .string(String(usage.disk))))
        }
        let allocated: PanelJSON = ["memory": .int(usage.memory), "disk": .int(usage.disk)]
        members.append(PanelJSON.Member("allocated_resources", allocated))
        return ["object": "node", "attributes": .object(members)]
    }

    private func nodeMembers(_ node: PanelNode) -> [PanelJSON.Member] {
        let json: PanelJSON = [
            "id": .int(node.id), "uuid": .string(node.uuid), "public": true, "name": .string(node.name),
            "description": nil, "location_id": .int(node.locationID), "fqdn": .string(node.fqdn),
            "scheme": "http", "behind_proxy": false, "maintenance_mode": .bool(node.isUnderMaintenance),
            "memory": .int(node.memory), "memory_overallocate": 0, "disk": .int(node.disk),
            "disk_overallocate": 0, "upload_size": 100, "daemon_listen": 8082, "daemon_sftp": 2022,
            "daemon_base": "/var/lib/pterodactyl/volumes", "created_at": .string(Stamp.iso(node.createdAt)),
            "updated_at": .string(Stamp.iso(node.createdAt)),
        ]
        return json.members ?? []
    }

    private func nodeObject(_ node: PanelNode, _ call: Call) -> PanelJSON {
        let includes = call.request.includes
        var related: [PanelJSON.Member] = []
        if includes.contains("allocations") {
            let all = allocations.values.filter { $0.nodeID == node.id }.sorted { $0.id < $1.id }
            related.append(PanelJSON.Member("allocations", Self.list(all.map(allocationObject))))
        }
        if includes.contains("location") {
            related.append(PanelJSON.Member("location", locationObject(node.locationID) ?? .null))
        }
        if includes.contains("servers") {
            let all = serverIDs.compactMap { servers[$0] }.filter { $0.nodeID == node.id }
            related.append(PanelJSON.Member("servers", Self.list(all.map(serverObject))))
        }
        return Self.relating(nodeObject(node), related)
    }

    /// An object with relationships added to its attributes, if there are any.
    private static func relating(_ object: PanelJSON, _ related: [PanelJSON.Member]) -> PanelJSON {
        guard !related.isEmpty, let kind = object["object"], let attributes = object["attributes"] else {
            return object
        }
        return ["object": kind, "attributes": attributes.adding("relationships", .object(related))]
    }

    private func allocationObject(_ allocation: PanelAllocation, _ call: Call) -> PanelJSON {
        guard call.request.includes.contains("server"), let id = allocation.serverID, let server = servers[id] else {
            return allocationObject(allocation)
        }
        return Self.relating(allocationObject(allocation), [PanelJSON.Member("server", serverObject(server))])
    }

    private func configuration(of node: PanelNode) -> PanelJSON {
        let ssl: PanelJSON = [
            "enabled": false, "cert": .string("/etc/letsencrypt/live/\(node.fqdn)/fullchain.pem"),
            "key": .string("/etc/letsencrypt/live/\(node.fqdn)/privkey.pem"),
        ]
        return [
            "debug": false, "uuid": .string(node.uuid), "token_id": "simulated", "token": "simulated",
            "api": ["host": "0.0.0.0", "port": 8082, "ssl": ssl, "upload_limit": 100],
            "system": ["data": "/var/lib/pterodactyl/volumes", "sftp": ["bind_port": 2022]],
            "allowed_mounts": [], "remote": .string(world.url),
        ]
    }

    func locationObject(_ id: Int) -> PanelJSON? {
        guard let location = world.locations.first(where: { $0.id == id }) else { return nil }
        let attributes: PanelJSON = [
            "id": .int(location.id), "short": .string(location.short), "long": .string(location.long),
            "updated_at": .string(Stamp.iso(location.createdAt)),
            "created_at": .string(Stamp.iso(location.createdAt)),
        ]
        return ["object": "location", "attributes": attributes]
    }

    private func locationObject(_ id: Int, _ call: Call) -> PanelJSON? {
        guard let object = locationObject(id) else { return nil }
        guard call.request.includes.contains("nodes") else { return object }
        let nodes = world.nodes.filter { $0.locationID == id }.map { nodeObject($0) }
        return Self.relating(object, [PanelJSON.Member("nodes", Self.list(nodes))])
    }

    func nestObject(_ id: Int, _ includes: Set<String> = []) -> PanelJSON? {
        guard let nest = world.nests.first(where: { $0.id == id }) else { return nil }
        let attributes: PanelJSON = [
            "id": .int(nest.id), "uuid": .string(nest.uuid), "author": "support@pterodactyl.io",
            "name": .string(nest.name), "description": .string(nest.description),
            "created_at": .string(Stamp.iso(nest.createdAt)), "updated_at": .string(Stamp.iso(nest.createdAt)),
        ]
        let object: PanelJSON = ["object": "nest", "attributes": attributes]
        guard includes.contains("eggs") else { return object }
        let eggs = world.eggs.filter { $0.nestID == id }.map(eggObject)
        return Self.relating(object, [PanelJSON.Member("eggs", Self.list(eggs))])
    }

    func eggObject(_ egg: PanelEgg) -> PanelJSON {
        ["object": "egg", "attributes": egg.json]
    }

    private func eggObject(_ egg: PanelEgg, _ includes: Set<String>) -> PanelJSON {
        var related: [PanelJSON.Member] = []
        if includes.contains("nest") { related.append(PanelJSON.Member("nest", nestObject(egg.nestID) ?? .null)) }
        if includes.contains("variables") {
            let all = egg.variables.map { ["object": "egg_variable", "attributes": $0.json] as PanelJSON }
            related.append(PanelJSON.Member("variables", Self.list(all)))
        }
        return Self.relating(eggObject(egg), related)
    }
}

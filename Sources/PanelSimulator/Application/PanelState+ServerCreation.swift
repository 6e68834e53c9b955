extension PanelState {
    mutating func prepareServer(_ call: Call) throws(PanelFailure) -> PendingWrite {
        let input = ServerInput(input: call.input)
        try input.validate(against: self)
        var server = input.server()
        if let deploy = call.input["deploy"] {
            let allocation = try chooseAllocation(for: server, deploy)
            server.allocationID = allocation.id
            server.nodeID = allocation.nodeID
        } else {
            server.allocationID = input.allocation ?? 0
            server.nodeID = allocations[server.allocationID]?.nodeID ?? 1
        }
        guard let egg = egg(server.eggID) else { throw .notFound }
        server.environment = try EggVariables(egg: egg).values(from: call.input["environment"])
        return .createServer(
            server,
            extra: Self.numbers(call.input["allocation"]?["additional"]),
            startsWhenInstalled: call.input["start_on_completion"]?.bool ?? false
        )
    }

    /// Picks a free allocation at random, as the panel does.
    private mutating func chooseAllocation(
        for server: PanelServer,
        _ deploy: PanelJSON
    ) throws(PanelFailure) -> PanelAllocation {
        let locations = Self.numbers(deploy["locations"])
        let viable = try nodes(withMemory: server.limits.memory, disk: server.limits.disk, locations: locations)
        let nodeIDs = Set(viable.map(\.id))
        let ports = try Self.ports(deploy["port_range"])
        var busy: Set<String> = []
        if UserInput.truth(deploy["dedicated_ip"] ?? .null) ?? false {
            busy = Set(allocations.values.filter { $0.serverID != nil }.map(\.ip))
        }
        let free = allocations.values.filter { allocation in
            allocation.serverID == nil && nodeIDs.contains(allocation.nodeID)
                && (ports.isEmpty || ports.contains { $0.contains(allocation.port) })
                && !busy.contains(allocation.ip)
        }
        if let wanted = world.nextDeployments.first, let next = free.first(where: { $0.id == wanted }) {
            world.nextDeployments.removeFirst()
            return next
        }
        guard let chosen = free.sorted(by: { $0.id < $1.id }).randomElement(using: &random) else {
            throw .display(
                "NoViableAllocationException",
                "No allocations satisfying the requirements for automatic deployment were found."
            )
        }
        return chosen
    }

    private static func ports(_ json: PanelJSON?) throws(PanelFailure) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        for element in json?.array ?? [] {
            let text = element.string ?? element.int.map(String.init) ?? ""
            let ends = text.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { continue }
            guard last - first <= 1000 else {
                throw .display(
                    "DisplayException",
                    "Adding more than 1000 ports in a single range at once is not supported."
                )
            }
            ranges.append(first...last)
        }
        return ranges
    }

    mutating func createServer(
        _ fields: PanelServer,
        extra: [Int],
        starts: Bool,
        _ call: Call
    ) throws(PanelFailure) -> PanelResponse {
        var server = fields
        if let external = server.externalID, serverID(external: external) != nil {
            let reason = "The external id has already been taken."
            throw .unsaved("Server", id: nil, field: "external_id", reason: reason)
        }
        guard allocations[server.allocationID]?.serverID == nil else {
            let reason = "The allocation id has already been taken."
            throw .unsaved("Server", id: nil, field: "allocation_id", reason: reason)
        }
        server.id = nextServerID
        server.uuid = random.uuid()
        server.createdAt = call.now
        server.updatedAt = call.now
        insert(server)
        assign(server.allocationID, to: server.id)
        for id in extra where allocations[id]?.serverID == nil { assign(id, to: server.id) }
        try installOnNode(server, starts: starts)
        scheduleInstallation(of: server.id, now: call.now)
        return .json(json(server, call), status: 201)
    }

    /// Tells the node of the new server; where that fails, the server is removed again.
    private mutating func installOnNode(_ server: PanelServer, starts: Bool) throws(PanelFailure) {
        do {
            try callWings("POST", "/api/servers", server: server.id, status: 202)
            if starts { startsWhenInstalled.insert(server.id) }
        } catch {
            // The clean-up is forced: whatever Wings says to it, the row goes.
            wingsCalls.append(WingsCall(method: "DELETE", path: "/api/servers/\(server.uuid)", status: 204))
            removeServer(server.id)
            throw error
        }
    }
}

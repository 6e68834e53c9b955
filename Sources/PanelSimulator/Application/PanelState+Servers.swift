extension PanelState {
    func findServer(_ parameter: String) throws(PanelFailure) -> PanelServer {
        guard let id = Syntax.leadingNumber(parameter), let server = servers[id] else { throw .notFound }
        return server
    }

    /// Answers a call of the application API that writes at once or only reads.
    mutating func performApplication(_ call: Call) throws(PanelFailure) -> PanelResponse {
        switch call.route.endpoint {
        case .listUsers: return try listUsers(call)
        case .getUser: return .json(json(try findUser(call.parameters[0]), call))
        case .getExternalUser: return try getExternalUser(call)
        case .updateUser: return try updateUser(call)
        case .deleteUser: return try deleteUser(call)
        case .listServers: return try listServers(call)
        case .getServer: return .json(json(try findServer(call.parameters[0]), call))
        case .getExternalServer:
            guard let id = serverID(external: call.parameters[0]), let server = servers[id] else { throw .notFound }
            return .json(json(server, call))
        case .updateDetails: return try updateDetails(call)
        case .updateBuild: return try updateBuild(call)
        case .updateStartup: return try updateStartup(call)
        case .suspend: return try setSuspended(true, call)
        case .unsuspend: return try setSuspended(false, call)
        case .reinstall: return try reinstall(call)
        case .deleteServer: return try deleteServer(call)
        default: return try performPlace(call)
        }
    }

    private func listServers(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let query = ListQuery(call.request, path: "api/application/servers")
        let allowed = ["uuid", "uuidShort", "name", "description", "image", "external_id"]
        let filters = try query.filters(allowed: allowed)
        let ids =
            filters.isEmpty
            ? serverIDs : serverIDs.filter { id in servers[id].map { Self.matches($0, filters) } ?? false }
        let sorted = try query.sorted(ids) { servers[$0]?.uuid ?? "" }
        let page = try query.page(of: sorted)
        if call.request.includes.contains("transfer"), !page.ids.isEmpty { throw .unexpected("TypeError") }
        return .json(page.json(url: url(of: call.request)) { id in servers[id].map { json($0, call) } ?? .null })
    }

    static func matches(_ server: PanelServer, _ filters: [ListQuery.Filter]) -> Bool {
        filters.allSatisfy { filter in
            switch filter.name {
            case "uuid": filter.matches(server.uuid)
            case "uuidShort": filter.matches(server.identifier)
            case "name": filter.matches(server.name)
            case "description": filter.matches(server.description)
            case "image": filter.matches(server.image)
            case "*": filter.matches(server.name) || filter.matches(server.uuid) || filter.matches(server.externalID)
            default: filter.matches(server.externalID)
            }
        }
    }

    private mutating func updateDetails(_ call: Call) throws(PanelFailure) -> PanelResponse {
        var server = try findServer(call.parameters[0])
        let input = call.input
        var validation = Validation()
        if let external = input["external_id"]?.string, let holder = serverID(external: external), holder != server.id {
            validation.taken("external_id", label: "external id")
        }
        if input["name"]?.string == nil { validation.required("name") }
        let owner = input["user"]?.int
        if owner == nil {
            validation.required("user", label: "User ID")
        } else if users[owner ?? 0] == nil {
            validation.fail("user", "exists", "The selected User ID is invalid.")
        }
        try validation.check()
        let oldOwner = server.ownerID
        server.name = input["name"]?.string ?? server.name
        server.ownerID = owner ?? oldOwner
        server.externalID = input["external_id"]?.string
        server.description = input["description"]?.string ?? ""
        server.updatedAt = call.now
        replace(server)
        if server.ownerID != oldOwner { denyWebsocket(server: server) }
        return .json(json(server, call))
    }

    private mutating func setSuspended(_ suspending: Bool, _ call: Call) throws(PanelFailure) -> PanelResponse {
        var server = try findServer(call.parameters[0])
        guard (server.status == .suspended) != suspending else { return .noContent }
        guard !server.isTransferring else {
            throw PanelFailure(
                409,
                "ConflictHttpException",
                "Cannot toggle suspension status on a server that is currently being transferred."
            )
        }
        server.status = suspending ? .suspended : nil
        server.updatedAt = call.now
        replace(server)
        do {
            try callWings("POST", "/api/servers/\(server.uuid)/sync", server: server.id)
        } catch {
            // The panel rolls back to the other of its two states, not to what was there before.
            server.status = suspending ? nil : .suspended
            replace(server)
            throw error
        }
        return .noContent
    }

    private mutating func reinstall(_ call: Call) throws(PanelFailure) -> PanelResponse {
        var server = try findServer(call.parameters[0])
        try callWings("POST", "/api/servers/\(server.uuid)/reinstall", server: server.id, status: 202)
        server.status = .installing
        server.updatedAt = call.now
        replace(server)
        scheduleInstallation(of: server.id, now: call.now)
        return .noContent
    }

    mutating func scheduleInstallation(of server: Int, now: Int) {
        guard let time = world.installTime else { return }
        installsDue.append((at: Double(now) + time.asSeconds, serverID: server))
    }

    private mutating func deleteServer(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let server = try findServer(call.parameters[0])
        do {
            try callWings("DELETE", "/api/servers/\(server.uuid)", server: server.id)
        } catch {
            let isForced = call.parameters.last == "force"
            guard isForced || error.status == 404 else { throw error }
        }
        removeServer(server.id)
        return .noContent
    }
}

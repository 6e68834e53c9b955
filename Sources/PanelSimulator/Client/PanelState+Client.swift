extension PanelState {
    /// Finds what the path of a client call names; what is not there is a 404 that no limit counts.
    func bindClientParameters(_ call: Call) throws(PanelFailure) {
        guard let first = call.parameters.first else { return }
        guard let server = serverID(identifier: first) else { throw .notFound }
        if call.parameters.count > 1 { _ = try row(call, server: server) }
    }

    /// The row that the path of a subuser call names.
    func row(_ call: Call, server: Int) throws(PanelFailure) -> PanelSubuser {
        guard call.parameters.count > 1, let user = userID(uuid: call.parameters[1]),
            let row = subuser(user: user, server: server)
        else { throw .notFound }
        return row
    }

    /// Answers a call of the client API that writes at once or only reads.
    mutating func performClient(_ call: Call) throws(PanelFailure) -> PanelResponse {
        switch call.route.endpoint {
        case .listOwnServers: return try listOwnServers(call)
        case .getPermissions: return .json(PanelPermissions.json)
        case .getAccount: return .json(Self.account(call.user))
        case .getOwnServer: return try getOwnServer(call)
        case .getWebsocket: return try getWebsocket(call)
        case .getResources: return try getResources(call)
        case .sendCommand: return try sendCommand(call)
        case .sendPower: return try sendPower(call)
        case .renameServer: return try renameServer(call)
        case .listSubusers: return try listSubusers(call)
        case .getSubuser: return try getSubuser(call)
        case .updateSubuser: return try updateSubuser(call)
        default: throw .notFound
        }
    }

    private static func account(_ user: PanelUser) -> PanelJSON {
        let attributes: PanelJSON = [
            "id": .int(user.id), "admin": .bool(user.isRootAdmin), "username": .string(user.username),
            "email": .string(user.email), "first_name": .string(user.firstName),
            "last_name": .string(user.lastName), "language": "en",
        ]
        return ["object": "user", "attributes": attributes]
    }

    /// The server of a call, if the caller may see it and it is in a state to be used.
    func openServer(_ call: Call) throws(PanelFailure) -> PanelServer {
        guard let id = serverID(identifier: call.parameters[0]), let server = servers[id] else { throw .notFound }
        guard let _ = permissions(of: call.user, on: server) else { throw .notOnThisServer }
        if let detail = conflict(of: server) {
            let isView = call.route.endpoint == .getOwnServer
            let isAdminSocket =
                call.route.endpoint == .getWebsocket && call.user.isRootAdmin && server.status == .installing
            if !isView, !isAdminSocket { throw .conflict(detail) }
        }
        return server
    }

    /// Why a server cannot be used now.
    private func conflict(of server: PanelServer) -> String? {
        if server.status == .suspended {
            return "This server is currently suspended and the functionality requested is unavailable."
        }
        if node(server.nodeID)?.isUnderMaintenance ?? false {
            return "The node of this server is currently under maintenance and the functionality requested is "
                + "unavailable."
        }
        return switch server.status {
        case .installing, .installFailed:
            "This server has not yet completed its installation process, please try again later."
        case .restoringBackup: "This server is currently restoring from a backup, please try again later."
        case .suspended, nil:
            server.isTransferring
                ? "This server is currently being transferred to a new machine, please try again later." : nil
        }
    }

    /// What a user may do on a server; `*` for its owner and for admins, nil for strangers.
    func permissions(of user: PanelUser, on server: PanelServer) -> [String]? {
        if user.isRootAdmin {
            return ["*", "admin.websocket.errors", "admin.websocket.install", "admin.websocket.transfer"]
        }
        if server.ownerID == user.id { return ["*"] }
        return subuser(user: user.id, server: server.id)?.permissions.values
    }

    func require(_ permission: String, _ call: Call, _ server: PanelServer) throws(PanelFailure) {
        let held = permissions(of: call.user, on: server) ?? []
        guard held.contains("*") || held.contains(permission) else { throw .unauthorized }
    }

    private func listOwnServers(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let query = ListQuery(call.request, path: "api/client", cap: 100)
        let filters = try query.filters(allowed: ["uuid", "name", "description", "external_id", "*"])
        let own = serverIDsByOwner[call.user.id, default: []]
        let shared = Set(subuserIDsByUser[call.user.id, default: []].compactMap { subusers[$0]?.serverID })
        let ids: [Int]
        switch call.request.query("type") {
        case "admin-all": ids = call.user.isRootAdmin ? serverIDs : []
        case "admin":
            let excluded = shared.union(own)
            ids = call.user.isRootAdmin ? serverIDs.filter { !excluded.contains($0) } : []
        case "owner": ids = own
        default: ids = shared.union(own).sorted()
        }
        let matching =
            filters.isEmpty ? ids : ids.filter { id in servers[id].map { Self.matches($0, filters) } ?? false }
        let page = try query.page(of: matching)
        return .json(page.json(url: url(of: call.request)) { id in servers[id].map { view($0, call) } ?? .null })
    }

    private func getOwnServer(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let server = try openServer(call)
        let held = permissions(of: call.user, on: server) ?? []
        let meta: PanelJSON = [
            "is_server_owner": .bool(server.ownerID == call.user.id),
            "user_permissions": .array(held.map(PanelJSON.string)),
        ]
        return .json(view(server, call).adding("meta", meta))
    }

    private func getWebsocket(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let server = try openServer(call)
        let held = permissions(of: call.user, on: server) ?? []
        guard held.contains("*") || held.contains("websocket.connect") else {
            throw PanelFailure(
                403,
                "HttpForbiddenException",
                "You do not have permission to connect to this server's websocket."
            )
        }
        let socket = "ws://127.0.0.1:8082/api/servers/\(server.uuid)/ws"
        return .json(["data": ["token": "simulated", "socket": .string(socket)]])
    }

    private mutating func getResources(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let server = try openServer(call)
        try require("websocket.connect", call, server)
        try callWings("GET", "/api/servers/\(server.uuid)", server: server.id, status: 200)
        let uptime = (call.now - (server.startedAt ?? serversStartedAt)) * 1000
        let resources: PanelJSON = [
            "memory_bytes": 588_701_696, "cpu_absolute": 12.5, "disk_bytes": 130_156_361,
            "network_rx_bytes": 1, "network_tx_bytes": 1,
            "uptime": .int(server.process == .offline ? 0 : max(0, uptime)),
        ]
        let attributes: PanelJSON = [
            "current_state": .string(server.process.rawValue),
            "is_suspended": .bool(server.status == .suspended),
            "resources": resources,
        ]
        return .json(["object": "stats", "attributes": attributes])
    }

    private mutating func renameServer(_ call: Call) throws(PanelFailure) -> PanelResponse {
        var server = try openServer(call)
        try require("settings.rename", call, server)
        guard let name = call.input["name"]?.string else {
            var validation = Validation()
            validation.required("name")
            throw PanelFailure(invalid: validation.entries)
        }
        server.name = name
        if let description = call.input["description"] { server.description = description.string ?? "" }
        server.updatedAt = call.now
        replace(server)
        return .noContent
    }
}

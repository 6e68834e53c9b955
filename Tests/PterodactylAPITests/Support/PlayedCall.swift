import PterodactylAPI

/// What a replayed call returned.
enum Outcome: Sendable {
    case nothing
    case missing
    case user(PanelUser)
    case users([PanelUser])
    case userPage(Page<PanelUser>)
    case server(Server)
    case servers([Server])
    case serverPage(Page<Server>)
    case subuser(Subuser)
    case subusers([Subuser])
    case account(OwnAccount)
    case clientServer(ClientServer)
    case clientServerPage(Page<ClientServer>)
    case catalogue(PermissionCatalogue)
    case resources(ServerResources)
    case console(ConsoleAccess)
    case nodes([Node])
    case locations([Location])
    case nests([Nest])
    case eggs([Egg])
    case allocationPage(Page<Allocation>)
}

extension Recording {
    /// Makes the call of the client that asks what was recorded, or the nearest to it.
    func play(on panel: PterodactylPanel) async throws -> Outcome {
        path.hasPrefix("/api/client") ? try await playClient(panel) : try await playApplication(panel)
    }

    private func playApplication(_ panel: PterodactylPanel) async throws -> Outcome {
        switch segments.first {
        case "users": try await playUsers(panel)
        case "servers": try await playServers(panel)
        default: try await playInfrastructure(panel)
        }
    }

    private var pagination: JSONValue { response.body?["meta"]["pagination"] ?? .null }

    private var askedPage: Int { pagination["current_page"].integer ?? query["page"].flatMap { Int($0) } ?? 1 }

    private var askedPerPage: Int { query["per_page"].flatMap { Int($0) } ?? pagination["per_page"].integer ?? 50 }

    private func playUsers(_ panel: PterodactylPanel) async throws -> Outcome {
        switch (request.method, segments.count) {
        case ("POST", _): return .user(try await panel.createUser(newUser))
        case ("PATCH", _): return .user(try await panel.updateUser(id: userID, userUpdate))
        case ("DELETE", _):
            try await panel.deleteUser(id: userID)
            return .nothing
        case ("GET", 1): return try await playUserListing(panel)
        case ("GET", 2):
            let found =
                query["include"] == nil
                ? try await panel.user(id: userID) : try await panel.userWithServers(id: userID)
            return found.map(Outcome.user) ?? .missing
        case ("GET", _):
            let found = try await panel.user(externalID: segments.dropFirst(2).joined(separator: "/"))
            return found.map(Outcome.user) ?? .missing
        default: return try await panel.user(id: userID).map(Outcome.user) ?? .missing
        }
    }

    private func playUserListing(_ panel: PterodactylPanel) async throws -> Outcome {
        let filters = query.filter { $0.key.hasPrefix("filter") }
        if filters.count == 1, let filter = filters.first, !filter.value.isEmpty {
            switch filter.key {
            case "filter[email]": return .users(try await panel.users(exactEmail: filter.value))
            case "filter[external_id]": return .users(try await panel.users(exactExternalID: filter.value))
            case "filter[username]":
                return .users([try await panel.user(username: filter.value)].compactMap { $0 })
            default: break
            }
        }
        return .userPage(try await panel.usersPage(askedPage, perPage: max(1, askedPerPage == 0 ? 15 : askedPerPage)))
    }

    private func playServers(_ panel: PterodactylPanel) async throws -> Outcome {
        let id = Server.ID(segments.dropFirst().first.flatMap { Int($0) } ?? 0)
        switch (request.method, segments.dropFirst(2).first) {
        case ("POST", nil): return .server(try await panel.createServer(newServer))
        case ("PATCH", "build"): return .server(try await panel.updateBuild(id: id, buildUpdate))
        case ("PATCH", "details"): return .server(try await panel.updateDetails(id: id, detailsUpdate))
        case ("PATCH", "startup"): return .server(try await panel.updateStartup(id: id, startupUpdate))
        case ("POST", "suspend"): try await panel.suspendServer(id: id)
        case ("POST", "unsuspend"): try await panel.unsuspendServer(id: id)
        case ("POST", "reinstall"): try await panel.reinstallServer(id: id)
        case ("DELETE", let word): try await panel.deleteServer(id: id, force: word != nil)
        case ("GET", let external?) where segments[1] == "external":
            return try await panel.server(externalID: external).map(Outcome.server) ?? .missing
        case ("GET", nil) where segments.count == 1:
            return .serverPage(try await panel.serversPage(askedPage, perPage: askedPerPage, including: includes))
        case ("GET", nil):
            return try await panel.server(id: id, including: includes).map(Outcome.server) ?? .missing
        default: throw Unplayable()
        }
        return .nothing
    }

    private func playInfrastructure(_ panel: PterodactylPanel) async throws -> Outcome {
        let number = segments.dropFirst().first.flatMap { Int($0) }
        switch (segments.first, number, segments.last) {
        case ("nodes", _, "deployable"):
            let places = query["location_ids[]"].flatMap { Int($0) }.map { [Location.ID($0)] } ?? []
            let memory = query["memory"].flatMap { Int($0) } ?? 0
            let disk = query["disk"].flatMap { Int($0) } ?? 0
            return .nodes(try await panel.deployableNodes(memory: memory, disk: disk, locations: places))
        case ("nodes", let node?, "allocations"):
            return .allocationPage(try await panel.allocationsPage(node: .init(node), 1, perPage: askedPerPage))
        case ("nodes", let id?, _): return try await panel.node(id: .init(id)).map { .nodes([$0]) } ?? .missing
        case ("nodes", nil, _): return .nodes(try await panel.nodes())
        case ("locations", let id?, _):
            return try await panel.location(id: .init(id)).map { .locations([$0]) } ?? .missing
        case ("locations", nil, _): return .locations(try await panel.locations())
        case ("nests", let nest?, "eggs"): return .eggs(try await panel.eggs(nest: .init(nest)))
        case ("nests", let nest?, let egg?) where segments.count == 4:
            return try await panel.egg(nest: .init(nest), id: .init(Int(egg) ?? 0)).map { .eggs([$0]) } ?? .missing
        case ("nests", let id?, _): return try await panel.nest(id: .init(id)).map { .nests([$0]) } ?? .missing
        case ("nests", nil, _): return .nests(try await panel.nests())
        // Any call shows what the client makes of an address that the panel does not have.
        default: return .userPage(try await panel.usersPage(1, perPage: 50))
        }
    }

    private func playClient(_ panel: PterodactylPanel) async throws -> Outcome {
        let server = ServerIdentifier(segments.dropFirst().first ?? "")
        switch (request.method, segments.first, segments.dropFirst(2).first) {
        case ("GET", nil, _):
            let scope = ClientServerScope(rawValue: query["type"] ?? "") ?? .accessible
            let page = try await panel.clientServersPage(askedPage, perPage: askedPerPage, scope: scope)
            return .clientServerPage(page)
        case ("GET", "account", _): return .account(try await panel.ownAccount())
        case ("GET", "permissions", _): return .catalogue(try await panel.permissions())
        case ("GET", "servers", nil):
            return try await panel.clientServer(server).map(Outcome.clientServer) ?? .missing
        case ("GET", "servers", "resources"): return .resources(try await panel.resources(server: server))
        case ("GET", "servers", "websocket"): return .console(try await panel.console(server: server))
        case ("POST", "servers", "command"):
            try await panel.sendCommand(request.body?["command"].string ?? "", server: server)
        case ("POST", "servers", "power"):
            let signal = PowerSignal(rawValue: request.body?["signal"].string ?? "") ?? .start
            try await panel.sendPower(signal, server: server)
        case (_, "servers", "users"): return try await playSubusers(panel, server)
        default: throw Unplayable()
        }
        return .nothing
    }

    private func playSubusers(_ panel: PterodactylPanel, _ server: ServerIdentifier) async throws -> Outcome {
        let permissions = Set((request.body?["permissions"] ?? .null).entries.compactMap(\.string))
        switch (request.method, segments.dropFirst(3).first.map { PanelUUID($0) }) {
        case ("GET", nil): return .subusers(try await panel.subusers(server: server))
        case ("GET", let uuid?):
            return try await panel.subuser(server: server, uuid: uuid).map(Outcome.subuser) ?? .missing
        case ("DELETE", let uuid?):
            try await panel.removeSubuser(server: server, uuid: uuid)
            return .nothing
        case (_, nil):
            let email = request.body?["email"].string ?? ""
            return .subuser(try await panel.addSubuser(server: server, email: email, permissions: permissions))
        case (_, let uuid?):
            return .subuser(try await panel.updateSubuser(server: server, uuid: uuid, permissions: permissions))
        }
    }
}

/// No call of the client asks anything like it.
struct Unplayable: Error {}

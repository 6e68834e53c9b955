/// What a route leads to.
enum Endpoint: Sendable {
    case listUsers, getUser, getExternalUser, createUser, updateUser, deleteUser
    case listServers, getServer, getExternalServer, createServer, deleteServer
    case updateDetails, updateBuild, updateStartup, suspend, unsuspend, reinstall
    case listNodes, getNode, getNodeConfiguration, listDeployableNodes, listAllocations
    case listLocations, getLocation, listNests, getNest, listEggs, getEgg
    case listOwnServers, getPermissions, getAccount, getOwnServer, getWebsocket, getResources
    case sendCommand, sendPower, renameServer
    case listSubusers, getSubuser, createSubuser, updateSubuser, deleteSubuser
}

/// One route of the panel.
struct Route: Sendable {
    var side: RateLimiter.Side
    var method: String
    /// The parts of the path; those in braces stand for anything.
    var pattern: [Substring]
    var endpoint: Endpoint
    var resource: PanelKey.Resource?

    /// The route as the access log's counters name it.
    var name: String { "\(method) /\(pattern.joined(separator: "/"))" }

    /// What the path has in place of the names in braces, or nil where the path is another.
    func parameters(of segments: [String]) -> [String]? {
        guard segments.count == pattern.count else { return nil }
        var parameters: [String] = []
        for (part, segment) in zip(pattern, segments) {
            if part.first == "{" {
                guard !segment.contains("/") else { return nil }
                parameters.append(segment)
            } else if part != segment {
                return nil
            }
        }
        return parameters
    }

    private static func application(
        _ method: String,
        _ path: String,
        _ endpoint: Endpoint,
        _ resource: PanelKey.Resource
    ) -> Route {
        Route(
            side: .application,
            method: method,
            pattern: "api/application/\(path)".split(separator: "/"),
            endpoint: endpoint,
            resource: resource
        )
    }

    private static func client(_ method: String, _ path: String, _ endpoint: Endpoint) -> Route {
        Route(
            side: .client,
            method: method,
            pattern: "api/client/\(path)".split(separator: "/"),
            endpoint: endpoint,
            resource: nil
        )
    }

    /// All routes, those with fixed words before those with names in braces.
    static let all: [Route] = [
        application("GET", "users", .listUsers, .users),
        application("GET", "users/{user}", .getUser, .users),
        application("GET", "users/external/{external_id}", .getExternalUser, .users),
        application("POST", "users", .createUser, .users),
        application("PATCH", "users/{user}", .updateUser, .users),
        application("DELETE", "users/{user}", .deleteUser, .users),
        application("GET", "servers", .listServers, .servers),
        application("GET", "servers/{server}", .getServer, .servers),
        application("GET", "servers/external/{external_id}", .getExternalServer, .servers),
        application("PATCH", "servers/{server}/details", .updateDetails, .servers),
        application("PATCH", "servers/{server}/build", .updateBuild, .servers),
        application("PATCH", "servers/{server}/startup", .updateStartup, .servers),
        application("POST", "servers", .createServer, .servers),
        application("POST", "servers/{server}/suspend", .suspend, .servers),
        application("POST", "servers/{server}/unsuspend", .unsuspend, .servers),
        application("POST", "servers/{server}/reinstall", .reinstall, .servers),
        application("DELETE", "servers/{server}", .deleteServer, .servers),
        application("DELETE", "servers/{server}/{force}", .deleteServer, .servers),
        application("GET", "nodes", .listNodes, .nodes),
        application("GET", "nodes/deployable", .listDeployableNodes, .nodes),
        application("GET", "nodes/{node}", .getNode, .nodes),
        application("GET", "nodes/{node}/configuration", .getNodeConfiguration, .nodes),
        application("GET", "nodes/{node}/allocations", .listAllocations, .allocations),
        application("GET", "locations", .listLocations, .locations),
        application("GET", "locations/{location}", .getLocation, .locations),
        application("GET", "nests", .listNests, .nests),
        application("GET", "nests/{nest}", .getNest, .nests),
        application("GET", "nests/{nest}/eggs", .listEggs, .eggs),
        application("GET", "nests/{nest}/eggs/{egg}", .getEgg, .eggs),
        client("GET", "", .listOwnServers),
        client("GET", "permissions", .getPermissions),
        client("GET", "account", .getAccount),
        client("GET", "servers/{server}", .getOwnServer),
        client("GET", "servers/{server}/websocket", .getWebsocket),
        client("GET", "servers/{server}/resources", .getResources),
        client("POST", "servers/{server}/command", .sendCommand),
        client("POST", "servers/{server}/power", .sendPower),
        client("POST", "servers/{server}/settings/rename", .renameServer),
        client("GET", "servers/{server}/users", .listSubusers),
        client("POST", "servers/{server}/users", .createSubuser),
        client("GET", "servers/{server}/users/{user}", .getSubuser),
        client("POST", "servers/{server}/users/{user}", .updateSubuser),
        client("DELETE", "servers/{server}/users/{user}", .deleteSubuser),
    ]

    /// The route of a request with what stands in place of the names in braces.
    static func find(_ request: PanelRequest) throws(PanelFailure) -> (route: Route, parameters: [String]) {
        let segments = request.segments
        let method = request.method == "HEAD" ? "GET" : request.method
        var others: [String] = []
        for route in all {
            guard let parameters = route.parameters(of: segments) else { continue }
            if route.method == method { return (route, parameters) }
            let names = route.method == "GET" ? ["GET", "HEAD"] : [route.method]
            others += names.filter { !others.contains($0) }
        }
        guard others.isEmpty else { throw .wrongMethod(request.method, request.path, allowed: others) }
        throw .noRoute(request.path)
    }
}

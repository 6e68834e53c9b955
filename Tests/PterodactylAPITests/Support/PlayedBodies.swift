import PterodactylAPI

extension Recording {
    private var body: JSONValue { request.body ?? .null }

    var userID: PanelUser.ID {
        PanelUser.ID(segments.dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0)
    }

    var includes: Set<ServerInclude> {
        Set((query["include"] ?? "").split(separator: ",").compactMap { ServerInclude(rawValue: String($0)) })
    }

    var newUser: NewUser {
        NewUser(
            externalID: body["external_id"].string,
            username: body["username"].string ?? "",
            email: body["email"].string ?? "",
            firstName: body["first_name"].string ?? "",
            lastName: body["last_name"].string ?? "",
            language: body["language"].string
        )
    }

    var userUpdate: UserUpdate {
        var update = UserUpdate(
            externalID: body["external_id"].string,
            username: body["username"].string ?? "",
            email: body["email"].string ?? "",
            firstName: body["first_name"].string ?? "",
            lastName: body["last_name"].string ?? ""
        )
        update.rootAdmin = body["root_admin"].bool
        return update
    }

    private var limits: ServerLimits {
        let limits = body["limits"]
        return ServerLimits(
            memory: limits["memory"].integer ?? 0,
            swap: limits["swap"].integer ?? 0,
            disk: limits["disk"].integer ?? 0,
            io: limits["io"].integer ?? 500,
            cpu: limits["cpu"].integer ?? 0,
            threads: limits["threads"].string
        )
    }

    private var featureLimits: FeatureLimits {
        let limits = body["feature_limits"]
        return FeatureLimits(
            databases: limits["databases"].integer ?? 0,
            allocations: limits["allocations"].integer ?? 0,
            backups: limits["backups"].integer ?? 0
        )
    }

    private var environment: [String: String] {
        body["environment"].members.mapValues(\.text)
    }

    var newServer: NewServer {
        var server = NewServer(
            externalID: body["external_id"].string,
            name: body["name"].string ?? "",
            description: body["description"].string,
            owner: .init(body["user"].integer ?? 0),
            egg: .init(body["egg"].integer ?? 0),
            dockerImage: body["docker_image"].string ?? "",
            startup: body["startup"].string ?? "",
            environment: environment,
            limits: limits,
            featureLimits: featureLimits,
            placement: placement
        )
        server.skipScripts = body["skip_scripts"].bool ?? false
        server.oomDisabled = body["oom_disabled"].bool ?? true
        server.startOnCompletion = body["start_on_completion"].bool ?? false
        return server
    }

    private var placement: NewServer.Placement {
        if let chosen = body["allocation"]["default"].integer {
            let additional = body["allocation"]["additional"].entries.compactMap(\.integer)
            return .allocation(default: .init(chosen), additional: additional.map { Allocation.ID($0) })
        }
        let deploy = body["deploy"]
        return .deploy(
            locations: deploy["locations"].entries.compactMap(\.integer).map { Location.ID($0) },
            dedicatedIP: deploy["dedicated_ip"].bool ?? false,
            portRange: deploy["port_range"].entries.compactMap(\.string)
        )
    }

    var buildUpdate: BuildUpdate {
        let allocation = Allocation.ID(body["allocation"].integer ?? 0)
        var update = BuildUpdate(allocation: allocation, limits: limits, featureLimits: featureLimits)
        update.addAllocations = body["add_allocations"].entries.compactMap(\.integer).map { Allocation.ID($0) }
        update.removeAllocations = body["remove_allocations"].entries.compactMap(\.integer).map { Allocation.ID($0) }
        return update
    }

    var detailsUpdate: DetailsUpdate {
        DetailsUpdate(
            name: body["name"].string ?? "",
            owner: .init(body["user"].integer ?? 0),
            externalID: body["external_id"].string,
            description: body["description"].string ?? ""
        )
    }

    var startupUpdate: StartupUpdate {
        StartupUpdate(
            startup: body["startup"].string ?? "",
            environment: environment,
            egg: .init(body["egg"].integer ?? 0),
            image: body["image"].string ?? "",
            skipScripts: body["skip_scripts"].bool ?? false
        )
    }
}

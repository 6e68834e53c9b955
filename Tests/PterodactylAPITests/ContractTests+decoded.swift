import PterodactylAPI
import Testing

extension ContractTests {
    /// What was decoded must be what was recorded, field by field, read by another way.
    func expectDecoded(_ outcome: Outcome, _ recording: Recording) {
        let body = recording.response.body ?? .null
        let data = body["data"].entries.map { $0["attributes"] }
        switch outcome {
        case .nothing: #expect(recording.response.status == 204)
        case .missing: #expect(recording.name == "app-users-external-case-insensitive")
        case .user(let user): expect(user, body["attributes"])
        case .users(let users): expectFound(users, data, recording)
        case .userPage(let page): expectPage(page, body, data) { expect($0, $1) }
        case .server(let server): expect(server, body["attributes"])
        case .servers(let servers): expectAll(servers, data) { expect($0, $1) }
        case .serverPage(let page): expectPage(page, body, data) { expect($0, $1) }
        case .subuser(let subuser): expect(subuser, body["attributes"])
        case .subusers(let subusers): expectAll(subusers, data) { expect($0, $1) }
        case .account(let account): expect(account, body["attributes"])
        case .clientServer(let server):
            expect(server, body["attributes"])
            #expect(server.permissions == Set(body["meta"]["user_permissions"].entries.compactMap(\.string)))
        case .clientServerPage(let page): expectPage(page, body, data) { expect($0, $1) }
        case .catalogue(let catalogue): expect(catalogue, body["attributes"]["permissions"])
        case .resources(let resources): expect(resources, body["attributes"])
        case .console(let console):
            #expect(console.socket == body["data"]["socket"].string)
            #expect(console.token.revealed() == body["data"]["token"].string)
        case .nodes, .locations, .nests, .eggs, .allocationPage: expectInfrastructure(outcome, body, data)
        }
    }

    private func expectInfrastructure(_ outcome: Outcome, _ body: JSONValue, _ data: [JSONValue]) {
        let things = body["data"] == .null ? [body["attributes"]] : data
        switch outcome {
        case .nodes(let nodes): expectAll(nodes, things) { expect($0, $1) }
        case .locations(let locations):
            expectAll(locations, things) {
                #expect($0.id.number == $1["id"].integer && $0.short == $1["short"].string)
                #expect($0.long == $1["long"].string)
            }
        case .nests(let nests):
            expectAll(nests, things) {
                #expect($0.id.number == $1["id"].integer && $0.name == $1["name"].string)
                #expect($0.uuid.text == $1["uuid"].string && $0.description == $1["description"].string)
            }
        case .eggs(let eggs): expectAll(eggs, things) { expect($0, $1) }
        case .allocationPage(let page): expectPage(page, body, data) { expect($0, $1) }
        default: Issue.record("not of the infrastructure")
        }
    }

    private func expectPage<Thing>(
        _ page: Page<Thing>,
        _ body: JSONValue,
        _ data: [JSONValue],
        _ each: (Thing, JSONValue) -> Void
    ) {
        let counters = body["meta"]["pagination"]
        #expect(page.number == counters["current_page"].integer && page.total == counters["total"].integer)
        #expect(page.perPage == counters["per_page"].integer && page.totalPages == counters["total_pages"].integer)
        expectAll(page.things, data, each)
    }

    private func expectAll<Thing>(_ things: [Thing], _ data: [JSONValue], _ each: (Thing, JSONValue) -> Void) {
        #expect(things.count == data.count)
        for (thing, json) in zip(things, data) { each(thing, json) }
    }

    /// Of what the panel's substring search found, only what is the same text.
    private func expectFound(_ users: [PanelUser], _ data: [JSONValue], _ recording: Recording) {
        guard let filter = recording.query.first(where: { $0.key.hasPrefix("filter") }) else { return }
        let column = String(filter.key.dropFirst("filter[".count).dropLast())
        let folds = column != "external_id"
        let same = data.filter { json in
            guard let text = json[column].string else { return false }
            return folds ? text.lowercased() == filter.value.lowercased() : text == filter.value
        }
        expectAll(users, same) { expect($0, $1) }
    }

    private func expect(_ user: PanelUser, _ json: JSONValue) {
        #expect(user.id.number == json["id"].integer && user.uuid.text == json["uuid"].string)
        #expect(user.externalID == json["external_id"].string)
        #expect(user.username == json["username"].string && user.email == json["email"].string)
        #expect(user.firstName == json["first_name"].string && user.lastName == json["last_name"].string)
        #expect(user.rootAdmin == json["root_admin"].bool && user.hasTwoFactor == json["2fa"].bool)
        #expect(user.language == json["language"].string && user.createdAt == json["created_at"].string)
        let servers = json["relationships"]["servers"]["data"]
        guard servers != .null else {
            #expect(user.servers == nil)
            return
        }
        expectAll(user.servers ?? [], servers.entries.map { $0["attributes"] }) { expect($0, $1) }
    }

    private func expect(_ server: Server, _ json: JSONValue) {
        #expect(server.id.number == json["id"].integer && server.uuid.text == json["uuid"].string)
        #expect(server.identifier.text == json["identifier"].string && server.name == json["name"].string)
        #expect(server.externalID == json["external_id"].string)
        #expect(server.description == json["description"].string ?? "")
        #expect(server.status?.description == json["status"].string && server.suspended == json["suspended"].bool)
        #expect(server.ownerID.number == json["user"].integer && server.node.number == json["node"].integer)
        #expect(server.allocation.number == json["allocation"].integer && server.nest.number == json["nest"].integer)
        #expect(server.egg.number == json["egg"].integer)
        let limits = json["limits"]
        #expect(server.limits.memory == limits["memory"].integer && server.limits.swap == limits["swap"].integer)
        #expect(server.limits.disk == limits["disk"].integer && server.limits.io == limits["io"].integer)
        #expect(server.limits.cpu == limits["cpu"].integer && server.limits.threads == limits["threads"].string)
        #expect(server.limits.oomDisabled == limits["oom_disabled"].bool)
        let features = json["feature_limits"]
        #expect(server.featureLimits.databases == features["databases"].integer)
        #expect(server.featureLimits.allocations == features["allocations"].integer)
        #expect(server.featureLimits.backups == features["backups"].integer)
        let container = json["container"]
        #expect(server.container.startupCommand == container["startup_command"].string)
        #expect(server.container.image == container["image"].string)
        #expect(server.container.installed == (container["installed"].integer == 1))
        #expect(server.container.environment == container["environment"].members.mapValues(\.text))
        expectRelated(server, json["relationships"])
    }

    private func expectRelated(_ server: Server, _ related: JSONValue) {
        #expect(server.nodeName == related["node"]["attributes"]["name"].string)
        #expect(server.nestName == related["nest"]["attributes"]["name"].string)
        #expect(server.eggName == related["egg"]["attributes"]["name"].string)
        #expect((server.owner == nil) == (related["user"]["attributes"] == .null))
        if let owner = server.owner { expect(owner, related["user"]["attributes"]) }
        #expect((server.subusers == nil) == (related["subusers"]["data"] == .null))
        expectAll(server.subusers ?? [], related["subusers"]["data"].entries.map { $0["attributes"] }) {
            #expect($0.id == $1["id"].integer && $0.userID.number == $1["user_id"].integer)
            #expect($0.serverID.number == $1["server_id"].integer)
            #expect($0.permissions == Set($1["permissions"].entries.compactMap(\.string)))
        }
        expectAll(server.allocations ?? [], related["allocations"]["data"].entries.map { $0["attributes"] }) {
            expect($0, $1)
        }
    }

    private func expect(_ allocation: Allocation, _ json: JSONValue) {
        #expect(allocation.id.number == json["id"].integer && allocation.ip == json["ip"].string)
        #expect(allocation.port == json["port"].integer && allocation.assigned == json["assigned"].bool)
        #expect(allocation.alias == json["alias"].string && allocation.notes == json["notes"].string)
    }

    private func expect(_ subuser: Subuser, _ json: JSONValue) {
        #expect(subuser.uuid.text == json["uuid"].string && subuser.email == json["email"].string)
        #expect(subuser.username == json["username"].string && subuser.createdAt == json["created_at"].string)
        let permissions = Set(json["permissions"].entries.compactMap(\.string))
        #expect(!permissions.isEmpty && subuser.permissions == permissions)
    }

    private func expect(_ account: OwnAccount, _ json: JSONValue) {
        #expect(account.id.number == json["id"].integer && account.isAdmin == json["admin"].bool)
        #expect(account.username == json["username"].string && account.email == json["email"].string)
    }

    private func expect(_ server: ClientServer, _ json: JSONValue) {
        #expect(server.identifier.text == json["identifier"].string && server.uuid.text == json["uuid"].string)
        #expect(server.id?.number == json["internal_id"].integer && server.name == json["name"].string)
        #expect(server.description == json["description"].string ?? "" && server.node == json["node"].string)
        #expect(server.isOwner == json["server_owner"].bool && server.status?.description == json["status"].string)
        #expect(server.isSuspended == json["is_suspended"].bool && server.isInstalling == json["is_installing"].bool)
        #expect(server.isTransferring == json["is_transferring"].bool)
        #expect(server.isNodeUnderMaintenance == json["is_node_under_maintenance"].bool)
    }

    private func expect(_ catalogue: PermissionCatalogue, _ json: JSONValue) {
        #expect(catalogue.keys.count == 40)
        let keys = json.members.flatMap { group, content in content["keys"].members.keys.map { "\(group).\($0)" } }
        #expect(catalogue.keys == Set(keys))
        #expect(catalogue.groups["control"]?.description == json["control"]["description"].string)
    }

    private func expect(_ resources: ServerResources, _ json: JSONValue) {
        #expect(resources.state == json["current_state"].string && resources.isSuspended == json["is_suspended"].bool)
        #expect(resources.memoryBytes == json["resources"]["memory_bytes"].integer)
        #expect(resources.uptimeMilliseconds == json["resources"]["uptime"].integer)
    }

    private func expect(_ node: Node, _ json: JSONValue) {
        #expect(node.id.number == json["id"].integer && node.name == json["name"].string)
        #expect(node.location.number == json["location_id"].integer && node.fqdn == json["fqdn"].string)
        #expect(node.uuid.text == json["uuid"].string && node.isUnderMaintenance == json["maintenance_mode"].bool)
        #expect(node.memory == json["memory"].integer && node.disk == json["disk"].integer)
        #expect(node.isPublic == json["public"].bool)
    }

    private func expect(_ egg: Egg, _ json: JSONValue) {
        #expect(egg.id.number == json["id"].integer && egg.uuid.text == json["uuid"].string)
        #expect(egg.name == json["name"].string && egg.nest.number == json["nest"].integer)
        #expect(egg.startup == json["startup"].string && egg.dockerImage == json["docker_image"].string)
        #expect(egg.dockerImages == json["docker_images"].members.mapValues(\.text))
        let variables = json["relationships"]["variables"]["data"]
        #expect((egg.variables == nil) == (variables == .null))
        expectAll(egg.variables ?? [], variables.entries.map { $0["attributes"] }) {
            #expect($0.name == $1["name"].string && $0.environmentName == $1["env_variable"].string)
            #expect($0.defaultValue == $1["default_value"].string && $0.rules == $1["rules"].string)
        }
    }
}

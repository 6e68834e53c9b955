/// Checks the fields of a server that is to be created.
struct ServerInput {
    let input: PanelJSON

    /// Refuses what the panel's rules refuse, in the order of its rules.
    func validate(against state: borrowing PanelState) throws(PanelFailure) {
        var validation = Validation()
        validateIdentity(state, &validation)
        validateContainer(&validation)
        validateLimits(&validation)
        let features = input["feature_limits"]
        if features == nil { validation.required("feature_limits") }
        for field in ["databases", "backups"] where features?[field] == nil {
            validation.present("feature_limits.\(field)", label: "feature limits.\(field)")
        }
        validateAllocation(state, &validation)
        validateDeployment(&validation)
        try validation.check()
    }

    private func validateIdentity(_ state: borrowing PanelState, _ validation: inout Validation) {
        if let value = input["external_id"], !value.isNull {
            if value.string == nil {
                validation.fail("external_id", "string", "The external id must be a string.")
            } else if let external = value.string, state.serverID(external: external) != nil {
                validation.taken("external_id")
            }
        }
        if input["name"]?.string == nil { validation.required("name") }
        if let user = number("user") {
            if state.users[user] == nil { validation.invalid("user", rule: "exists") }
        } else {
            validation.required("user")
        }
        if let egg = number("egg") {
            if state.egg(egg) == nil { validation.invalid("egg", rule: "exists") }
        } else {
            validation.required("egg")
        }
    }

    private func validateContainer(_ validation: inout Validation) {
        if let image = input["docker_image"]?.string {
            let allowed = image.utf8.allSatisfy { Syntax.isAlphanumeric($0) || "_.-/:@~ ".utf8.contains($0) }
            if !allowed || image.contains(" ") {
                validation.fail("docker_image", "regex", "The docker image format is invalid.")
            }
        } else {
            validation.required("docker_image")
        }
        if input["startup"]?.string == nil { validation.required("startup") }
        if input["environment"] == nil { validation.present("environment") }
    }

    private func validateLimits(_ validation: inout Validation) {
        let limits = input["limits"]
        if limits == nil { validation.required("limits") }
        for field in ["memory", "swap", "disk", "io", "cpu"] {
            let name = "limits.\(field)"
            guard let value = limits?[field], !value.isNull else {
                validation.required(name)
                continue
            }
            guard let number = value.int ?? value.string.flatMap({ Int($0) }) else {
                validation.fail(name, "numeric", "The \(name) must be a number.")
                continue
            }
            let least = field == "swap" ? -1 : 0
            if field == "io", !(10...1000).contains(number) {
                validation.fail(name, "between", "The \(name) must be between 10 and 1000.")
            } else if number < least {
                validation.fail(name, "min", "The \(name) must be at least \(least).")
            }
        }
    }

    private func validateAllocation(_ state: borrowing PanelState, _ validation: inout Validation) {
        guard input["deploy"] == nil else { return }
        guard let id = allocation else { return validation.required("allocation.default") }
        guard let allocation = state.allocations[id], allocation.serverID == nil else {
            return validation.fail("allocation.default", "exists", "The selected allocation.default is invalid.")
        }
    }

    private func validateDeployment(_ validation: inout Validation) {
        guard let deploy = input["deploy"] else { return }
        if deploy["locations"] == nil { validation.present("deploy.locations") }
        if deploy["dedicated_ip"] == nil {
            let detail = "The deploy.dedicated ip field is required when deploy / boolean is present."
            validation.fail("deploy.dedicated_ip", "required_with", detail)
        }
        if deploy["port_range"] == nil { validation.present("deploy.port_range") }
    }

    /// The default allocation that is asked for.
    var allocation: Int? { input["allocation"]?["default"]?.int }

    private func number(_ field: String) -> Int? {
        input[field]?.int ?? input[field]?.string.flatMap { Int($0) }
    }

    /// The server that the fields describe.
    func server() -> PanelServer {
        var server = PanelServer(
            externalID: input["external_id"]?.string,
            name: input["name"]?.string ?? "",
            description: input["description"]?.string ?? "",
            status: .installing,
            ownerID: number("user") ?? 0,
            eggID: number("egg") ?? 0
        )
        let limits = input["limits"]
        server.limits.memory = limits?["memory"]?.int ?? 0
        server.limits.swap = limits?["swap"]?.int ?? 0
        server.limits.disk = limits?["disk"]?.int ?? 0
        server.limits.io = limits?["io"]?.int ?? 500
        server.limits.cpu = limits?["cpu"]?.int ?? 0
        server.limits.threads = limits?["threads"]?.string
        if let killer = input["oom_killer"]?.bool { server.limits.isOOMDisabled = !killer }
        if let disabled = input["oom_disabled"]?.bool { server.limits.isOOMDisabled = disabled }
        server.featureLimits = PanelState.featureLimits(input)
        server.image = input["docker_image"]?.string ?? ""
        server.startup = input["startup"]?.string ?? ""
        server.skipsScripts = input["skip_scripts"]?.bool ?? false
        server.isOnline = false
        return server
    }
}

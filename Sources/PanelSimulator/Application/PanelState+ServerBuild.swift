extension PanelState {
    mutating func updateBuild(_ call: Call) throws(PanelFailure) -> PanelResponse {
        var server = try findServer(call.parameters[0])
        let input = call.input
        try validateBuild(server, input)
        let limits = input["limits"] ?? input
        server.limits.memory = limits["memory"]?.int ?? server.limits.memory
        server.limits.swap = limits["swap"]?.int ?? server.limits.swap
        server.limits.disk = limits["disk"]?.int ?? server.limits.disk
        server.limits.io = limits["io"]?.int ?? server.limits.io
        server.limits.cpu = limits["cpu"]?.int ?? server.limits.cpu
        if let threads = limits["threads"] { server.limits.threads = threads.string }
        if let disabled = input["oom_disabled"]?.bool { server.limits.isOOMDisabled = disabled }
        server.featureLimits = Self.featureLimits(input)
        server.allocationID = input["allocation"]?.int ?? server.allocationID
        server.updatedAt = call.now
        for id in Self.numbers(input["add_allocations"]) where allocations[id]?.serverID == nil {
            assign(id, to: server.id)
        }
        for id in Self.numbers(input["remove_allocations"])
        where allocations[id]?.serverID == server.id && id != server.allocationID {
            assign(id, to: nil)
        }
        replace(server)
        do {
            try callWings("POST", "/api/servers/\(server.uuid)/sync", server: server.id)
        } catch {
            // The panel logs this and goes on: Wings fetches the build when it comes back.
        }
        return .json(json(server, call))
    }

    private func validateBuild(_ server: PanelServer, _ input: PanelJSON) throws(PanelFailure) {
        var validation = Validation()
        if let allocation = input["allocation"]?.int {
            let holder = allocations[allocation]?.serverID
            if holder != nil, holder != server.id { validation.taken("allocation") }
        } else {
            validation.required("allocation")
        }
        if let limits = input["limits"], !limits.isNull {
            for field in ["memory", "swap", "io", "cpu", "disk"] where limits[field] == nil {
                let detail = "The limits.\(field) field is required when limits is present."
                validation.fail("limits.\(field)", "required_with", detail)
            }
        }
        let features = input["feature_limits"]
        if features == nil { validation.required("feature_limits") }
        if features?["databases"] == nil { validation.present("feature_limits.databases", label: "Database Limit") }
        if features?["backups"] == nil { validation.present("feature_limits.backups", label: "Backup Limit") }
        try validation.check()
        guard let allocation = input["allocation"]?.int, allocations[allocation]?.serverID == server.id else {
            throw .display(
                "DisplayException",
                "The requested default allocation is not currently assigned to this server."
            )
        }
    }

    static func featureLimits(_ input: PanelJSON) -> PanelServer.FeatureLimits {
        let features = input["feature_limits"]
        return PanelServer.FeatureLimits(
            databases: features?["databases"]?.int ?? 0,
            allocations: features?["allocations"]?.int ?? 0,
            backups: features?["backups"]?.int ?? 0
        )
    }

    static func numbers(_ json: PanelJSON?) -> [Int] {
        (json?.array ?? []).compactMap { element in element.int ?? element.string.flatMap { Int($0) } }
    }

    mutating func updateStartup(_ call: Call) throws(PanelFailure) -> PanelResponse {
        var server = try findServer(call.parameters[0])
        let input = call.input
        var validation = Validation()
        if input["startup"]?.string == nil { validation.required("startup") }
        if input["environment"] == nil { validation.present("environment") }
        if input["egg"]?.int == nil { validation.required("egg") }
        if input["image"]?.string == nil { validation.required("image") }
        if input["skip_scripts"] == nil { validation.present("skip_scripts") }
        try validation.check()
        guard let egg = egg(input["egg"]?.int ?? 0) else {
            validation.invalid("egg", rule: "exists")
            throw PanelFailure(invalid: validation.entries)
        }
        server.environment = try EggVariables(egg: egg).values(from: input["environment"])
        server.eggID = egg.id
        server.startup = input["startup"]?.string ?? server.startup
        server.image = input["image"]?.string ?? server.image
        server.updatedAt = call.now
        replace(server)
        return .json(json(server, call))
    }
}

/// Checks and completes the settings of an egg.
struct EggVariables {
    let egg: PanelEgg

    /// The values to store: what was sent, or nothing where the default holds.
    func values(from input: PanelJSON?) throws(PanelFailure) -> [String: String] {
        var values: [String: String] = [:]
        var validation = Validation()
        for variable in egg.variables {
            let value = Self.text(input?[variable.key])
            if let problem = Self.problem(value, rules: variable.rules) {
                let label = "The \(variable.name) variable"
                validation.fail("environment.\(variable.key)", problem.rule, "\(label) \(problem.text)")
            }
            values[variable.key] = value ?? ""
        }
        try validation.check()
        return values
    }

    private static func text(_ value: PanelJSON?) -> String? {
        switch value {
        case .string(let text): text
        case .int(let number): String(number)
        case .bool(let truth): truth ? "1" : "0"
        case .double(let number): String(number)
        case .null, .array, .object, nil: nil
        }
    }

    private static func problem(_ value: String?, rules: String) -> (rule: String, text: String)? {
        guard let value else {
            return rules.hasPrefix("required") ? ("required", "field is required.") : nil
        }
        for rule in rules.split(separator: "|") {
            let parts = rule.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "max" where value.count > (Int(parts[1]) ?? .max):
                return ("max", "may not be greater than \(parts[1]) characters.")
            case "in" where !parts[1].split(separator: ",").contains(Substring(value)):
                return ("in", "is invalid.")
            case "regex" where !matches(value, parts[1]):
                return ("regex", "format is invalid.")
            default: continue
            }
        }
        return nil
    }

    private static func matches(_ value: String, _ delimited: Substring) -> Bool {
        let pattern = String(delimited.dropFirst().prefix { $0 != "/" })
        do {
            return try Regex(pattern).firstMatch(in: value) != nil
        } catch {
            return true
        }
    }
}

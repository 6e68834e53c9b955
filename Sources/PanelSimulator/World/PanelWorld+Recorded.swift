extension PanelWorld {
    /// The base state of the recordings: one admin, one node with 30 allocations, six servers.
    package static var recorded: PanelWorld {
        var world = empty(freeAllocations: 0)
        world.users[0].createdAt = 1_795_429_443
        world.users[0].updatedAt = 1_795_429_443
        for port in 25565...25589 {
            world.addAllocation(alias: port < 25570 ? "mc.example.test" : nil, port: port)
        }
        for port in 25565...25569 { world.addAllocation(ip: "127.0.0.2", port: port) }
        for recorded in recordedServers { world.add(recorded) }
        return world
    }

    private typealias RecordedServer = (
        uuid: String, external: String?, name: String, description: String, egg: Int, memory: Int
    )

    private static let recordedServers: [RecordedServer] = [
        ("ca94620b-412a-4a27-a3e1-b62f7c0c3b03", "mc-survival", "Survival", "Main survival world", 5, 4096),
        ("555edb42-6c7e-4512-bffb-0e9498cfd705", nil, "Creative Plots", "", 5, 2048),
        ("eb70849c-742e-423d-b9e7-a5270eac12f1", "mc-skyblock", "Skyblock", "Skyblock islands, season 3", 5, 4096),
        ("8a88c714-665e-43e8-87a5-c9db6d3ed61b", nil, "Lobby", "", 5, 1024),
        ("fcc72192-3e9f-485a-bffb-1a09f46d944c", "mc-modded", "Modded (Forge)", "All the mods", 2, 8192),
        ("567623c8-35a5-463a-b3c6-a41c2e596270", nil, "Vanilla SMP", "", 4, 2048),
    ]

    private mutating func add(_ recorded: RecordedServer) {
        let id = servers.count + 1
        var server = PanelServer(
            id: id,
            uuid: recorded.uuid,
            externalID: recorded.external,
            name: recorded.name,
            description: recorded.description,
            allocationID: id,
            eggID: recorded.egg,
            limits: PanelServer.Limits(memory: recorded.memory),
            createdAt: 1_795_429_537
        )
        fill(&server)
        allocations[id - 1].serverID = id
        servers.append(server)
    }

    /// Adds the recorded node with its location, the nests and the eggs.
    mutating func addPlace() {
        locations = [
            PanelLocation(id: 1, short: "eu.lab", long: "Loopback lab location", createdAt: 1_795_429_537)
        ]
        nodes = [
            PanelNode(
                id: 1,
                uuid: "8b6696b7-2cd1-4d8d-b6b2-df3ca6821bf0",
                name: "node-1",
                locationID: 1,
                fqdn: "127.0.0.1",
                memory: 65536,
                disk: 1_048_576,
                isUnderMaintenance: false,
                createdAt: 1_795_429_537
            )
        ]
        nests = Self.recordedNests.enumerated().map { index, nest in
            PanelNest(
                id: index + 1,
                uuid: nest.uuid,
                name: nest.name,
                description: nest.description,
                createdAt: 1_795_429_426
            )
        }
        eggs = PanelEgg.recorded
    }

    private static let recordedNests: [(uuid: String, name: String, description: String)] = [
        (
            "4bf72eed-3619-495b-b67c-b821b8b75d1c", "Minecraft",
            "Minecraft - the classic game from Mojang. With support for Vanilla MC, Spigot, and many others!"
        ),
        (
            "84415ca7-d3fd-47c7-a54e-3c965a66d953", "Source Engine",
            "Includes support for most Source Dedicated Server games."
        ),
        (
            "0c1bfd67-2719-4d8a-895b-24116bb003fd", "Voice Servers",
            "Voice servers such as Mumble and Teamspeak 3."
        ),
        ("2a92bfd4-368b-40a4-9ed5-19641bce252d", "Rust", "Rust - A game where you must fight to survive."),
    ]
}

extension PanelEgg {
    /// The five Minecraft eggs of the recorded panel.
    static let recorded: [PanelEgg] = {
        do {
            return try PanelJSON(parsing: recordedEggs).array?.compactMap(PanelEgg.init(recorded:)) ?? []
        } catch {
            preconditionFailure("the recorded eggs are no JSON")
        }
    }()

    private init?(recorded json: PanelJSON) {
        guard let id = json["id"]?.int, let nest = json["nest"]?.int, let uuid = json["uuid"]?.string,
            let name = json["name"]?.string, let startup = json["startup"]?.string,
            let image = json["docker_image"]?.string, let variables = json["__variables"]?.array,
            let members = json.members
        else { return nil }
        self.init(
            id: id,
            nestID: nest,
            uuid: uuid,
            name: name,
            startup: startup,
            image: image,
            variables: variables.compactMap(Variable.init(recorded:)),
            json: .object(members.filter { $0.key != "__variables" })
        )
    }
}

extension PanelEgg.Variable {
    fileprivate init?(recorded json: PanelJSON) {
        guard let name = json["name"]?.string, let key = json["env_variable"]?.string,
            let defaultValue = json["default_value"]?.string, let viewable = json["user_viewable"]?.bool,
            let rules = json["rules"]?.string
        else { return nil }
        self.init(
            name: name,
            key: key,
            defaultValue: defaultValue,
            isViewable: viewable,
            rules: rules,
            json: json
        )
    }
}

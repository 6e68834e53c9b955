/// What a panel holds when it starts: accounts, servers, subusers, keys and limits.
///
/// ```swift
/// var world = PanelWorld.empty()
/// let steve = world.addUser("steve", externalID: "paydactyl:test:77")
/// let survival = world.addServer("Survival", externalID: "mc-survival")
/// world.addSubuser(user: steve, server: survival, permissions: ["control.console"])
/// ```
package struct PanelWorld: Sendable {
    /// Where the seed of ids and random words starts.
    package var seed: UInt64 = 1
    /// Seconds since 1970 at which what the world holds was made.
    package var madeAt = 1_795_429_000
    /// The address that mails and answers without a `Host` header name.
    package var url = "http://127.0.0.1:8081"
    /// The accounts; the first is the admin.
    package var users: [PanelUser] = []
    /// The servers.
    package var servers: [PanelServer] = []
    /// The subuser rows.
    package var subusers: [PanelSubuser] = []
    /// The keys.
    package var keys: [PanelKey] = []
    /// The nodes.
    package var nodes: [PanelNode] = []
    /// The allocations.
    package var allocations: [PanelAllocation] = []
    /// The locations.
    package var locations: [PanelLocation] = []
    /// The nests.
    package var nests: [PanelNest] = []
    /// The eggs.
    package var eggs: [PanelEgg] = []
    /// Calls of the application API that a user may make in a window (nil: no limit).
    package var applicationLimit: Int? = 240
    /// Calls of the client API that a user may make in a window (nil: no limit).
    package var clientLimit: Int? = 720
    /// The length of that window.
    package var limitWindow: Duration = .seconds(60)
    /// The allocations that the next deployments take (then they are chosen at random, as by the panel).
    package var nextDeployments: [Int] = []
    /// How long a new server installs before it is ready by itself (nil: until a test says so).
    package var installTime: Duration?
    /// How many of the last requests, mails and Wings calls are kept.
    package var logLimit = 100_000

    /// The application key with all rights that every built world has.
    package static let applicationKey = "ptla_simulatedapplicationkeywithallrights0000000"
    /// The client key of the admin that every built world has.
    package static let clientKey = "ptlc_simulatedclientkeyofthepaneladmin0000000000"

    private var random = RandomSource(seed: 0x5EED)

    /// A world with an admin, one node and the two keys, and nothing else.
    ///
    /// Allocations are added with the servers that need them, and so many are left free.
    package static func empty(freeAllocations: Int = 10, seed: UInt64 = 1) -> PanelWorld {
        var world = PanelWorld()
        world.seed = seed
        world.random = RandomSource(seed: seed ^ 0x5EED)
        world.addPlace()
        world.users = [
            PanelUser(
                id: 1,
                uuid: "d20fbaf0-3313-445b-9235-7a7eb2de108c",
                username: "admin",
                email: "admin@example.test",
                firstName: "Root",
                lastName: "Admin",
                isRootAdmin: true,
                createdAt: world.madeAt
            )
        ]
        world.keys = [.application(applicationKey), .client(clientKey)]
        for _ in 0..<freeAllocations { _ = world.addAllocation() }
        return world
    }

    /// A world with the servers of those names, owned by the admin.
    package static func servers(_ names: [String]) -> PanelWorld {
        var world = empty()
        for name in names { world.addServer(name) }
        return world
    }

    /// Adds an account and returns its id.
    @discardableResult
    package mutating func addUser(
        _ username: String,
        email: String? = nil,
        externalID: String? = nil,
        firstName: String = "First",
        lastName: String = "Last",
        isRootAdmin: Bool = false
    ) -> Int {
        let id = (users.last?.id ?? 0) + 1
        users.append(
            PanelUser(
                id: id,
                uuid: random.uuid(),
                externalID: externalID,
                username: username,
                email: email ?? "\(username)@example.test",
                firstName: firstName,
                lastName: lastName,
                isRootAdmin: isRootAdmin,
                createdAt: madeAt
            )
        )
        return id
    }

    /// Adds a server with an allocation of its own and returns its id.
    @discardableResult
    package mutating func addServer(
        _ name: String,
        description: String = "",
        externalID: String? = nil,
        owner: Int = 1,
        status: PanelServer.Status? = nil,
        egg: Int = 5,
        isOnline: Bool = true
    ) -> Int {
        let id = (servers.last?.id ?? 0) + 1
        var server = PanelServer(
            id: id,
            uuid: random.uuid(),
            externalID: externalID,
            name: name,
            description: description,
            status: status,
            ownerID: owner,
            eggID: egg,
            isOnline: isOnline,
            createdAt: madeAt
        )
        server.allocationID = addAllocation(server: id)
        fill(&server)
        servers.append(server)
        return id
    }

    /// Lets a user onto a server and returns the row's id; permissions are taken as stored.
    @discardableResult
    package mutating func addSubuser(user: Int, server: Int, permissions: [String]) -> Int {
        let id = (subusers.last?.id ?? 0) + 1
        subusers.append(
            PanelSubuser(
                id: id,
                userID: user,
                serverID: server,
                permissions: PermissionList(stored: permissions),
                createdAt: madeAt,
                updatedAt: madeAt
            )
        )
        return id
    }

    /// Adds an allocation of the first node and returns its id.
    @discardableResult
    package mutating func addAllocation(
        ip: String = "127.0.0.1",
        alias: String? = nil,
        port: Int? = nil,
        server: Int? = nil
    ) -> Int {
        let id = (allocations.last?.id ?? 0) + 1
        let allocation = PanelAllocation(
            id: id,
            nodeID: 1,
            ip: ip,
            alias: alias,
            port: port ?? 25564 + id,
            serverID: server
        )
        allocations.append(allocation)
        return id
    }

    /// Takes what the server leaves open from its egg.
    mutating func fill(_ server: inout PanelServer) {
        guard let egg = eggs.first(where: { $0.id == server.eggID }) else { return }
        if server.startup.isEmpty { server.startup = egg.startup }
        if server.image.isEmpty { server.image = egg.image }
    }
}

/// Everything a panel knows, with the indices that keep its answers quick.
struct PanelState: Sendable {
    var world: PanelWorld
    var random: RandomSource

    private(set) var users: [Int: PanelUser] = [:]
    private(set) var userIDs: [Int] = []
    private(set) var servers: [Int: PanelServer] = [:]
    private(set) var serverIDs: [Int] = []
    private(set) var subusers: [Int: PanelSubuser] = [:]
    private(set) var subuserIDsByServer: [Int: [Int]] = [:]
    private(set) var subuserIDsByUser: [Int: [Int]] = [:]
    private(set) var serverIDsByOwner: [Int: [Int]] = [:]
    private(set) var allocations: [Int: PanelAllocation] = [:]
    private var allocationIDsByServer: [Int: [Int]] = [:]
    var keys: [String: PanelKey] = [:]

    private var userIDsByExternal: [String: [Int]] = [:]
    private var userIDByEmail: [String: Int] = [:]
    private var userIDByUsername: [String: Int] = [:]
    private var userIDByUUID: [String: Int] = [:]
    private var serverIDByUUID: [String: Int] = [:]
    private var serverIDByShort: [String: Int] = [:]
    private var serverIDByExternal: [String: Int] = [:]

    var nextUserID = 1
    var nextServerID = 1
    var nextSubuserID = 1

    var mails: [PanelMail] = []
    var wingsCalls: [WingsCall] = []
    var console: [ConsoleCommand] = []
    /// By the server that keeps it.
    var luckPermsStorages: [Int: LuckPermsStorage] = [:]
    /// Servers that share another's storage.
    var luckPermsOf: [Int: Int] = [:]
    /// Seconds since 1970 at which servers started that were never stopped since.
    var serversStartedAt = 0
    var log: [LoggedRequest] = []
    var counts: [String: Int] = [:]

    var wings = WingsHealth.up
    var wingsOfServer: [Int: WingsHealth] = [:]
    var startsWhenInstalled: Set<Int> = []
    var installsDue: [(at: Double, serverID: Int)] = []
    var isMailDown = false
    var limiter = RateLimiter()
    var openWrites = OpenWrites()
    var nextExchangeID = 0

    init(world: PanelWorld) {
        self.world = world
        self.random = RandomSource(seed: world.seed)
        for allocation in world.allocations {
            allocations[allocation.id] = allocation
            assign(allocation.id, to: allocation.serverID)
        }
        for key in world.keys { keys[key.token] = key }
        for var user in world.users {
            if user.id == 0 { user.id = nextUserID }
            if user.uuid.isEmpty { user.uuid = random.uuid() }
            insert(user)
        }
        for var server in world.servers {
            if server.id == 0 { server.id = nextServerID }
            if server.uuid.isEmpty { server.uuid = random.uuid() }
            insert(server)
        }
        for subuser in world.subusers { insert(subuser) }
        self.world.users = []
        self.world.servers = []
        self.world.subusers = []
    }
}

extension PanelState {
    func userIDs(external: String) -> [Int] { userIDsByExternal[Collation.key(external)] ?? [] }
    func userID(email: String) -> Int? { userIDByEmail[Collation.key(email)] }
    func userID(username: String) -> Int? { userIDByUsername[Collation.key(username)] }
    func userID(uuid: String) -> Int? { userIDByUUID[uuid.lowercased()] }
    func serverID(external: String) -> Int? { serverIDByExternal[Collation.key(external)] }

    /// The server of a short identifier or a whole uuid.
    func serverID(identifier: String) -> Int? {
        let key = identifier.lowercased()
        return key.utf8.count == 8 ? serverIDByShort[key] : serverIDByUUID[key]
    }

    func subusers(ofServer id: Int) -> [PanelSubuser] {
        (subuserIDsByServer[id] ?? []).compactMap { subusers[$0] }
    }

    /// The first row by which a user is let onto a server.
    func subuser(user: Int, server: Int) -> PanelSubuser? {
        (subuserIDsByUser[user] ?? []).lazy.compactMap { subusers[$0] }.first { $0.serverID == server }
    }

    mutating func insert(_ user: PanelUser) {
        users[user.id] = user
        Self.add(user.id, to: &userIDs)
        nextUserID = max(nextUserID, user.id + 1)
        index(user)
    }

    /// Puts a changed user in place of the one with its id.
    mutating func replace(_ user: PanelUser) {
        if let old = users[user.id] { unindex(old) }
        users[user.id] = user
        index(user)
    }

    /// Removes a user with his subuser rows and keys, as the database's foreign keys do.
    mutating func removeUser(_ id: Int) {
        guard let user = users.removeValue(forKey: id) else { return }
        Self.remove(id, from: &userIDs)
        unindex(user)
        for row in subuserIDsByUser[id] ?? [] { removeSubuser(row) }
        keys = keys.filter { $0.value.userID != id }
    }

    private mutating func index(_ user: PanelUser) {
        userIDByEmail[Collation.key(user.email)] = user.id
        userIDByUsername[Collation.key(user.username)] = user.id
        userIDByUUID[user.uuid] = user.id
        if let external = user.externalID {
            Self.add(user.id, to: &userIDsByExternal[Collation.key(external), default: []])
        }
    }

    private mutating func unindex(_ user: PanelUser) {
        userIDByEmail[Collation.key(user.email)] = nil
        userIDByUsername[Collation.key(user.username)] = nil
        userIDByUUID[user.uuid] = nil
        if let external = user.externalID {
            Self.remove(user.id, from: &userIDsByExternal[Collation.key(external), default: []])
        }
    }

    mutating func insert(_ server: PanelServer) {
        servers[server.id] = server
        Self.add(server.id, to: &serverIDs)
        nextServerID = max(nextServerID, server.id + 1)
        index(server)
    }

    /// Puts a changed server in place of the one with its id.
    mutating func replace(_ server: PanelServer) {
        if let old = servers[server.id] { unindex(old) }
        servers[server.id] = server
        index(server)
    }

    /// Removes a server with its subuser rows and frees its allocations.
    mutating func removeServer(_ id: Int) {
        guard let server = servers.removeValue(forKey: id) else { return }
        Self.remove(id, from: &serverIDs)
        unindex(server)
        for row in subuserIDsByServer[id] ?? [] { removeSubuser(row) }
        for allocation in allocations(ofServer: id) { assign(allocation.id, to: nil) }
    }

    mutating func insert(_ allocation: PanelAllocation) {
        allocations[allocation.id] = allocation
    }

    func allocations(ofServer id: Int) -> [PanelAllocation] {
        (allocationIDsByServer[id] ?? []).compactMap { allocations[$0] }
    }

    /// Gives an allocation to a server, or frees it.
    mutating func assign(_ allocation: Int, to server: Int?) {
        if let old = allocations[allocation]?.serverID {
            Self.remove(allocation, from: &allocationIDsByServer[old, default: []])
        }
        allocations[allocation]?.serverID = server
        if let server { Self.add(allocation, to: &allocationIDsByServer[server, default: []]) }
    }

    private mutating func index(_ server: PanelServer) {
        serverIDByUUID[server.uuid] = server.id
        serverIDByShort[server.identifier] = server.id
        if let external = server.externalID { serverIDByExternal[Collation.key(external)] = server.id }
        Self.add(server.id, to: &serverIDsByOwner[server.ownerID, default: []])
    }

    private mutating func unindex(_ server: PanelServer) {
        serverIDByUUID[server.uuid] = nil
        serverIDByShort[server.identifier] = nil
        if let external = server.externalID { serverIDByExternal[Collation.key(external)] = nil }
        Self.remove(server.id, from: &serverIDsByOwner[server.ownerID, default: []])
    }

    mutating func insert(_ row: PanelSubuser) {
        subusers[row.id] = row
        nextSubuserID = max(nextSubuserID, row.id + 1)
        Self.add(row.id, to: &subuserIDsByServer[row.serverID, default: []])
        Self.add(row.id, to: &subuserIDsByUser[row.userID, default: []])
    }

    mutating func replace(_ row: PanelSubuser) {
        subusers[row.id] = row
    }

    mutating func removeSubuser(_ id: Int) {
        guard let row = subusers.removeValue(forKey: id) else { return }
        Self.remove(id, from: &subuserIDsByServer[row.serverID, default: []])
        Self.remove(id, from: &subuserIDsByUser[row.userID, default: []])
    }

    /// Adds an id to a rising list.
    private static func add(_ id: Int, to ids: inout [Int]) {
        if let last = ids.last, last >= id {
            let place = ids.firstIndex { $0 >= id } ?? ids.endIndex
            if place == ids.endIndex || ids[place] != id { ids.insert(id, at: place) }
        } else {
            ids.append(id)
        }
    }

    /// Removes an id from a rising list.
    private static func remove(_ id: Int, from ids: inout [Int]) {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        if low < ids.count, ids[low] == id { ids.remove(at: low) }
    }
}

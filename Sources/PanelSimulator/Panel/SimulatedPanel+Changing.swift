import Synchronization

extension SimulatedPanel {
    /// Adds an account by hand.
    ///
    /// Id and universal id are given by the panel unless they are set: a set id that is gone is used again, as after a
    /// restored backup.
    @discardableResult
    package func addUser(_ fields: PanelUser) -> PanelUser {
        let now = Int(time)
        return state.withLock { state in
            var user = fields
            if user.id == 0 { user.id = state.nextUserID }
            if user.uuid.isEmpty { user.uuid = state.random.uuid() }
            if user.createdAt == 0 {
                user.createdAt = now
                user.updatedAt = now
            }
            state.insert(user)
            return user
        }
    }

    /// Changes an account by hand; false where there is none.
    @discardableResult
    package func changeUser(_ id: Int, _ change: (inout PanelUser) -> Void) -> Bool {
        state.withLock { state in
            guard var user = state.users[id] else { return false }
            change(&user)
            user.id = id
            state.replace(user)
            return true
        }
    }

    /// Deletes an account by hand with its subuser rows and keys, as the panel's database would.
    package func deleteUser(_ id: Int) {
        state.withLock { $0.removeUser(id) }
    }

    /// Adds a server by hand, with a new allocation where none is named.
    @discardableResult
    package func addServer(_ fields: PanelServer) -> PanelServer {
        let now = Int(time)
        return state.withLock { state in
            var server = fields
            if server.id == 0 { server.id = state.nextServerID }
            if server.uuid.isEmpty { server.uuid = state.random.uuid() }
            if server.createdAt == 0 {
                server.createdAt = now
                server.updatedAt = now
            }
            state.world.fill(&server)
            if server.allocationID == 0 { server.allocationID = state.addAllocation(node: server.nodeID) }
            state.insert(server)
            state.assign(server.allocationID, to: server.id)
            return server
        }
    }

    /// Changes a server by hand (its name, its status, whether it is online); false where there is none.
    @discardableResult
    package func changeServer(_ id: Int, _ change: (inout PanelServer) -> Void) -> Bool {
        state.withLock { state in
            guard var server = state.servers[id] else { return false }
            change(&server)
            server.id = id
            state.replace(server)
            return true
        }
    }

    /// Renames a server by hand.
    package func rename(server id: Int, to name: String) { changeServer(id) { $0.name = name } }

    /// Suspends a server by hand, or ends that.
    package func setSuspended(_ isSuspended: Bool, server id: Int) {
        changeServer(id) { $0.status = isSuspended ? .suspended : nil }
    }

    /// Stops a server's process, or starts it.
    package func setOnline(_ isOnline: Bool, server id: Int) {
        let now = Int(time)
        changeServer(id) { server in
            server.isOnline = isOnline
            if isOnline { server.startedAt = now }
        }
    }

    /// Ends the installation of a server, as Wings reports it; the server runs then.
    package func finishInstallation(server id: Int) {
        changeServer(id) { server in
            server.status = nil
            server.isOnline = true
        }
    }

    /// Adds an allocation to a node by hand, free or given to a server, and returns its id.
    @discardableResult
    package func addAllocation(port: Int, node: Int = 1, server: Int? = nil) -> Int {
        state.withLock { state in
            let id = state.addAllocation(node: node, port: port)
            if let server { state.assign(id, to: server) }
            return id
        }
    }

    /// Deletes a server by hand.
    package func deleteServer(_ id: Int) {
        state.withLock { $0.removeServer(id) }
    }

    /// Lets a user onto a server by hand; without `websocket.connect` only if it is left out on purpose.
    @discardableResult
    package func addSubuser(user: Int, server: Int, permissions: [String]) -> PanelSubuser {
        let now = Int(time)
        return state.withLock { state in
            state.addRow(user: user, server: server, PermissionList(stored: permissions), now: now)
        }
    }

    /// Changes what a user may do on a server, in all of his rows there, by hand.
    package func setPermissions(_ permissions: [String], ofUser user: Int, onServer server: Int) {
        state.withLock { state in
            for var row in state.subusers(ofServer: server) where row.userID == user {
                row.permissions = PermissionList(stored: permissions)
                state.replace(row)
            }
        }
    }

    /// Removes all rows that let a user onto a server, by hand.
    package func removeSubuser(user: Int, server: Int) {
        state.withLock { state in
            for row in state.subusers(ofServer: server) where row.userID == user { state.removeSubuser(row.id) }
        }
    }

    /// Adds or changes a key.
    package func addKey(_ key: PanelKey) {
        state.withLock { $0.keys[key.token] = key }
    }

    /// Withdraws a key.
    package func removeKey(_ token: String) {
        state.withLock { $0.keys[token] = nil }
    }

    /// Makes the nodes (or that of one server) answer, fail or be away.
    package func setWings(_ health: WingsHealth, server: Int? = nil) {
        state.withLock { state in
            if let server {
                state.wingsOfServer[server] = health == .up ? nil : health
            } else {
                state.wings = health
            }
        }
    }

    /// Puts a node under maintenance, or ends that.
    package func setMaintenance(_ isUnderMaintenance: Bool, node id: Int = 1) {
        state.withLock { state in
            for index in state.world.nodes.indices where state.world.nodes[index].id == id {
                state.world.nodes[index].isUnderMaintenance = isUnderMaintenance
            }
        }
    }

    /// Takes the mail server away, or brings it back.
    package func setMailDown(_ isDown: Bool) {
        state.withLock { $0.isMailDown = isDown }
    }

    /// Sets the calls a minute that a user may make (nil: no limit) and starts all windows anew.
    package func setLimits(application: Int?, client: Int?) {
        state.withLock { state in
            state.world.applicationLimit = application
            state.world.clientLimit = client
            state.limiter.reset()
        }
    }

    /// Uses up calls of a user's application budget, as another tool of the same admin would.
    package func spendApplicationCalls(_ calls: Int, user: Int = 1) {
        spend(calls, .application, user: user)
    }

    /// Uses up calls of a user's client budget, as another tool of the same admin would.
    package func spendClientCalls(_ calls: Int, user: Int = 1) {
        spend(calls, .client, user: user)
    }

    private func spend(_ calls: Int, _ side: RateLimiter.Side, user: Int) {
        let now = time
        state.withLock { state in
            let length = state.world.limitWindow.asSeconds
            state.limiter.use(calls, side, user: user, length: length, now: now)
        }
    }
}

extension PanelState {
    /// Adds a free allocation to a node and returns its id.
    mutating func addAllocation(node: Int, port: Int? = nil) -> Int {
        let id = (allocations.keys.max() ?? 0) + 1
        let port = port ?? 25564 + id
        insert(PanelAllocation(id: id, nodeID: node, ip: "127.0.0.1", alias: nil, port: port, serverID: nil))
        return id
    }
}

import Synchronization

extension SimulatedPanel {
    /// A player joins a server, and so can be addressed by name from then on.
    package func join(_ player: String, server id: Int) {
        state.withLock { $0.changeLuckPerms(of: id) { $0.join(player) } }
    }

    /// A person gives a player a group for ever, by hand.
    package func giveGroup(_ group: String, to player: String, server id: Int) {
        state.withLock { $0.changeLuckPerms(of: id) { $0.give(group, to: player) } }
    }

    /// The groups that a player has for a time, each with its end in seconds since 1970.
    package func ranks(of player: String, server id: Int) -> [String: Int] {
        let now = Int(time)
        return state.withLock { $0.luckPerms(of: id).temporaryGroups(of: player, now: now) }
    }

    /// The groups that people gave a player for ever.
    package func groupsByHand(of player: String, server id: Int) -> Set<String> {
        state.withLock { $0.luckPerms(of: id).permanentGroups(of: player) }
    }

    /// A server's LuckPerms begins anew, as after a wipe.
    package func wipeLuckPerms(server id: Int) {
        state.withLock { $0.changeLuckPerms(of: id) { $0 = LuckPermsStorage() } }
    }

    /// Lets servers share one storage of LuckPerms.
    package func shareLuckPerms(servers: [Int]) {
        state.withLock { state in
            for id in servers { state.luckPermsOf[id] = servers.first }
        }
    }
}

extension PanelState {
    func luckPerms(of server: Int) -> LuckPermsStorage {
        luckPermsStorages[luckPermsOf[server] ?? server] ?? LuckPermsStorage()
    }

    mutating func changeLuckPerms(of server: Int, _ change: (inout LuckPermsStorage) -> Void) {
        change(&luckPermsStorages[luckPermsOf[server] ?? server, default: LuckPermsStorage()])
    }
}

import Synchronization

extension SimulatedPanel {
    /// The accounts, by rising id.
    package var users: [PanelUser] {
        state.withLock { state in state.userIDs.compactMap { state.users[$0] } }
    }

    /// The servers, by rising id.
    package var servers: [PanelServer] {
        state.withLock { state in state.serverIDs.compactMap { state.servers[$0] } }
    }

    /// The account of that id.
    package func user(_ id: Int) -> PanelUser? {
        state.withLock { $0.users[id] }
    }

    /// The account with that address, compared as the panel's database does.
    package func user(email: String) -> PanelUser? {
        state.withLock { state in state.userID(email: email).flatMap { state.users[$0] } }
    }

    /// The accounts with that external id (more than one only after a race).
    package func users(externalID: String) -> [PanelUser] {
        state.withLock { state in state.userIDs(external: externalID).compactMap { state.users[$0] } }
    }

    /// The server of that id.
    package func server(_ id: Int) -> PanelServer? {
        state.withLock { $0.servers[id] }
    }

    /// The first server of that name.
    package func server(named name: String) -> PanelServer? {
        servers.first { $0.name == name }
    }

    /// The server with that external id.
    package func server(externalID: String) -> PanelServer? {
        state.withLock { state in state.serverID(external: externalID).flatMap { state.servers[$0] } }
    }

    /// The ids of the allocations that a server has.
    package func allocations(ofServer id: Int) -> Set<Int> {
        state.withLock { state in Set(state.allocations.values.filter { $0.serverID == id }.map(\.id)) }
    }

    /// All subuser rows, by rising id.
    package var subusers: [PanelSubuser] {
        state.withLock { $0.subusers.values.sorted { $0.id < $1.id } }
    }

    /// The subuser rows of a server, by rising id.
    package func subusers(ofServer id: Int) -> [PanelSubuser] {
        state.withLock { $0.subusers(ofServer: id) }
    }

    /// What a user may do on a server as a subuser; nil where he is none.
    package func permissions(ofUser user: Int, onServer server: Int) -> Set<String>? {
        state.withLock { $0.subuser(user: user, server: server).map { Set($0.permissions.values) } }
    }

    /// The permissions of each user on each server: the names of servers, then addresses, as tests like to compare.
    package var access: [String: [String: Set<String>]] {
        state.withLock { state in
            var access: [String: [String: Set<String>]] = [:]
            for row in state.subusers.values {
                guard let server = state.servers[row.serverID], let user = state.users[row.userID] else { continue }
                access[server.name, default: [:]][user.email, default: []].formUnion(row.permissions.values)
            }
            return access
        }
    }

    /// The mails that were sent, oldest first.
    package var mails: [PanelMail] { state.withLock { $0.mails } }

    /// The calls that reached nodes, oldest first.
    package var wingsCalls: [WingsCall] { state.withLock { $0.wingsCalls } }

    /// The lines that reached consoles, oldest first.
    package var consoleCommands: [ConsoleCommand] { state.withLock { $0.console } }

    /// The lines that reached the console of a server, oldest first.
    package func commands(onServer id: Int) -> [String] {
        consoleCommands.filter { $0.serverID == id }.map(\.text)
    }

    /// The requests that were answered (or not), oldest first.
    package var requests: [LoggedRequest] { state.withLock { $0.log } }

    /// How many requests each route had, such as `GET /api/application/users`.
    package var requestCounts: [String: Int] { state.withLock { $0.counts } }

    /// How many requests there were in all.
    package var requestCount: Int { state.withLock { $0.counts.values.reduce(0, +) } }

    /// Forgets mails, Wings calls, commands, requests and counts, so that what follows stands alone.
    package func forgetEffects() {
        state.withLock { state in
            state.mails = []
            state.wingsCalls = []
            state.console = []
            state.log = []
            state.counts = [:]
        }
    }
}

extension PanelState {
    /// Calls the node of a server; what it answers besides success is thrown.
    mutating func callWings(
        _ method: String,
        _ path: String,
        server: Int,
        status: Int = 204
    ) throws(PanelFailure) {
        switch wingsOfServer[server] ?? wings {
        case .up: record(WingsCall(method: method, path: path, status: status))
        case .down: throw .daemonUnreachable
        case .failing(let failure):
            record(WingsCall(method: method, path: path, status: failure))
            throw .daemon(status: failure)
        }
    }

    /// Ends a user's console sessions on a server; the panel does not mind if it cannot.
    mutating func denyWebsocket(server: PanelServer) {
        do {
            try callWings("POST", "/api/servers/\(server.uuid)/ws/deny", server: server.id)
        } catch {
            // The panel only logs this: the row is removed or changed whether Wings hears of it or not.
        }
    }

    private mutating func record(_ call: WingsCall) {
        wingsCalls.append(call)
        trim(&wingsCalls)
    }

    /// Drops the oldest entries of a list that has grown to twice its bound.
    func trim<Entry>(_ entries: inout [Entry]) {
        if entries.count > 2 * max(1, world.logLimit) { entries.removeFirst(entries.count - world.logLimit) }
    }

    /// Makes the servers ready whose installation has come to its end.
    mutating func finishInstallations(now: Double) {
        guard !installsDue.isEmpty else { return }
        for due in installsDue where due.at <= now {
            if var server = servers[due.serverID], server.status == .installing {
                server.status = nil
                server.isOnline = startsWhenInstalled.remove(server.id) != nil || server.isOnline
                replace(server)
            }
        }
        installsDue.removeAll { $0.at <= now }
    }
}

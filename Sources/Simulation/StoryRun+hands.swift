import Oracle
import PanelSimulator

extension StoryRun {
    /// People change the panel while nothing of the engine's is in the air: a row has no version that would show that it changed between a
    /// look and the write that follows (DESIGN §4), so nobody could keep apart what happens in between.
    mutating func doByHand(_ hand: Hand, _ act: Act) {
        switch hand {
        case .unsuspend(let server), .start(let server): guard away.contains(server) else { return }
        case .regainNode: guard away.contains(Self.node) else { return }
        case .give, .take, .rename, .addServer, .deleteServer, .suspend, .stop, .loseNode: break
        }
        guard isIdle else { return later(act, .seconds(1)) }
        world.note("hand \(act.customer ?? 0)")
        lastHand = time.now
        world.acceptRows { carryOut(hand) }
    }

    /// Whether nothing of the engine's is in the air.
    var isIdle: Bool { world.with { $0.lanes == 0 && $0.requests == 0 && $0.lateRequests == 0 } }

    private mutating func carryOut(_ hand: Hand) {
        let panel = world.panel
        switch hand {
        case .give(let customer, let server, let permissions):
            guard let user = user(of: customer), panel.server(server) != nil else { return }
            let all = (panel.permissions(ofUser: user, onServer: server) ?? []).union(permissions).sorted()
            if panel.permissions(ofUser: user, onServer: server) == nil {
                panel.addSubuser(user: user, server: server, permissions: Set(all + ["websocket.connect"]).sorted())
            } else {
                panel.setPermissions(all, ofUser: user, onServer: server)
            }
        case .take(let customer, let server):
            if let user = user(of: customer) { panel.removeSubuser(user: user, server: server) }
        case .rename(let server, let name): panel.rename(server: server, to: name)
        case .addServer(let name):
            panel.addServer(PanelServer(name: name))
            for customer in joined.keys.sorted() { join(customer) }
        case .deleteServer(let server):
            panel.deleteServer(server)
            world.with { $0.oracle.serverIsGone(server) }
        case .suspend(let server):
            panel.setSuspended(true, server: server)
            away.insert(server)
        case .unsuspend(let server):
            panel.setSuspended(false, server: server)
            away.remove(server)
        case .stop(let server):
            panel.setOnline(false, server: server)
            away.insert(server)
        case .start(let server):
            panel.setOnline(true, server: server)
            away.remove(server)
        case .loseNode:
            panel.setWings(.down)
            away.insert(Self.node)
        case .regainNode:
            panel.setWings(.up)
            away.remove(Self.node)
        }
    }

    /// Stands for the node among the servers that are away.
    static let node = 0

    mutating func join(_ customer: Int) {
        let names = story.people.first { $0.number == customer }?.players.map(\.typed) ?? []
        for server in world.panel.servers {
            for name in names { world.panel.join(name, server: server.id) }
        }
        joined[customer] = joined[customer] ?? time.now
    }

    private func user(of customer: Int) -> Int? {
        guard let person = story.people.first(where: { $0.number == customer }) else { return nil }
        let externalID = World.externalID(ofCustomer: customer)
        return world.panel.users.first { $0.externalID == externalID }?.id ?? world.panel.user(email: person.email)?.id
    }
}

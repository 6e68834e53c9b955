import Oracle
import PanelSimulator

/// A server that was made for a subscription, as the panel has it.
struct OwnServer: Hashable, Sendable {
    /// Its owner, and the place that the oracle knows it by.
    var seat: Seat
    var isUsed: Bool
}

extension World {
    /// The subscription that a server was made for; `nil` if it is none of ours.
    static func subscription(ofServer externalID: String?) -> Int? {
        guard let externalID, externalID.hasPrefix("paydactyl:\(instance):s") else { return nil }
        // Whatever stands behind its number, it was made for that subscription.
        return Int(externalID.dropFirst("paydactyl:\(instance):s".count).prefix(while: \.isNumber))
    }

    /// By subscription; several if it was made more than once.
    var ownServers: [Int: [OwnServer]] {
        var servers: [Int: [OwnServer]] = [:]
        for server in panel.servers {
            guard let subscription = Self.subscription(ofServer: server.externalID) else { continue }
            let seat = Seat(user: server.ownerID, server: Oracle.ownServer(of: subscription))
            servers[subscription, default: []].append(OwnServer(seat: seat, isUsed: server.status != .suspended))
        }
        return servers
    }

    /// Compares the servers that were made with what they were, and has the oracle judge what the engine made of them.
    func judgeOwnServers() {
        let now = time.now
        let users = Dictionary(panel.users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let servers = ownServers.compactMapValues(\.first)
        with { state in
            let before = state.knownServers
            state.knownServers = servers
            for subscription in Set(before.keys).union(servers.keys).sorted() {
                let (old, new) = (before[subscription], servers[subscription])
                guard old != new else { continue }
                if new == nil {
                    state.oracle.fail(.serversStay, at: now, "the server of subscription \(subscription) was deleted")
                }
                let places = [(old, from: old?.use, to: nil), (new, from: nil, to: new?.use)]
                let moves = old?.seat == new?.seat ? [(new, from: old?.use, to: new?.use)] : places
                for (server, from, to) in moves where from != to {
                    guard let server, let user = users[server.seat.user] else { continue }
                    state.oracle.wrote(server.seat, of: Self.account(user), from: from, to: to, at: now)
                }
            }
        }
    }
}

extension OwnServer {
    /// As the oracle sees it: the use of it is what a customer can lose.
    var use: Set<String>? { isUsed ? [Oracle.use] : nil }
}

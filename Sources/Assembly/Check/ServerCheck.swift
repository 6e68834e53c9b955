import Entitlements
import Provisioning
import PterodactylAPI

/// What stands in the way of giving access on the servers that groups match.
struct ServerCheck {
    typealias Finding = CheckReport.Finding

    private let power: PanelCheck.ClientPower
    private let client: PterodactylPanel
    /// The servers on which tiers give something, with all that this needs there.
    private let matched: [(server: Server, permissions: Set<String>)]

    init(
        power: PanelCheck.ClientPower,
        catalog: Catalog,
        servers: [Server],
        client: PterodactylPanel,
        panel: PanelName,
        instance: String
    ) {
        self.power = power
        self.client = client
        matched = servers.compactMap { server in
            let known = Entitlements.PanelServer(server, on: panel, instance: instance)
            let lines = catalog.tiers.flatMap(\.access).filter { catalog.groups[$0.group]?.contains(known) ?? false }
            var permissions = Set(lines.flatMap { $0.permissions.map(\.key) })
            let consoles = catalog.tiers.flatMap { [$0.luckPerms?.servers, $0.commands?.servers] }.compactMap(\.self)
            if consoles.contains(where: { catalog.groups[$0]?.contains(known) ?? false }) {
                permissions.insert("control.console")
            }
            return permissions.isEmpty ? nil : (server, permissions)
        }
    }

    func findings() async -> [Finding] {
        var findings = matched.compactMap { state(of: $0.server) }
        if let account = power.account, !account.isAdmin {
            for (server, permissions) in matched { findings.append(await reach(server, giving: permissions)) }
        }
        return findings + console
    }

    /// A server that is not in use takes no changes of its subusers.
    private func state(of server: Server) -> Finding? {
        guard server.suspended || server.status != nil else { return nil }
        let state = server.status?.description.replacing("_", with: " ") ?? "suspended"
        return .warn(
            "server \(server.name)",
            "It is \(state): the panel changes nobody's access there (409), so customers wait for it as blocked",
            remedy: "Finish or end that in the panel, or leave the server out with except."
        )
    }

    private func reach(_ server: Server, giving permissions: Set<String>) async -> Finding {
        let subject = "server \(server.name)"
        let needed = permissions.union(["user.create", "user.read", "user.update", "user.delete"])
        do {
            guard let seen = try await client.clientServer(server.identifier) else {
                return .fail(
                    subject,
                    "The client key does not see it, so nobody can be let onto it",
                    remedy: "Use a key of a root admin."
                )
            }
            let held = seen.permissions ?? []
            let missing = held.contains("*") ? [] : needed.subtracting(held)
            guard missing.isEmpty else {
                return .fail(
                    subject,
                    "The client key lacks \(missing.sorted().joined(separator: ", ")) there, and can give only what it has",
                    remedy: "Use a key of a root admin or of the server's owner."
                )
            }
            return .ok(subject, "The client key may let people onto it")
        } catch {
            return .fail(
                subject,
                "The client key's power over it could not be read: \(error)",
                remedy: "Check again; if it stays, look at what the panel says of this server."
            )
        }
    }

    private var console: [Finding] {
        let readable = matched.filter { $0.permissions.contains("websocket.connect") }.map(\.server.name)
        guard !readable.isEmpty else { return [] }
        return [
            .warn(
                "consoles",
                "Whoever has any access to a server can read its console as it runs, with players' addresses: \(GroupCheck.list(readable))",
                remedy:
                    "The panel cannot give less. Set log-ips=false in server.properties (Minecraft 1.20.2 and later) to keep addresses out of it."
            )
        ]
    }
}

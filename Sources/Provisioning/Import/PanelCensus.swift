import Entitlements
import PterodactylAPI

/// The accounts of a panel, and who is a subuser of the servers that tiers open.
struct PanelCensus {
    struct Account {
        var number: Int
        var email: String
        var isRootAdmin: Bool
    }

    struct Place {
        var server: PanelServer
        /// By the panel's user id.
        var rows: [Int: Set<Permission>]
    }

    let panel: PanelName
    private(set) var accounts: [Int: Account] = [:]
    private(set) var places: [PanelServerID: Place] = [:]
    private var byEmail: [String: Int] = [:]

    /// Reads the whole panel, at the audits' priority; of servers only those in `wanted` are kept.
    init(
        of panel: PanelConnection,
        wanted: Set<PanelServerID>,
        instance: String,
        progress: (String, Int, Int) -> Void
    ) async throws {
        self.panel = panel.name
        try await PterodactylPanel.$priority.withValue(.audit) {
            try await readUsers(panel.client, progress)
            try await readServers(panel.client, wanted: wanted, instance: instance, progress)
        }
    }

    func account(withEmail email: String?) -> Account? {
        email.flatMap { byEmail[asciiFolded($0)] }.flatMap { accounts[$0] }
    }

    private mutating func readUsers(_ client: PterodactylPanel, _ progress: (String, Int, Int) -> Void) async throws {
        var next: Int? = 1
        while let number = next {
            let page = try await client.usersPage(number, perPage: 100)
            progress("users", min(page.total, page.number * page.perPage), page.total)
            for user in page.things {
                let account = Account(number: user.id.number, email: user.email, isRootAdmin: user.rootAdmin)
                accounts[account.number] = account
                byEmail[asciiFolded(user.email)] = account.number
            }
            next = page.next
        }
    }

    private mutating func readServers(
        _ client: PterodactylPanel,
        wanted: Set<PanelServerID>,
        instance: String,
        _ progress: (String, Int, Int) -> Void
    ) async throws {
        var next: Int? = 1
        while let number = next {
            let page = try await client.serversPage(number, perPage: 25, including: [.user, .subusers, .node, .egg])
            progress("servers", min(page.total, page.number * page.perPage), page.total)
            for server in page.things {
                let known = PanelServer(server, on: panel, instance: instance)
                guard wanted.contains(known.id) else { continue }
                var rows: [Int: Set<Permission>] = [:]
                for row in server.subusers ?? [] {
                    rows[row.userID.number, default: []].formUnion(row.permissions.map { Permission($0) })
                }
                places[known.id] = Place(server: known, rows: rows)
            }
            next = page.next
        }
    }
}

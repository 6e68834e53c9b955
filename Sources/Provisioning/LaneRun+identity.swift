import Entitlements
import Ledger
import PterodactylAPI

/// Whether a customer's account is the one that it was.
extension LaneRun {
    /// Reads the linked account again: its e-mail is needed as it is now, and its uuid says whether this is still the panel that it was.
    mutating func verified(_ link: AccountLink, on panel: PanelConnection) async throws -> AccountLink? {
        guard let user = try await panel.client.user(id: PanelUser.ID(link.account.id)) else {
            try await forgetMissingAccount(link, on: panel)
            return nil
        }
        guard user.uuid.text == link.account.uuid else {
            guard panel.isGivenAway(link.account.id, uuid: link.account.uuid) else {
                throw StrangePanel(isAnother: user.id)
            }
            try await forget(
                link,
                on: panel,
                "The panel account \(link.account.username) is somebody else's by now; another is found or made."
            )
            return nil
        }
        var link = link
        link.account = PanelAccount(user)
        if mustFollowEmail(link) { link = try await followEmail(link, user: user, on: panel) }
        if link != file.links[panel.name] { try await save(link, on: panel) }
        return link
    }

    mutating func forget(_ link: AccountLink, on panel: PanelConnection, _ sentence: String) async throws {
        var step = LaneWrite()
        step.unlinked = [panel.name]
        try await write(step)
        file.links[panel.name] = nil
        file.grants.removeAll { $0.server.panel == panel.name }
        if report.hasAccess == true { report.retrying.append(sentence) }
    }

    /// Another panel lacks our accounts, too: one that has none of the servers that we know is not asked what it does not have.
    func demandKnownServer(on panel: PanelConnection) async throws {
        guard !panel.wasUnlocked else { return }
        let known = (panel.inventory?.servers.values.map(\.self) ?? []).sorted { $0.id < $1.id }
        for server in known {
            let found = try await panel.client.server(id: Server.ID(server.id.number))
            if found?.uuid.text == server.uuid { return }
        }
        guard known.isEmpty else { throw StrangePanel(what: "None of its \(known.count) servers is there any more") }
    }
}

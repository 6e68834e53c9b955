import Entitlements
import Ledger
import PterodactylAPI

extension LaneRun {
    /// The panel itself says that a linked account is gone.
    ///
    /// The second look at it, in the next pass, forgets it; a new one is then made.
    mutating func forgetMissingAccount(_ link: AccountLink, on panel: PanelConnection) async throws {
        guard try await panel.client.user(id: PanelUser.ID(link.account.id)) == nil else {
            report.retrying.append(
                "The panel account \(link.account.username) was missing for a moment; it is looked at again."
            )
            return
        }
        try await demandOtherAccounts(on: panel)
        try await demandKnownServer(on: panel)
        panel.expectNoMore(link.account.id)
        try await forget(
            link,
            on: panel,
            "The panel account \(link.account.username) was deleted on the panel; another is found or made."
        )
    }

    /// One account that is gone was deleted; where none of all the others is there either, this is another panel.
    private func demandOtherAccounts(on panel: PanelConnection) async throws {
        guard let demanded = panel.demanded else { return }
        var next: Int? = 1
        while let number = next {
            let page = try await panel.client.usersPage(number, perPage: 100)
            if page.things.contains(where: { demanded.contains($0.id.number) }) { return }
            next = page.next
        }
        throw StrangePanel(without: demanded.count)
    }
}

import Entitlements
import Testing

@testable import Web

@Suite struct ServerPageTests {
    private static func server(_ panel: PanelName, _ number: Int) -> ServerView {
        ServerView(
            PanelServer(
                id: PanelServerID(panel: panel, number: number),
                uuid: "uuid",
                identifier: "identifier",
                name: "Server \(number)",
                owner: 1,
                ownerIsRootAdmin: true
            ),
            groups: []
        )
    }

    @Test func `pages hold every server once, also where two panels number theirs alike`() {
        let all = [Self.server("main", 1), Self.server("main", 2), Self.server("other", 1), Self.server("other", 2)]
        for size in 1...5 {
            var (found, mark): ([String], ServerMark?) = ([], nil)
            repeat {
                let page = all.page(after: mark, size: size)
                found += page.items.map { "\(ServerMark($0))" }
                mark = page.next
            } while mark != nil
            #expect(found == ["1.main", "2.main", "1.other", "2.other"], "pages of \(size)")
        }
    }
}

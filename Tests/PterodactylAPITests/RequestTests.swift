import PterodactylAPI
import Testing

/// What is asked, and how much of the answer is believed.
struct RequestTests {
    private func search(_ email: String, _ found: [(id: Int, email: String)]) async throws -> ([Int], String) {
        let panel = TestPanel { _ in .users(found) }
        let users = try await panel.client().users(exactEmail: email)
        let target = try #require(panel.requests.first).target
        return (users.map(\.id.number), target)
    }

    @Test(arguments: [
        ("steve+mc@example.test", "steve%2Bmc%40example.test"), ("a&b=c@example.test", "a%26b%3Dc%40example.test"),
        ("fifty%off@example.test", "fifty%25off%40example.test"), ("a_b@example.test", "a_b%40example.test"),
        ("x,long@example.test", "long%40example.test"), ("a\\b@example.test", "b%40example.test"),
        ("jörg@example.test", "rg%40example.test"), ("true", "tru"), ("#?/@example.test", "%23%3F%2F%40example.test"),
    ])
    func `an e-mail is searched for by a part that the panel cannot misread`(_ email: String, _ filter: String)
        async throws
    {
        let (ids, target) = try await search(email, [(1, "other@example.test"), (2, email), (3, "x" + email)])
        #expect(ids == [2])
        #expect(target == "/api/application/users?sort=id&filter%5Bemail%5D=\(filter)&page=1&per_page=100")
    }

    @Test func `an e-mail without any safe part is searched for in the whole listing`() async throws {
        let (ids, target) = try await search("é,ü", [(1, "é,ü"), (2, "e\u{301},ü")])
        // The second is canonically equivalent, and still another mailbox.
        #expect(ids == [1])
        #expect(target == "/api/application/users?sort=id&page=1&per_page=100")
    }

    @Test func `an e-mail is the same in any case of its ASCII letters, and of no others`() async throws {
        let (ids, _) = try await search("Ölga@Example.test", [(1, "Ölga@eXAMPLE.TEST"), (2, "ölga@example.test")])
        #expect(ids == [1])
    }

    @Test func `an empty e-mail finds nobody and asks nothing`() async throws {
        let panel = TestPanel { _ in .users([(1, "")]) }
        #expect(try await panel.client().users(exactEmail: "").isEmpty)
        #expect(panel.requests.isEmpty)
    }

    @Test func `a search reads every page by the counters`() async throws {
        let panel = TestPanel { request in
            let page = Int(Recording.query(of: request.target)["page"] ?? "") ?? 0
            return .users([(page, "a@b")], page: page, perPage: 1, total: 3)
        }
        #expect(try await panel.client().users(exactEmail: "a@b").map(\.id.number) == [1, 2, 3])
    }

    @Test(arguments: ["a/b", "..", ".", "a b", "a%2Fb", "é"])
    func `an external id that no path can carry is looked for in the listing`(_ id: String) async throws {
        let panel = TestPanel { _ in .users([]) }
        #expect(try await panel.client().user(externalID: id) == nil)
        #expect(try #require(panel.requests.first).target.hasPrefix("/api/application/users?sort=id"))
    }

    @Test func `an external id in another case is another`() async throws {
        let recording = try Recording("app-users-external-case-insensitive")
        let panel = TestPanel { _ in try recording.answer() }
        #expect(try await panel.client().user(externalID: "EXT-STEVE") == nil)
        #expect(try await panel.client().user(externalID: "ext-steve") != nil)
    }

    @Test func `an identifier cannot lead a request elsewhere`() async throws {
        let panel = TestPanel { _ in .json(200, #"{"object": "list", "data": []}"#) }
        _ = try await panel.client().subusers(server: "../../application/users?")
        let target = try #require(panel.requests.first).target
        #expect(target == "/api/client/servers/..%2F..%2Fapplication%2Fusers%3F/users")
    }

    @Test(arguments: [
        (1, 50, 1, 50, 3, 1), (2, 1, 2, 1, 2, 2), (9, 2, 9, 2, 3, 2), (1, 500, 1, 100, 3, 1),
    ])
    func `counters that can be are believed`(
        _ asked: Int,
        _ askedPerPage: Int,
        _ page: Int,
        _ perPage: Int,
        _ total: Int,
        _ pages: Int
    ) async throws {
        let count = max(0, min(perPage, total - (page - 1) * perPage))
        let users = (0..<count).map { (id: $0 + 1, email: "a@b") }
        let panel = TestPanel { _ in .users(users, page: page, perPage: perPage, total: total, pages: pages) }
        let got = try await panel.client().usersPage(asked, perPage: askedPerPage)
        #expect(got.things.count == count && got.totalPages == pages)
        #expect(got.next == (page < pages ? page + 1 : nil))
    }

    @Test(arguments: [
        // Another page than asked for; more a page than asked for; none a page; page counts that do not fit the total.
        (1, 50, 2, 50, 3, 1), (1, 50, 1, 51, 3, 1), (1, 50, 1, 0, 3, 1), (1, 50, 1, 50, 3, 2),
        (1, 50, 1, 50, 3, 9_000_000),
        (1, 50, 1, 50, -1, 1), (1, 50, 1, 2, 3, 2), (1, 50, 1, 50, 3, 0),
    ])
    func `counters that cannot be are the panel's fault`(
        _ asked: Int,
        _ askedPerPage: Int,
        _ page: Int,
        _ perPage: Int,
        _ total: Int,
        _ pages: Int
    ) async throws {
        let users = (1...3).map { (id: $0, email: "a@b") }
        let panel = TestPanel { _ in .users(users, page: page, perPage: perPage, total: total, pages: pages) }
        let client = try panel.client()
        let error = await failure { _ = try await client.usersPage(asked, perPage: askedPerPage) }
        #expect(error?.kind == .nonsense && error?.isPanelWide == true)
    }

    @Test func `a page that is too long says so, so that a smaller one can be asked for`() async throws {
        let panel = TestPanel { request in
            let perPage = Int(Recording.query(of: request.target)["per_page"] ?? "") ?? 0
            return .users((1...perPage).map { ($0, "a@b") }, perPage: perPage)
        }
        var options = PterodactylPanel.Options()
        options.maximumPageSize = 10_000
        let client = try panel.client(options)
        let error = await failure { _ = try await client.usersPage(1, perPage: 100) }
        #expect(error?.kind == .bodyTooLarge && error?.isPanelWide == false)
        #expect(try await client.usersPage(1, perPage: 10).things.count == 10)
        #expect(try await client.usersPage(1, perPage: 1).things.count == 1)
        #expect(panel.requests.map(\.maximumBodySize) == [10_000, 10_000, options.maximumListSize])
    }

    @Test func `keys are sent to their own API and cannot be printed`() async throws {
        let panel = TestPanel { _ in .json(404, "{}") }
        let client = try panel.client()
        _ = await failure { _ = try await client.user(id: 1) }
        _ = await failure { _ = try await client.ownAccount() }
        #expect(panel.requests.map { $0.key.revealed() } == ["ptla_secret", "ptlc_secret"])
        var dumped = ""
        dump(panel.requests, to: &dumped)
        dump(client, to: &dumped)
        dumped += "\(panel.requests) \(String(reflecting: panel.requests))"
        #expect(!dumped.contains("secret"))
    }

    @Test func `a key read from a file loses the end of its line`() {
        #expect(PanelKey(" ptla_x\r\n").revealed() == "ptla_x")
    }

    @Test(arguments: [
        ("https://panel.example.com", "https://panel.example.com"), ("HTTPS://p.example/", "https://p.example"),
        ("http://127.0.0.1:8080//", "http://127.0.0.1:8080"), ("https://e.com/panel/", "https://e.com/panel"),
        ("https://e.com/panel/api", "https://e.com/panel"), ("http://[::1]:80", "http://[::1]:80"),
    ])
    func `an address is taken without what does not belong to it`(_ address: String, _ text: String) throws {
        #expect(try PanelURL(address).text == text)
    }

    @Test(arguments: [
        "panel.example.com", "ftp://panel.example.com", "https://", "https:///x", "https://u:p@panel.example.com",
        "https://panel.example.com?x", "https://panel.example.com#x", "https://panel example.com",
        "https://panel.example.com/\r\nHost: x", "https://:80",
    ])
    func `an address that is none is refused`(_ address: String) {
        #expect(throws: InvalidPanelURL.self) { try PanelURL(address) }
    }

    @Test(arguments: [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Mon, 23 Nov 2026 10:41:22 GMT", 1_795_430_482),
    ])
    func `the panel's clock is read from its answers, beside ours`(_ date: String, _ seconds: Int) async throws {
        let panel = TestPanel { _ in .json(404, "{}", ["Date": date]) }
        var options = PterodactylPanel.Options()
        options.clock = ManualClock().clock
        let client = try panel.client(options)
        #expect(client.clockReading == nil)
        _ = await failure { _ = try await client.user(id: 1) }
        #expect(client.clockReading?.panel == .seconds(seconds))
        #expect(client.clockReading?.skew == .seconds(seconds - 1_000_000))
    }

    @Test(arguments: ["", "yesterday", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 6 Foo 1994 08:49:37 GMT"])
    func `a date that is none is passed over`(_ date: String) async throws {
        let panel = TestPanel { _ in .json(404, "{}", ["Date": date]) }
        let client = try panel.client()
        _ = await failure { _ = try await client.user(id: 1) }
        #expect(client.clockReading == nil)
    }

    @Test func `nothing to allow is said as the one permission that the panel stores anyway`() async throws {
        let recording = try Recording("client-subusers-update-websocket-only")
        let panel = TestPanel { _ in try recording.answer() }
        let subuser = try await panel.client().updateSubuser(server: "a", uuid: "b", permissions: [])
        #expect(subuser.permissions == ["websocket.connect"])
        #expect(try JSONValue(bytes: panel.requests[0].body ?? []) == recording.request.body)
    }

    @Test func `a change begins from what was read`() async throws {
        let recording = try Recording("app-servers-get")
        let panel = TestPanel { _ in try recording.answer() }
        let server = try #require(try await panel.client().server(id: 1))
        let startup = StartupUpdate(of: server)
        #expect(
            startup.environment.keys.sorted() == ["BUILD_NUMBER", "DL_PATH", "MINECRAFT_VERSION", "SERVER_JARFILE"]
        )
        let details = DetailsUpdate(of: server)
        #expect(details.externalID == "mc-survival" && details.description == "Main survival world")
        #expect(BuildUpdate(of: server).limits == server.limits)
    }
}

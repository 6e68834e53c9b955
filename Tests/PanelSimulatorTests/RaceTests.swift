import PanelSimulator
import Testing

/// What happens when requests overlap: each begins before the other commits.
struct RaceTests {
    private func user(_ name: String, external: String? = nil, password: String? = nil) -> PanelRequest {
        var members = [
            PanelJSON.Member("email", .string("\(name)@example.test")),
            PanelJSON.Member("username", .string(name)),
            PanelJSON.Member("first_name", "R"), PanelJSON.Member("last_name", "C"),
        ]
        if let external { members.append(PanelJSON.Member("external_id", .string(external))) }
        if let password { members.append(PanelJSON.Member("password", .string(password))) }
        return .json("POST", "/api/application/users", key: PanelWorld.applicationKey, body: .object(members))
    }

    private func subuser(_ email: String) -> PanelRequest {
        let body: PanelJSON = ["email": .string(email), "permissions": ["control.console"]]
        return .json("POST", "/api/client/servers/ca94620b/users", key: PanelWorld.clientKey, body: body)
    }

    /// Begins all before the first commits; they commit in their order.
    private func overlap(_ requests: [PanelRequest], on panel: SimulatedPanel) -> [PanelResponse] {
        requests.map { panel.begin($0) }.map { panel.commit($0) }
    }

    private func expect(_ response: PanelResponse, on panel: SimulatedPanel, matches recording: String) throws {
        var replayer = Replayer(panel: panel)
        try replayer.compareAnswer(response, with: recording)
        #expect(replayer.differences.isEmpty)
    }

    @Test
    func `accounts created at once without password deadlock, and the loser may try again`() throws {
        let panel = SimulatedPanel()
        let answers = overlap([user("one"), user("two"), user("three")], on: panel)
        #expect(answers.map(\.status) == [201, 500, 500])
        try expect(answers[1], on: panel, matches: "race-users-different-users-no-password-deadlock")
        #expect(panel.users.map(\.username) == ["admin", "one"])
        #expect(panel.mails.count == 1)
        #expect(panel.respond(to: user("two")).status == 201)
    }

    @Test
    func `accounts created at once with a password do not deadlock`() {
        let panel = SimulatedPanel()
        let answers = overlap([user("one", password: "x"), user("two", password: "x")], on: panel)
        #expect(answers.map(\.status) == [201, 201])
    }

    @Test
    func `accounts created one after the other do not deadlock`() {
        let panel = SimulatedPanel()
        #expect(panel.respond(to: user("one")).status == 201)
        #expect(panel.respond(to: user("two")).status == 201)
    }

    @Test
    func `of two creations of one account one wins`() throws {
        let panel = SimulatedPanel()
        let answers = overlap([user("race9", external: "x9"), user("race9", external: "x9")], on: panel)
        #expect(answers.map(\.status) == [201, 500])
        try expect(answers[1], on: panel, matches: "race-users-same-user-loser")

        let other = SimulatedPanel()
        let twice = overlap([user("race9", password: "x"), user("race9", password: "x")], on: other)
        #expect(twice.map(\.status) == [201, 500])
        try expect(twice[1], on: other, matches: "race-users-same-user-with-password-loser")
    }

    @Test
    func `two accounts can come to hold one external id`() {
        let panel = SimulatedPanel()
        let requests = [user("one", external: "x", password: "p"), user("two", external: "X", password: "p")]
        #expect(overlap(requests, on: panel).map(\.status) == [201, 201])
        #expect(panel.users(externalID: "x").count == 2)
    }

    @Test
    func `one subuser added five times at once has five rows`() {
        let panel = SimulatedPanel()
        panel.addUser(PanelUser(username: "sub0", email: "s0@example.test"))
        let answers = overlap(Array(repeating: subuser("s0@example.test"), count: 5), on: panel)
        #expect(answers.map(\.status) == [200, 200, 200, 200, 200])
        #expect(panel.subusers(ofServer: 1).count == 5)
        #expect(panel.mails.count == 5)
    }

    @Test
    func `unknown subusers added at once deadlock`() throws {
        let panel = SimulatedPanel()
        let answers = overlap([subuser("n8@example.test"), subuser("n9@example.test")], on: panel)
        #expect(answers.map(\.status) == [200, 500])
        #expect(answers[1].errorCode == "DeadlockException")
        #expect(panel.user(email: "n9@example.test") == nil)

        let other = SimulatedPanel()
        let same = overlap([subuser("n9@example.test"), subuser("n9@example.test")], on: other)
        try expect(same[1], on: other, matches: "race-subusers-unknown-email-loser")
        #expect(other.users.count == 2)
    }

    @Test
    func `a user deleted while he is added is an error, and added after it becomes a ghost`() throws {
        let panel = SimulatedPanel()
        let user = panel.addUser(PanelUser(username: "d7", email: "d7@example.test"))
        let exchange = panel.begin(subuser("d7@example.test"))
        panel.deleteUser(user.id)
        let answer = panel.commit(exchange)
        try expect(answer, on: panel, matches: "race-subuser-create-vs-user-delete")
        #expect(panel.respond(to: subuser("d7@example.test")).status == 200)
        #expect(panel.user(email: "d7@example.test")?.firstName == "Server")
        #expect(panel.user(email: "d7@example.test")?.username != "d7")
    }

    @Test
    func `removals of one subuser at once all succeed, each with its mail`() {
        let panel = SimulatedPanel()
        let user = panel.addUser(PanelUser(username: "sub0", email: "s0@example.test"))
        panel.addSubuser(user: user.id, server: 1, permissions: ["websocket.connect"])
        let path = "/api/client/servers/ca94620b/users/\(user.uuid)"
        let removal = PanelRequest.json("DELETE", path, key: PanelWorld.clientKey)
        #expect(overlap([removal, removal, removal], on: panel).map(\.status) == [204, 204, 204])
        #expect(panel.mails.map(\.subject) == Array(repeating: "Removed From Server", count: 3))
        #expect(panel.subusers.isEmpty)
    }

    @Test
    func `servers deployed at once collide on their allocation or external id`() throws {
        for recording in ["race-servers-same-allocation-loser", "race-servers-same-external-id-loser"] {
            var world = PanelWorld.recorded
            world.nextDeployments = recording.contains("allocation") ? [16, 16] : [15, 16]
            let panel = SimulatedPanel(world)
            let replayer = Replayer(panel: panel)
            let loser = replayer.request(of: try Recording(recording))
            var winner = loser
            if recording.contains("allocation") {
                let text = String(decoding: loser.body, as: UTF8.self)
                winner.body = Array(text.replacing("so-4-0", with: "so-4-1").utf8)
            }
            let answers = overlap([winner, loser], on: panel)
            #expect(answers[0].status == 201)
            try expect(answers[1], on: panel, matches: recording)
        }
    }

    @Test
    func `a gate makes concurrent requests overlap`() async throws {
        let route = RequestMatch.route("POST /api/application/users")
        let panel = SimulatedPanel()
        panel.faults.overlap(2, on: route)
        let requests = [user("one"), user("two")]
        let answers = await withTaskGroup(of: PanelAnswer.self) { group in
            for request in requests { group.addTask { await panel.answer(request) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.compactMap { $0.response?.status }.sorted() == [201, 500])
        #expect(panel.users.count == 2)
    }
}

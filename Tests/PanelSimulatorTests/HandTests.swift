import PanelSimulator
import Testing

/// What a person does on the panel by hand, and worlds that are built.
struct HandTests {
    private func get(_ path: String, on panel: SimulatedPanel) -> PanelResponse {
        panel.respond(to: .json("GET", path, key: PanelWorld.applicationKey))
    }

    @Test
    func `a built world is served`() {
        var world = PanelWorld.empty()
        let steve = world.addUser("steve", externalID: "x-1")
        let lobby = world.addServer("Lobby", description: "[beta]", externalID: "mc-lobby", owner: steve)
        world.addSubuser(user: 1, server: lobby, permissions: ["control.console"])
        let panel = SimulatedPanel(world)
        let server = get("/api/application/servers/external/mc-lobby?include=subusers,user", on: panel).json
        #expect(server["attributes"]?["description"]?.string == "[beta]")
        let related = server["attributes"]?["relationships"]
        #expect(related?["user"]?["attributes"]?["username"]?.string == "steve")
        let row = related?["subusers"]?["data"]?[0]?["attributes"]
        #expect(row?["user_id"]?.int == 1)
        #expect(row?["permissions"]?.text == #"["control.console"]"#)
        #expect(panel.access == ["Lobby": ["admin@example.test": ["control.console"]]])
    }

    @Test
    func `changes by hand are seen by callers`() {
        let panel = SimulatedPanel()
        let user = panel.addUser(PanelUser(username: "steve", email: "steve@example.test"))
        panel.addSubuser(user: user.id, server: 1, permissions: ["file.read"])
        panel.setPermissions(["file.read", "file.sftp"], ofUser: user.id, onServer: 1)
        panel.changeUser(user.id) { $0.email = "new@example.test" }
        panel.rename(server: 1, to: "Survival 2")
        panel.setSuspended(true, server: 1)
        let found = get("/api/application/users?filter[email]=new@example.test", on: panel).json
        #expect(found["data"]?[0]?["attributes"]?["id"]?.int == user.id)
        let server = get("/api/application/servers/1?include=subusers", on: panel).json["attributes"]
        #expect(server?["name"]?.string == "Survival 2")
        #expect(server?["suspended"]?.bool == true)
        #expect(panel.permissions(ofUser: user.id, onServer: 1) == ["file.read", "file.sftp"])
        panel.removeSubuser(user: user.id, server: 1)
        #expect(panel.subusers(ofServer: 1).isEmpty)
        panel.deleteServer(1)
        #expect(get("/api/application/servers/1", on: panel).status == 404)
    }

    @Test
    func `a restored backup gives ids out again`() {
        let panel = SimulatedPanel()
        let backup = panel.backup()
        let lost = panel.addUser(PanelUser(username: "lost", email: "lost@example.test"))
        panel.restore(backup)
        #expect(panel.user(email: "lost@example.test") == nil)
        let next = panel.addUser(PanelUser(username: "next", email: "next@example.test"))
        #expect(next.id == lost.id)
        #expect(next.uuid != lost.uuid)
    }

    @Test
    func `commands reach the console of a server that is online`() {
        let panel = SimulatedPanel()
        func command(_ text: String) -> PanelResponse {
            let path = "/api/client/servers/ca94620b/command"
            return panel.respond(
                to: .json("POST", path, key: PanelWorld.clientKey, body: ["command": .string(text)])
            )
        }
        #expect(command("say one").status == 204)
        panel.setOnline(false, server: 1)
        #expect(command("say two").status == 502)
        #expect(panel.commands(onServer: 1) == ["say one"])
        for process in [PanelServer.Process.starting, .stopping] {
            panel.changeServer(1) { $0.process = process }
            let path = "/api/client/servers/ca94620b/resources"
            let resources = panel.respond(to: .json("GET", path, key: PanelWorld.clientKey))
            #expect(resources.json["attributes"]?["current_state"]?.string == process.rawValue)
            #expect(command("say three").status == 204)
        }
        #expect(panel.commands(onServer: 1) == ["say one"], "it is swallowed")
    }

    @Test
    func `a server that is moved to another node refuses what the panel refuses then`() throws {
        let panel = SimulatedPanel()
        panel.changeServer(1) { $0.isTransferring = true }
        let subusers = panel.respond(
            to: .json("GET", "/api/client/servers/ca94620b/users", key: PanelWorld.clientKey)
        )
        #expect(subusers.status == 409)
        let suspension = panel.respond(
            to: .json("POST", "/api/application/servers/1/suspend", key: PanelWorld.applicationKey)
        )
        #expect(suspension.status == 409)
        #expect(panel.server(1)?.status == nil)
    }

    @Test
    func `a new server is ready after its installation time`() throws {
        var world = PanelWorld.recorded
        world.addUser("buyer")
        world.installTime = .seconds(30)
        let clock = ReplayClock()
        let panel = SimulatedPanel(world, now: { clock.now })
        let request = Replayer(panel: panel).request(of: try Recording("app-servers-create-deploy"))
        #expect(panel.respond(to: request).status == 201)
        #expect(panel.server(externalID: "order-1001")?.status == .installing)
        clock.advance(31)
        #expect(get("/api/application/servers/7", on: panel).json["attributes"]?["status"]?.isNull == true)
        #expect(panel.server(7)?.isOnline == true)
    }

    @Test
    func `a crowded panel lists all of its pages`() {
        var world = PanelWorld.empty(freeAllocations: 0)
        world.applicationLimit = nil
        for number in 0..<6 { world.addServer("Server \(number)") }
        for number in 0..<2000 {
            let user = world.addUser("user\(number)", externalID: "x-\(number)")
            for server in 1...6 { world.addSubuser(user: user, server: server, permissions: ["websocket.connect"]) }
        }
        let panel = SimulatedPanel(world)
        var seen: Set<Int> = []
        for page in 1...21 {
            let list = get("/api/application/users?per_page=100&page=\(page)", on: panel).json
            seen.formUnion((list["data"]?.array ?? []).compactMap { $0["attributes"]?["id"]?.int })
        }
        #expect(seen.count == 2001)
        let servers = get("/api/application/servers?include=subusers", on: panel).json["data"]?.array ?? []
        let rows = servers.map { $0["attributes"]?["relationships"]?["subusers"]?["data"]?.array?.count }
        #expect(rows == Array(repeating: 2000, count: 6))
    }
}

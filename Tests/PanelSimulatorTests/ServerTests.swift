import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import PanelSimulator
import ServiceLifecycle
import Testing

/// The panel as a client meets it, over HTTP.
struct ServerTests {
    @Test
    func `a client lists servers and adds a subuser`() async throws {
        try await withPanelSimulator(.recorded) { url, panel in
            let list = try await get("\(url)/api/application/servers?per_page=2", key: PanelWorld.applicationKey)
            #expect(list.status == 200)
            #expect(list.json["meta"]?["pagination"]?["total"]?.int == 6)
            #expect(
                list.json["meta"]?["pagination"]?["links"]?["next"]?.string == "\(url)/api/application/servers?page=2"
            )
            #expect(list.header("date") != nil)

            panel.addUser(PanelUser(username: "steve", email: "steve@example.test"))
            let path = "\(url)/api/client/servers/ca94620b/users"
            let body: PanelJSON = ["email": "steve@example.test", "permissions": ["control.console"]]
            let added = try await send("POST", path, key: PanelWorld.clientKey, body: body)
            #expect(added.status == 200)
            #expect(panel.permissions(ofUser: 2, onServer: 1) == ["control.console", "websocket.connect"])
            #expect(panel.mails.map(\.subject) == ["Added To Server"])
        }
    }

    @Test
    func `a refusing server listens again on the same port`() async throws {
        try await withPanelSimulator(.recorded) { url, _, server in
            let address = "\(url)/api/application/users"
            try await expectOK(address)
            await server.stopListening()
            await #expect(throws: (any Error).self) {
                _ = try await get(address, key: PanelWorld.applicationKey, within: .milliseconds(300))
            }
            await server.startListening()
            try await expectOK(address)
        }
    }

    @Test
    func `a server ends gracefully although a client keeps its connection`() async throws {
        let server = PanelSimulatorServer(panel: SimulatedPanel())
        let services = ServiceGroup(configuration: .init(services: [server], logger: Logger(label: "test")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            try await expectOK("\(try await server.url)/api/application/users")
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
        await server.stopListening()
    }

    @Test
    func `a port that is taken is an error`() async throws {
        try await withPanelSimulator(.recorded) { _, panel, server in
            let second = PanelSimulatorServer(panel: panel, port: try await server.boundPort)
            await #expect(throws: (any Error).self) { try await second.run() }
            await #expect(throws: (any Error).self) { _ = try await second.url }
        }
    }

    @Test
    func `a connection closes before or after the effect`() async throws {
        try await withPanelSimulator(.recorded) { url, panel in
            let user: PanelJSON = [
                "email": "steve@example.test", "username": "steve", "first_name": "S", "last_name": "M",
            ]
            let address = "\(url)/api/application/users"
            panel.faults.add(.closedBefore, on: .method("POST"))
            await #expect(throws: (any Error).self) {
                _ = try await send("POST", address, key: PanelWorld.applicationKey, body: user)
            }
            #expect(panel.user(email: "steve@example.test") == nil)
            panel.faults.add(.closedAfter, on: .method("POST"))
            await #expect(throws: (any Error).self) {
                _ = try await send("POST", address, key: PanelWorld.applicationKey, body: user)
            }
            #expect(panel.user(email: "steve@example.test") != nil)
            #expect(panel.requests.map(\.status) == [nil, nil])
        }
    }
}

/// Asks for something that must be there.
private func expectOK(_ url: String) async throws {
    let response = try await get(url, key: PanelWorld.applicationKey)
    #expect(response.status == 200)
}

/// Asks a served panel.
func get(_ url: String, key: String, within time: TimeAmount = .seconds(10)) async throws -> PanelResponse {
    try await send("GET", url, key: key, body: nil, within: time)
}

/// Sends a request to a served panel.
func send(
    _ method: String,
    _ url: String,
    key: String,
    body: PanelJSON?,
    within time: TimeAmount = .seconds(10)
) async throws -> PanelResponse {
    var request = HTTPClientRequest(url: url)
    request.method = .RAW(value: method)
    request.headers.add(name: "Accept", value: "application/json")
    request.headers.add(name: "Authorization", value: "Bearer \(key)")
    if let body {
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: body.bytes()))
    }
    let response = try await HTTPClient.shared.execute(request, timeout: time)
    let bytes = try await response.body.collect(upTo: 10_000_000)
    return PanelResponse(
        status: Int(response.status.code),
        headers: response.headers.map { (name: $0.name, value: $0.value) },
        body: Array(bytes.readableBytesView)
    )
}

import PterodactylAPI
import Testing

/// The transport over real sockets.
struct TransportTests {
    private static let account = #"{"object":"user","attributes":{"id":1,"admin":true,"username":"a","email":"a@b.c"}}"#

    private static func http(_ status: String, _ body: String, _ headers: [String] = []) -> String {
        let head = ["HTTP/1.1 \(status)", "Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
        return (head + headers).joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    /// Runs something against a server that follows a script.
    private func with<Value: Sendable>(
        _ script: WireServer.Script,
        prefix: String = "",
        options: PterodactylPanel.Options = .init(),
        _ body: (PterodactylPanel, WireServer) async throws -> Value
    ) async throws -> Value {
        let server = try await WireServer.start(script)
        let http = PanelHTTPClient()
        let panel = try client("http://127.0.0.1:\(server.port)\(prefix)", http, options)
        let value: Value
        do {
            value = try await body(panel, server)
        } catch {
            try await http.shutdown()
            try await server.stop()
            throw error
        }
        try await http.shutdown()
        try await server.stop()
        return value
    }

    private func client(
        _ url: String,
        _ http: PanelHTTPClient,
        _ options: PterodactylPanel.Options = .init()
    ) throws -> PterodactylPanel {
        PterodactylPanel(
            url: try PanelURL(url),
            applicationKey: PanelKey("ptla_a"),
            clientKey: PanelKey("ptlc_c"),
            transport: http.transport,
            options: options
        )
    }

    @Test(arguments: ["", "/", "/panel", "/panel/", "/panel/api/"])
    func `a panel is reached under any path prefix, with its key and asking for JSON`(_ prefix: String) async throws {
        let answer = Self.http("200 OK", Self.account, ["Date: Sun, 06 Nov 1994 08:49:37 GMT"])
        try await with(.answer(answer), prefix: prefix) { panel, server in
            let account = try await panel.ownAccount()
            #expect(account.username == "a")
            #expect(panel.clockReading?.panel == .seconds(784_111_777))
            let request = try #require(server.requests.first)
            let path = prefix.hasPrefix("/panel") ? "/panel/api/client/account" : "/api/client/account"
            #expect(request.hasPrefix("GET \(path) HTTP/1.1\r\n"))
            let lines = request.split(separator: "\r\n").map { $0.lowercased() }
            #expect(lines.contains("accept: application/json"))
            #expect(lines.contains("authorization: bearer ptlc_c"))
            #expect(lines.contains("user-agent: pterodactylapi (swift)"))
        }
    }

    @Test func `a write sends its JSON`() async throws {
        try await with(.answer("HTTP/1.1 204 No Content\r\n\r\n")) { panel, server in
            try await panel.sendCommand("say /hello\n\u{e9}", server: "1a2b3c4d")
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("POST /api/client/servers/1a2b3c4d/command HTTP/1.1\r\n"))
            #expect(request.lowercased().contains("content-type: application/json\r\n"))
            #expect(request.hasSuffix(#"{"command":"say /hello\n\#u{e9}"}"#))
        }
    }

    @Test func `a redirect is refused and followed nowhere`() async throws {
        let answer = Self.http("301 Moved Permanently", "", ["Location: https://panel.example.com/api/x?a=b"])
        try await with(.answer(answer)) { panel, server in
            let error = await failure { try await panel.deleteUser(id: 4) }
            #expect(error?.kind == .redirected(location: "https://panel.example.com/api/x"))
            #expect(error?.isPanelWide == true && error?.effectUnknown == false)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [true, false])
    func `an answer that is too long is not read to its end`(_ saysItsLength: Bool) async throws {
        var options = PterodactylPanel.Options()
        options.maximumBodySize = 1_000
        let long = String(repeating: " ", count: 5_000) + Self.account
        let open = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + long
        try await with(.answerAndClose(saysItsLength ? Self.http("200 OK", long) : open), options: options) {
            panel,
            _ in
            let error = await failure { _ = try await panel.ownAccount() }
            #expect(error?.kind == .bodyTooLarge)
        }
    }

    @Test func `an answer that does not come in time leaves the outcome of a write open`() async throws {
        var options = PterodactylPanel.Options()
        options.timeout = .milliseconds(150)
        try await with(.silence, options: options) { panel, server in
            let error = await failure { try await panel.deleteUser(id: 4) }
            #expect(error?.kind == .noAnswer && error?.effectUnknown == true)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `an answer whose end does not come in time is none`() async throws {
        var options = PterodactylPanel.Options()
        options.timeout = .milliseconds(150)
        let half = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
        try await with(.answer(half), options: options) { panel, _ in
            let error = await failure { _ = try await panel.ownAccount() }
            #expect(error?.kind == .noAnswer && error?.effectUnknown == false)
        }
    }

    @Test func `a connection that is closed after the request leaves the outcome of a write open`() async throws {
        try await with(.close) { panel, server in
            let error = await failure { try await panel.suspendServer(id: 7) }
            #expect(error?.kind == .noAnswer && error?.effectUnknown == true)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `an answer that breaks off is none`() async throws {
        let half = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
        try await with(.answerAndClose(half)) { panel, _ in
            let error = await failure { try await panel.suspendServer(id: 7) }
            #expect(error?.kind == .noAnswer && error?.effectUnknown == true)
        }
    }

    @Test func `a refused connection is known to have done nothing`() async throws {
        let http = PanelHTTPClient()
        // A port that was free a moment ago may belong to another test's server; nobody listens on the first.
        let panel = try client("http://127.0.0.1:1", http)
        let error = await failure { try await panel.deleteUser(id: 4) }
        #expect(error?.kind == .unreachable)
        #expect(error?.effectUnknown == false && error?.isPanelWide == true)
        try await http.shutdown()
    }

    @Test func `a host that does not exist is known to have done nothing`() async throws {
        let http = PanelHTTPClient()
        let panel = try client("http://panel.invalid", http)
        let error = await failure { try await panel.deleteUser(id: 4) }
        #expect(error?.kind == .unreachable && error?.effectUnknown == false)
        try await http.shutdown()
    }

    @Test func `what speaks no TLS where TLS is asked for is known to have done nothing`() async throws {
        let server = try await WireServer.start(.closeAtOnce)
        let http = PanelHTTPClient()
        let panel = try client("https://127.0.0.1:\(server.port)", http)
        let error = await failure { try await panel.deleteUser(id: 4) }
        #expect(error?.kind == .unreachable && error?.effectUnknown == false)
        try await http.shutdown()
        try await server.stop()
    }

    @Test func `as many calls as there can be callers are under way at once`() async throws {
        try await with(.silence) { panel, server in
            await withTaskGroup { group in
                for _ in 0..<PanelHTTPClient.connections {
                    group.addTask { _ = await failure { _ = try await panel.ownAccount() } }
                }
                await until { server.requests.count == PanelHTTPClient.connections }
                group.cancelAll()
            }
        }
    }

    @Test func `a call that is cancelled while it is under way says so`() async throws {
        try await with(.silence) { panel, server in
            let task = Task { await failure { try await panel.deleteUser(id: 4) } }
            await until { server.requests.count == 1 }
            task.cancel()
            let error = await task.value
            #expect(error?.kind == .cancelled && error?.effectUnknown == true)
        }
    }
}

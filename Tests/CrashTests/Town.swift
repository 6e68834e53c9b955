import AsyncHTTPClient
import Billing
import ChildProcess
import CrashingService
import Entitlements
import Foundation
import NIOCore
import NIOHTTP1
import PanelSimulator
import Testing

/// What outlives the service: the panel, the ledger's file, and a billing system that signs and sends again.
struct Town {
    let panel: SimulatedPanel
    let directory: URL
    var settings: CrashingSettings

    static let secret = "whsec_" + Data("a secret of thirty-two bytes, yes".utf8).base64EncodedString()
    static let token = "the-admin-token-of-the-tests"

    var log: URL { directory.appending(path: "service.log") }

    /// The last lines that the service logged, for the message of a failure.
    var logTail: String {
        do {
            return String(decoding: try Data(contentsOf: log).suffix(6000), as: UTF8.self)
        } catch {
            return "There is no log: \(error)"
        }
    }

    /// Starts the service and waits until it takes deliveries; a later start takes the same port and the same file.
    mutating func start() async throws -> Child {
        let child = try Child(settings, log: log)
        guard let port = await child.port() else {
            Issue.record("The service did not start.\n\(logTail)")
            throw Unmet()
        }
        settings.port = port
        return child
    }

    /// Sends once, and says whether it was acknowledged: a connection that broke is no answer.
    func send(_ message: Message) async throws -> Bool {
        var request = try self.request("/webhooks/paymenter")
        request.method = .POST
        let signed = StandardWebhooks.headers(
            id: message.id,
            at: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)),
            body: message.body,
            secret: try WebhookSecret(Self.secret)
        )
        for (name, value) in signed { request.headers.add(name: name.rawValue, value: value) }
        request.body = .bytes(ByteBuffer(bytes: message.body))
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
            _ = try await response.body.collect(upTo: 1 << 16)
            return (200..<300).contains(response.status.code)
        } catch {
            return false
        }
    }

    /// Sends until each is acknowledged, as a billing system's queue does.
    func sendUntilTaken(_ messages: [Message], within limit: Duration = .seconds(90)) async throws {
        for message in messages {
            guard try await !comesAbout(within: limit, { try await send(message) }) else { continue }
            Issue.record("\(message.id) was never acknowledged.\n\(logTail)")
            throw Unmet()
        }
    }

    /// Waits until the panel shows this access, and these accounts if they are given, and the service says that nothing is left to do.
    func converges(
        to access: [String: [String: Set<String>]],
        accounts: Set<String>? = nil,
        within limit: Duration = .seconds(90),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let hasConverged = try await comesAbout(within: limit) {
            guard panel.access == access, Set(accountEmails) == accounts ?? Set(accountEmails) else { return false }
            return try await isSettled()
        }
        guard !hasConverged else { return }
        let customers = try await ask("customers")
        let operations = try await ask("operations")
        Issue.record(
            """
            The panel shows \(panel.access)
            instead of \(access)
            \(customers)
            \(operations)
            \(logTail)
            """,
            sourceLocation: sourceLocation
        )
        throw Unmet()
    }

    /// Waits for something that the panel, a fault or the service shows.
    func eventually(
        _ what: String,
        within limit: Duration = .seconds(90),
        sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: () async throws -> Bool
    ) async throws {
        guard try await !comesAbout(within: limit, condition) else { return }
        Issue.record("It never came about that \(what).\n\(logTail)", sourceLocation: sourceLocation)
        throw Unmet()
    }

    /// The e-mails of the panel's accounts, the admin's aside.
    var accountEmails: [String] {
        panel.users.filter { !$0.isRootAdmin }.map(\.email)
    }

    /// Waits until no delivery waits to become what is known.
    func foldsEverything(within limit: Duration = .seconds(90)) async throws {
        try await eventually("no delivery waits", within: limit) {
            try await object("status")["deliveries_waiting"] as? Int == 0
        }
    }

    /// Waits until no operation lacks its outcome and nobody is worked on; whether some may need a person's attention then.
    func settlesOperations(asksAPerson: Bool = false, within limit: Duration = .seconds(90)) async throws {
        let areSettled = try await comesAbout(within: limit) {
            for state in ["trying", "unknown"] {
                let open = try await object("operations?state=\(state)")["items"] as? [Any]
                guard let open, open.isEmpty else { return false }
            }
            return try await isSettled(asksAPerson: asksAPerson)
        }
        guard !areSettled else { return }
        Issue.record("Operations stay open.\n\(try await ask("operations"))\n\(logTail)")
        throw Unmet()
    }

    private func isSettled(asksAPerson: Bool = false) async throws -> Bool {
        let status = try await object("status")
        let customers = status["customers"] as? [String: Int] ?? [:]
        let lanes = status["lanes"] as? [String: Any] ?? [:]
        let settled = (customers["converged"] ?? 0) + (asksAPerson ? customers["needs_attention"] ?? 0 : 0)
        return status["deliveries_waiting"] as? Int == 0 && settled == customers["total"]
            && lanes["under_way"] as? Int == 0 && lanes["is_due"] as? Bool == false
    }

    /// An answer of the admin API as text; empty while nobody answers.
    private func ask(_ path: String) async throws -> String {
        var request = try self.request("/api/v1/\(path)")
        request.headers.add(name: "Authorization", value: "Bearer \(Self.token)")
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
            return String(buffer: try await response.body.collect(upTo: 16 << 20))
        } catch {
            return ""
        }
    }

    func object(_ path: String) async throws -> [String: Any] {
        let text = try await ask(path)
        guard !text.isEmpty else { return [:] }
        return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }

    /// Asks the admin API for something; empty where the connection breaks.
    func post(_ path: String, _ body: [String: Any], key: String? = nil) async throws -> [String: Any] {
        try await change(.POST, path, body, key: key)
    }

    /// Asks the admin API to end something; empty where the connection breaks, and where there is nothing to say.
    func delete(_ path: String) async throws -> [String: Any] {
        try await change(.DELETE, path, [:])
    }

    private func change(_ method: HTTPMethod, _ path: String, _ body: [String: Any], key: String? = nil) async throws
        -> [String: Any]
    {
        var request = try self.request("/api/v1/\(path)")
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(Self.token)")
        request.headers.add(name: "Content-Type", value: "application/json")
        if let key { request.headers.add(name: "Idempotency-Key", value: key) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: body))) }
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
            let text = String(buffer: try await response.body.collect(upTo: 16 << 20))
            return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
        } catch {
            return [:]
        }
    }

    private func request(_ path: String) throws -> HTTPClientRequest {
        HTTPClientRequest(url: "http://127.0.0.1:\(settings.port)\(path)")
    }
}

struct Unmet: Error {}

/// Runs a test in a town of its own, once there is a place for it.
func withTown(_ world: PanelWorld, _ body: (inout Town) async throws -> Void) async throws {
    try await Places.shared.take {
        try await withPanelSimulator(SimulatedPanel(world)) { url, panel, _ in
            let directory = FileManager.default.temporaryDirectory.appending(
                path: "paydactyl-crash-\(UUID().uuidString)"
            )
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            defer {
                do {
                    try FileManager.default.removeItem(at: directory)
                } catch {
                    Issue.record("A test's files could not be removed: \(error)")
                }
            }
            var town = Town(
                panel: panel,
                directory: directory,
                settings: CrashingSettings(
                    ledger: directory.appending(path: "ledger.sqlite").path,
                    panel: url,
                    applicationKey: PanelWorld.applicationKey,
                    clientKey: PanelWorld.clientKey,
                    secret: Town.secret,
                    token: Town.token
                )
            )
            try await body(&town)
        }
    }
}

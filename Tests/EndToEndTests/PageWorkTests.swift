import Dispatch
import Entitlements
import Foundation
import GRDB
import Observability
import ServiceConfiguration
import ServiceLifecycle
import Synchronization
import Testing
import Web

@testable import SQLiteLedger

/// What a page costs does not grow with the community: as many questions are asked of the ledger for three times as many customers.
@Suite(.timeLimit(.minutes(4)))
struct PageWorkTests {
    private static let pages = [
        "/", "/customers", "/customers?tier=knight", "/customers?search=c1", "/customers?state=needs_attention",
        "/customers?state=banned", "/customers/c1", "/attention", "/upcoming", "/drift", "/matrix", "/deliveries",
        "/deliveries/1", "/panel", "/log",
    ]

    /// With so many, every list of a page is full.
    @Test func `a page asks the ledger as often for nine hundred customers as for three hundred`() async throws {
        let few = try await statements(customers: 300)
        let many = try await statements(customers: 900)
        for page in Self.pages {
            let (before, after) = (few[page] ?? 0, many[page] ?? 0)
            #expect(
                before > 0 && after <= before,
                "\(page): \(before) questions, \(after) for three times as many customers"
            )
        }
    }

    /// How many statements each page runs.
    private func statements(customers: Int) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        try await withPlace { place in
            guard case .sqlite(let path) = place.configuration.store else { return }
            try await place.serve(configure: { $0.mode = .observe }) { try await fill($0, customers) }
            let ledger = try SQLiteLedger(path: path)
            let counter = Counter(ledger.pool)
            let token = AdminToken(token: Redacted(Community.token), name: "tester", mayChange: true)
            try await serve(try WebServer.alone(on: ledger, tokens: [token])) { port in
                var visitor = ConsoleVisitor(port: port)
                _ = try await visitor.signIn()
                for page in Self.pages {
                    let before = counter.count
                    #expect(try await visitor.get(page).status == 200, "\(page)")
                    counts[page] = counter.count - before
                }
            }
            try ledger.close()
        }
        return counts
    }

    private func fill(_ community: Community, _ customers: Int) async throws {
        let size = 300
        let pages = customers / size
        for page in 1...pages {
            let all = (1...size).map { place in
                let number = (page - 1) * size + place
                let product = number % 5 == 0 ? "nobody-sells-this" : "knight"
                return """
                    {"subscription_id":"\(number)","customer_id":"c\(number)","customer_email":"c\(number)@example.test",\
                    "status":"active","product_id":"\(product)","paid_through":"2099-01-01"}
                    """
            }
            let body = """
                {"event":"subscriptions.snapshot","generation":"g","page":\(page),"pages":\(pages),\
                "subscriptions":[\(all.joined(separator: ","))]}
                """
            #expect(try await community.deliver(Data(body.utf8)).status == 202)
        }
        try await community.eventually("all are known, and each was looked at") {
            let counts = try await community.api("GET", "status").object["customers"] as? [String: Int] ?? [:]
            return counts["total"] == customers && counts["working"] == 0
        }
        _ = try await community.override("ban", "c1")
    }

    private func serve(_ server: WebServer, _ body: (Int) async throws -> Void) async throws {
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let application = try server.application(host: "127.0.0.1", port: 0, tls: nil) { running.yield($0) }
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: application, serviceName: "pages")], logger: server.logger)
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            try await body(port)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

/// Counts what is asked of a ledger, on each of its connections.
private final class Counter: Sendable {
    private let state = Mutex(0)

    var count: Int { state.withLock(\.self) }

    init(_ pool: DatabasePool) {
        let readers = pool.configuration.maximumReaderCount
        let all = DispatchGroup()
        for _ in 0..<readers { all.enter() }
        let traced = DispatchGroup()
        for _ in 0..<readers {
            traced.enter()
            // Each stays until all are there, so that none has the connection of another: on threads of their own, however few cores there are.
            Thread.detachNewThread { [self] in
                #expect(throws: Never.self) {
                    try pool.read { database in
                        database.trace { [self] _ in state.withLock { $0 += 1 } }
                        all.leave()
                        all.wait()
                    }
                }
                traced.leave()
            }
        }
        traced.wait()
    }
}

@testable import Assembly
import Billing
import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Observability
import PanelSimulator
import Provisioning
import SQLiteLedger
import ServiceConfiguration
import ServiceLifecycle
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3)))
struct AlertTests {
    @Test func `the owner hears of a customer who needs a person, once, also when the first tries fail`() async throws {
        let secret = "whsec_" + Data("another secret of thirty-two byt".utf8).base64EncodedString()
        let mailbox = Mailbox(failing: 2)
        try await withMailbox(mailbox) { port in
            try await withCommunity(configure: {
                $0.alerts = .init(
                    discord: Redacted("http://127.0.0.1:\(port)/discord"),
                    generic: .init(url: "http://127.0.0.1:\(port)/generic", secret: Redacted(secret)),
                    consoleURL: "https://console.example"
                )
            }) { community in
                try await community.send(.created, "1") {
                    $0.customerID = .value("77")
                    $0.email = .value("ada@example.test")
                    $0.product = .value("nobody-sells-this")
                    $0.status = .value(.active)
                }
                try await community.eventually("both targets were told") {
                    // Looks and pauses between tries are the clock's.
                    community.clock.advance(by: .seconds(20))
                    return mailbox.taken.count >= 2
                }
                for _ in 0..<5 { community.clock.advance(by: .seconds(20)) }
                let taken = mailbox.taken
                #expect(taken.map(\.path).sorted() == ["/discord", "/generic"])
                let discord = try #require(taken.first { $0.path == "/discord" })
                #expect(discord.body.contains("1 customer needs a person"))
                #expect(discord.body.contains("console.example"))
                let generic = try #require(taken.first { $0.path == "/generic" })
                let verified = try StandardWebhooks.verify(
                    id: generic.headers["webhook-id"],
                    timestamp: generic.headers["webhook-timestamp"],
                    signatures: generic.headers["webhook-signature"],
                    body: Data(generic.body.utf8),
                    secrets: [try WebhookSecret(secret)],
                    now: community.clock.now,
                    tolerance: .days(1)
                )
                #expect(verified.id.hasPrefix("alert_attention_begun_"))
                #expect(generic.body.contains("nobody-sells-this"))
                #expect(!community.logs.all.contains("/discord"), "the address is a secret")
            }
        }
    }

    @Test func `what has no alert of its own is told in one`() async throws {
        try await withAlerts { place, mailbox in
            try await place.serve { community in
                // Somebody may have paid for it, and nobody knows who.
                try await community.send(.created, "9") {
                    $0.product = .value("knight")
                    $0.status = .value(.active)
                }
                try await community.eventually("it is told") {
                    community.clock.advance(by: .seconds(20))
                    return mailbox.taken.contains { $0.body.contains("belongs to nobody") }
                }
                let told = try #require(mailbox.taken.first { $0.body.contains("belongs to nobody") })
                #expect(told.body.contains("Something needs a person."))
            }
        }
    }

    @Test func `each cause is told with who, what, since when, what to do and where`() async throws {
        let secret = "whsec_" + Data("another secret of thirty-two byt".utf8).base64EncodedString()
        let mailbox = Mailbox(failing: 0)
        let space = FreeSpace()
        try await withMailbox(mailbox) { port in
            try await withCommunity(in: Surroundings(freeSpace: { space.bytes })) {
                $0.alerts = .init(
                    generic: .init(url: "http://127.0.0.1:\(port)/generic", secret: Redacted(secret)),
                    consoleURL: "https://console.example"
                )
                $0.policy.breaker.maxCustomers = 0
                $0.policy.breaker.maxShare = 0
            } _: { community in
                try await community.pay("77", "ada@example.test")
                try await community.send(.cancelled, "1")
                try await community.eventually("the loss is held") {
                    try await community.api("GET", "breaker").object["state"] as? String == "holding"
                }
                try await community.send(.created, "9") {
                    $0.customerID = .value("90")
                    $0.product = .value("nobody-sells-this")
                    $0.status = .value(.active)
                }
                try await community.settledDeliveries()
                community.panel.faults.add(.errorBefore(.unauthenticated), .always)
                _ = try await community.api("POST", "audit")
                space.bytes = 100 << 20
                community.clock.advance(by: .days(2))
                let wanted: Set = ["attention", "billing-silent", "breaker", "disk", "panel-main", "summary"]
                try await community.eventually("all causes were told") {
                    community.clock.advance(by: .seconds(20))
                    return wanted.isSubset(of: try Self.told(mailbox).keys)
                }
                for (cause, data) in try Self.told(mailbox) where wanted.contains(cause) {
                    #expect(data["sentence"]?.isEmpty == false, "\(cause)")
                    #expect(data["since"]?.hasSuffix("Z") == true, "\(cause)")
                    #expect(data["link"]?.hasPrefix("https://console.example/") == true, "\(cause)")
                    #expect(cause == "summary" || data["remedy"]?.isEmpty == false, "\(cause)")
                    #expect(data["instance"] == "test", "\(cause)")
                }
            }
        }
    }

    /// Runs a test beside a target of alerts; `told` asks what was told there until now, once the clock has gone on a little.
    private func withAlerts(
        _ world: PanelWorld = .servers(usualServers),
        catalog: Catalog = .small,
        configure: @escaping @Sendable (inout ServiceConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (Place, Mailbox) async throws -> Void
    ) async throws {
        let secret = "whsec_" + Data("another secret of thirty-two byt".utf8).base64EncodedString()
        let mailbox = Mailbox(failing: 0)
        try await withMailbox(mailbox) { port in
            try await withPlace(
                world,
                catalog: catalog,
                configure: {
                    $0.alerts = .init(generic: .init(url: "http://127.0.0.1:\(port)/generic", secret: Redacted(secret)))
                    configure(&$0)
                }
            ) { place in
                try await body(place, mailbox)
            }
        }
    }

    private func told(
        _ cause: String,
        by mailbox: Mailbox,
        to community: Community,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [String: String] {
        var found: [String: String]?
        try await community.eventually("\(cause) is told", sourceLocation: sourceLocation) {
            community.clock.advance(by: .seconds(20))
            found = try Self.told(mailbox).first { $0.key.hasPrefix(cause) }?.value
            return found != nil
        }
        return try #require(found, sourceLocation: sourceLocation)
    }

    @Test func `a payer for whose server there is no room is told as blocked, and is not what needs a person`()
        async throws
    {
        var world = PanelWorld.withRoom
        world.allocations.removeAll { $0.serverID == nil }
        try await withAlerts(world, catalog: .dedicated { $0.placement.ports = ["26000-26010"] }) { place, mailbox in
            try await place.serve { community in
                try await community.buy("small-server")
                let alert = try await told("blocked-", by: mailbox, to: community)
                #expect(
                    alert["sentence"]?.hasPrefix("1 customer is blocked: No free port in 26000-26010 is left") == true
                )
                #expect(try Self.told(mailbox)["attention"] == nil)
                community.panel.addAllocation(port: 26001)
                _ = try await community.server("is there") { _ in true }
                try await community.eventually("its end is told") {
                    community.clock.advance(by: .seconds(20))
                    return mailbox.taken.contains { $0.body.contains("alert.over") && $0.body.contains("blocked-") }
                }
            }
        }
    }

    @Test func `a pause that lasts is told, and one that does not is not`() async throws {
        try await withAlerts { place, mailbox in
            try await place.serve { community in
                #expect(try await community.api("POST", "pause").status == 200)
                let begun = community.clock.now
                let alert = try await told("paused", by: mailbox, to: community)
                #expect(community.clock.now - begun >= .seconds(3600))
                #expect(alert["remedy"]?.contains("paydactyl resume") == true)
                #expect(alert["since"] == begun.iso8601)
            }
        }
    }

    @Test func `a ledger in standby, and readings that fail, are told`() async throws {
        try await withAlerts {
            $0.billing.paymenter.api = URL(string: "http://127.0.0.1:1").map {
                .init(url: $0, token: Redacted(SimulatedPaymenter.token))
            }
        } _: { place, mailbox in
            guard case .sqlite(let path) = place.configuration.store else { return }
            let ledger = try SQLiteLedger(path: path)
            try await ledger.repin("1795564800000", as: "copied_at")
            try ledger.close()
            try await place.serve { community in
                let alert = try await told("standby", by: mailbox, to: community)
                #expect(alert["sentence"]?.contains("a copy that was made at 2026-11-25T00:00:00Z") == true)
                #expect(alert["remedy"]?.contains("paydactyl enforce") == true)
                let readings = try await told("billing-readings", by: mailbox, to: community)
                #expect(readings["sentence"]?.contains("Paymenter's API cannot be read") == true)
            }
        }
    }

    @Test func `a sender whose clock is wrong is told with the difference`() async throws {
        try await withAlerts { place, mailbox in
            try await place.serve { community in
                let body = Data(#"{"event":"customer.updated","customer_id":"77"}"#.utf8)
                let answer = try await community.deliver(body, at: community.clock.now - .seconds(900))
                #expect(answer.status == 401)
                let alert = try await told("sender-clock", by: mailbox, to: community)
                #expect(alert["sentence"]?.contains("correctly signed but 15 minutes behind our clock") == true)
            }
        }
    }

    @Test func `billing that was never heard is told once it has been silent for too long`() async throws {
        try await withAlerts { place, mailbox in
            try await place.serve { community in
                let start = community.clock.now
                community.clock.advance(by: place.configuration.billing.silentAfter)
                let alert = try await told("billing-silent", by: mailbox, to: community)
                #expect(community.clock.now - start > place.configuration.billing.silentAfter)
                #expect(alert["sentence"]?.hasPrefix("Nothing was ever heard from the billing system") == true)
                let status = try await community.api("GET", "status").object
                #expect(status["billing_is_silent"] as? Bool == true)
            }
        }
    }

    @Test func `a server whose deletion waits for a person is told`() async throws {
        try await withAlerts(.withRoom, catalog: .dedicated()) { place, mailbox in
            try await place.serve { community in
                try await community.buy("small-server")
                _ = try await community.server("is there") { _ in true }
                try await community.settled()
                try await community.send(.cancelled, "5")
                _ = try await community.server("is suspended") { $0.status == .suspended }
                community.clock.advance(by: .days(15))
                let alert = try await told("deletions", by: mailbox, to: community)
                #expect(alert["sentence"] == "1 server waits for a person's word to be deleted.")
                #expect(alert["remedy"]?.contains("paydactyl confirm-deletion") == true)
            }
        }
    }

    /// What was told, by its cause.
    private static func told(_ mailbox: Mailbox) throws -> [String: [String: String]] {
        var told: [String: [String: String]] = [:]
        for letter in mailbox.taken {
            let object = try JSONSerialization.jsonObject(with: Data(letter.body.utf8)) as? [String: Any]
            let data = (object?["data"] as? [String: Any] ?? [:]).compactMapValues { $0 as? String }
            if let cause = data["cause"], told[cause] == nil { told[cause] = data }
        }
        return told
    }

    @Test func `a test alert is really delivered to each target, in the target's own form`() async throws {
        let secret = "whsec_" + Data("another secret of thirty-two byt".utf8).base64EncodedString()
        let folder = FileManager.default.temporaryDirectory.appending(path: "paydactyl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (mailbox, refusing) = (Mailbox(failing: 0), Mailbox(failing: .max))
        try await withMailbox(mailbox) { port in
            var configuration = try ServiceConfiguration.ofTests(panel: "http://127.0.0.1:1", directory: folder)
            configuration.alerts = .init(
                discord: Redacted("http://127.0.0.1:\(port)/discord"),
                generic: .init(url: "http://127.0.0.1:\(port)/generic", secret: Redacted(secret))
            )
            let findings = try await AlertCheck(configuration: configuration).findings()
            #expect(findings.map(\.verdict) == [.ok, .ok])
            let taken = mailbox.taken
            let discord = try #require(taken.first { $0.path == "/discord" })
            let object = try JSONSerialization.jsonObject(with: Data(discord.body.utf8)) as? [String: Any]
            let content = try #require(object?["content"] as? String)
            #expect(content.contains("This is a test"))
            let generic = try #require(taken.first { $0.path == "/generic" })
            #expect(throws: Never.self) {
                try StandardWebhooks.verify(
                    id: generic.headers["webhook-id"],
                    timestamp: generic.headers["webhook-timestamp"],
                    signatures: generic.headers["webhook-signature"],
                    body: Data(generic.body.utf8),
                    secrets: [try WebhookSecret(secret)],
                    now: ServiceClock.system.now(),
                    tolerance: .seconds(300)
                )
            }
        }
        try await withMailbox(refusing) { port in
            var configuration = try ServiceConfiguration.ofTests(panel: "http://127.0.0.1:1", directory: folder)
            configuration.alerts = .init(discord: Redacted("http://127.0.0.1:\(port)/hush"))
            let findings = try await AlertCheck(configuration: configuration).findings()
            #expect(findings.map(\.verdict) == [.fail])
            #expect(findings.first?.remedy?.contains("alerts.discord") == true, "\(findings)")
            #expect(!"\(findings)".contains("hush"))
        }
    }
}

/// A disk whose free space a test sets.
private final class FreeSpace: Sendable {
    private let state = Mutex<Int64>(10 << 30)

    var bytes: Int64 {
        get { state.withLock(\.self) }
        set { state.withLock { $0 = newValue } }
    }
}

/// A target of alerts that refuses the first posts to each address.
private final class Mailbox: Sendable {
    struct Letter: Sendable {
        var path: String
        var headers: [String: String]
        var body: String
    }

    private struct State {
        var refused: [String: Int] = [:]
        var taken: [Letter] = []
    }

    private let failing: Int
    private let state = Mutex(State())

    init(failing: Int) {
        self.failing = failing
    }

    var taken: [Letter] { state.withLock { $0.taken } }

    func take(_ letter: Letter) -> HTTPResponse.Status {
        state.withLock { state in
            if state.refused[letter.path, default: 0] < failing {
                state.refused[letter.path, default: 0] += 1
                return .serviceUnavailable
            }
            state.taken.append(letter)
            return .noContent
        }
    }
}

private func withMailbox(_ mailbox: Mailbox, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    let router = Router()
    router.post("**") { request, _ -> Response in
        let body = try await request.body.collect(upTo: 1 << 20)
        let headers = Dictionary(
            request.headers.map { ($0.name.canonicalName, $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
        return Response(
            status: mailbox.take(.init(path: request.uri.path, headers: headers, body: String(buffer: body)))
        )
    }
    let (ports, running) = AsyncStream.makeStream(of: Int.self)
    let application = Application(
        router: router,
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { channel in running.yield(channel.localAddress?.port ?? 0) }
    )
    let group = ServiceGroup(
        configuration: .init(services: [.init(service: application)], logger: application.logger)
    )
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        guard let port = await ports.first(where: { _ in true }) else { return }
        try await body(port)
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

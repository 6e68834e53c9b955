@testable import Assembly
import Billing
import Entitlements
import Foundation
import Observability
import PanelSimulator
import Provisioning
import SQLiteLedger
import ServiceConfiguration
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
                #expect(told.body.contains("since no event named a customer: 9."))
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
                    return wanted.isSubset(of: try mailbox.toldByCause().keys)
                }
                for (cause, data) in try mailbox.toldByCause() where wanted.contains(cause) {
                    #expect(data["sentence"]?.isEmpty == false, "\(cause)")
                    #expect(data["since"]?.hasSuffix("Z") == true, "\(cause)")
                    #expect(data["link"]?.hasPrefix("https://console.example/") == true, "\(cause)")
                    #expect(cause == "summary" || data["remedy"]?.isEmpty == false, "\(cause)")
                    #expect(data["instance"] == "test", "\(cause)")
                }
            }
        }
    }

    @Test func `a payer for whose server there is no room is told as blocked, and is not what needs a person`()
        async throws
    {
        var world = PanelWorld.withRoom
        world.allocations.removeAll { $0.serverID == nil }
        try await withAlerts(world, catalog: .dedicated { $0.placement.ports = ["26000-26010"] }) { place, mailbox in
            try await place.serve { community in
                try await community.buy("small-server")
                // On a slow machine, that the servers have not been read yet may be told before.
                let words = "1 customer is blocked: No free port in 26000-26010 is left"
                _ = try await mailbox.told("blocked-", saying: words, to: community)
                #expect(try mailbox.toldByCause()["attention"] == nil)
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
                let before = community.clock.now
                #expect(try await community.api("POST", "pause").status == 200)
                let begun = community.clock.now
                let alert = try await mailbox.told("paused", to: community)
                #expect(community.clock.now - begun >= .seconds(3600))
                #expect(alert["remedy"]?.contains("paydactyl resume") == true)
                let since = try #require(alert["since"])
                #expect(before.iso8601 <= since && since <= begun.iso8601)
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
                let alert = try await mailbox.told("standby", to: community)
                #expect(alert["sentence"]?.contains("a copy that was made at 2026-11-25T00:00:00Z") == true)
                #expect(alert["remedy"]?.contains("paydactyl enforce") == true)
                let readings = try await mailbox.told("billing-readings", to: community)
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
                let alert = try await mailbox.told("sender-clock", to: community)
                #expect(alert["sentence"]?.contains("correctly signed but 15 minutes behind our clock") == true)
            }
        }
    }

    @Test func `billing that was never heard is told once it has been silent for too long`() async throws {
        try await withAlerts { place, mailbox in
            try await place.serve { community in
                let start = community.clock.now
                community.clock.advance(by: place.configuration.billing.silentAfter)
                let alert = try await mailbox.told("billing-silent", to: community)
                #expect(community.clock.now - start > place.configuration.billing.silentAfter)
                #expect(alert["sentence"]?.hasPrefix("Nothing was ever heard from the billing system") == true)
                let status = try await community.api("GET", "status").object
                #expect(status["billing_is_silent"] as? Bool == true)
            }
        }
    }

    @Test func `a locked panel is told with what to do, and its end once a person has looked`() async throws {
        try await withAlerts { place, mailbox in
            try await place.serve { community in
                try await community.buys("knight")
                try await community.quiet()
                let user = try community.user()
                let uuid = try #require(community.panel.user(user)).uuid
                community.panel.changeUser(user) { $0.uuid = "11111111-2222-4333-8444-555555555555" }
                _ = try await community.api("POST", "audit")
                let alert = try await mailbox.told("panel-main-locked", to: community)
                #expect(
                    alert["sentence"]?.hasPrefix("Panel main is not the panel that it was: User ") == true,
                    "\(alert)"
                )
                #expect(alert["remedy"]?.contains("`paydactyl unlock main`") == true)
                community.panel.changeUser(user) { $0.uuid = uuid }
                #expect(try await community.api("POST", "panels/main/unlock").status == 200)
                try await community.eventually("its end is told") {
                    // A reading of the panel as it was, which was under way, locks it once more.
                    _ = try await community.api("POST", "panels/main/unlock")
                    community.clock.advance(by: .seconds(20))
                    return mailbox.taken.contains { $0.body.contains("alert.over") && $0.body.contains("-locked") }
                }
            }
        }
    }

    @Test func `deliveries that are refused or conflict are told, each with where to look`() async throws {
        try await withAlerts { place, mailbox in
            try await place.serve { community in
                let unusable = #"{"event":"payment.succeeded","subscription_id":"5","paid_through":"soon"}"#
                let came = community.clock.now
                #expect(try await community.deliver(Data(unusable.utf8)).status == 400)
                community.clock.advance(by: .seconds(600))
                try await community.send(.created, "1", id: "twice") { $0.customerID = .value("77") }
                let other = try await community.send(.created, "2", id: "twice") { $0.customerID = .value("78") }
                #expect(other.object["status"] as? String == "duplicate")
                let causes = [
                    "deliveries-refused": "1 delivery was signed correctly and could not be used.",
                    "deliveries-conflicting":
                        "1 delivery was not applied: the id of an earlier one, with another body.",
                ]
                for (cause, sentence) in causes {
                    let alert = try await mailbox.told(cause, to: community)
                    #expect(alert["sentence"] == sentence)
                    #expect(alert["remedy"]?.isEmpty == false)
                }
                let body = try #require(mailbox.taken.first { $0.body.contains("deliveries-refused") }?.body)
                #expect(body.contains("Delivery 1 of \(came.iso8601): paid_through: "), "\(body)")
                #expect(try mailbox.toldByCause()["deliveries-refused"]?["since"] == came.iso8601)
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
                let alert = try await mailbox.told("deletions", to: community)
                #expect(alert["sentence"] == "1 server waits for a person's word to be deleted.")
                #expect(alert["remedy"]?.contains("paydactyl confirm-deletion") == true)
            }
        }
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

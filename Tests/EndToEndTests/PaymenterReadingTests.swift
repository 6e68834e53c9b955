import Entitlements
import Foundation
import GRDB
import Observability
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// What is learned from Paymenter's own API, and what never is.
@Suite(.timeLimit(.minutes(5)))
struct PaymenterReadingTests {
    private func withPaymenter(
        _ services: [SimulatedPaymenter.Service],
        clock: AdjustableClock = AdjustableClock(),
        _ body: (Community, SimulatedPaymenter) async throws -> Void
    ) async throws {
        let paymenter = SimulatedPaymenter()
        paymenter.services = services
        try await paymenter.serve { url in
            try await withCommunity(
                clock: clock,
                configure: {
                    $0.billing.paymenter.api = .init(url: url, token: Redacted(SimulatedPaymenter.token))
                }
            ) { community in
                try await community.eventually("Paymenter is asked") { !paymenter.asked.isEmpty }
                try await body(community, paymenter)
            }
        }
    }

    @Test func `a purchase whose delivery was lost is learned, and gives what was paid for`() async throws {
        let bought = SimulatedPaymenter.Service(id: 5, properties: ["minecraft_username": "Ada_Lovelace"])
        try await withPaymenter([bought]) { community, _ in
            try await community.eventually("the customer is known") { try await community.state() == "converged" }
            let customer = try await community.customer("77")
            #expect(customer["tier"] as? String == "knight")
            #expect(customer["email"] as? String == "ada@example.test")
            let events = try await community.api("GET", "events").object["items"] as? [[String: Any]] ?? []
            #expect(events.map { $0["source"] as? String } == ["paymenter-api"])
        }
    }

    @Test func `a reading that finds nothing writes nothing`() async throws {
        let known = SimulatedPaymenter.Service(id: 5)
        let others = [
            SimulatedPaymenter.Service(id: 6, status: "cancelled"),
            SimulatedPaymenter.Service(id: 7, status: "pending"),
            SimulatedPaymenter.Service(id: 8, product: "web-hosting"),
        ]
        try await withPaymenter([known] + others) { community, _ in
            try await community.eventually("the customer is known") { try await community.state() == "converged" }
            try await community.settled()
            let ledger = try DatabaseQueue(path: community.configuration.ledgerPath)
            // Changes with every commit of another connection, whatever it wrote.
            func version() async throws -> Int? {
                try await ledger.read { try Int.fetchOne($0, sql: "PRAGMA data_version") }
            }
            let before = (try await version(), try await community.api("GET", "events").text)
            for _ in 1...2 { try await community.readAgain() }
            try await community.settled()
            #expect(try await version() == before.0)
            #expect(try await community.api("GET", "events").text == before.1)
            let readings = try await community.readings()
            #expect(readings["services"] as? Int == 4)
            #expect(readings["unsold"] as? Int == 1)
            #expect(readings["snapshots_wanted"] as? Int == 0)
        }
    }

    @Test func `what its sender told is not overruled; a fresh word is asked for and ends the question`() async throws {
        try await withPaymenter([]) { community, paymenter in
            try await community.buys("knight", subscription: "5", paidFor: nil)
            try await community.settled()
            paymenter.services = [SimulatedPaymenter.Service(id: 5, status: "suspended")]
            try await community.readAgain()
            try await community.settled()
            #expect(try await community.state() == "converged")
            let wanted = try await community.wanted()
            #expect(wanted.map { $0["subscription_id"] as? String } == ["5"])
            #expect(wanted.first?["because"] as? [String] == ["the status is suspended there, and active was told"])
            #expect(try await community.attention().isEmpty)

            try await community.readAgain()
            try await community.readAgain()
            let sentence = try #require(try await community.attention().first)
            #expect(sentence.contains("of 5 the status is suspended there, and active was told"))
            #expect(sentence.contains("What was told stays in force."))

            try await community.send(.suspended, "5") { $0.status = .value(.suspended) }
            try await community.settled()
            try await community.readAgain()
            #expect(try await community.wanted().isEmpty)
            #expect(try await community.attention().isEmpty)
        }
    }

    @Test func `a date with its time of day, a cancellation and a tier that the API cannot show are no contradiction`()
        async throws
    {
        let clock = AdjustableClock()
        let paid = clock.now + .days(20)
        let day = String(paid.iso8601.prefix(10)) + "T00:00:00.000000Z"
        try await withPaymenter([], clock: clock) { community, paymenter in
            try await community.send(.created, "5") {
                $0.customerID = .value("77")
                $0.email = .value("ada@example.test")
                $0.product = .value("not-in-any-tier")
                $0.tier = .value("knight")
                $0.status = .value(.active)
                $0.paidThrough = .value(paid)
                $0.endsAt = .value(paid)
            }
            paymenter.services = [.init(id: 5, product: "not-in-any-tier", expiresAt: day)]
            try await community.settled()
            try await community.readAgain()
            #expect(try await community.wanted().isEmpty)
            let subscription = try #require(
                (try await community.customer("77")["subscriptions"] as? [[String: Any]])?.first
            )
            #expect(subscription["status"] as? String == "cancelling")
        }
    }

    @Test(arguments: [
        (
            SimulatedPaymenter.Mood.json(401, #"{"message":"The provided API key is invalid or has been disabled."}"#),
            "Paymenter does not accept the API key (401"
        ),
        (
            .json(403, #"{"message":"You do not have permission to access this resource."}"#),
            "Paymenter refuses the API key (403"
        ),
        (
            .json(
                400,
                #"{"message":"Requested include(s) `user, properties` are not allowed. Allowed include(s) are `order, coupon`."}"#
            ),
            "Let it view services, users, products, properties and invoices in Paymenter (Admin > API keys)."
        ),
        (.json(404, #"{"message":"Not Found"}"#), "Paymenter has no such thing (404)."),
        (.json(500, #"{"message":"Server Error"}"#), "Paymenter fails (500). Look into its log"),
        (.json(200, #"{"data":[{"id":7}]}"#), "Paymenter's answer is not what version 1.5 gives"),
        (.html(200), "is a web page and not Paymenter's API"),
        (.html(403), "is a web page and not Paymenter's API"),
        (.html(503), "Paymenter fails (503)."),
        (.json(200, #"{"data":[],"links":{}}"#), "shows no service at all, although subscriptions are known here"),
    ])
    func `a failing or an empty answer ends nothing, counts as no word, and says what to do`(
        _ mood: SimulatedPaymenter.Mood,
        sentence: String
    ) async throws {
        try await withPaymenter([.init(id: 5)]) { community, paymenter in
            try await community.eventually("the customer is known") { try await community.state() == "converged" }
            paymenter.mood = mood
            let heard = try await community.api("GET", "status").object["billing_heard_at"] as? String
            community.clock.advance(by: .seconds(601))
            try await community.eventually("the failure is shown") {
                try await community.attention().contains { $0.contains(sentence) }
            }
            try await community.settled()
            #expect(try await community.state() == "converged")
            #expect(try await community.customer("77")["tier"] as? String == "knight")
            #expect(try await community.api("GET", "status").object["billing_heard_at"] as? String == heard)
            #expect(!community.logs.all.contains(SimulatedPaymenter.token))

            paymenter.mood = .usual
            try await community.readAgain()
            #expect(try await community.attention().isEmpty)
        }
    }

    @Test func `an answer that shrank, or broke off in the middle, ends nothing`() async throws {
        let others = (100...250).map { SimulatedPaymenter.Service(id: $0, product: "web-hosting", user: $0) }
        let ours = (1...8).map { SimulatedPaymenter.Service(id: $0, user: $0, email: "customer\($0)@example.test") }
        let many = ours + others
        try await withPaymenter(many) { community, paymenter in
            try await community.eventually("all are known") {
                try await community.api("GET", "status").object["subscriptions"] as? Int == ours.count
            }
            try await community.settled()
            let access = community.panel.subusers.count
            for shown in [Array(many.prefix(1)), others, ours.dropFirst(3) + others] {
                paymenter.services = shown
                for _ in 1...3 { try await community.readAgain() }
                #expect(try await community.readings()["services"] as? Int == shown.count)
            }
            paymenter.services = many
            paymenter.failsFromPage = 2
            community.clock.advance(by: .seconds(601))
            try await community.eventually("the failure is shown") {
                try await community.attention().contains { $0.contains("Paymenter fails (502).") }
            }
            try await community.settled()
            #expect(community.panel.subusers.count == access)
            let states = try await community.api("GET", "status").object["customers"] as? [String: Int]
            #expect(states?["converged"] == ours.count)
        }
    }

    @Test func `readings that succeed are a word from billing`() async throws {
        try await withPaymenter([.init(id: 5)]) { community, _ in
            try await community.eventually("the customer is known") { try await community.state() == "converged" }
            community.clock.advance(by: .seconds(40 * 3600))
            try await community.readAgain()
            let status = try await community.api("GET", "status").object
            #expect(status["billing_is_silent"] as? Bool == false)
            #expect(
                try await community.request("GET", "/metrics").text.contains("paydactyl_billing_snapshots_wanted 0")
            )
        }
    }

    @Test func `what only the API told follows the API, and what it ends waits for a person`() async throws {
        try await withPaymenter([.init(id: 5)]) { community, paymenter in
            try await community.eventually("the customer is known") { try await community.state() == "converged" }
            paymenter.services = [.init(id: 5, status: "cancelled", updatedAt: "2026-11-24T08:00:00.000000Z")]
            try await community.readAgain()
            try await community.settled()
            let status = try await community.api("GET", "status").object
            let subscription = (try await community.customer("77")["subscriptions"] as? [[String: Any]])?.first
            #expect(subscription?["status"] as? String == "ended")
            #expect((status["breaker"] as? [String: Any])?["held_customers"] as? Int == 1)
        }
    }

    @Test func `ten thousand services are read page by page`() async throws {
        let many = (1...10_000).map { SimulatedPaymenter.Service(id: $0, product: "web-hosting", user: $0) }
        try await withPaymenter(many) { community, paymenter in
            try await community.eventually("the reading ends") {
                try await community.readings()["services"] as? Int == 10_000
            }
            #expect(paymenter.asked.count == 100)
            #expect(try await community.api("GET", "events").object["items"] as? [String] == [])
        }
    }

    @Test func `the simulated API shows what the recorded one did`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "BillingTests/Fixtures/paymenter/services-list.json")
        let recorded =
            try #require(
                try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
            )["body"] as? [String: Any]
        let simulated = SimulatedPaymenter.document(of: [.init(id: 1, properties: ["minecraft_username": "Ada"])], [:])
        let (real, ours) = (try #require(resource(in: recorded)), try #require(resource(in: simulated)))
        #expect(Set(ours.keys) == Set(real.keys))
        #expect(attributes(ours).keys.sorted() == attributes(real).keys.sorted())
        for type in ["users", "products", "properties"] {
            let known = try #require(included(type, in: recorded))
            let made = try #require(included(type, in: simulated))
            #expect(Set(attributes(made).keys).isSubset(of: attributes(known).keys), "\(type)")
        }
    }

    private func resource(in document: [String: Any]?) -> [String: Any]? {
        (document?["data"] as? [[String: Any]])?.first
    }

    private func included(_ type: String, in document: [String: Any]?) -> [String: Any]? {
        (document?["included"] as? [[String: Any]])?.first { $0["type"] as? String == type }
    }

    private func attributes(_ resource: [String: Any]) -> [String: Any] {
        resource["attributes"] as? [String: Any] ?? [:]
    }
}

extension Community {
    func readings() async throws -> [String: Any] {
        try await api("GET", "status").object["billing_readings"] as? [String: Any] ?? [:]
    }

    func wanted() async throws -> [[String: Any]] {
        try await api("GET", "billing/wanted").object["items"] as? [[String: Any]] ?? []
    }

    func attention() async throws -> [String] {
        let all = try await api("GET", "status").object["attention"] as? [String] ?? []
        return all.filter { $0.contains("Paymenter") }
    }

    /// Sets the clock forward to the next reading of Paymenter's API, and waits for its end.
    func readAgain(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let before = logs.count(of: "Paymenter's API was read.")
        clock.advance(by: .seconds(601))
        var patience = ContinuousClock.now + .seconds(10)
        try await eventually("Paymenter's API is read", sourceLocation: sourceLocation) {
            if logs.count(of: "Paymenter's API was read.") > before { return true }
            if ContinuousClock.now > patience {
                // The reader had told of its last reading and not yet begun to wait for the next when the clock was set forward.
                clock.advance(by: .seconds(601))
                patience = ContinuousClock.now + .seconds(10)
            }
            return false
        }
    }
}

import Entitlements
import Foundation
import PanelSimulator
import Testing

/// The steps of which most stories are made.
extension Community {
    /// Somebody buys: the subscription is there, active and paid for 30 days (or for ever).
    func buys(
        _ product: String,
        subscription: String = "1",
        customer: String = "77",
        email: String = "ada@example.test",
        paidFor: Duration? = .days(30)
    ) async throws {
        let answer = try await send(.created, subscription) {
            $0.customerID = .value(customer)
            $0.email = .value(email)
            $0.name = .value("Ada Lovelace")
            $0.product = .value(ProductID(product))
            $0.status = .value(.active)
            $0.paidThrough = paidFor.map { .value(clock.now + $0) } ?? .cleared
        }
        #expect(answer.status == 202)
    }

    func state(of customer: String = "77") async throws -> String? {
        try await self.customer(customer)["state"] as? String
    }

    func reasons(of customer: String = "77") async throws -> [String] {
        try await self.customer(customer)["reasons"] as? [String] ?? []
    }

    /// All operations, oldest first, as `kind outcome`.
    func operations() async throws -> [String] {
        let items = try await api("GET", "operations?limit=500").object["items"] as? [[String: Any]] ?? []
        return items.reversed().map { "\($0["kind"] as? String ?? "") \($0["state"] as? String ?? "")" }
    }

    /// Waits for an audit that began after this was called.
    func audit(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for _ in 0..<2 {
            let before = audits
            _ = try await api("POST", "audit")
            try await eventually("an audit ends", sourceLocation: sourceLocation) { audits > before }
        }
        try await settled(sourceLocation: sourceLocation)
    }

    /// How many audits came to their end.
    var audits: Int { logs.count(of: "A panel was audited.") }

    /// Waits until the first audit is done and nothing is left to do, and forgets the panel's log, so that what follows stands alone.
    func quiet(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await eventually("the first audit ends", sourceLocation: sourceLocation) { audits > 0 }
        try await settled(sourceLocation: sourceLocation)
        panel.forgetEffects()
    }

    /// The breaker in two words, such as `holding 4`.
    func breaker() async throws -> String {
        let view = try await api("GET", "breaker").object
        return "\(view["state"] ?? "") \(view["held_customers"] ?? "")"
    }

    /// `closed`, `open` or `locked`.
    func circuit() async throws -> String? {
        let panels = try await api("GET", "status").object["panels"] as? [String: [String: Any]]
        return panels?["main"]?["circuit"] as? String
    }

    /// Each of them buys, by a number that stands for customer and subscription.
    func sell(_ customers: ClosedRange<Int>) async throws {
        for number in customers {
            try await buys(
                "awakened",
                subscription: "\(number)",
                customer: "\(number)",
                email: "c\(number)@example.test"
            )
        }
    }

    func override(
        _ kind: String,
        _ customer: String = "77",
        tier: String? = nil,
        until: String? = nil,
        reason: String = "a test"
    ) async throws -> String {
        var body: [String: Any] = ["customer": customer, "kind": kind, "reason": reason]
        if let tier { body["tier"] = tier }
        if let until { body["until"] = until }
        let answer = try await api("POST", "overrides", body)
        #expect(answer.status == 201, "\(answer.text)")
        return answer.object["id"] as? String ?? ""
    }

    func endOverride(_ id: String) async throws {
        #expect(try await api("DELETE", "overrides/\(id)").status == 204)
    }

    /// What one e-mail has, by server.
    func access(of email: String = "ada@example.test") -> [String: Set<String>] {
        panel.access.compactMapValues { $0[email] }
    }

    func server(_ name: String) throws -> Int {
        try #require(panel.server(named: name)).id
    }

    func user(_ email: String = "ada@example.test") throws -> Int {
        try #require(panel.user(email: email)).id
    }

    /// The calls that were meant to change something, since they were last forgotten.
    var writes: [LoggedRequest] {
        panel.requests.filter { $0.method != "GET" }
    }

    /// What a knight of the small catalogue has.
    static let knight: [String: Set<String>] = [
        "Frost Path I": ["control.console", "websocket.connect"],
        "Frost Path II": ["control.console", "websocket.connect"],
        "Creative Plots": ["file.read", "websocket.connect"],
    ]

    /// What an awakened of the small catalogue has.
    static let awakened: [String: Set<String>] = [
        "Frost Path I": ["websocket.connect"], "Frost Path II": ["websocket.connect"],
    ]
}

extension LogLines {
    func count(of text: String) -> Int {
        all.components(separatedBy: text).count - 1
    }
}

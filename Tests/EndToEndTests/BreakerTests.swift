import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import Testing

/// Many losses at once: what the breaker holds, and what a person then decides.
@Suite(.timeLimit(.minutes(2)))
struct BreakerTests {
    /// So many buy the small tier, and the service comes to rest.
    private func settle(_ community: Community, customers: ClosedRange<Int>) async throws {
        for number in customers {
            try await community.buys(
                "awakened",
                subscription: "\(number)",
                customer: "\(number)",
                email: "c\(number)@example.test"
            )
        }
        try await community.quiet()
    }

    /// So many are cancelled, and their losses have settled.
    private func cancel(_ community: Community, _ customers: ClosedRange<Int>) async throws {
        for number in customers { try await community.send(.cancelled, "\(number)") }
        try await community.eventually("the losses wait") {
            try await community.api("GET", "customers?limit=500").text.components(separatedBy: "has settled").count - 1
                == customers.count
        }
        community.clock.advance(by: .seconds(61))
    }

    private let minute: (inout Policy) -> Void = { $0.settle = .seconds(60) }

    @Test func `a mass revocation beyond the bound changes nothing and says so, and what is new goes on`() async throws
    {
        try await withCommunity(policy: minute) { community in
            try await settle(community, customers: 1...12)
            try await cancel(community, 1...9)
            try await community.eventually("the breaker holds all of it") {
                try await community.breaker() == "holding 9"
            }
            try await community.settled()
            #expect(community.writes.isEmpty, "not even the first went")
            #expect(community.panel.subusers.count == 2 * 12)
            #expect(try await community.reasons(of: "9").joined().contains("more customers lose access at once"))
            #expect(
                try await community.api("GET", "status").text.contains("9 customers have losses that wait for approval")
            )
            try await community.buys("knight", subscription: "20", customer: "20")
            try await community.settled()
            #expect(community.access() == Community.knight)
            community.clock.advance(by: .days(2))
            try await community.audit()
            #expect(try await community.breaker() == "holding 9", "time alone lets nothing through")
            #expect(try await community.api("POST", "breaker/approve").object["approved"] as? Int == 9)
            try await community.eventually("what was approved is done") {
                community.panel.subusers.count == 2 * 3 + 3
            }
            try await community.settled()
            #expect(try await community.breaker() == "closed 0")
        }
    }

    @Test func `few losses go through, and the next beyond the bound are held, over a restart too`() async throws {
        try await withPlace(policy: minute) { place in
            try await place.serve { community in
                try await settle(community, customers: 1...12)
                try await cancel(community, 1...5)
                try await community.eventually("five lost theirs") { community.panel.subusers.count == 2 * 7 }
                try await community.settled()
            }
            try await place.serve { community in
                try await community.quiet()
                try await cancel(community, 6...7)
                try await community.eventually("the next two are held") {
                    try await community.breaker() == "holding 2"
                }
                #expect(community.panel.subusers.count == 2 * 7)
            }
            try await place.serve { community in
                try await community.quiet()
                community.clock.advance(by: .seconds(1200))
                try await community.audit()
                #expect(try await community.breaker() == "holding 2")
                #expect(community.writes.isEmpty)
                try await cancel(community, 8...8)
                try await community.eventually("the window has passed for others") {
                    community.panel.subusers.count == 2 * 6
                }
            }
        }
    }

    @Test func `many graces that end at one moment are held whole`() async throws {
        try await withCommunity(policy: minute) { community in
            try await settle(community, customers: 1...8)
            let failed = community.clock.now
            for number in 1...8 { try await community.send(.paymentFailed, "\(number)", occurredAt: failed) }
            try await community.settled()
            community.clock.advance(by: .days(37) + .seconds(1))
            try await community.eventually("they wait") {
                try await community.api("GET", "customers?limit=500").text.components(separatedBy: "has settled").count
                    == 9
            }
            community.clock.advance(by: .seconds(61))
            try await community.eventually("all of them are held") { try await community.breaker() == "holding 8" }
            #expect(community.writes.isEmpty)
        }
    }

    /// A billing system whose clock jumps closes everything, one after the other.
    @Test(arguments: [BillingEvent.Kind.terminated, .customerDeleted])
    func `what billing closes goes at once, and beyond the bound it waits for a person`(
        _ kind: BillingEvent.Kind
    ) async throws {
        try await withCommunity(policy: minute) { community in
            try await settle(community, customers: 1...12)
            func close(_ customer: Int) async throws {
                if kind == .terminated { return try await _ = community.send(kind, "\(customer)") }
                try await _ = community.send(kind) { $0.customerID = .value("\(customer)") }
            }
            try await close(1)
            try await community.eventually("the first is out, without settling") {
                community.panel.subusers.count == 2 * 11
            }
            for customer in 2...9 { try await close(customer) }
            try await community.settled()
            let left = community.panel.subusers.count / 2 - 3
            #expect(left >= 4, "no more than five may lose access unasked")
            #expect(try await community.breaker() == "holding \(left)")
            let explained = try await community.api("GET", "customers/9/explain").text
            #expect(explained.contains("beyond what is paid for") && !explained.contains("has settled"), "\(explained)")
            _ = try await community.api("POST", "breaker/approve")
            try await community.eventually("what was approved is done") { community.panel.subusers.count == 2 * 3 }
        }
    }

    @Test func `what a person decides is not counted`() async throws {
        try await withCommunity(policy: minute) { community in
            try await settle(community, customers: 1...12)
            for number in 1...8 { _ = try await community.override("ban", "\(number)") }
            try await community.eventually("all eight are out") { community.panel.subusers.count == 2 * 4 }
            try await cancel(community, 9...9)
            try await community.eventually("and one more goes") { community.panel.subusers.count == 2 * 3 }
        }
    }

    @Test func `one inferred loss among many goes through, and more than the bound are held over a day`() async throws {
        try await withCommunity(policy: minute) { community in
            try await settle(community, customers: 1...12)
            try await list(community, cancelled: 1...2)
            try await community.eventually("two of twelve lost theirs") { community.panel.subusers.count == 2 * 10 }
            try await community.settled()
            community.clock.advance(by: .seconds(7200))
            try await list(community, cancelled: 3...3)
            try await community.eventually("the third within a day is beyond a fifth") {
                try await community.breaker() == "holding 1"
            }
            #expect(community.panel.subusers.count == 2 * 10)
        }
    }

    /// A list calls some subscriptions cancelled.
    private func list(_ community: Community, cancelled: ClosedRange<Int>) async throws {
        // Written in whole seconds, the list must not seem older than what it speaks of.
        community.clock.advance(by: .seconds(2))
        let entries = cancelled.map { ["subscription_id": "\($0)", "status": "cancelled"] }
        let body: [String: Any] = [
            "event": "subscriptions.snapshot", "generation": UUID().uuidString, "page": 1, "pages": 1,
            "occurred_at": community.clock.now.iso8601, "subscriptions": entries,
        ]
        let answer = try await community.deliver(try JSONSerialization.data(withJSONObject: body))
        #expect(answer.status == 202)
        try await community.eventually("the losses wait") {
            try await community.reasons(of: "\(cancelled.upperBound)").joined().contains("has settled")
        }
        community.clock.advance(by: .seconds(61))
    }

    @Test func `an approval applies exactly what was shown`() async throws {
        try await withCommunity(policy: minute) { community in
            try await settle(community, customers: 1...12)
            try await cancel(community, 1...8)
            try await community.eventually("all are held") { try await community.breaker() == "holding 8" }
            let shown = try await community.api("GET", "breaker").object
            let fingerprint = try #require(shown["fingerprint"] as? String)
            #expect((shown["held"] as? [[String: Any]])?.count == 8)
            #expect(try await community.api("GET", "plan").object["fingerprint"] as? String == fingerprint)

            try await cancel(community, 9...9)
            try await community.eventually("one more is held") { try await community.breaker() == "holding 9" }
            for verb in ["approve", "discard"] {
                let answer = try await community.api("POST", "breaker/\(verb)", ["fingerprint": fingerprint])
                #expect(answer.status == 409)
                #expect(answer.text.contains("not what was shown any more"))
            }
            try await community.settled()
            #expect(community.writes.isEmpty)

            let two = try await community.api("GET", "breaker?customer=1&customer=2").object
            let forTwo = try #require(two["fingerprint"] as? String)
            #expect(two["held_customers"] as? Int == 2)
            let wrong = try await community.api("POST", "breaker/approve", ["fingerprint": forTwo, "customers": ["1"]])
            #expect(wrong.status == 409)
            let right: [String: Any] = ["fingerprint": forTwo, "customers": ["1", "2"]]
            #expect(try await community.api("POST", "breaker/approve", right).object["approved"] as? Int == 2)
            try await community.eventually("those two are out") { community.panel.subusers.count == 2 * 10 }
            try await community.settled()
            #expect(try await community.breaker() == "holding 7")
            #expect(community.panel.subusers.count == 2 * 10)
        }
    }

    @Test func `what a person decided of it stands in the audit log with their name`() async throws {
        try await withCommunity(policy: minute) { community in
            try await settle(community, customers: 1...8)
            try await cancel(community, 1...8)
            try await community.eventually("all are held") { try await community.breaker() == "holding 8" }
            for (verb, what) in [("approve", "approve held losses"), ("discard", "hold")] {
                let body = ["customers": [verb == "approve" ? "1" : "2"]]
                #expect(try await community.api("POST", "breaker/\(verb)", body).status == 200)
                let entry = try #require(try await community.api("GET", "audit-log").items.first)
                #expect(entry["author"] as? String == "tester", "\(verb)")
                #expect((entry["what"] as? String)?.hasPrefix(what) == true, "\(entry)")
                #expect(entry["customer"] as? String == (verb == "approve" ? "id:1" : "id:2"))
            }
        }
    }

    @Test func `an approval outlives a panel whose circuit opens meanwhile`() async throws {
        try await withCommunity(policy: minute) { community in
            try await settle(community, customers: 1...8)
            try await cancel(community, 1...8)
            try await community.eventually("all are held") { try await community.breaker() == "holding 8" }
            community.panel.faults.add(.errorBefore(.exception()), .next(1), on: .writes)
            let maintenance = community.panel.faults.add(.errorBefore(.badGateway), .always)
            _ = try await community.api("POST", "breaker/approve")
            try await community.eventually("the circuit opens") {
                try await community.api("GET", "status").text.contains("\"circuit\":\"open\"")
            }
            community.panel.faults.remove(maintenance)
            try await community.eventually("it is done in the end") { community.panel.subusers.isEmpty }
        }
    }
}

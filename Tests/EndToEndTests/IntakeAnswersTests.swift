import Assembly
import Entitlements
import Foundation
import GRDB
import Observability
import ServiceConfiguration
import Synchronization
import Testing
import Web

@Suite(.timeLimit(.minutes(2)))
struct IntakeAnswersTests {
    @Test func `a delivery is accepted, its repeat is a duplicate, an unknown event is ignored`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let accepted = try await community.deliver(Community.plain, id: "one")
            #expect(accepted.status == 202)
            #expect(accepted.text == #"{"status":"accepted"}"#)
            #expect(accepted.header("content-type") == "application/json")
            #expect(accepted.header("cache-control") == "no-store")
            let repeated = try await community.deliver(Community.plain, id: "one")
            #expect(repeated.status == 200)
            #expect(repeated.text == #"{"status":"duplicate"}"#)
            let ignored = try await community.deliver(Data(#"{"event":"invoice.created","x":1}"#.utf8), id: "two")
            #expect(ignored.status == 202)
            #expect(ignored.text == #"{"status":"ignored"}"#)
            let shown = try await community.api("GET", "events?state=ignored").items
            #expect(shown.map { $0["id"] as? String } == ["two"])
            #expect(shown.map { $0["event"] as? String } == ["invoice.created"])
            try await community.settled()
        }
    }

    @Test func `another body under a known id is kept, not applied, and shown`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.deliver(Community.plain, id: "one")
            let other = Data(#"{"event":"subscription.created","subscription_id":"2","customer_id":"78"}"#.utf8)
            let answer = try await community.deliver(other, id: "one")
            #expect(answer.status == 200)
            #expect(answer.text == #"{"status":"duplicate"}"#)
            try await community.settled()
            expectProblem(try await community.api("GET", "customers/78"), 404)
            let status = try await community.api("GET", "status").object
            #expect(status["deliveries_conflicting"] as? Int == 1)
            let attention = status["attention"] as? [String] ?? []
            #expect(attention.contains { $0.contains("1 delivery came with the id of an earlier one") })
            let kept = try #require(try await community.api("GET", "events?state=conflicting").items.first)
            let number = try #require(kept["number"] as? Int)
            let whole = try await community.api("GET", "events/\(number)").object
            #expect(whole["body"] as? String == String(decoding: other, as: UTF8.self))
        }
    }

    static let bad: [(body: String, field: String)] = [
        ("", "body"), ("nonsense", "body"), ("[]", "body"), ("{", "body"),
        (#"{"event":"subscription.created"} x"#, "body"),
        ("\u{FEFF}{}", "body"), (String(repeating: "[", count: 10), "body"),
        (
            #"{"event":"customer.updated","customer_id":"1","x":\#(String(repeating: "[", count: 40) + String(repeating: "]", count: 40))}"#,
            "body"
        ),
        ("{}", "event"), (#"{"event":null}"#, "event"), (#"{"event":7}"#, "event"), (#"{"event":""}"#, "event"),
        (#"{"event":"payment.failed"}"#, "subscription_id"),
        (#"{"event":"payment.failed","subscription_id":""}"#, "subscription_id"),
        (#"{"event":"payment.failed","subscription_id":null}"#, "subscription_id"),
        (#"{"event":"payment.failed","subscription_id":1.5}"#, "subscription_id"),
        (#"{"event":"payment.failed","subscription_id":"a\u0000b"}"#, "subscription_id"),
        (#"{"event":"customer.deleted","subscription_id":"1"}"#, "customer_id"),
        (#"{"event":"payment.failed","subscription_id":"1","customer_email":["a"]}"#, "customer_email"),
        (#"{"event":"payment.failed","subscription_id":"1","status":true}"#, "status"),
        (#"{"event":"payment.failed","subscription_id":"1","quantity":"2"}"#, "quantity"),
        (#"{"event":"payment.failed","subscription_id":"1","revision":1e99}"#, "revision"),
        (#"{"event":"payment.failed","subscription_id":"1","occurred_at":"yesterday"}"#, "occurred_at"),
        (#"{"event":"payment.failed","subscription_id":"1","paid_through":"2026-02-30"}"#, "paid_through"),
        (#"{"event":"payment.failed","subscription_id":"1","ends_at":1760000000}"#, "ends_at"),
        (#"{"event":"payment.failed","subscription_id":"1","properties":[]}"#, "properties"),
        (#"{"event":"payment.failed","subscription_id":"1","properties":{"a":{}}}"#, "properties.a"),
        (
            #"{"event":"subscriptions.snapshot","generation":"g","page":1,"pages":1,"subscriptions":[{"subscription_id":[]}]}"#,
            "subscriptions[0].subscription_id"
        ),
    ]

    @Test func `each kind of bad body is answered with its field, kept as refused, and its id is not taken`()
        async throws
    {
        try await withCommunity(in: Surroundings()) { community in
            for (number, bad) in Self.bad.enumerated() {
                let answer = try await community.deliver(Data(bad.body.utf8), id: "bad-\(number)")
                expectProblem(answer, 400, field: bad.field)
            }
            let refused = try await community.api("GET", "events?state=refused&limit=500").items
            #expect(refused.count == Self.bad.count)
            #expect(refused.allSatisfy { ($0["note"] as? String)?.isEmpty == false })
            let status = try await community.api("GET", "status").object
            #expect(status["deliveries_refused"] as? Int == Self.bad.count)
            #expect((status["attention"] as? [String] ?? []).contains { $0.contains("correctly signed but unusable") })
            let corrected = try await community.deliver(Community.plain, id: "bad-0")
            #expect(corrected.text == #"{"status":"accepted"}"#)
            let late = try await community.deliver(Data("nonsense".utf8), id: "bad-0")
            expectProblem(late, 400, field: "body")
        }
    }

    @Test func `who cannot sign, or signed at another time, is turned away`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let now = community.clock.now
            func refused(at moment: Timestamp? = nil, _ change: (inout [String: String]) -> Void) async throws {
                expectProblem(try await community.deliver(Community.plain, at: moment, changing: change), 401)
            }
            try await refused { $0["webhook-signature"] = nil }
            try await refused { $0["webhook-id"] = nil }
            try await refused { $0["webhook-timestamp"] = nil }
            try await refused { $0["webhook-id"] = "another" }
            try await refused { $0["webhook-id"] = String(repeating: "x", count: 300) }
            try await refused { $0["webhook-signature"] = "v1,AAAA" }
            try await refused { $0["webhook-signature"] = "v2," + ($0["webhook-signature"] ?? "").dropFirst(3) }
            try await refused { $0["webhook-timestamp"] = "soon" }
            try await refused { $0["webhook-timestamp"] = "-1" }
            try await refused { $0["webhook-timestamp"] = "99999999999999999999" }
            try await refused { $0["webhook-timestamp"] = "1760000000.5" }
            try await refused(at: now - .seconds(310)) { _ in }
            try await refused(at: now + .seconds(310)) { _ in }
            let spoilt = try community.wire(
                Community.plain,
                extra: ["Connection: close"],
                sending: Data(String(decoding: Community.plain, as: UTF8.self).replacing("77", with: "78").utf8)
            )
            #expect(try await community.exchange([spoilt]).hasPrefix("HTTP/1.1 401 "))
            #expect(try await community.api("GET", "events").items.isEmpty)
            let status = try await community.api("GET", "status").object
            #expect((300...320).contains(status["sender_clock_difference_seconds"] as? Int ?? 0))
            #expect((status["attention"] as? [String] ?? []).contains { $0.contains("ahead of our clock") })
            #expect(community.logs.all.contains("check both clocks"))
            // The reason is there for whoever looks why nothing gets through, and strangers cannot fill the log.
            let turnedAway = status["last_turned_away"] as? [String: Any]
            #expect(turnedAway?["status"] as? Int == 401)
            #expect(turnedAway?["detail"] as? String == "no signature matches a configured secret")
            #expect(community.logs.all.components(separatedBy: "A delivery was turned away").count == 2)
            #expect(try await community.deliver(Community.plain, at: now - .seconds(280)).status == 202)
        }
    }

    @Test func `several signatures are looked through and a rotated secret is accepted`() async throws {
        let second = "whsec_" + Data("another secret of thirty-two bytes".utf8).base64EncodedString()
        try await withCommunity(in: Surroundings()) { configuration in
            configuration.billing.paymenter.secrets.append(.init(second))
        } _: { community in
            let answer = try await community.deliver(Community.plain) {
                $0["webhook-signature"] = "v1a,bm90aGluZw== v1,AAAA " + ($0["webhook-signature"] ?? "")
            }
            #expect(answer.status == 202)
            let many = try await community.deliver(Community.plain) {
                $0["webhook-signature"] =
                    String(repeating: "v1,AAAA ", count: 20) + ($0["webhook-signature"] ?? "")
            }
            expectProblem(many, 401)
        }
    }

    @Test func `every address says which methods it takes`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            for method in ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"] {
                let answer = try await community.request(method, "/webhooks/paymenter")
                #expect(answer.status == 405)
                #expect(answer.header("allow") == "POST")
                if method != "HEAD" { expectProblem(answer, 405) }
            }
            #expect(try await community.request("POST", "/health/live").header("allow") == "GET, HEAD")
            #expect(try await community.request("PATCH", "/api/v1/overrides").header("allow") == "GET, HEAD, POST")
            #expect(try await community.request("GET", "/api/v1/breaker/approve").status == 405)
            expectProblem(try await community.request("GET", "/webhooks/stripe"), 404)
            expectProblem(try await community.request("GET", "/nothing"), 404)
            #expect(try await community.request("HEAD", "/health/live").status == 200)
            #expect(try await community.request("HEAD", "/health/live").text.isEmpty)
            #expect(try await community.request("HEAD", "/health/ready").status == 200)
        }
    }

    @Test func `while another holds the ledger, deliveries are to be sent again and readiness says so`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            var holding = Configuration()
            holding.allowsUnsafeTransactions = true
            // The service may be writing just then.
            holding.busyMode = .timeout(30)
            let other = try DatabaseQueue(path: community.configuration.ledgerPath, configuration: holding)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            async let answer = community.deliver(Community.plain, id: "one")
            async let ready = community.request("GET", "/health/ready")
            let (refused, unready) = try await (answer, ready)
            expectProblem(refused, 503)
            #expect(refused.header("retry-after") == "5")
            #expect(unready.status == 503)
            #expect((unready.object["reasons"] as? [String])?.first?.contains("cannot be written") == true)
            try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            #expect(try await community.deliver(Community.plain, id: "one").text == #"{"status":"accepted"}"#)
            try await community.eventually("it is ready") {
                try await community.request("GET", "/health/ready").status == 200
            }
        }
    }

    @Test func `a full disk is told before SQLite finds out`() async throws {
        let free = Counted(100_000_000)
        var surroundings = Surroundings()
        surroundings.freeSpace = { free.value }
        try await withCommunity(in: surroundings) { community in
            expectProblem(try await community.deliver(Community.plain, id: "one"), 503)
            let ready = try await community.request("GET", "/health/ready")
            #expect(ready.status == 503)
            #expect(ready.text.contains("100 MB left"))
            let status = try await community.api("GET", "status").object
            #expect(status["disk_free_bytes"] as? Int == 100_000_000)
            #expect((status["attention"] as? [String])?.first?.contains("Make room") == true)
            free.value = 600_000_000
            #expect(try await community.deliver(Community.plain, id: "one").status == 202)
            #expect(try await community.request("GET", "/health/ready").status == 200)
        }
    }
}

/// A number that a test changes while a service reads it.
final class Counted: Sendable {
    private let number: Mutex<Int64>

    init(_ number: Int64) { self.number = Mutex(number) }

    var value: Int64 {
        get { number.withLock { $0 } }
        set { number.withLock { $0 = newValue } }
    }
}

import Billing
import Entitlements
import Foundation
import Testing

/// Whatever comes in, it is refused by name or taken, and what is taken can be written and read again.
struct DeliveryFuzzTests {
    private static let seeds = [
        #"{"event": "subscription.created", "subscription_id": "12345", "customer_id": 77, "customer_email": "user@example.com", "customer_name": "Ada \u00e9 \ud83e\udde8", "product_id": "fire-elemental", "tier": "elemental", "status": "active", "quantity": 1, "occurred_at": "2026-11-23T10:00:00.25Z", "revision": 17, "paid_through": "2026-12-23", "ends_at": null, "reason": null, "properties": {"minecraft_username": "Ada_Lovelace", "n": 1.5}}"#,
        #"{"event": "subscriptions.snapshot", "generation": "g", "page": 1, "pages": 2, "occurred_at": "2026-11-23T10:00:00Z", "subscriptions": [{"subscription_id": 1, "status": "active", "properties": {"a": null}}, {"subscription_id": "2", "ends_at": "2026-12-23T10:00:00+01:00"}]}"#,
        #"{"event": "customer.updated", "customer_id": "7", "customer_email": "A@Example.com"}"#,
    ]
    /// Values, and pieces that break the syntax, to stand where a value stood.
    private static let values = [
        "null", "true", "false", "0", "-1", "1.5", "1e400", "9223372036854775808", "\"\"", "\"x\"", "\"2026-02-30\"",
        "\"0000-01-01T00:00:00+23:59\"", "\"9999-12-31\"", "[]", "{}", "[[[[]]]]", "{\"a\":{\"b\":1}}", "\"\\u0000\"",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\u{202E}\u{1F9E8}\"", "[1,]", "nul", "\"", "}", "{",
        "18446744073709551616",
        "-0", "1E2", "0.1e1", "\"payment.failed\"", "\"customer.deleted\"",
    ]
    private static let stamps = DeliveryStamps(
        stampedAt: Timestamp(seconds: 1_795_428_010),
        receivedAt: Timestamp(seconds: 1_795_428_011)
    )
    private let decoder = DeliveryDecoder(
        calendar: BillingCalendar(identifier: "America/New_York") ?? .utc
    )

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `mutated bytes never crash and what is accepted survives being written`(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for round in 0..<2500 {
            var body = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                mutate(&body, using: &random)
            }
            accepted += try check(Data(body)) ? 1 : 0
        }
        #expect((1..<2500).contains(accepted), "both ways must be taken")
    }

    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func `exchanged values never crash and what is accepted survives being written`(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for round in 0..<2500 {
            var body = Self.seeds[round % Self.seeds.count]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                exchangeValue(in: &body, using: &random)
            }
            accepted += try check(Data(body.utf8)) ? 1 : 0
        }
        #expect((1..<2500).contains(accepted), "both ways must be taken")
    }

    @Test func `every beginning of a delivery is refused`() {
        for seed in Self.seeds {
            let bytes = Data(seed.utf8)
            for count in 0..<bytes.count {
                #expect(throws: DeliveryRefusal.self) { try decoder.decode(bytes.prefix(count), stamps: Self.stamps) }
            }
        }
    }

    private func mutate(_ body: inout [UInt8], using random: inout SeededRandom) {
        guard let place = body.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: body[place] = .random(in: 0...255, using: &random)
        case 1: body.remove(at: place)
        case 2: body.insert(Array("{}[]\",:\\019eE.-nt \u{0}".utf8).randomElement(using: &random) ?? 0, at: place)
        case 3: body[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        default: body.removeSubrange(place..<min(place + .random(in: 1...20, using: &random), body.count))
        }
    }

    private func exchangeValue(in body: inout String, using random: inout SeededRandom) {
        let places = body.ranges(of: ": ")
        guard let place = places.randomElement(using: &random) else { return }
        let end = body[place.upperBound...].firstIndex { ",}]".contains($0) } ?? body.endIndex
        body.replaceSubrange(place.upperBound..<end, with: Self.values.randomElement(using: &random) ?? "null")
    }

    /// Whether the body was accepted.
    private func check(_ body: Data) throws -> Bool {
        let decoded: DecodedDelivery
        do throws(DeliveryRefusal) {
            decoded = try decoder.decode(body, stamps: Self.stamps)
        } catch {
            #expect(!error.field.isEmpty && !error.expected.isEmpty)
            return false
        }
        switch decoded {
        case .events(let events):
            for event in events {
                guard case .events(let again) = try decoder.decode(DeliveryBody(event).json(), stamps: Self.stamps)
                else {
                    Issue.record("an event became something else")
                    continue
                }
                expectSame(again, [event])
            }
        case .snapshot(let page):
            let entries = page.events.map { DeliveryBody($0) }
            let body = SnapshotBody(generation: page.generation, page: page.page, pages: page.pages, entries: entries)
            guard case .snapshot(let again) = try decoder.decode(body.json(), stamps: Self.stamps) else {
                Issue.record("a snapshot became something else")
                break
            }
            expectSame(again.events, page.events)
        case .payment(let payment):
            #expect(!payment.payment.isEmpty)
        case .unknown(let eventType):
            #expect(BillingEvent.Kind(rawValue: eventType) == nil)
        }
        return true
    }

    private func expectSame(_ left: [BillingEvent], _ right: [BillingEvent]) {
        #expect(left.map(\.kind) == right.map(\.kind))
        #expect(left.map(\.subscription) == right.map(\.subscription))
        #expect(left.map(\.facts) == right.map(\.facts))
        #expect(left.map(\.order.revision) == right.map(\.order.revision))
        #expect(left.map(\.order.occurredAt) == right.map(\.order.occurredAt))
    }
}

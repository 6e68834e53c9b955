import Billing
import Entitlements
import Foundation
import Testing

struct DeliveryDecoderTests {
    private let decoder = DeliveryDecoder(calendar: .utc)
    private let stamps = DeliveryStamps(
        stampedAt: Timestamp(seconds: 1_795_428_010),
        receivedAt: Timestamp(seconds: 1_795_428_011),
        arrival: 5
    )

    private func decode(_ json: String) throws -> DecodedDelivery {
        try decoder.decode(Data(json.utf8), stamps: stamps)
    }

    private func event(_ json: String) throws -> BillingEvent {
        guard case .events(let events) = try decode(json) else {
            Issue.record("no event")
            throw DeliveryRefusal(field: "test", expected: "an event")
        }
        return try #require(events.first)
    }

    /// An updated subscription that states `fields` too.
    private func updated(_ fields: String) throws -> EventFacts {
        try event(#"{"event": "subscription.updated", "subscription_id": "1", \#(fields)}"#).facts
    }

    private func refusal(_ json: String) -> DeliveryRefusal? {
        #expect(throws: DeliveryRefusal.self) { try decode(json) }
    }

    @Test func `the example of the contract is read whole`() throws {
        let event = try event(
            #"""
            {"event": "subscription.created", "subscription_id": "12345", "customer_id": "77", "customer_email": "user@example.com",
             "customer_name": "Ada Lovelace", "product_id": "fire-elemental", "tier": "elemental", "status": "active",
             "quantity": 1, "occurred_at": "2026-11-23T10:00:00Z", "revision": 17, "paid_through": "2026-12-23T10:00:00Z",
             "ends_at": null, "reason": null, "properties": {"minecraft_username": "Ada_Lovelace"}}
            """#
        )
        var facts = EventFacts()
        facts.customerID = .value("77")
        facts.email = .value("user@example.com")
        facts.name = .value("Ada Lovelace")
        facts.product = .value("fire-elemental")
        facts.tier = .value("elemental")
        facts.status = .value(.active)
        facts.quantity = .value(1)
        facts.paidThrough = .value(Timestamp(seconds: 1_798_020_000))
        facts.endsAt = .cleared
        facts.reason = .cleared
        facts.properties = ["minecraft_username": "Ada_Lovelace"]
        let order = EventOrder(
            source: "paymenter",
            revision: 17,
            occurredAt: Timestamp(seconds: 1_795_428_000),
            stampedAt: stamps.stampedAt,
            receivedAt: stamps.receivedAt,
            arrival: 5
        )
        #expect(event == BillingEvent(kind: .created, subscription: "12345", order: order, facts: facts))
    }

    @Test func `what is missing says nothing`() throws {
        let event = try event(#"{"event": "payment.succeeded", "subscription_id": "1"}"#)
        #expect(event.facts == EventFacts())
        #expect(event.order.isUndated)
    }

    @Test func `null clears`() throws {
        let names = [
            "customer_id", "customer_email", "customer_name", "product_id", "tier", "status", "quantity",
            "paid_through",
            "ends_at", "reason", "occurred_at", "revision", "properties",
        ]
        let facts = try updated(names.map { "\"\($0)\": null" }.joined(separator: ", "))
        #expect(facts.customerID == .cleared)
        #expect(facts.email == .cleared)
        #expect(facts.name == .cleared)
        #expect(facts.product == .cleared)
        #expect(facts.tier == .cleared)
        #expect(facts.status == .cleared)
        #expect(facts.quantity == .cleared)
        #expect(facts.paidThrough == .cleared)
        #expect(facts.endsAt == .cleared)
        #expect(facts.reason == .cleared)
        #expect(facts.properties.isEmpty)
    }

    @Test(arguments: BillingEvent.Kind.allCases.filter { $0 != .snapshot })
    func `every event type is read`(_ kind: BillingEvent.Kind) throws {
        let event = try event(#"{"event": "\#(kind.rawValue)", "subscription_id": "1", "customer_id": "2"}"#)
        #expect(event.kind == kind)
        #expect(event.subscription == (kind.concernsCustomer ? nil : "1"))
    }

    @Test func `an unknown event type is told and nothing else of it is judged`() throws {
        #expect(
            try decode(#"{"event": "ticket.opened", "subscription_id": [1.5]}"#) == .unknown(eventType: "ticket.opened")
        )
        #expect(try decode(#"{"event": "Subscription.Created"}"#) == .unknown(eventType: "Subscription.Created"))
    }

    @Test func `ids may be strings or integers`() throws {
        let event = try event(
            #"{"event": "subscription.updated", "subscription_id": 12345, "customer_id": -7, "product_id": 3}"#
        )
        #expect(event.subscription == "12345")
        #expect(event.facts.customerID == .value("-7"))
        #expect(event.facts.product == .value("3"))
        #expect(try updated(#""customer_id": 9223372036854775807"#).customerID == .value("9223372036854775807"))
        #expect(try updated(#""customer_id": 9007199254740993.0"#).customerID == .value("9007199254740993"))
        #expect(try updated(#""customer_id": 1e2"#).customerID == .value("100"))
    }

    @Test func `well typed but strange values are taken as they are`() throws {
        #expect(try updated(#""status": "on fire""#).status == .value(.unknown("on fire")))
        #expect(try updated(#""status": """#).status == .value(.unknown("")))
        #expect(try updated(#""status": "Cancel-ed""#).status == .value(.cancelled))
        #expect(try updated(#""quantity": -3"#).quantity == .value(-3))
        #expect(try updated(#""quantity": 9223372036854775807"#).quantity == .value(.max))
        #expect(try updated(#""product_id": """#).product == .value(""))
        #expect(try updated(#""tier": "no such tier""#).tier == .value("no such tier"))
        #expect(try updated(#""paid_through": "0001-01-01""#).paidThrough.value != nil)
        #expect(try updated(#""ends_at": "9999-12-31T23:59:59Z""#).endsAt.value != nil)
        #expect(try updated(#""reason": "because""#).reason == .value("because"))
    }

    @Test func `hostile names stay as they are`() throws {
        let names = [
            "<script>alert(1)</script>", "'; DROP TABLE customer; --", "Ada\nop Mallory", "\u{202E}xela\u{202C}",
            "🧨\u{1B}[2J",
            "{minecraft_username}", "a\u{301}", "\"\\/",
        ]
        for name in names {
            let json = String(decoding: try JSONEncoder().encode(name), as: UTF8.self)
            let facts = try updated(#""customer_name": \#(json), "properties": {"minecraft_username": \#(json)}"#)
            #expect(facts.name.value.map { Array($0.utf8) } == Array(name.utf8))
            #expect(facts.properties["minecraft_username"] == name)
        }
    }

    @Test func `what a person typed is cut rather than refused`() throws {
        let long = String(repeating: "é", count: 600)
        #expect(try updated(#""customer_name": "\#(long)""#).name == .value(String(repeating: "é", count: 500)))
        #expect(try updated(#""properties": {"a": "x\#(long)"}"#).properties["a"]??.utf8.count == 999)
        #expect(try updated(#""customer_name": "a\u0000b""#).name == .value("a\u{FFFD}b"))
    }

    @Test func `an empty e-mail is no e-mail`() throws {
        #expect(try updated(#""customer_email": """#).email == .cleared)
    }

    @Test func `properties become texts`() throws {
        let facts = try updated(
            #""properties": {"a": "x", "b": 12, "c": 1.50, "d": true, "e": null, "f": 18446744073709551616, "g": -0.1}"#
        )
        let expected: [String: String?] = [
            "a": "x", "b": "12", "c": "1.5", "d": "true", "e": nil, "f": "18446744073709551616", "g": "-0.1",
        ]
        #expect(facts.properties == expected)
    }

    @Test func `unknown fields are ignored whatever they hold`() throws {
        #expect(try updated(#""colour": {"a": [1.5, {"b": null}]}, "": 3, "customer-id": 4"#) == EventFacts())
    }

    @Test func `a bare day is its end in the billing system's time zone`() throws {
        let calendar = try #require(BillingCalendar(identifier: "America/New_York"))
        let body =
            #"{"event": "subscription.renewed", "subscription_id": "1", "paid_through": "2026-12-23", "occurred_at": "2026-11-22"}"#
        let decoded = try DeliveryDecoder(source: "shop", calendar: calendar).decode(Data(body.utf8), stamps: stamps)
        guard case .events(let events) = decoded else {
            Issue.record("no event")
            return
        }
        #expect(events.first?.facts.paidThrough.value?.rfc3339 == "2026-12-24T04:59:59.999Z")
        #expect(events.first?.order.occurredAt?.rfc3339 == "2026-11-23T04:59:59.999Z")
        #expect(events.first?.order.source == "shop")
    }

    @Test func `what claims to come from the future is held to the delivery`() throws {
        let event = try event(
            #"{"event": "subscription.renewed", "subscription_id": "1", "occurred_at": "2036-01-01T00:00:00Z"}"#
        )
        #expect(event.order.wasAheadOfDelivery)
        #expect(event.order.occurredAt == stamps.stampedAt)
    }

    @Test(
        arguments: [
            (#""subscription_id": 1.5"#, "subscription_id"),
            (#""subscription_id": -9223372036854775809"#, "subscription_id"),
            (#""subscription_id": true"#, "subscription_id"),
            (#""subscription_id": """#, "subscription_id"), (#""subscription_id": null"#, "subscription_id"),
            (#""subscription_id": []"#, "subscription_id"), (#""subscription_id": {}"#, "subscription_id"),
            (#""subscription_id": 9223372036854775808"#, "subscription_id"),
            (#""subscription_id": "1\u00002""#, "subscription_id"), (#""customer_id": """#, "customer_id"),
            (#""customer_id": 0.5"#, "customer_id"), (#""customer_id": false"#, "customer_id"),
            (#""customer_email": 1"#, "customer_email"), (#""customer_email": ["a@b"]"#, "customer_email"),
            (#""customer_email": "a\u0000@b""#, "customer_email"), (#""customer_name": 1"#, "customer_name"),
            (#""customer_name": {}"#, "customer_name"), (#""product_id": true"#, "product_id"),
            (#""product_id": 1.5"#, "product_id"), (#""tier": 1"#, "tier"), (#""status": 1"#, "status"),
            (#""status": ["active"]"#, "status"), (#""quantity": "1""#, "quantity"), (#""quantity": 1.5"#, "quantity"),
            (#""quantity": true"#, "quantity"), (#""quantity": 1e300"#, "quantity"), (#""revision": "17""#, "revision"),
            (#""revision": 0.5"#, "revision"), (#""revision": 9223372036854775808"#, "revision"),
            (#""occurred_at": 1795428000"#, "occurred_at"), (#""occurred_at": "yesterday""#, "occurred_at"),
            (#""occurred_at": """#, "occurred_at"), (#""paid_through": "2026-02-30""#, "paid_through"),
            (#""paid_through": "2026-12-23 10:00:00""#, "paid_through"), (#""paid_through": false"#, "paid_through"),
            (#""ends_at": "0000-00-00 00:00:00""#, "ends_at"), (#""ends_at": {}"#, "ends_at"),
            (#""reason": 1"#, "reason"),
            (#""properties": []"#, "properties"), (#""properties": "a""#, "properties"),
            (#""properties": 1"#, "properties"),
            (#""properties": {"a": []}"#, "properties.a"), (#""properties": {"a": {"b": 1}}"#, "properties.a"),
        ]
    )
    func `a wrong type or a date that is none is refused by name`(_ field: String, _ name: String) {
        // Of two fields of one name one counts, so the id is left out where it is the one that is wrong.
        let id = name == "subscription_id" ? "" : #""subscription_id": "1", "#
        let refusal = refusal(#"{"event": "subscription.updated", \#(id)\#(field)}"#)
        #expect(refusal?.field == name)
        #expect(refusal?.expected.isEmpty == false)
    }

    @Test(arguments: ["subscription_id", "customer_id", "customer_email", "product_id", "tier", "status"])
    func `an endless id is refused`(_ name: String) {
        let id = name == "subscription_id" ? "" : #""subscription_id": "1", "#
        let long = String(repeating: "x", count: 1001)
        #expect(refusal(#"{"event": "subscription.updated", \#(id)"\#(name)": "\#(long)"}"#)?.field == name)
    }

    @Test(
        arguments: [
            (#"{}"#, "event"), (#"{"event": null}"#, "event"), (#"{"event": ""}"#, "event"),
            (#"{"event": 1}"#, "event"),
            (#"{"subscription_id": "1"}"#, "event"), (#"{"event": "payment.failed"}"#, "subscription_id"),
            (#"{"event": "payment.failed", "customer_id": "1"}"#, "subscription_id"),
            (#"{"event": "customer.updated"}"#, "customer_id"),
            (#"{"event": "customer.deleted", "subscription_id": "1"}"#, "customer_id"),
            (#"{"event": "customer.deleted", "customer_id": null}"#, "customer_id"),
            (#"{"event": "customer.updated", "customer_id": "1", "subscription_id": {}}"#, "subscription_id"),
        ]
    )
    func `a required field that is missing is named`(_ json: String, _ name: String) {
        #expect(refusal(json)?.field == name)
    }

    @Test(
        arguments: [
            "", " ", "null", "true", "3", #""event""#, "[]", #"[{"event": "payment.failed", "subscription_id": "1"}]"#,
            "{", "}", #"{"event""#, #"{"event": "payment.failed", "subscription_id": "1""#,
            #"{"event": "payment.failed", "subscription_id": "1"} x"#,
            #"{"event": "payment.failed", "subscription_id": "1"}{}"#,
            #"{"event": "payment.failed", "subscription_id": "1",}"#,
            #"{"event": "payment.failed", "subscription_id": "1", "x": [1,]}"#,
            #"{'event': 'payment.failed'}"#,
            #"{"event": "payment.failed", "subscription_id": 01}"#,
            #"{"event": "payment.failed", "subscription_id": 1.}"#,
            #"{"event": "payment.failed", "subscription_id": "1", "x": "\u12"}"#,
            #"{"event": "payment.failed", "subscription_id": "1", "x": "\ud800"}"#,
            #"{event: "payment.failed"}"#, #"{"event": "payment.failed", "subscription_id": "1", "x": NaN}"#,
            "{\"event\": \"payment.failed\", \"subscription_id\": \"1\", \"x\": \"a\nb\"}",
            #"{"event": "payment.failed", /* no */ "subscription_id": "1"}"#, "event=payment.failed&subscription_id=1",
            "\u{FEFF}{\"event\": \"payment.failed\", \"subscription_id\": \"1\"}",
        ]
    )
    func `what is no JSON object is refused as a body`(_ json: String) {
        #expect(refusal(json)?.field == "body")
    }

    @Test func `other encodings than UTF-8 are refused`() throws {
        let json = #"{"event": "payment.failed", "subscription_id": "é"}"#
        for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32LittleEndian, .isoLatin1] {
            let body = try #require(json.data(using: encoding))
            let error = #expect(throws: DeliveryRefusal.self) { try decoder.decode(body, stamps: stamps) }
            #expect(error?.field == "body")
        }
        let overlong =
            Data(#"{"event": "payment.failed", "subscription_id": "1", "x": ""#.utf8) + [0xC0, 0x80, 0x22, 0x7D]
        #expect(throws: DeliveryRefusal.self) { try decoder.decode(overlong, stamps: stamps) }
    }

    @Test func `nesting is bounded`() throws {
        func nested(_ depth: Int) -> String {
            let open = String(repeating: "[", count: depth)
            let close = String(repeating: "]", count: depth)
            return #"{"event": "payment.failed", "subscription_id": "1", "x": \#(open)\#(close)}"#
        }
        #expect(throws: Never.self) { try decode(nested(31)) }
        for depth in [32, 1000, 120_000] {
            #expect(refusal(nested(depth))?.expected == "at most 32 levels of nesting")
        }
        #expect(refusal(String(repeating: #"{"a":"#, count: 50_000))?.field == "body")
        #expect(throws: Never.self) { try updated(#""customer_name": "\#(String(repeating: "[{", count: 200))""#) }
    }

    @Test func `properties are bounded`() throws {
        func properties(_ count: Int) -> String {
            #""properties": {\#((0..<count).map { "\"p\($0)\": 1" }.joined(separator: ", "))}"#
        }
        #expect(try updated(properties(100)).properties.count == 100)
        #expect(throws: DeliveryRefusal(field: "properties", expected: "at most 100 properties")) {
            try updated(properties(101))
        }
        #expect(throws: DeliveryRefusal.self) {
            try updated(#""properties": {"\#(String(repeating: "x", count: 1001))": 1}"#)
        }
    }

    @Test func `of a repeated field one is taken and nothing breaks`() throws {
        let facts = try updated(#""status": "active", "status": "suspended""#)
        #expect([SenderStatus.active, .suspended].contains(facts.status.value))
    }

    @Test func `a refusal does not repeat what was sent`() {
        let refusal = refusal(#"{"event": "payment.failed", "subscription_id": "1", "paid_through": "<b>secret</b>"}"#)
        #expect(refusal.map { !"\($0)".contains("secret") } ?? false)
        #expect(
            refusal?.description == "paid_through: expected a date such as 2026-12-23T10:00:00Z or 2026-12-23"
        )
    }
}

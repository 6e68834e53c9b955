import Billing
import Entitlements
import Foundation
import Testing

struct SnapshotTests {
    private let stamps = DeliveryStamps(
        stampedAt: Timestamp(seconds: 1_795_428_010),
        receivedAt: Timestamp(seconds: 1_795_428_011)
    )

    private func page(_ json: String) throws -> SnapshotPage {
        let decoded = try DeliveryDecoder(calendar: .utc).decode(Data(json.utf8), stamps: stamps)
        guard case .snapshot(let page) = decoded else {
            Issue.record("no snapshot")
            throw DeliveryRefusal(field: "test", expected: "a snapshot")
        }
        return page
    }

    private func snapshot(_ fields: String) -> String {
        #"{"event": "subscriptions.snapshot", \#(fields)}"#
    }

    @Test func `a page holds its place and its subscriptions`() throws {
        let page = try page(
            snapshot(
                #"""
                "generation": 12, "page": 2, "pages": 3, "occurred_at": "2026-11-23T10:00:00Z", "subscriptions": [
                  {"subscription_id": 1, "status": "active", "revision": 4},
                  {"subscription_id": "2", "status": "cancelled", "occurred_at": "2026-11-22T10:00:00Z"}]
                """#
            )
        )
        #expect(page.generation == "12")
        #expect(page.page == 2)
        #expect(page.pages == 3)
        #expect(page.events.map(\.kind) == [.snapshot, .snapshot])
        #expect(page.events.map(\.subscription) == ["1", "2"])
        #expect(page.events.map(\.order.revision) == [4, nil])
        #expect(
            page.events.map { $0.order.occurredAt?.rfc3339 } == ["2026-11-23T10:00:00Z", "2026-11-22T10:00:00Z"]
        )
        #expect(page.events.map(\.facts.status.value) == [.active, .cancelled])
    }

    @Test func `a page may be empty`() throws {
        let page = try page(snapshot(#""generation": "g", "page": 1, "pages": 1, "subscriptions": []"#))
        #expect(page.events.isEmpty)
    }

    @Test(
        arguments: [
            (#""page": 1, "pages": 1, "subscriptions": []"#, "generation"),
            (#""generation": 1.5, "page": 1, "pages": 1, "subscriptions": []"#, "generation"),
            (#""generation": 1, "pages": 1, "subscriptions": []"#, "page"),
            (#""generation": 1, "page": "1", "pages": 1, "subscriptions": []"#, "page"),
            (#""generation": 1, "page": 0, "pages": 1, "subscriptions": []"#, "page"),
            (#""generation": 1, "page": 2, "pages": 1, "subscriptions": []"#, "page"),
            (#""generation": 1, "page": 1, "subscriptions": []"#, "pages"),
            (#""generation": 1, "page": 1, "pages": 0, "subscriptions": []"#, "pages"),
            (#""generation": 1, "page": 1, "pages": 1"#, "subscriptions"),
            (#""generation": 1, "page": 1, "pages": 1, "subscriptions": null"#, "subscriptions"),
            (#""generation": 1, "page": 1, "pages": 1, "subscriptions": {}"#, "subscriptions"),
            (#""generation": 1, "page": 1, "pages": 1, "subscriptions": [1]"#, "subscriptions[0]"),
            (#""generation": 1, "page": 1, "pages": 1, "subscriptions": [null]"#, "subscriptions[0]"),
            (
                #""generation": 1, "page": 1, "pages": 1, "subscriptions": [{"subscription_id": 1}, {}]"#,
                "subscriptions[1].subscription_id"
            ),
            (
                #""generation": 1, "page": 1, "pages": 1, "subscriptions": [{"subscription_id": 1, "ends_at": "x"}]"#,
                "subscriptions[0].ends_at"
            ),
            (
                #""generation": 1, "page": 1, "pages": 1, "subscriptions": [{"subscription_id": 1, "properties": {"a": []}}]"#,
                "subscriptions[0].properties.a"
            ),
            (#""generation": 1, "page": 1, "pages": 1, "occurred_at": 3, "subscriptions": []"#, "occurred_at"),
        ]
    )
    func `a wrong field is named with its place`(_ fields: String, _ name: String) {
        let refusal = #expect(throws: DeliveryRefusal.self) { try page(snapshot(fields)) }
        #expect(refusal?.field == name)
    }

    @Test func `what is written is read again`() throws {
        var facts = EventFacts()
        facts.status = .value(.active)
        facts.paidThrough = .value(Timestamp(seconds: 1_798_020_000))
        let body = SnapshotBody(
            generation: "2026-11-23T10",
            page: 1,
            pages: 2,
            occurredAt: Timestamp(seconds: 1_795_428_000),
            entries: [DeliveryBody(.created, subscription: "1", revision: 9, facts: facts)]
        )
        let page = try page(String(decoding: try body.json(), as: UTF8.self))
        #expect(page.generation == body.generation)
        #expect(page.page == 1)
        #expect(page.pages == 2)
        #expect(page.events.map(\.facts) == [facts])
        #expect(page.events.map(\.order.revision) == [9])
        #expect(page.events.map(\.order.occurredAt) == [Timestamp(seconds: 1_795_428_000)])
    }
}

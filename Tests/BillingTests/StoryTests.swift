import Billing
import Entitlements
import Foundation
import Testing

/// The deliveries that a real Paymenter's recorded life causes; `script/stories-from-recordings` writes them.
struct StoryTests {
    private struct Chapter: Decodable {
        let at: String
        let body: RawJSON
    }

    /// Any JSON, kept as bytes.
    private struct RawJSON: Decodable {
        let bytes: Data

        init(from decoder: any Decoder) throws {
            bytes = try JSONEncoder().encode(Tree(from: decoder))
        }
    }

    private indirect enum Tree: Codable {
        case null, text(String), number(Int64), list([Tree]), object([String: Tree])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let number = try? container.decode(Int64.self) {
                self = .number(number)
            } else if let list = try? container.decode([Tree].self) {
                self = .list(list)
            } else {
                self = .object(try container.decode([String: Tree].self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .null: try container.encodeNil()
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            case .list(let list): try container.encode(list)
            case .object(let object): try container.encode(object)
            }
        }
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/stories")

    static let names =
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)))?.sorted() ?? []

    private func events(of name: String) throws -> [BillingEvent] {
        let chapters = try JSONDecoder().decode(
            [Chapter].self,
            from: Data(contentsOf: Self.folder.appending(path: name))
        )
        return try chapters.flatMap { chapter in
            guard case .moment(let moment) = WrittenDate(chapter.at) else {
                Issue.record("a chapter without its moment")
                return [BillingEvent]()
            }
            let stamps = DeliveryStamps(stampedAt: moment, receivedAt: moment)
            switch try DeliveryDecoder(calendar: .utc).decode(chapter.body.bytes, stamps: stamps) {
            case .events(let events): return events
            case .snapshot(let page): return page.events
            case .payment: return []
            case .unknown(let eventType):
                Issue.record("\(eventType) is unknown")
                return []
            }
        }
    }

    private func event(_ name: String, _ index: Int = 0) throws -> BillingEvent {
        try events(of: name)[index]
    }

    @Test func `there are stories`() {
        #expect(Self.names.count >= 30)
    }

    @Test(arguments: names)
    func `every delivery of a recorded life is read and dated`(_ name: String) throws {
        for event in try events(of: name) {
            #expect(!event.order.isUndated)
            #expect(!event.order.wasAheadOfDelivery)
            #expect(event.facts.customerID.value != nil)
            if case .unknown = event.facts.status.value { Issue.record("an unknown status") }
        }
    }

    @Test func `revisions of a service rise from story to story`() throws {
        let events = try Self.names.flatMap(events(of:)).filter { $0.subscription != nil }
        for (service, events) in Dictionary(grouping: events, by: \.subscription) {
            let revisions = events.compactMap(\.order.revision)
            #expect(revisions.count == events.count)
            #expect(zip(revisions, revisions.dropFirst()).allSatisfy { $0 < $1 }, "\(String(describing: service))")
        }
    }

    @Test func `a first payment makes a pending service active`() throws {
        #expect(try event("01-order-placed-unpaid.json").facts.status == .value(.pending))
        let paid = try events(of: "02-first-payment-createServer.json")
        #expect(paid.map(\.kind) == [.updated, .paymentSucceeded])
        #expect(paid[0].facts.status == .value(.active))
        #expect(paid[0].facts.product == .value("fire-elemental"))
        #expect(paid[0].facts.properties == ["minecraft_username": "Ada_Lovelace"])
        #expect(paid[0].facts.paidThrough.value?.rfc3339 == "2026-12-23T10:40:29Z")
    }

    @Test func `the cron suspends as overdue and an admin by hand`() throws {
        #expect(try event("06b-cron-overdue-suspendServer.json").facts.reason == .value("overdue"))
        #expect(try event("53-admin-sets-status-suspended.json").facts.reason == .value("manual"))
    }

    @Test func `an upgrade and a downgrade change the product`() throws {
        let up = try event("09-upgrade-paid-upgradeServer.json").facts.product
        #expect(up.value != nil && up != .value("fire-elemental"))
        #expect(try event("10-downgrade-upgradeServer.json").facts.product == .value("fire-elemental"))
    }

    @Test func `a cancellation at the end of the period has its date, an immediate one has none`() throws {
        let scheduled = try event("11-cancel-end-of-period-requested.json")
        #expect(scheduled.kind == .cancellationScheduled)
        #expect(scheduled.facts.endsAt.value == scheduled.facts.paidThrough.value)
        let cancelled = try event("21-cancel-immediate-terminateServer.json")
        #expect(cancelled.kind == .cancelled)
        #expect(cancelled.facts.endsAt == .cleared)
    }

    @Test func `what is bought once or free ends nowhere`() throws {
        #expect(try event("30-one-time-1usd-createServer.json").facts.paidThrough == .cleared)
        #expect(try event("33-free-product-createServer.json", 1).facts.status == .value(.active))
        #expect(try event("34-quantity-3-createServer.json").facts.quantity == .value(3))
    }

    @Test func `a new e-mail and a deletion are told`() throws {
        let changed = try event("56-user-email-changed.json")
        #expect(changed.kind == .customerUpdated)
        #expect(changed.subscription == nil)
        #expect(changed.facts.email.value?.hasPrefix("new-ada+") ?? false)
        #expect(try event("58-service-deleted.json").kind == .terminated)
        #expect(try events(of: "59-user-deleted.json").map(\.kind) == [.customerDeleted])
    }
}

package import Entitlements

/// A subscription of a community that is taken over, as Paymenter or a table tells it.
package struct ImportedService: Hashable, Sendable {
    package var id: SubscriptionID
    package var facts: EventFacts
    /// When it became so, where that is known.
    package var changedAt: Timestamp?

    package init(_ service: PaymenterService) {
        id = service.id
        facts = service.facts
        changedAt = service.changedAt
    }

    init(id: SubscriptionID, facts: EventFacts) {
        self.id = id
        self.facts = facts
    }

    /// The body of the delivery by which it enters the ledger.
    package var body: DeliveryBody {
        DeliveryBody(.snapshot, subscription: id, occurredAt: changedAt, facts: facts)
    }
}

/// A table of those who pay now: comma-separated values with a line of names (RFC 4180).
///
/// Columns: `subscription_id`, `customer_email`, `product_id` and `paid_through` (a date, or `never` for what was bought once) are
/// required; `customer_id`, `customer_name`, `quantity` and `property:NAME` may be there.
package enum ServiceTable {
    package static let maximumRows = 10_000
    static let required = ["subscription_id", "customer_email", "product_id", "paid_through"]
    static let optional = ["customer_id", "customer_name", "quantity"]

    /// Every line that cannot be used, and why; where there is one, nothing of the table is used.
    package struct Mistakes: Error, Hashable, Sendable, CustomStringConvertible {
        package var lines: [String]

        package init(lines: [String]) {
            self.lines = lines
        }

        package var description: String {
            let shown = lines.prefix(50).joined(separator: "; ")
            return lines.count > 50 ? shown + "; and \(lines.count - 50) more" : shown
        }
    }

    /// Reads a table.
    package static func read(_ text: String, calendar: BillingCalendar) throws(Mistakes) -> [ImportedService] {
        let records = try CSVRecords.read(text)
        guard let header = records.first else { throw Mistakes(lines: ["the table is empty"]) }
        try check(header)
        guard records.count <= maximumRows + 1 else {
            throw Mistakes(lines: ["the table has more than \(maximumRows) lines; take it over in parts"])
        }
        var mistakes: [String] = []
        var seen: [SubscriptionID: Int] = [:]
        var services: [ImportedService] = []
        for record in records.dropFirst() {
            var row = Row(record, header: header.fields, calendar: calendar)
            let service = row.service()
            if let service, let first = seen.updateValue(record.line, forKey: service.id) {
                row.complain("subscription_id", "stands on line \(first) already")
            }
            mistakes += row.mistakes
            if let service { services.append(service) }
        }
        guard mistakes.isEmpty else { throw Mistakes(lines: mistakes) }
        return services
    }

    private static func check(_ header: CSVRecords.Record) throws(Mistakes) {
        let names = header.fields
        let unknown = names.filter { !required.contains($0) && !optional.contains($0) && !$0.hasPrefix("property:") }
        let missing = required.filter { !names.contains($0) }
        var mistakes = missing.map { "line 1: the column \($0) is missing" }
        mistakes += unknown.map {
            "line 1: the column \"\($0.prefix(40))\" is not known; there are "
                + (required + optional).joined(separator: ", ") + " and property:NAME"
        }
        if Set(names).count != names.count { mistakes.append("line 1: a column stands there twice") }
        guard mistakes.isEmpty else { throw Mistakes(lines: mistakes) }
    }

    /// One line, and what is wrong with it.
    private struct Row {
        private let line: Int
        private let values: [String: String]
        private let calendar: BillingCalendar
        private(set) var mistakes: [String] = []

        init(_ record: CSVRecords.Record, header: [String], calendar: BillingCalendar) {
            line = record.line
            values = Dictionary(zip(header, record.fields), uniquingKeysWith: { first, _ in first })
            self.calendar = calendar
            if record.fields.count != header.count {
                mistakes.append(
                    "line \(line): has \(record.fields.count) fields where the first line has \(header.count)"
                )
            }
        }

        mutating func complain(_ column: String, _ what: String) {
            mistakes.append("line \(line): \(column): \(what)")
        }

        mutating func service() -> ImportedService? {
            guard mistakes.isEmpty else { return nil }
            var facts = EventFacts()
            facts.status = .value(.active)
            let id = text("subscription_id", mayBeEmpty: false)
            facts.customerID = stated("customer_id")
            facts.email = email().map { .value($0) } ?? .unstated
            facts.name = stated("customer_name")
            facts.product = text("product_id", mayBeEmpty: false).map { .value(ProductID($0)) } ?? .unstated
            facts.paidThrough = paidThrough()
            facts.quantity = quantity()
            for (column, value) in values where column.hasPrefix("property:") && !value.isEmpty {
                facts.properties[String(column.dropFirst("property:".count))] = value
            }
            guard mistakes.isEmpty, let id else { return nil }
            return ImportedService(id: SubscriptionID(id), facts: facts)
        }

        private mutating func text(_ column: String, mayBeEmpty: Bool) -> String? {
            let value = values[column] ?? ""
            guard value.utf8.count <= 255 else {
                complain(column, "is longer than 255 bytes")
                return nil
            }
            guard mayBeEmpty || !value.isEmpty else {
                complain(column, "is empty")
                return nil
            }
            return value
        }

        private mutating func stated(_ column: String) -> Stated<String> {
            guard let value = text(column, mayBeEmpty: true), !value.isEmpty else { return .unstated }
            return .value(value)
        }

        private mutating func email() -> String? {
            guard let value = text("customer_email", mayBeEmpty: false) else { return nil }
            let parts = value.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), !value.contains(" ") else {
                complain("customer_email", "is no e-mail address")
                return nil
            }
            return value
        }

        private mutating func paidThrough() -> Stated<Timestamp> {
            let value = values["paid_through"] ?? ""
            if value == "never" { return .cleared }
            guard let date = WrittenDate(value) else {
                complain("paid_through", "is no date; write 2026-12-23, 2026-12-23T10:00:00Z or never")
                return .unstated
            }
            return .value(calendar.moment(of: date))
        }

        private mutating func quantity() -> Stated<Int> {
            guard let value = values["quantity"], !value.isEmpty else { return .unstated }
            guard let quantity = Int(value), (1...10_000).contains(quantity) else {
                complain("quantity", "is no whole number from 1 to 10000")
                return .unstated
            }
            return .value(quantity)
        }
    }
}

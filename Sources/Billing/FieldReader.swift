import Entitlements
import Foundation

/// Reads the fields of one JSON object; everything it throws names the field.
struct FieldReader {
    /// Bytes of UTF-8 in one text.
    static let maximumTextBytes = 1000
    static let maximumProperties = 100

    private let container: KeyedDecodingContainer<DeliveryKey>

    init(_ decoder: any Decoder) throws {
        do {
            container = try decoder.container(keyedBy: DeliveryKey.self)
        } catch {
            throw DeliveryRefusal(field: Self.path(decoder.codingPath), expected: "a JSON object")
        }
    }

    /// A word of the sender's: an event type, a product, a tier, a status.
    func word(_ key: DeliveryKey) throws -> Stated<String> {
        try value(String.self, key, expected: "a string").map { try bounded($0, key) }
    }

    /// An id; integers are taken as their digits.
    func identifier(_ key: DeliveryKey, mayBeEmpty: Bool = false) throws -> Stated<String> {
        // What is no string is tried as an integer, and that refusal is the one told.
        if let text = try? container.decodeIfPresent(String.self, forKey: key) {
            guard mayBeEmpty || !text.isEmpty else { throw refusal(key, "a string that is not empty, or an integer") }
            return .value(try bounded(text, key))
        }
        return try value(Int64.self, key, expected: "a string or an integer").map { String($0) }
    }

    /// What a person typed: never a reason to refuse a delivery, or a customer could keep their own end from being told.
    func freeText(_ key: DeliveryKey) throws -> Stated<String> {
        try value(String.self, key, expected: "a string").map(Self.tamed)
    }

    func integer<Number: FixedWidthInteger & Decodable>(_ type: Number.Type, _ key: DeliveryKey) throws -> Stated<
        Number
    > {
        try value(type, key, expected: "an integer")
    }

    func date(_ key: DeliveryKey) throws -> Stated<WrittenDate> {
        let expected = "a date such as 2026-12-23T10:00:00Z or 2026-12-23"
        return try value(String.self, key, expected: expected).map { text in
            guard let date = WrittenDate(text) else { throw refusal(key, expected) }
            return date
        }
    }

    func list<Element: Decodable>(of type: Element.Type, _ key: DeliveryKey) throws -> [Element] {
        guard container.contains(key) else { throw refusal(key, "a list: it is required") }
        do {
            return try container.decode([Element].self, forKey: key)
        } catch let refusal as DeliveryRefusal {
            throw refusal
        } catch {
            throw refusal(key, "a list of objects")
        }
    }

    /// The billing system's own rules; numbers of days that cannot be are as good as none.
    func settings() throws -> SenderSettings? {
        guard try isStated(.settings) else { return nil }
        let fields: KeyedDecodingContainer<PropertyName>
        do {
            fields = try container.nestedContainer(keyedBy: PropertyName.self, forKey: .settings)
        } catch {
            throw refusal(.settings, "an object")
        }
        func days(_ name: String) throws -> Int? {
            let key = PropertyName(stringValue: name)
            do {
                return try fields.decodeIfPresent(Int.self, forKey: key).flatMap {
                    (0...36_500).contains($0) ? $0 : nil
                }
            } catch {
                throw DeliveryRefusal(
                    field: Self.path(container.codingPath + [DeliveryKey.settings, key]),
                    expected: "an integer"
                )
            }
        }
        let settings = SenderSettings(
            suspendAfterDays: try days("suspend_after_days"),
            terminateAfterDays: try days("terminate_after_days")
        )
        return settings == SenderSettings(suspendAfterDays: nil, terminateAfterDays: nil) ? nil : settings
    }

    func properties() throws -> [String: String?] {
        guard try isStated(.properties) else { return [:] }
        let fields: KeyedDecodingContainer<PropertyName>
        do {
            fields = try container.nestedContainer(keyedBy: PropertyName.self, forKey: .properties)
        } catch {
            throw refusal(.properties, "an object")
        }
        let names = fields.allKeys
        guard names.count <= Self.maximumProperties else {
            throw refusal(.properties, "at most \(Self.maximumProperties) properties")
        }
        var properties: [String: String?] = [:]
        for name in names {
            guard Self.isBounded(name.stringValue) else {
                throw refusal(.properties, "names of at most \(Self.maximumTextBytes) bytes, without U+0000")
            }
            properties.updateValue(try property(name, in: fields), forKey: name.stringValue)
        }
        return properties
    }

    func refusal(_ key: DeliveryKey, _ expected: String) -> DeliveryRefusal {
        DeliveryRefusal(field: Self.path(container.codingPath + [key]), expected: expected)
    }

    // MARK: -

    private func property(_ name: PropertyName, in fields: KeyedDecodingContainer<PropertyName>) throws -> String? {
        if try fields.decodeNil(forKey: name) { return nil }
        if let text = try? fields.decode(String.self, forKey: name) { return Self.tamed(text) }
        if let truth = try? fields.decode(Bool.self, forKey: name) { return String(truth) }
        if let number = try? fields.decode(Int64.self, forKey: name) { return String(number) }
        // Decimal rather than Double, so that what was written is what we keep.
        if let number = try? fields.decode(Decimal.self, forKey: name) { return number.description }
        throw DeliveryRefusal(
            field: Self.path(container.codingPath + [DeliveryKey.properties, name]),
            expected: "a string, a number, true, false or null"
        )
    }

    private func value<Value: Decodable>(
        _ type: Value.Type,
        _ key: DeliveryKey,
        expected: String
    ) throws -> Stated<Value> {
        do {
            // One look-up for the most frequent case; each costs some of what a delivery may cost.
            if let value = try container.decodeIfPresent(type, forKey: key) { return .value(value) }
            return clearedOrUnstated(key)
        } catch {
            // Not only DecodingError: a number that the type cannot hold has an error of Foundation's own.
            throw refusal(key, expected)
        }
    }

    private func isStated(_ key: DeliveryKey) throws -> Bool {
        try container.contains(key) && !container.decodeNil(forKey: key)
    }

    private func clearedOrUnstated<Value>(_ key: DeliveryKey) -> Stated<Value> {
        container.contains(key) ? .cleared : .unstated
    }

    private func bounded(_ text: String, _ key: DeliveryKey) throws -> String {
        guard Self.isBounded(text) else {
            throw refusal(key, "at most \(Self.maximumTextBytes) bytes, without U+0000")
        }
        return text
    }

    /// U+0000 would end the text early in SQLite, so that two ids could become one.
    private static func isBounded(_ text: String) -> Bool {
        text.utf8.count <= maximumTextBytes && !text.utf8.contains(0)
    }

    private static func tamed(_ text: String) -> String {
        guard !isBounded(text) else { return text }
        var kept = ""
        for scalar in text.unicodeScalars {
            let scalar = scalar == "\0" ? "\u{FFFD}" : scalar
            guard kept.utf8.count + UTF8.width(scalar) <= maximumTextBytes else { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept
    }

    /// `subscriptions[3].paid_through`.
    private static func path(_ keys: [any CodingKey]) -> String {
        let path = keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return path.isEmpty ? "body" : path
    }
}

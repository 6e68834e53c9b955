import Entitlements
import Foundation

/// Reads the fields of one JSON object; everything it throws names the field.
struct FieldReader {
    /// Bytes of UTF-8 in one text.
    static let maximumTextBytes = 1000
    static let maximumProperties = 100

    private let object: JSONObject
    /// What stands before a field's name in its path, as `subscriptions[3].`.
    private let prefix: String

    init(_ object: JSONObject, prefix: String = "") {
        self.object = object
        self.prefix = prefix
    }

    /// A word of the sender's: an event type, a product, a tier, a status.
    func word(_ key: DeliveryKey) throws(DeliveryRefusal) -> Stated<String> {
        try text(key).map { (text) throws(DeliveryRefusal) in try bounded(text, key) }
    }

    /// An id; integers are taken as their digits.
    func identifier(_ key: DeliveryKey, mayBeEmpty: Bool = false) throws(DeliveryRefusal) -> Stated<String> {
        let expected = "a string or an integer"
        return try stated(key).map { (value) throws(DeliveryRefusal) in
            switch value {
            case .text(let text):
                guard mayBeEmpty || !text.isEmpty else {
                    throw refusal(key, "a string that is not empty, or an integer")
                }
                return try bounded(text, key)
            case .number(let digits):
                guard let number = Int64(json: digits) else { throw refusal(key, expected) }
                return String(number)
            case .null, .truth, .list, .object: throw refusal(key, expected)
            }
        }
    }

    /// What a person typed: never a reason to refuse a delivery, or a customer could keep their own end from being told.
    func freeText(_ key: DeliveryKey) throws(DeliveryRefusal) -> Stated<String> {
        try text(key).map(Self.tamed)
    }

    func integer<Number: FixedWidthInteger>(_ type: Number.Type, _ key: DeliveryKey) throws(DeliveryRefusal) -> Stated<
        Number
    > {
        try stated(key).map { (value) throws(DeliveryRefusal) in
            guard case .number(let digits) = value, let number = Number(json: digits) else {
                throw refusal(key, "an integer")
            }
            return number
        }
    }

    func date(_ key: DeliveryKey) throws(DeliveryRefusal) -> Stated<WrittenDate> {
        let expected = "a date such as 2026-12-23T10:00:00Z or 2026-12-23"
        return try text(key, expected: expected).map { (text) throws(DeliveryRefusal) in
            guard let date = WrittenDate(text) else { throw refusal(key, expected) }
            return date
        }
    }

    /// The objects of a list, each to be read in its turn.
    func objects(_ key: DeliveryKey) throws(DeliveryRefusal) -> [FieldReader] {
        guard let value = object[key.rawValue] else { throw refusal(key, "a list: it is required") }
        guard case .list(let elements) = value else { throw refusal(key, "a list of objects") }
        var readers: [FieldReader] = []
        for (index, element) in elements.enumerated() {
            let path = "\(prefix)\(key.rawValue)[\(index)]"
            guard case .object(let object) = element else {
                throw DeliveryRefusal(field: path, expected: "a JSON object")
            }
            readers.append(FieldReader(object, prefix: path + "."))
        }
        return readers
    }

    /// The same where `null` says that there is no list.
    func objectsOrNull(_ key: DeliveryKey) throws(DeliveryRefusal) -> [FieldReader]? {
        stated(key) == .cleared ? nil : try objects(key)
    }

    /// The billing system's own rules; numbers of days that cannot be are as good as none.
    func settings() throws(DeliveryRefusal) -> SenderSettings? {
        guard let value = stated(.settings).value else { return nil }
        guard case .object(let object) = value else { throw refusal(.settings, "an object") }
        func days(_ name: String) throws(DeliveryRefusal) -> Int? {
            switch object[name] {
            case nil, .null: return nil
            case .number(let digits):
                guard let number = Int(json: digits) else { break }
                return (0...36_500).contains(number) ? number : nil
            case .truth, .text, .list, .object: break
            }
            throw DeliveryRefusal(field: "\(prefix)settings.\(name)", expected: "an integer")
        }
        let settings = SenderSettings(
            suspendAfterDays: try days("suspend_after_days"),
            terminateAfterDays: try days("terminate_after_days")
        )
        return settings == SenderSettings(suspendAfterDays: nil, terminateAfterDays: nil) ? nil : settings
    }

    func properties() throws(DeliveryRefusal) -> [String: String?] {
        guard let value = stated(.properties).value else { return [:] }
        guard case .object(let object) = value else { throw refusal(.properties, "an object") }
        guard object.fields.count <= Self.maximumProperties else {
            throw refusal(.properties, "at most \(Self.maximumProperties) properties")
        }
        var properties: [String: String?] = [:]
        for field in object.fields.reversed() {
            guard Self.isBounded(field.name) else {
                throw refusal(.properties, "names of at most \(Self.maximumTextBytes) bytes, without U+0000")
            }
            properties.updateValue(try property(field), forKey: field.name)
        }
        return properties
    }

    func refusal(_ key: DeliveryKey, _ expected: String) -> DeliveryRefusal {
        DeliveryRefusal(field: prefix + key.rawValue, expected: expected)
    }

    // MARK: -

    private func property(_ field: JSONObject.Field) throws(DeliveryRefusal) -> String? {
        switch field.value {
        case .null: return nil
        case .text(let text): return Self.tamed(text)
        case .truth(let truth): return String(truth)
        case .number(let digits):
            if let number = Int64(digits) { return String(number) }
            // Decimal rather than Double, so that what was written is what we keep.
            if let number = Decimal(string: digits) { return number.description }
        case .list, .object: break
        }
        throw DeliveryRefusal(
            field: "\(prefix)\(DeliveryKey.properties.rawValue).\(field.name)",
            expected: "a string, a number, true, false or null"
        )
    }

    private func text(_ key: DeliveryKey, expected: String = "a string") throws(DeliveryRefusal) -> Stated<String> {
        try stated(key).map { (value) throws(DeliveryRefusal) in
            guard case .text(let text) = value else { throw refusal(key, expected) }
            return text
        }
    }

    private func stated(_ key: DeliveryKey) -> Stated<JSONValue> {
        switch object[key.rawValue] {
        case nil: .unstated
        case .null: .cleared
        case .some(let value): .value(value)
        }
    }

    private func bounded(_ text: String, _ key: DeliveryKey) throws(DeliveryRefusal) -> String {
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
}

extension FixedWidthInteger {
    /// The whole number that a JSON number is, also where it was written as `1.0` or `1e2`; `nil` if it is none or too large.
    fileprivate init?(json digits: String) {
        guard let number = Self(digits) ?? Decimal(string: digits).flatMap({ Self($0.description) }) else { return nil }
        self = number
    }
}
